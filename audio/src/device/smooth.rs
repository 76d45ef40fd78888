//! When samples pass a device, by counting them.

use std::time::{Duration, Instant};

/// An observation that is further off than this is a jump, or a mistake.
const JUMP: i64 = 30_000_000; // ns

/// So many of them in a row are a jump: samples were lost, or the device is another.
const JUMP_COUNT: u32 = 8;

/// What to correct within where every buffer is observed: about 2 s of 10 ms each.
pub(super) const WEIGHT: u8 = 200;

/// The moments of a stream's frames: as far apart as the frames, slowly corrected to what is observed.
///
/// Observed moments are off by as much as a buffer, and the device's clock is off by some hundred millionths: corrected
/// within 2 s, the moments are 0.6 ms behind a clock that is off by 300 ppm.
#[derive(Debug)]
pub(super) struct Smoother {
    /// An observation moves the clock by one part in so many of what it is off, in the long run.
    weight: i64,
    /// The first moment that was observed.
    origin: Option<Instant>,
    /// The moment of frame 0 after that, in nanoseconds.
    offset: i64,
    /// Observations, up to `weight`.
    seen: i64,
    /// Observations that were far off, in a row, and the sum of what they were off.
    strays: u32,
    stray_sum: i64,
}

impl Smoother {
    /// One that is corrected within about `weight` observations.
    pub(super) fn new(weight: u8) -> Self {
        Self {
            weight: i64::from(weight.max(1)),
            origin: None,
            offset: 0,
            seen: 0,
            strays: 0,
            stray_sum: 0,
        }
    }

    /// The moment of the `frame`-th frame of the stream was observed.
    pub(super) fn observe(&mut self, frame: u64, moment: Instant) {
        let origin = *self.origin.get_or_insert(moment);
        let off = since(moment, origin) - nanoseconds(frame) - self.offset;
        if self.seen > 0 && off.abs() > JUMP {
            self.stray(off);
        } else {
            self.correct(off);
        }
    }

    /// The moment of the `frame`-th frame; none before the first observation.
    pub(super) fn at(&self, frame: u64) -> Option<Instant> {
        let origin = self.origin?;
        let at = nanoseconds(frame) + self.offset;
        let span = Duration::from_nanos(at.unsigned_abs());
        match at >= 0 {
            true => origin.checked_add(span),
            false => origin.checked_sub(span),
        }
    }

    fn correct(&mut self, off: i64) {
        self.strays = 0;
        self.stray_sum = 0;
        // The mean of all there are, while they are few.
        self.seen = (self.seen + 1).min(self.weight);
        self.offset += off / self.seen;
    }

    fn stray(&mut self, off: i64) {
        self.strays += 1;
        self.stray_sum += off;
        if self.strays == JUMP_COUNT {
            let mean = self.stray_sum / i64::from(JUMP_COUNT);
            self.seen = 0;
            self.correct(mean);
        }
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

    const FRAMES: u64 = 480;
    const BUFFER: f64 = 0.01; // s

    /// The moments of so many buffers of a device whose clock is off by `ppm`, and their true moments, in seconds.
    /// `noise` is what the n-th observation is off.
    fn run(count: u32, ppm: f64, noise: impl Fn(u32) -> f64) -> Vec<(f64, f64)> {
        let start = Instant::now() + Duration::from_secs(10);
        let mut smoother = Smoother::new(200);
        (0..count)
            .map(|n| {
                let truth = f64::from(n) * BUFFER * (1.0 + ppm * 1e-6);
                let observed = start + Duration::from_secs_f64(truth + 1.0 + noise(n));
                let frame = u64::from(n) * FRAMES;
                smoother.observe(frame, observed);
                let at = smoother.at(frame).unwrap();
                (at.duration_since(start).as_secs_f64() - 1.0, truth)
            })
            .collect()
    }

    /// Between −1 and 1, without a pattern.
    fn random(n: u32) -> f64 {
        let bits = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        f64::from(u32::try_from(bits).unwrap()) / f64::from(1_u32 << 30) - 1.0
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
    fn frames_before_the_first_observed_one_have_moments_too() {
        let start = Instant::now() + Duration::from_secs(10);
        let mut smoother = Smoother::new(20);
        assert_eq!(smoother.at(0), None);
        smoother.observe(480, start);
        let at = |frame| smoother.at(frame).unwrap();
        assert_eq!(at(0), start - Duration::from_millis(10));
        assert_eq!(at(960), start + Duration::from_millis(10));
    }
}
