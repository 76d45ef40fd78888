//! When samples pass a device, by counting them.

use std::time::{Duration, Instant};

/// An observation that is further off than this is a jump, or a mistake.
const JUMP: i64 = 30_000_000; // ns

/// So many of them in a row are a jump: samples were lost, or the device is another.
const JUMP_COUNT: u32 = 8;

/// An observation moves the clock by this part of what it is off, in the long run.
const WEIGHT: i64 = 200;

/// The moments of a stream's samples: as far apart as the samples, slowly corrected to what is observed.
///
/// Observed moments are off by as much as a buffer, and the device's clock is off by some hundred millionths: at 100
/// buffers a second the moments follow within 2 s, which leaves them 0.6 ms behind a clock that is off by 300 ppm.
#[derive(Debug)]
pub(super) struct Smoother {
    /// When the stream began to be counted, and what has passed since.
    origin: Option<Instant>,
    frames: u64,
    /// How much later than the count says, in nanoseconds.
    offset: i64,
    /// Observations, up to `WEIGHT`.
    seen: i64,
    /// Observations that were far off, in a row, and the sum of what they were off.
    strays: u32,
    stray_sum: i64,
}

impl Smoother {
    pub(super) fn new() -> Self {
        Self {
            origin: None,
            frames: 0,
            offset: 0,
            seen: 0,
            strays: 0,
            stray_sum: 0,
        }
    }

    /// The moment of the first of the next `frames`, which was observed to be `observed`.
    pub(super) fn next(&mut self, observed: Instant, frames: usize) -> Instant {
        let origin = *self.origin.get_or_insert(observed);
        let count = nanoseconds(self.frames);
        self.frames += u64::try_from(frames).unwrap_or(0);
        let off = since(observed, origin) - count - self.offset;
        self.correct(off);
        let at = count + self.offset;
        match u64::try_from(at) {
            Ok(later) => origin + Duration::from_nanos(later),
            Err(_) => origin
                .checked_sub(Duration::from_nanos(at.unsigned_abs()))
                .unwrap_or(origin),
        }
    }

    fn correct(&mut self, off: i64) {
        if off.abs() > JUMP {
            self.strays += 1;
            self.stray_sum += off;
            if self.strays == JUMP_COUNT {
                self.offset += self.stray_sum / i64::from(JUMP_COUNT);
                self.seen = 1;
                self.strays = 0;
                self.stray_sum = 0;
            }
            return;
        }
        self.strays = 0;
        self.stray_sum = 0;
        // The mean of all there are, while they are few.
        self.seen = (self.seen + 1).min(WEIGHT);
        self.offset += off / self.seen;
    }
}

/// How long so many frames take.
fn nanoseconds(frames: u64) -> i64 {
    // 1e9 / 48,000 = 62,500 / 3
    i64::try_from(frames.saturating_mul(62_500) / 3).unwrap_or(i64::MAX)
}

fn since(later: Instant, earlier: Instant) -> i64 {
    let nanoseconds = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    match later.checked_duration_since(earlier) {
        Some(span) => nanoseconds(span),
        None => -nanoseconds(earlier.saturating_duration_since(later)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: usize = 480;
    const BUFFER: f64 = 0.01; // s

    /// The moments of so many buffers of a device whose clock is off by `ppm`, and their true moments, in seconds.
    /// `noise` is what the n-th observation is off.
    fn run(count: usize, ppm: f64, noise: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
        let start = Instant::now() + Duration::from_secs(10);
        let mut smoother = Smoother::new();
        (0..count)
            .map(|n| {
                let truth = n as f64 * BUFFER * (1.0 + ppm * 1e-6);
                let observed = start + Duration::from_secs_f64(truth + 1.0 + noise(n));
                let at = smoother.next(observed, FRAMES);
                (at.duration_since(start).as_secs_f64() - 1.0, truth)
            })
            .collect()
    }

    /// Between −1 and 1, without a pattern.
    fn random(n: usize) -> f64 {
        let bits = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        bits as f64 / f64::from(1 << 23) - 1.0
    }

    #[test]
    fn moments_are_far_steadier_than_what_is_observed_and_follow_a_clock_that_is_off() {
        let moments = run(3000, 300.0, |n| 0.008 * random(n));
        for (at, truth) in &moments[400..] {
            assert!((at - truth).abs() < 0.0015, "{at} {truth}");
        }
        for pair in moments[400..].windows(2) {
            let step = pair[1].0 - pair[0].0;
            assert!((step - BUFFER).abs() < 0.0001, "{step}");
        }
    }

    #[test]
    fn single_mistakes_change_nothing() {
        let moments = run(1000, 0.0, |n| if n % 5 == 4 { 0.1 } else { 0.0 });
        for (at, truth) in moments {
            assert!((at - truth).abs() < 1e-6, "{at} {truth}");
        }
    }

    #[test]
    fn samples_that_are_missing_make_the_moments_jump_once() {
        let moments = run(1000, 0.0, |n| if n < 500 { 0.0 } else { 0.25 });
        for (n, (at, truth)) in moments.into_iter().enumerate() {
            let expected = if n < 507 { truth } else { truth + 0.25 };
            assert!((at - expected).abs() < 1e-6, "{n}: {at} {expected}");
        }
    }

    #[test]
    fn moments_may_lie_before_the_first_observation() {
        let start = Instant::now() + Duration::from_secs(10);
        let mut smoother = Smoother::new();
        smoother.next(start, 0);
        let at = smoother.next(start - Duration::from_millis(20), 0);
        assert_eq!(at, start - Duration::from_millis(10));
    }
}
