//! Where the pointer is, and whether the client knows.

use std::collections::VecDeque;
use std::time::Duration;

use crate::{LocalTime, Point};

/// Movements that are remembered until the desktop has made them.
const MOVES: usize = 64;
/// A movement the desktop has not made after so long it will not make.
const PATIENCE: Duration = Duration::from_millis(500);

/// The pointer as the desktop and as the client see it.
///
/// The desktop follows the client's movements late, so where it says the pointer is may be where the client had it a
/// moment ago: the client is told only of places it did not go to itself, or its pointer would be pulled back.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    /// Where it is on the desktop, once that is known.
    at: Option<Point>,
    /// Where the client believes it is.
    believed: Option<Point>,
    /// Where the client moved it, as far as the desktop has not followed yet.
    moves: VecDeque<Point>,
    moved: LocalTime,
}

impl Pointer {
    /// Where it is on the desktop, or will be.
    pub(super) fn at(&self) -> Option<Point> {
        self.at
    }

    /// Where it is for the client, which need not know where it is on the desktop.
    pub(super) fn place(&self) -> Option<Point> {
        self.believed.or(self.at)
    }

    /// The client moved it.
    pub(super) fn client_moved(&mut self, now: LocalTime, at: Point) {
        if self.moves.len() == MOVES {
            self.moves.pop_front();
        }
        self.moves.push_back(at);
        self.moved = now;
        self.believed = Some(at);
    }

    /// The desktop says where it is.
    pub(super) fn desktop_says(&mut self, at: Point) {
        self.at = Some(at);
        if let Some(made) = self.moves.iter().position(|own| *own == at) {
            self.moves.drain(..=made);
        }
    }

    /// The same for a client that comes back, who may not have got the last it was told.
    pub(super) fn resume(self, is_lost: bool) -> Self {
        Self {
            at: self.at,
            believed: self.believed.filter(|_| !is_lost),
            ..Self::default()
        }
    }

    /// Where the client is to be told that it is: it is somewhere else than it believes, and no movement of its own is
    /// under way. Told once.
    pub(super) fn news(&mut self, now: LocalTime) -> Option<Point> {
        if self.moved + PATIENCE <= now {
            self.moves.clear();
        }
        let at = self.at.filter(|_| self.moves.is_empty())?;
        (self.believed.replace(at) != Some(at)).then_some(at)
    }

    /// When [`Self::news`] tells what it holds back for movements under way; `None` if it holds nothing back.
    pub(super) fn due(&self) -> Option<LocalTime> {
        let is_held_back = !self.moves.is_empty() && self.at.is_some() && self.at != self.believed;
        is_held_back.then(|| self.moved + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: LocalTime = LocalTime::from_micros(0);

    fn at(x: u16) -> Point {
        Point::new(x, 0)
    }

    #[test]
    fn the_client_is_not_told_of_its_own_movements_however_late_they_are_made() {
        let mut pointer = Pointer::default();
        for x in 1..=5 {
            pointer.client_moved(NOW, at(x));
        }
        for x in 2..=5 {
            pointer.desktop_says(at(x));
            assert_eq!(pointer.news(NOW), None);
        }
    }

    #[test]
    fn the_client_is_told_once_of_where_others_moved_it() {
        let mut pointer = Pointer::default();
        pointer.client_moved(NOW, at(1));
        pointer.desktop_says(at(1));
        pointer.desktop_says(at(9));
        assert_eq!(pointer.news(NOW), Some(at(9)));
        assert_eq!(pointer.news(NOW), None);
    }

    #[test]
    fn a_movement_the_desktop_never_makes_holds_the_news_back_for_a_while_only() {
        let mut pointer = Pointer::default();
        pointer.client_moved(NOW, at(1));
        pointer.desktop_says(at(9));
        assert_eq!(pointer.news(NOW), None);
        let due = NOW + PATIENCE;
        assert_eq!(pointer.due(), Some(due));
        assert_eq!(pointer.news(due), Some(at(9)));
        assert_eq!(pointer.due(), None);
    }
}
