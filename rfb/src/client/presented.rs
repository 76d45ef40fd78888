//! Which pictures have come whole, and are to be told of once they are seen.

use std::collections::VecDeque;
use std::time::Duration;

use crate::message::Presented;
use crate::{LocalTime, MediaTime};

/// Pictures that have come and were not presented. Of more, the oldest are forgotten.
const PICTURES: usize = 32;
/// The server is told no more often.
const PAUSE: Duration = Duration::from_micros(1_000_000 / 60);

/// Pictures that have come whole.
#[derive(Debug, Default)]
pub(super) struct Presentations {
    /// When each was captured, and when its end came; in the order they came.
    ///
    /// INVARIANT: no more than [`PICTURES`].
    ended: VecDeque<(MediaTime, LocalTime)>,
    told: Option<LocalTime>,
}

impl Presentations {
    pub(super) fn end(&mut self, now: LocalTime, captured: MediaTime) {
        if self.ended.len() == PICTURES {
            self.ended.pop_front();
        }
        self.ended.push_back((captured, now));
    }

    /// What to tell of the picture that is seen from `now` on.
    pub(super) fn take(&mut self, now: LocalTime, captured: MediaTime) -> Option<Presented> {
        let number = self.ended.iter().rposition(|(own, _)| *own == captured)?;
        let (_, came) = self.ended.drain(..=number).next_back()?;
        let is_soon = self.told.is_some_and(|told| now.since(told) < PAUSE);
        if is_soon {
            return None;
        }
        self.told = Some(now);
        Some(Presented {
            captured,
            after: now.since(came),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> LocalTime {
        LocalTime::from_micros(ms * 1000)
    }

    #[test]
    fn each_picture_is_told_of_once_with_how_long_it_took() {
        let mut pictures = Presentations::default();
        let captured = [7, 8, 9].map(MediaTime::from_micros);
        for captured in captured {
            pictures.end(at(100), captured);
        }
        assert_eq!(pictures.take(at(105), MediaTime::from_micros(6)), None);
        let told = pictures.take(at(105), captured[1]).unwrap();
        assert_eq!(
            (told.captured, told.after),
            (captured[1], Duration::from_millis(5))
        );
        for old in [captured[0], captured[1]] {
            assert_eq!(pictures.take(at(200), old), None, "it was before");
        }
        assert!(pictures.take(at(200), captured[2]).is_some());
    }

    #[test]
    fn the_server_is_told_sixty_times_a_second_at_most() {
        let mut pictures = Presentations::default();
        let mut told = 0;
        for ms in 0..1000 {
            let captured = MediaTime::from_micros(ms);
            pictures.end(at(ms), captured);
            told += usize::from(pictures.take(at(ms), captured).is_some());
        }
        assert!((50..=60).contains(&told), "{told}");
    }

    #[test]
    fn ends_that_nobody_asks_for_are_forgotten() {
        let mut pictures = Presentations::default();
        for ms in 0..1000 {
            pictures.end(at(ms), MediaTime::from_micros(ms));
        }
        assert_eq!(pictures.ended.len(), PICTURES);
    }
}
