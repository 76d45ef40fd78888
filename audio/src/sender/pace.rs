//! Smooth times of capture from noisy ones.

use crate::numbers::{Micros, SAMPLE, time_of};

/// Times that differ from the count by more than this are a gap, or another clock.
const JUMP: Micros = 100_000.0;
/// How fast the count follows the times: this share of the difference a second.
const FOLLOW: f64 = 0.4;
/// How fast it learns that the sound card's second is not the clock's: so much of the difference, a second and second.
const LEARN: f64 = 0.03;
/// Sound cards are within so much of their nominal rate.
const RATE_LIMIT: f64 = 1_000e-6;

/// When samples were captured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paced {
    /// The first of them.
    pub(super) first: Micros,
    /// From one to the next.
    pub(super) step: Micros,
    /// So much later than right after the samples before (below zero: earlier), if that is no noise.
    pub(super) jump: Option<Micros>,
}

/// The time of each sample by counting them, corrected slowly by what is told.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the next sample that comes is captured; `None` before the first.
    next: Option<Micros>,
    /// By how much longer a sample is than nominal.
    slow: f64,
}

impl Pace {
    /// Counts `samples` of one channel, the first of which was captured at `captured` as far as is known.
    pub(super) fn count(&mut self, captured: Micros, samples: usize) -> Paced {
        let next = self.next.unwrap_or(captured);
        let error = captured - next;
        let step = SAMPLE * (1.0 + self.slow);
        let jumped = JUMP < error.abs();
        let seconds = time_of(samples) / 1e6;
        let first = if jumped {
            captured
        } else {
            self.slow = (self.slow + error / 1e6 * LEARN * seconds).clamp(-RATE_LIMIT, RATE_LIMIT);
            next + error * (FOLLOW * seconds).min(0.5)
        };
        self.next = Some(first + time_of(samples) * (1.0 + self.slow));
        Paced {
            first,
            step,
            jump: jumped.then_some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::float;

    /// Times of chunks of 441 samples from a card that is `ppm` fast, each told up to 4 ms late; what is made of the last.
    fn errors(ppm: f64, chunks: usize) -> Vec<f64> {
        let mut pace = Pace::default();
        let mut seed = 7_u32;
        let mut errors = vec![];
        for chunk in 0..chunks {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(seed >> 8) / f64::from(1 << 24) * 4_000.0;
            let truth = 1e9 + time_of(chunk * 441) / (1.0 + ppm * 1e-6);
            let paced = pace.count(truth + noise, 441);
            assert_eq!(paced.jump, None);
            errors.push(paced.first - truth - 2_000.0);
        }
        errors
    }

    #[test]
    fn noisy_times_of_a_card_that_is_fast_or_slow_become_smooth_ones() {
        for ppm in [-300.0, 0.0, 300.0] {
            let errors = errors(ppm, 6_000);
            let settled = errors.split_at(3_000).1;
            let worst = settled
                .iter()
                .fold(0.0_f64, |worst, error| worst.max(error.abs()));
            assert!(worst < 700.0, "{ppm} ppm: off by {worst} us");
            let steps = settled.windows(2).map(|pair| (pair[1] - pair[0]).abs());
            let step = steps.fold(0.0, f64::max);
            assert!(step < 20.0, "{ppm} ppm: steps of {step} us");
        }
    }

    #[test]
    fn a_gap_is_told_and_then_the_count_goes_on_from_there() {
        let mut pace = Pace::default();
        assert_eq!(pace.count(5_000.0, 480).first, 5_000.0);
        let paced = pace.count(2_015_000.0, 480);
        assert_eq!(paced.jump, Some(2_000_000.0));
        assert_eq!(paced.first, 2_015_000.0);
        let again = pace.count(2_015_000.0 + float(10_000), 480);
        assert_eq!(again.jump, None);
        let back = pace.count(1_000.0, 480);
        assert!(back.jump.is_some_and(|by| by < -2_000_000.0));
    }
}
