//! What was sent lately, in case the client turns out not to have got it.

use std::collections::VecDeque;

use crate::Region;

/// Updates that are told apart. What is older counts as one.
const UPDATES: usize = 128;
/// What an update wrote is remembered by so many rectangles at most, or a little more is.
const RECTS: usize = 64;

/// What an update tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Where it writes pixels.
    pub(super) pixels: Region,
    /// The framebuffer has another size from there on.
    pub(super) resized: bool,
    pub(super) screens: bool,
    pub(super) cursor: bool,
    pub(super) pointer: bool,
    pub(super) leds: bool,
}

/// The updates of a connection: how many, and what the last ones told.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// Updates written.
    written: u32,
    /// The last of them with their numbers, counted from one, oldest first.
    last: VecDeque<(u32, Told)>,
    /// The one that is being encoded.
    begun: Option<Told>,
}

impl Told {
    /// Nothing the client holds is certain.
    pub(super) fn everything() -> Self {
        Self {
            pixels: Region::default(),
            resized: true,
            screens: true,
            cursor: true,
            pointer: true,
            leds: true,
        }
    }

    fn add(&mut self, later: &Self) {
        self.pixels = self.pixels.union(&later.pixels);
        self.pixels.thin_out(RECTS);
        self.resized |= later.resized;
        self.screens |= later.screens;
        self.cursor |= later.cursor;
        self.pointer |= later.pointer;
        self.leds |= later.leds;
    }
}

impl Flight {
    /// An update is being made.
    pub(super) fn begin(&mut self, told: Told) {
        self.begun = Some(told);
    }

    /// It is made, all but the pixels of `left`, and is written if there is anything in it.
    pub(super) fn finish(&mut self, left: &Region, is_written: bool) {
        let Some(mut told) = self.begun.take().filter(|_| is_written) else {
            return;
        };
        told.pixels = told.pixels.difference(left);
        told.pixels.thin_out(RECTS);
        self.written = self.written.saturating_add(1);
        self.last.push_back((self.written, told));
        if self.last.len() > UPDATES
            && let Some((_, oldest)) = self.last.pop_front()
            && let Some((_, next)) = self.last.front_mut()
        {
            next.add(&oldest);
        }
    }

    /// What a client may not have got that has drawn the first `updates`.
    pub(super) fn lost_after(&self, updates: u32) -> Told {
        if updates > self.written {
            return Told::everything();
        }
        let mut lost = Told::default();
        let after = self.last.iter().filter(|(number, _)| *number > updates);
        for told in after.map(|(_, told)| told).chain(&self.begun) {
            lost.add(told);
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rect;

    fn column(x: u16) -> Region {
        Rect::new(x, 0, 1, 1).into()
    }

    fn flight_of(updates: u16) -> Flight {
        let mut flight = Flight::default();
        for x in 0..updates {
            flight.begin(Told {
                pixels: column(x),
                ..Told::default()
            });
            flight.finish(&Region::default(), true);
        }
        flight
    }

    #[test]
    fn what_came_after_the_last_that_arrived_is_lost() {
        let mut flight = flight_of(3);
        assert_eq!(flight.lost_after(3), Told::default());
        assert_eq!(flight.lost_after(1).pixels, Rect::new(1, 0, 2, 1).into());
        flight.begin(Told {
            leds: true,
            ..Told::default()
        });
        assert!(flight.lost_after(3).leds, "it may be half written");
    }

    #[test]
    fn what_was_not_written_is_not_lost() {
        let mut flight = flight_of(0);
        flight.begin(Told {
            pixels: Rect::new(0, 0, 9, 1).into(),
            ..Told::default()
        });
        flight.finish(&Rect::new(4, 0, 9, 1).into(), true);
        assert_eq!(flight.lost_after(0).pixels, Rect::new(0, 0, 4, 1).into());
        flight.begin(Told::everything());
        flight.finish(&Region::default(), false);
        assert_eq!(flight.lost_after(1), Told::default());
    }

    #[test]
    fn the_oldest_of_many_are_lost_together() {
        let flight = flight_of(1000);
        assert_eq!(flight.last.len(), UPDATES);
        let all: Region = Rect::new(0, 0, 1000, 1).into();
        assert_eq!(flight.lost_after(0).pixels, all);
        assert_eq!(flight.lost_after(871).pixels, all);
        assert_eq!(flight.lost_after(999).pixels, column(999));
    }

    #[test]
    fn who_has_drawn_more_than_there_is_knows_nothing() {
        assert_eq!(flight_of(3).lost_after(4), Told::everything());
    }
}
