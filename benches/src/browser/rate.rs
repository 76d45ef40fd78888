//! Bytes over time, as rates.

use std::time::Duration;

use serde::Serialize;

use crate::figures::rounded;

/// A value of the rate over time is for so long.
pub(super) const STEP: Duration = Duration::from_millis(250);
/// Steps in a second.
const SECOND: usize = 4;

/// How many bytes there had been after each step; when, counted from the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples(Vec<(Duration, u64)>);

/// What passed in one direction, in 10^6 bits a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Rate {
    bytes: u64,
    pub(super) mbit_mean: f64,
    /// The most of any second that begins with a step.
    pub(super) mbit_max_second: f64,
    /// One value a step.
    mbit_over_time: Vec<f64>,
}

impl Samples {
    /// So many bytes at `time`.
    pub(super) fn add(&mut self, time: Duration, bytes: u64) {
        self.0.push((time, bytes));
    }

    /// As rates; a session shorter than a second has no highest second but itself.
    pub(super) fn rate(&self) -> Rate {
        let between = |steps: usize| {
            let later = self.0.iter().skip(steps);
            let pairs = self.0.iter().zip(later);
            pairs
                .map(|(from, to)| mbit(*from, *to))
                .collect::<Vec<f64>>()
        };
        let ends = self.0.first().copied().zip(self.0.last().copied());
        let mean = ends.map_or(0.0, |(first, last)| mbit(first, last));
        let highest = between(SECOND).into_iter().reduce(f64::max);
        Rate {
            bytes: ends.map_or(0, |(first, last)| last.1 - first.1),
            mbit_mean: rounded(mean, 3),
            mbit_max_second: rounded(highest.unwrap_or(mean), 3),
            mbit_over_time: between(1).into_iter().map(|own| rounded(own, 3)).collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn mbit((from, before): (Duration, u64), (to, after): (Duration, u64)) -> f64 {
    let seconds = to.saturating_sub(from).as_secs_f64();
    match seconds > 0.0 {
        true => after.saturating_sub(before) as f64 * 8e-6 / seconds,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_second_is_the_highest_of_any_four_steps() {
        let mut samples = Samples::default();
        let mut bytes = 1000;
        samples.add(Duration::ZERO, bytes);
        for (number, more) in (1..).zip([0, 0, 250_000, 250_000, 250_000, 0, 0, 0]) {
            bytes += more;
            samples.add(STEP * number, bytes);
        }
        let rate = samples.rate();
        assert_eq!(
            (rate.bytes, rate.mbit_mean, rate.mbit_max_second),
            (750_000, 3.0, 6.0)
        );
        assert_eq!(
            rate.mbit_over_time,
            [0.0, 0.0, 8.0, 8.0, 8.0, 0.0, 0.0, 0.0]
        );
    }

    #[test]
    fn a_session_without_time_has_no_rate() {
        let mut samples = Samples::default();
        assert_eq!(samples.rate().mbit_mean, 0.0);
        samples.add(STEP, 9);
        assert_eq!(samples.rate().mbit_max_second, 0.0);
        samples.add(STEP, 19);
        assert_eq!(samples.rate().mbit_mean, 0.0);
    }
}
