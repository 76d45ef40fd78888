//! Moments that two processes agree on: CLOCK_MONOTONIC of this machine, in microseconds.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// A moment, in microseconds of CLOCK_MONOTONIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Micros(pub(crate) i64);

impl Micros {
    /// From `earlier` to this, in milliseconds: negative if it was later.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub(crate) fn milliseconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1000.0
    }

    /// So much later.
    pub(crate) fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(signed(time)))
    }

    /// So much earlier.
    pub(crate) fn minus(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(signed(time)))
    }
}

/// What turns this process's instants into such moments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    instant: Instant,
    micros: Micros,
}

impl Clock {
    /// Reads both clocks: they are the same one, counted from elsewhere.
    pub(crate) fn new() -> Self {
        let time = clock_gettime(ClockId::Monotonic);
        let instant = Instant::now();
        let seconds = time.tv_sec.saturating_mul(1_000_000);
        Self {
            instant,
            micros: Micros(seconds.saturating_add(time.tv_nsec / 1000)),
        }
    }

    /// The moment `at`, which may be to come.
    pub(crate) fn at(&self, at: Instant) -> Micros {
        match at.checked_duration_since(self.instant) {
            Some(since) => self.micros.plus(since),
            None => self.micros.minus(self.instant.duration_since(at)),
        }
    }

    /// This moment.
    pub(crate) fn now(&self) -> Micros {
        self.at(Instant::now())
    }
}

fn signed(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_before_and_after_a_clock_was_made_are_as_far_from_it() {
        let clock = Clock::new();
        let second = Duration::from_secs(1);
        let made = clock.at(clock.instant);
        let before = clock.at(clock.instant - second);
        let after = clock.at(clock.instant + second);
        assert_eq!(before.milliseconds_since(made), -1000.0);
        assert_eq!(after.milliseconds_since(made), 1000.0);
        assert_eq!(after.minus(second), made);
    }

    #[test]
    fn two_clocks_of_a_machine_agree() {
        let (one, other) = (Clock::new(), Clock::new());
        let now = Instant::now();
        let apart = one.at(now).milliseconds_since(other.at(now));
        // The system may stop us between reading the two clocks, but not for so long.
        assert!(apart.abs() < 1000.0, "{apart}");
    }
}
