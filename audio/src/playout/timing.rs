//! How late sound is to be played so that nearly all of it has come: measured from when packets come, and from when the
//! sound card asks.

use super::window::Window;
use crate::numbers::Micros;

/// How much later than needed all is played at least: what the estimates do not know, such as a machine that pauses. Half a
/// frame if that is longer, as more is missed with a longer one.
const SAFETY: Micros = 5_000.0;
/// What packets may be late by before anything was measured; it fades over the first seconds of sound.
const BEGINNING: Micros = 20_000.0;
const BEGINNING_FADES: Micros = 5_000_000.0;
/// A single delay that is longer than this, in a minute, is not waited for.
const SPIKE: Micros = 60_000.0;
/// Repairs are believed to come on for so long after the last one.
const REPAIRS: Micros = 10_000_000.0;
/// A second chance of a repair comes with the third packet after.
const REPAIR_FRAMES: f64 = 3.0;
/// The sound card reads at most so much ahead of what it plays.
const LEAD_LIMIT: Micros = 1_000_000.0;
/// So much shorter a second may the wait become while sound plays: less than can be played faster unheard.
const SHRINKS: f64 = 4e-3;
/// The way became longer, rather than the clocks drifting.
const LONGER: Micros = 5_000.0;

#[derive(Debug)]
pub(super) struct Timing {
    frame_time: Micros,
    max_wait: Micros,
    /// Local time of arrival less time of capture: the least lately.
    transit: Window,
    base: Option<Micros>,
    /// By how much more than the least packets took.
    lateness: Window,
    /// By how much before its sound leaves the device the device reads it.
    lead: Window,
    /// How long sound has played.
    sounded: Micros,
    /// By how much later than the earliest packet sound is read.
    wait: Micros,
    last_repair: Option<Micros>,
}

impl Timing {
    pub(super) fn new(frame_time: Micros, max_wait: Micros) -> Self {
        Self {
            frame_time,
            max_wait,
            transit: Window::of_smallest(10),
            base: None,
            lateness: Window::of_largest(60),
            lead: Window::of_largest(4),
            sounded: 0.0,
            wait: BEGINNING + SAFETY,
            last_repair: None,
        }
    }

    /// Forgets the packets.
    pub(super) fn clear(&mut self, frame_time: Micros) {
        self.frame_time = frame_time;
        self.transit.clear();
        self.lateness.clear();
        self.base = None;
        self.sounded = 0.0;
        self.last_repair = None;
        self.settle();
    }

    /// A packet came at `now` that was captured at `captured`.
    pub(super) fn handle_arrival(&mut self, now: Micros, captured: Micros, repairs: bool) {
        let transit = now - captured;
        self.transit.push(now, transit);
        let base = self.transit.best().unwrap_or(transit);
        if let Some(before) = self.base
            && LONGER < base - before
        {
            self.lateness.lower(base - before);
        }
        self.base = Some(base);
        self.lateness
            .push(now, (transit - base).clamp(0.0, self.max_wait));
        if repairs {
            self.last_repair = Some(now);
        }
    }

    /// The sound card reads at `now` what ends to leave it at `ends`.
    pub(super) fn handle_read(&mut self, now: Micros, ends: Micros) {
        self.lead.push(now, (ends - now).clamp(0.0, LEAD_LIMIT));
        self.transit.advance(now);
        self.lateness.advance(now);
        if self.last_repair.is_some_and(|at| REPAIRS < now - at) {
            self.last_repair = None;
        }
    }

    /// So much sound was played: the wait grows at once, and shrinks slowly.
    pub(super) fn handle_sound(&mut self, time: Micros) {
        self.sounded += time;
        self.wait = self.needed().max(self.wait - time * SHRINKS);
    }

    /// Nothing plays: the wait may be what it needs to be.
    pub(super) fn settle(&mut self) {
        self.wait = self.needed();
    }

    /// The least that packets took lately, on two clocks; `None` if none came lately.
    pub(super) fn transit(&self) -> Option<Micros> {
        self.transit.best()
    }

    /// By how much before its sound leaves the device the device reads it, at most.
    pub(super) fn lead(&self) -> Micros {
        self.lead.best().unwrap_or_default()
    }

    /// By how much later than the earliest packet sound is to be read, so that late packets are there.
    fn needed(&self) -> Micros {
        let (first, second) = self.lateness.two_largest();
        let measured = second.max(first.min(SPIKE));
        let fades = (1.0 - self.sounded / BEGINNING_FADES).max(0.0);
        let repair = if self.last_repair.is_some() {
            REPAIR_FRAMES * self.frame_time
        } else {
            0.0
        };
        let safety = SAFETY.max(self.frame_time / 2.0);
        (measured.max(BEGINNING * fades) + repair + safety).min(self.max_wait)
    }

    /// Local time at the device less time of capture, as it is to be; `None` before any packet.
    pub(super) fn delay(&self) -> Option<Micros> {
        Some(self.base? + self.wait + self.lead())
    }

    /// How much sound waits when a packet has just come, if all is as it is to be.
    pub(super) fn target(&self) -> Micros {
        self.frame_time + self.wait
    }
}
