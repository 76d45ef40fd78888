//! Which pictures the client was sent whole, and how old they were when it showed them.

use std::collections::VecDeque;
use std::time::Duration;

use crate::message::Presented;
use crate::{LocalTime, MediaTime};

/// Pictures whose presentation is waited for. Of more, the oldest are forgotten.
const PICTURES: usize = 64;
/// The share of the newest age in the mean.
const NEWS: u32 = 8;

/// Pictures that were sent whole, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// INVARIANT: ascending, each once; no more than [`PICTURES`].
    ended: VecDeque<MediaTime>,
    /// From capture to presentation, smoothed.
    age: Option<Duration>,
}

impl Pictures {
    /// All of this picture was sent. Whether the client is to be told: an older one is none of its news.
    pub(super) fn end(&mut self, captured: MediaTime) -> bool {
        if self.ended.back().is_some_and(|last| *last >= captured) {
            return false;
        }
        if self.ended.len() == PICTURES {
            self.ended.pop_front();
        }
        self.ended.push_back(captured);
        true
    }

    /// The client has presented a picture, and all before it; word of that took about half a round trip. How old it was;
    /// `None` for pictures that were not sent, or have been presented already.
    pub(super) fn presented(
        &mut self,
        now: LocalTime,
        presented: &Presented,
        round_trip: Duration,
    ) -> Option<Duration> {
        let number = self.ended.binary_search(&presented.captured).ok()?;
        self.ended.drain(..=number);
        // The capture's clock is ours.
        let since = now.since(LocalTime::from_micros(presented.captured.as_micros()));
        let age = since.saturating_sub(round_trip / 2);
        self.age = Some(self.age.map_or(age, |own| (own * (NEWS - 1) + age) / NEWS));
        Some(age)
    }

    /// How old pictures are when they are shown, smoothed; `None` until the client has told.
    pub(super) fn age(&self) -> Option<Duration> {
        self.age
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> MediaTime {
        MediaTime::from_micros(ms * 1000)
    }

    fn presented(pictures: &mut Pictures, now: u64, captured: MediaTime) -> Option<u128> {
        let presented = Presented {
            captured,
            after: Duration::from_millis(1),
        };
        let now = LocalTime::from_micros(now * 1000);
        let age = pictures.presented(now, &presented, Duration::from_millis(40));
        age.map(|age| age.as_millis())
    }

    #[test]
    fn an_age_is_the_time_since_capture_less_the_way_back() {
        let mut pictures = Pictures::default();
        assert!(pictures.end(at(100)) && pictures.end(at(133)));
        assert_eq!(presented(&mut pictures, 170, at(100)), Some(50));
        assert_eq!(pictures.age(), Some(Duration::from_millis(50)));
        assert_eq!(presented(&mut pictures, 210, at(133)), Some(57));
        // One late picture counts for an eighth.
        assert_eq!(pictures.age(), Some(Duration::from_micros(50_875)));
    }

    #[test]
    fn what_was_not_sent_or_is_told_again_counts_for_nothing() {
        let mut pictures = Pictures::default();
        pictures.end(at(100));
        pictures.end(at(200));
        for captured in [at(0), at(150), at(u64::MAX / 1000)] {
            assert_eq!(presented(&mut pictures, 250, captured), None);
        }
        assert_eq!(pictures.age(), None);
        assert_eq!(presented(&mut pictures, 250, at(200)), Some(30));
        for captured in [at(100), at(200)] {
            assert_eq!(presented(&mut pictures, 250, captured), None, "again");
        }
    }

    #[test]
    fn of_many_pictures_that_are_never_presented_the_oldest_are_forgotten() {
        let mut pictures = Pictures::default();
        for ms in 1..1000 {
            assert!(pictures.end(at(ms)));
            assert!(!pictures.end(at(ms)) && !pictures.end(at(ms - 1)));
        }
        assert_eq!(pictures.ended.len(), PICTURES);
        assert_eq!(presented(&mut pictures, 2000, at(1)), None);
    }
}
