//! One clock for sound and pictures.

mod exchange;

pub use exchange::ClockExchange;

use std::time::Duration;

use rfb::{LocalTime, MediaTime};

use crate::numbers::{Micros, duration, local, local_time, media, media_time, micros};

/// Nothing is held for longer than this.
pub const MAX_HOLD: Duration = Duration::from_millis(500);
/// What would be due later than this has its time from another clock.
const OTHER_CLOCK: Micros = 2_000_000.0;
/// A pause in the sound that is longer than this ends what is in step with it.
const PAUSE: Micros = 10_000_000.0;
/// Delays that change by more than this have jumped; smaller changes are followed slowly.
const JUMP: Micros = 5_000.0;
/// In so long a change is followed by two thirds.
const SMOOTH: Micros = 1_000_000.0;

/// Says when what was captured at a moment is due here: when the sound of that moment leaves the sound card.
///
/// It is told by [`crate::Playout::fill`] what plays when, so the sound card owns the pace and pictures follow. Between
/// fills it goes on by itself.
#[derive(Debug, Default)]
pub struct PlayoutClock {
    /// Local time at the device less the time of capture.
    delay: Option<Micros>,
    /// When it was last told.
    now: Micros,
    /// When sound was last played.
    sounded: Micros,
    exchange: ClockExchange,
}

impl PlayoutClock {
    /// When what was captured at `captured` is to be shown: never more than [`MAX_HOLD`] after the last fill, and in the past
    /// if it is late. `None` if no sound plays (pauses of up to ten seconds are a part of it), or if `captured` is not of
    /// the sound's clock: then it is to be shown at once.
    #[must_use]
    pub fn due(&self, captured: MediaTime) -> Option<LocalTime> {
        let due = media(captured) + self.delay?;
        let ahead = due - self.now;
        (ahead <= OTHER_CLOCK).then(|| local_time(due.min(self.now + micros(MAX_HOLD))))
    }

    /// What leaves the device at `at`: when it was captured. `None` if no sound plays.
    #[must_use]
    pub fn captured(&self, at: LocalTime) -> Option<MediaTime> {
        Some(media_time(local(at) - self.delay?))
    }

    /// How long sound takes from its capture to leaving the device. `None` if no sound plays, or before the clocks were
    /// compared.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        Some(duration(self.delay? - self.exchange.offset()?))
    }

    /// The other side's clock.
    #[must_use]
    pub const fn exchange(&self) -> &ClockExchange {
        &self.exchange
    }

    pub(crate) const fn exchange_mut(&mut self) -> &mut ClockExchange {
        &mut self.exchange
    }

    /// What is filled at `now` leaves the device `delay` after its capture, on two clocks.
    pub(crate) fn handle_sound(&mut self, now: Micros, delay: Micros) {
        let smooth = match self.delay {
            Some(before) if (delay - before).abs() < JUMP => {
                let share = ((now - self.now) / SMOOTH).clamp(0.0, 1.0);
                before + (delay - before) * share
            }
            _ => delay,
        };
        self.delay = Some(smooth);
        self.now = now;
        self.sounded = now;
    }

    /// Silence is filled at `now`.
    pub(crate) fn handle_silence(&mut self, now: Micros) {
        self.now = now;
        if PAUSE < now - self.sounded {
            self.delay = None;
        }
    }

    /// The sound's clock is another, or there is none any more.
    pub(crate) fn reset(&mut self) {
        self.delay = None;
    }
}
