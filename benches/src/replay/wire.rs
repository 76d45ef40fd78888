//! What went over the link, and how long what went waited: from samples to figures.

use std::time::Duration;

use super::messages::Sent;
use crate::desktop::clock::Micros;

/// A rate is that of a second, and seconds begin so often.
const SECOND: Duration = Duration::from_secs(1);
const SLIDE: Duration = Duration::from_millis(50);
/// A delay is short again when it is below this for so long.
const SHORT_MS: f64 = 50.0;
const CALM_MS: f64 = 250.0;

/// How many bytes had gone by when.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire(Vec<Sent>);

impl Wire {
    /// Of samples in order.
    pub(super) fn new(samples: Vec<Sent>) -> Self {
        Self(samples)
    }

    /// From the first sample to the last.
    pub(super) fn span(&self) -> Option<(Micros, Micros)> {
        Some((self.0.first()?.at, self.0.last()?.at))
    }

    /// Bytes that had gone at `at`: between samples as if they had gone evenly.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub(super) fn at(&self, at: Micros) -> f64 {
        let next = self.0.partition_point(|sample| sample.at <= at);
        let before = next.checked_sub(1).and_then(|index| self.0.get(index));
        match (before, self.0.get(next)) {
            (Some(before), Some(after)) => {
                let share =
                    at.milliseconds_since(before.at) / after.at.milliseconds_since(before.at);
                before.bytes as f64 + share * (after.bytes - before.bytes) as f64
            }
            (Some(only), None) | (None, Some(only)) => only.bytes as f64,
            (None, None) => 0.0,
        }
    }

    /// Megabits a second on average.
    pub(super) fn mean(&self, from: Micros, to: Micros) -> f64 {
        let seconds = to.milliseconds_since(from) / 1000.0;
        match seconds > 0.0 {
            true => (self.at(to) - self.at(from)) * 8e-6 / seconds,
            false => 0.0,
        }
    }

    /// Megabits a second of each second that begins between the two moments, one every 50 ms.
    pub(super) fn seconds(&self, from: Micros, to: Micros) -> impl Iterator<Item = f64> + '_ {
        moments(from, to, SLIDE).map(|start| self.mean(start, start.plus(SECOND)))
    }

    /// Megabits a second of each `step` between the two moments.
    pub(super) fn over_time(
        &self,
        (from, to): (Micros, Micros),
        step: Duration,
    ) -> impl Iterator<Item = f64> + '_ {
        moments(from, to, step).map(move |start| self.mean(start, start.plus(step)))
    }
}

fn moments(from: Micros, to: Micros, step: Duration) -> impl Iterator<Item = Micros> {
    std::iter::successors(Some(from), move |at| Some(at.plus(step))).take_while(move |at| *at < to)
}

/// How long something given to the sender's socket would have waited at some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delay {
    pub(super) at: Micros,
    pub(super) ms: f64,
}

/// How long after the rate fell at `step` the delay is short again and stays so, in milliseconds: 0 if it was all the
/// time, none if it is not before `end`.
pub(super) fn recovery(delays: &[Delay], step: Micros, end: Micros) -> Option<f64> {
    let during = |delay: &&Delay| (step..end).contains(&delay.at);
    let mut short: Option<Micros> = None;
    let mut was_long = false;
    for delay in delays.iter().filter(during) {
        if delay.ms >= SHORT_MS {
            was_long = true;
            short = None;
            continue;
        }
        let since = *short.get_or_insert(delay.at);
        if was_long && delay.at.milliseconds_since(since) >= CALM_MS {
            return Some(since.milliseconds_since(step));
        }
    }
    match (was_long, short) {
        (false, _) => Some(0.0),
        (true, Some(since)) => Some(since.milliseconds_since(step)),
        (true, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(time: i64) -> Micros {
        Micros(time * 1000)
    }

    /// So many bytes every 10 ms.
    fn steady(bytes: u64, samples: i64) -> Vec<Sent> {
        let sample = |number: i64| Sent {
            at: ms(number * 10),
            bytes: bytes * u64::try_from(number).unwrap(),
        };
        (0..=samples).map(sample).collect()
    }

    #[test]
    fn what_goes_evenly_has_one_rate() {
        // 12 500 bytes in 10 ms are 10 Mbit/s.
        let wire = Wire::new(steady(12_500, 400));
        assert!((wire.mean(ms(105), ms(3333)) - 10.0).abs() < 1e-6);
        let seconds: Vec<f64> = wire.seconds(ms(0), ms(2000)).collect();
        assert_eq!(seconds.len(), 40);
        assert!(seconds.iter().all(|own| (own - 10.0).abs() < 1e-6));
        let parts = wire.over_time((ms(0), ms(1000)), Duration::from_millis(250));
        assert_eq!(parts.count(), 4);
    }

    #[test]
    fn a_burst_across_two_seconds_is_found_in_the_one_that_slides() {
        let mut samples = steady(0, 400);
        for sample in &mut samples {
            if sample.at >= ms(900) {
                sample.bytes = 1_000_000;
            }
            if sample.at >= ms(1100) {
                sample.bytes = 2_000_000;
            }
        }
        let wire = Wire::new(samples);
        let fastest = wire.seconds(ms(0), ms(3000)).fold(0.0, f64::max);
        assert!((fastest - 16.0).abs() < 1e-6, "{fastest}");
    }

    #[test]
    fn before_and_after_all_samples_nothing_goes() {
        let wire = Wire::new(steady(100, 10));
        assert!(wire.mean(ms(-500), ms(0)).abs() < 1e-9);
        assert!(wire.mean(ms(100), ms(900)).abs() < 1e-9);
        assert!(Wire::default().mean(ms(0), ms(1)).abs() < 1e-9);
    }

    #[test]
    fn a_delay_has_recovered_when_it_is_short_and_stays_so() {
        let delay = |(time, ms_): (i64, f64)| Delay {
            at: ms(time),
            ms: ms_,
        };
        let of = |delays: &[(i64, f64)]| {
            let delays: Vec<Delay> = delays.iter().copied().map(delay).collect();
            recovery(&delays, ms(1000), ms(3000))
        };
        // Long before the step does not count, nor does a short moment between long ones.
        let found = of(&[
            (900, 90.0),
            (1000, 30.0),
            (1100, 80.0),
            (1200, 40.0),
            (1300, 60.0),
            (1400, 20.0),
            (1700, 20.0),
            (2500, 70.0),
        ]);
        assert_eq!(found, Some(400.0));
        assert_eq!(of(&[(1000, 10.0), (2000, 49.0)]), Some(0.0));
        assert_eq!(of(&[(1000, 10.0), (2000, 51.0)]), None);
        assert_eq!(of(&[(1000, 60.0), (2900, 10.0)]), Some(1900.0));
    }
}
