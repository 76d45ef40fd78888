//! What the server has said of itself, and comparing clocks with it.

use std::time::Duration;

use crate::message::ClockStamps;
use crate::{Leds, LocalTime, MediaTime};

/// What the server can do, as far as it has said so.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) continuous_updates: bool,
    /// It answers fences: it has sent one.
    pub(super) fences: bool,
    /// It takes SetDesktopSize.
    pub(super) resize: bool,
    /// It reads our extension messages.
    pub(super) extensions: bool,
    /// It takes key codes.
    pub(super) keycodes: bool,
    /// It takes mouse buttons 8 and 9.
    pub(super) extended_buttons: bool,
    /// It can be told to shut down.
    pub(super) power: bool,
    /// It compares clocks.
    pub(super) clock: bool,
    /// Its keyboard's lights.
    pub(super) leds: Option<Leds>,
    /// When the last picture that told was taken.
    pub(super) captured: Option<MediaTime>,
}

/// One comparison of the two sides' clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSample {
    /// This side asked.
    pub asked: LocalTime,
    /// The server got the question.
    pub received: MediaTime,
    /// The server answered.
    pub answered: MediaTime,
    /// This side got the answer.
    pub returned: LocalTime,
}

impl ClockSample {
    /// How long the exchange took on the way: without the time the server took to answer.
    #[must_use]
    pub fn round_trip(&self) -> Duration {
        let there = self.answered.since(self.received);
        self.returned.since(self.asked).saturating_sub(there)
    }

    /// Puts the high bits back that the wire has not: each stamp is the moment with its low bits that is nearest to what
    /// is known of its clock.
    pub(super) fn new(stamps: &ClockStamps, now: LocalTime, captured: Option<MediaTime>) -> Self {
        let media = captured.unwrap_or_default().as_micros();
        let server = |stamp| MediaTime::from_micros(nearest(media, stamp));
        Self {
            asked: LocalTime::from_micros(nearest(now.as_micros(), stamps.asked)),
            received: server(stamps.received),
            answered: server(stamps.answered),
            returned: now,
        }
    }
}

/// The number nearest to `near` whose low 32 bits are `low`; never below zero, nor above what there is.
fn nearest(near: u64, low: u32) -> u64 {
    const SPAN: u64 = 1 << 32;
    let candidate = near / SPAN * SPAN + u64::from(low);
    let other = if near.saturating_sub(candidate) > SPAN / 2 {
        candidate.checked_add(SPAN)
    } else if candidate.saturating_sub(near) > SPAN / 2 {
        candidate.checked_sub(SPAN)
    } else {
        None
    };
    other.unwrap_or(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_find_their_high_bits_on_both_sides_of_a_wrap() {
        let hour = 0x1_0000_0000_u64;
        assert_eq!(nearest(5 * hour + 10, 4), 5 * hour + 4);
        assert_eq!(nearest(5 * hour + 10, u32::MAX), 5 * hour - 1);
        assert_eq!(nearest(5 * hour - 10, 4), 5 * hour + 4);
        assert_eq!(nearest(0, u32::MAX), hour - 1, "nothing is before zero");
        assert_eq!(nearest(7, 0), 0);
        let last = u64::MAX;
        assert_eq!(nearest(last, u32::MAX), last);
        assert_eq!(nearest(last, 0), last - hour + 1, "nothing is behind all");
    }
}
