//! When the next picture is captured.

use std::time::{Duration, Instant};

/// How much of an interval passes at least before it is found out again whether what was drawn is little.
const LOOKS_PER_INTERVAL: u32 = 8;

/// Spreads pictures over time: the first after a pause is captured at once, and on average one in an interval. After a
/// large one, one that is little may be early, by an interval at most: what a key brings need not wait because a video
/// has just moved on.
#[derive(Debug)]
pub(crate) struct Rhythm {
    /// When all there was has had its interval.
    next: Instant,
    /// When what was drawn may be looked at again, if a little picture may be early.
    look: Option<Instant>,
}

impl Rhythm {
    /// One in which a picture may be captured from `now` on.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            next: now,
            look: None,
        }
    }

    /// When a picture may be captured.
    pub(crate) fn picture_at(&self) -> Instant {
        self.next
    }

    /// When it may be found out whether what was drawn is little, and captured if it is; none if it has to wait for the
    /// next picture.
    pub(crate) fn little_at(&self) -> Option<Instant> {
        self.look
    }

    /// A picture is captured now; what comes after a large one may be early.
    pub(crate) fn note_picture(&mut self, now: Instant, interval: Duration, is_large: bool) {
        self.next = self.next.max(now) + interval;
        self.look = is_large.then_some(now);
    }

    /// What was drawn was looked at now, and captured if it was little.
    pub(crate) fn note_look(&mut self, now: Instant, interval: Duration, was_captured: bool) {
        if was_captured {
            self.note_picture(now, interval, false);
        } else {
            self.look = Some(now + interval / LOOKS_PER_INTERVAL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(16);

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_first_after_a_pause_is_never_late_and_the_next_has_an_interval() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        rhythm.note_picture(start, INTERVAL, true);
        assert_eq!(rhythm.picture_at(), after(start, 16));
        let later = after(start, 500);
        assert!(rhythm.picture_at() < later);
        rhythm.note_picture(later, INTERVAL, true);
        assert_eq!(rhythm.picture_at(), after(start, 516));
    }

    #[test]
    fn after_a_large_picture_one_that_is_little_is_early_and_made_up_for() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        rhythm.note_picture(start, INTERVAL, true);
        let key = after(start, 3);
        assert!(rhythm.little_at().is_some_and(|at| at <= key));
        rhythm.note_look(key, INTERVAL, true);
        assert_eq!(rhythm.picture_at(), after(start, 32));
        assert_eq!(rhythm.little_at(), None);
    }

    #[test]
    fn little_pictures_keep_their_distance_from_each_other() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        rhythm.note_picture(start, INTERVAL, false);
        assert_eq!(rhythm.little_at(), None);
        assert_eq!(rhythm.picture_at(), after(start, 16));
    }

    #[test]
    fn whatever_is_drawn_how_often_pictures_keep_to_their_number_and_large_ones_come() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        let (mut large, mut little) = (0, 0);
        for millisecond in 0..1600 {
            let now = after(start, millisecond);
            if now >= rhythm.picture_at() {
                rhythm.note_picture(now, INTERVAL, true);
                large += 1;
            } else if rhythm.little_at().is_some_and(|at| now >= at) {
                rhythm.note_look(now, INTERVAL, true);
                little += 1;
            }
        }
        assert_eq!((large, little), (50, 50));
    }

    #[test]
    fn what_is_not_little_is_not_looked_at_all_the_time() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(start);
        rhythm.note_picture(start, INTERVAL, true);
        rhythm.note_look(after(start, 1), INTERVAL, false);
        assert_eq!(rhythm.little_at(), Some(after(start, 3)));
        assert_eq!(rhythm.picture_at(), after(start, 16));
    }
}
