//! The other side's clock, from comparing it with ours (messages −1001 and 160, or QUIC's own).

use std::collections::VecDeque;

use rfb::client::ClockSample;
use rfb::{LocalTime, MediaTime};

use crate::numbers::{Micros, local, local_time, media, media_time, micros};

/// So many comparisons are kept.
const KEPT: usize = 64;
/// Two clocks drift apart by at most this: 100 millionths.
const DRIFT: f64 = 100e-6;
/// A comparison that differs from the line by more than this and half its round trip shows that a clock was set.
const JUMP: Micros = 100_000.0;

/// Maps the server's clock to ours and back.
///
/// Half a round trip is all that a comparison can be wrong by, and what drift adds with its age: the comparison that can
/// be wrong by least is the one that counts.
#[derive(Debug, Default)]
pub struct ClockExchange {
    samples: VecDeque<Compared>,
    best: Option<Compared>,
}

#[derive(Clone, Copy, Debug)]
struct Compared {
    at: Micros,
    /// Our clock less theirs.
    offset: Micros,
    round_trip: Micros,
}

impl Compared {
    /// What it may be wrong by at `now`.
    fn doubt(&self, now: Micros) -> Micros {
        self.round_trip / 2.0 + (now - self.at).abs() * DRIFT
    }
}

impl ClockExchange {
    /// Takes one comparison.
    pub fn handle_sample(&mut self, sample: &ClockSample) {
        let there = (media(sample.received) + media(sample.answered)) / 2.0;
        let here = (local(sample.asked) + local(sample.returned)) / 2.0;
        let compared = Compared {
            at: local(sample.returned),
            offset: here - there,
            round_trip: micros(sample.round_trip()),
        };
        if self.best.is_some_and(|best| {
            JUMP + compared.doubt(compared.at) + best.doubt(compared.at)
                < (best.offset - compared.offset).abs()
        }) {
            self.samples.clear();
        }
        if KEPT <= self.samples.len() {
            self.samples.pop_front();
        }
        self.samples.push_back(compared);
        let doubt = |sample: &&Compared| sample.doubt(compared.at);
        self.best = self
            .samples
            .iter()
            .min_by(|a, b| doubt(a).total_cmp(&doubt(b)))
            .copied();
    }

    /// The moment on our clock; `None` before the clocks were compared.
    #[must_use]
    pub fn local(&self, time: MediaTime) -> Option<LocalTime> {
        Some(local_time(media(time) + self.offset()?))
    }

    /// The moment on the server's clock; `None` before the clocks were compared.
    #[must_use]
    pub fn media(&self, time: LocalTime) -> Option<MediaTime> {
        Some(media_time(local(time) - self.offset()?))
    }

    /// Our clock less theirs.
    pub(crate) fn offset(&self) -> Option<Micros> {
        Some(self.best?.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: u64, offset: u64, there: u64, back: u64) -> ClockSample {
        ClockSample {
            asked: LocalTime::from_micros(at + offset),
            received: MediaTime::from_micros(at + there),
            answered: MediaTime::from_micros(at + there + 100),
            returned: LocalTime::from_micros(at + there + 100 + back + offset),
        }
    }

    #[test]
    fn the_shortest_round_trip_counts_and_slow_ones_change_nothing() {
        let mut clock = ClockExchange::default();
        assert_eq!(clock.local(MediaTime::from_micros(5)), None);
        clock.handle_sample(&sample(1_000_000, 50_000_000, 500, 500));
        clock.handle_sample(&sample(2_000_000, 50_000_000, 500, 40_000));
        clock.handle_sample(&sample(3_000_000, 50_000_000, 60_000, 500));
        let local = clock.local(MediaTime::from_micros(3_000_000));
        assert_eq!(local, Some(LocalTime::from_micros(53_000_000)));
        let media = clock.media(LocalTime::from_micros(53_000_000));
        assert_eq!(media, Some(MediaTime::from_micros(3_000_000)));
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let mut clock = ClockExchange::default();
        for second in 0..600_u64 {
            let drifted = 1_000_000 + second * 50;
            clock.handle_sample(&sample(
                second * 1_000_000,
                drifted,
                2_000,
                2_000 + second % 7 * 900,
            ));
        }
        let error = clock.offset().unwrap() - (1_000_000.0 + 599.0 * 50.0);
        assert!(error.abs() < 700.0, "{error}");
    }

    #[test]
    fn a_clock_that_was_set_is_believed_at_once() {
        let mut clock = ClockExchange::default();
        clock.handle_sample(&sample(10_000_000, 1_000_000, 300, 300));
        clock.handle_sample(&sample(11_000_000, 3_601_000_000, 900, 900));
        assert_eq!(clock.offset(), Some(3_601_000_000.0));
    }
}
