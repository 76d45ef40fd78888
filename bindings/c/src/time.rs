//! Moments, as numbers.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The present moment: microseconds of CLOCK_MONOTONIC.
#[unsafe(no_mangle)]
pub extern "C" fn tr_now_us() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // By the C library: what goes around it does not run under valgrind, as programs in C are checked.
    // SAFETY: `now` is a place for a timespec, and every Linux has that clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanoseconds = u64::try_from(now.tv_nsec).unwrap_or_default();
    seconds
        .saturating_mul(1_000_000)
        .saturating_add(nanoseconds / 1000)
}

/// A moment that both clocks know.
fn epoch() -> (Instant, u64) {
    static EPOCH: OnceLock<(Instant, u64)> = OnceLock::new();
    *EPOCH.get_or_init(|| {
        // The thread may be stopped between two looks at the clock: the closest pair of several is taken.
        let pair = |_| {
            let before = Instant::now();
            let now_us = tr_now_us();
            (before.elapsed(), (before, now_us))
        };
        let closest = (0..16).map(pair).min();
        closest.map_or_else(|| (Instant::now(), tr_now_us()), |(_, pair)| pair)
    })
}

/// The moment `at_us` of CLOCK_MONOTONIC; now if it is 0, or if it is more than a process can live away.
pub(crate) fn instant(at_us: u64) -> Instant {
    let (epoch, epoch_us) = epoch();
    let moment = match at_us.checked_sub(epoch_us) {
        Some(later) => epoch.checked_add(Duration::from_micros(later)),
        None => epoch.checked_sub(Duration::from_micros(epoch_us - at_us)),
    };
    moment.filter(|_| at_us > 0).unwrap_or_else(Instant::now)
}

/// The same the other way.
pub(crate) fn micros(at: Instant) -> u64 {
    let (epoch, epoch_us) = epoch();
    match at.checked_duration_since(epoch) {
        Some(later) => epoch_us.saturating_add(in_micros(later)),
        None => epoch_us.saturating_sub(in_micros(epoch.saturating_duration_since(at))),
    }
}

/// Whole microseconds.
pub(crate) fn in_micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A time limit of `timeout_ms`; none, for ever, if it is negative.
pub(crate) fn timeout(timeout_ms: i32) -> Option<Duration> {
    u64::try_from(timeout_ms).ok().map(Duration::from_millis)
}

/// What is left of a time limit, where a wait has several parts.
pub(crate) struct Left(Option<Instant>);

impl Left {
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// So much from now; none for ever.
    pub(crate) fn now(&self) -> Option<Duration> {
        Some(self.0?.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_same_on_both_clocks() {
        let before = Instant::now();
        let (now, after) = (instant(tr_now_us()), Instant::now());
        let slack = Duration::from_millis(1);
        assert!(before <= now + slack && now <= after + slack);
        let later = instant(tr_now_us() + 3_000_000);
        assert!(later - after > Duration::from_millis(2900));
        let again = instant(micros(later));
        assert!(again.max(later) - again.min(later) <= Duration::from_micros(1));
        assert!(instant(1) <= before);
        assert!(instant(0) >= after);
    }
}
