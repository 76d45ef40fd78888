//! How long it takes to the peer and back.

use std::time::Duration;

use crate::LocalTime;
use crate::message::{Fence, FenceFlags};

/// The least time between two measurements.
const INTERVAL: Duration = Duration::from_secs(1);

/// Times from a question to its answer: the network both ways, and the peer's haste.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrips {
    /// How many were measured.
    pub count: u64,
    /// The last.
    pub latest: Duration,
    /// Their mean, the later the heavier. RFC 6298 2, SRTT.
    pub smoothed: Duration,
    /// How far they are from it. RFC 6298 2, RTTVAR.
    pub jitter: Duration,
    /// The shortest.
    pub minimum: Duration,
}

/// Asks the peer for a fence now and then while there is something else to say, one at a time, and takes the time.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    trips: Option<RoundTrips>,
    /// The question that is under way.
    asked: Option<LocalTime>,
    last: Option<LocalTime>,
    /// The caller waits for the answer.
    is_awaited: bool,
    number: u32,
}

impl RoundTrips {
    /// RFC 6298 2.2.
    fn first(sample: Duration) -> Self {
        Self {
            count: 1,
            latest: sample,
            smoothed: sample,
            jitter: sample / 2,
            minimum: sample,
        }
    }

    /// RFC 6298 2.3.
    fn next(self, sample: Duration) -> Self {
        Self {
            count: self.count + 1,
            latest: sample,
            smoothed: (self.smoothed * 7 + sample) / 8,
            jitter: (self.jitter * 3 + self.smoothed.abs_diff(sample)) / 4,
            minimum: self.minimum.min(sample),
        }
    }
}

impl Pulse {
    pub(crate) fn round_trips(&self) -> Option<RoundTrips> {
        self.trips
    }

    /// The question to send now, if it is time. A peer that never answers is never asked again.
    pub(crate) fn beat(&mut self, now: LocalTime) -> Option<Fence> {
        let is_due = self.last.is_none_or(|last| last + INTERVAL <= now);
        if self.asked.is_some() || !is_due {
            return None;
        }
        let question = self.ask(now);
        self.is_awaited = false;
        question
    }

    /// The question to send now, if none is under way: the answer to it, or to that one, is waited for.
    pub(crate) fn ask(&mut self, now: LocalTime) -> Option<Fence> {
        self.is_awaited = true;
        if self.asked.is_some() {
            return None;
        }
        self.number = self.number.wrapping_add(1);
        (self.asked, self.last) = (Some(now), Some(now));
        Some(Fence {
            flags: FenceFlags::REQUEST,
            payload: self.number.to_be_bytes().to_vec(),
        })
    }

    /// A fence has come that asks for nothing: the answer to the question under way, if it carries its number.
    /// Gives how long it took if it was [asked](Self::ask) for.
    pub(crate) fn handle_answer(&mut self, now: LocalTime, fence: &Fence) -> Option<Duration> {
        if fence.payload != self.number.to_be_bytes() {
            return None;
        }
        let trip = now.since(self.asked.take()?);
        self.add(trip);
        self.is_awaited.then_some(trip)
    }

    pub(crate) fn add(&mut self, sample: Duration) {
        self.trips = Some(match self.trips {
            None => RoundTrips::first(sample),
            Some(trips) => trips.next(sample),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> LocalTime {
        LocalTime::from_micros(millis * 1000)
    }

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn answer(fence: Fence) -> Fence {
        fence.answer(FenceFlags::IN_ORDER).unwrap()
    }

    #[test]
    fn the_mean_and_its_deviation_follow_rfc_6298() {
        let mut pulse = Pulse::default();
        for sample in [100, 200, 60] {
            pulse.add(millis(sample));
        }
        let expected = RoundTrips {
            count: 3,
            latest: millis(60),
            // (100 · 7 + 200) / 8 = 112.5, then (112.5 · 7 + 60) / 8.
            smoothed: Duration::from_nanos(105_937_500),
            // (50 · 3 + 100) / 4 = 62.5, then (62.5 · 3 + 52.5) / 4.
            jitter: millis(60),
            minimum: millis(60),
        };
        assert_eq!(pulse.round_trips(), Some(expected));
    }

    #[test]
    fn one_question_is_under_way_and_a_second_passes_between_two() {
        let mut pulse = Pulse::default();
        let first = pulse.beat(at(0)).unwrap();
        assert_eq!(pulse.beat(at(5000)), None, "unanswered");
        pulse.handle_answer(at(5040), &answer(first));
        assert_eq!(
            pulse.round_trips().map(|own| own.latest),
            Some(millis(5040))
        );
        let second = pulse.beat(at(5041)).unwrap();
        pulse.handle_answer(at(5050), &answer(second));
        assert_eq!(pulse.beat(at(6040)), None, "too soon");
        assert!(pulse.beat(at(6041)).is_some());
    }

    #[test]
    fn who_asks_gets_the_answer_to_the_question_under_way() {
        let mut pulse = Pulse::default();
        let beat = answer(pulse.beat(at(0)).unwrap());
        assert_eq!(pulse.handle_answer(at(5), &beat), None, "nobody asked");
        let beat = answer(pulse.beat(at(1000)).unwrap());
        assert_eq!(pulse.ask(at(1001)), None, "one is under way");
        assert_eq!(pulse.handle_answer(at(1040), &beat), Some(millis(40)));
        let asked = answer(pulse.ask(at(1050)).unwrap());
        assert_eq!(pulse.handle_answer(at(1060), &asked), Some(millis(10)));
    }

    #[test]
    fn an_answer_to_nothing_counts_for_nothing() {
        let mut pulse = Pulse::default();
        let fence = pulse.beat(at(0)).unwrap();
        let other = Fence {
            payload: vec![9; 4],
            ..Fence::default()
        };
        pulse.handle_answer(at(1), &other);
        assert_eq!(pulse.round_trips(), None);
        pulse.handle_answer(at(2), &answer(fence.clone()));
        pulse.handle_answer(at(9), &answer(fence));
        assert_eq!(pulse.round_trips().map(|own| own.count), Some(1));
    }
}
