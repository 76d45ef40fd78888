//! What plays next: the frames in their order, and what is done where one is missing.

use rfb::sound::SoundFormat;

use super::source::Source;
use super::stats::PlayoutStats;
use super::store::{Store, after};
use crate::codec::CodecError;
use crate::numbers::{Micros, time_of};

/// Sound that begins after silence: 1 ms, so that its attack stays.
const FADE_ATTACK: usize = 48;
/// Sound that begins in the middle, and sound that ends without need to: 5 ms.
const FADE: usize = 240;
/// Sound of which nothing more comes: 40 ms.
const FADE_STARVED: usize = 1_920;
/// After so many made-up frames in a row they fade.
const CONCEALED: usize = 2;
/// More missing than this is not made up: it is silent.
const GAP: Micros = 100_000.0;
/// The first frame of a stream may be overtaken by so many.
const OVERTAKEN: i32 = 16;
/// A frame that is overdue by more than this (and a frame) when sound begins is left out, if newer ones are there.
const OVERDUE: Micros = 10_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Silent,
    Playing,
    /// It fades, though there may be more.
    Ending,
    /// A frame of silence, for what comes after to be empty.
    Draining,
}

/// What a frame is on the timeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fed {
    /// When its first sample was captured, if that is known.
    pub(super) captured: Option<Micros>,
    /// It stands for time that has passed; if not, it is put in between.
    pub(super) advances: bool,
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) store: Store,
    source: Source,
    phase: Phase,
    /// The frame that is to play next; `None` before any came.
    next: Option<u32>,
    /// Something of this stream has played.
    has_begun: bool,
    /// Samples of one channel in a frame.
    frame: usize,
    is_pcm: bool,
    /// Frames that were put in between, because there was none, since the last one that was.
    inserted: u32,
    /// Made-up frames in a row.
    concealed: usize,
    /// The silence that is was announced.
    is_announced: bool,
    /// What plays next is another stream than what did.
    is_other: bool,
    pub(super) stats: PlayoutStats,
}

impl Queue {
    pub(super) fn new(format: SoundFormat) -> Result<Self, CodecError> {
        let frame = format.frame.samples();
        Ok(Self {
            store: Store::new(time_of(frame)),
            source: Source::new(format)?,
            phase: Phase::Silent,
            next: None,
            has_begun: false,
            frame,
            is_pcm: false,
            inserted: 0,
            concealed: 0,
            is_announced: true,
            is_other: false,
            stats: PlayoutStats::default(),
        })
    }

    /// Forgets what waits; what plays fades. What comes from here on is PCM, or coded.
    pub(super) fn clear(&mut self, is_pcm: bool) {
        self.end();
        self.is_pcm = is_pcm;
        self.frame = if is_pcm {
            super::PCM_FRAME
        } else {
            self.source.format().frame.samples()
        };
        self.store.clear(self.frame_time());
        self.next = None;
        self.has_begun = false;
        self.is_announced = true;
        self.is_other = true;
    }

    pub(super) fn frame_time(&self) -> Micros {
        time_of(self.frame)
    }

    pub(super) fn is_pcm(&self) -> bool {
        self.is_pcm
    }

    pub(super) fn is_silent(&self) -> bool {
        self.phase == Phase::Silent
    }

    /// Its timeline goes on: it neither fades nor is silent.
    pub(super) fn is_playing(&self) -> bool {
        self.phase == Phase::Playing
    }

    /// The frame that plays, interleaved stereo.
    pub(super) fn samples(&self) -> &[f32] {
        self.source.samples()
    }

    /// Whether a frame of this number still can be played. Before sound begins, the first frame may come after others.
    pub(super) fn is_in_time(&mut self, sequence: u32) -> bool {
        let ahead = self.next.map_or(-1, |next| after(sequence, next));
        if !self.has_begun && (-OVERTAKEN..0).contains(&ahead) {
            self.next = Some(sequence);
        }
        0 <= ahead || !self.has_begun
    }

    /// What plays fades at once, without having to.
    pub(super) fn end(&mut self) {
        if self.phase == Phase::Playing {
            self.phase = Phase::Ending;
            self.source.fade_out(FADE);
        }
    }

    /// No more comes for now, and that is no fault.
    pub(super) fn announce_end(&mut self) {
        let newest = self.store.newest().map(|(sequence, _)| sequence);
        if let (Some(newest), Some(next)) = (newest, self.next)
            && 0 <= after(newest, next)
        {
            self.store.end();
        } else {
            self.end();
            self.is_announced = true;
        }
    }

    /// Begins to play, if what was captured before `until` is there: when its first sample was captured. What was captured
    /// long before `due` is left out if there is something newer.
    pub(super) fn start(&mut self, due: Micros, until: Micros) -> Option<Micros> {
        let (mut sequence, slot) = self.store.first_from(self.next?)?;
        let mut captured = slot.captured;
        while OVERDUE + self.frame_time() < due - captured
            && let Some((newer, slot)) = self.store.first_from(sequence.wrapping_add(1))
        {
            self.stats.late += 1;
            (sequence, captured) = (newer, slot.captured);
        }
        self.next = Some(sequence);
        if until <= captured {
            return None;
        }
        self.phase = Phase::Playing;
        self.has_begun = true;
        let fade = if self.is_announced { FADE_ATTACK } else { FADE };
        if std::mem::take(&mut self.is_other) {
            self.source.reset();
        }
        self.source.silence(0);
        self.source.fade_in(fade);
        self.inserted = 0;
        self.concealed = 0;
        self.is_announced = false;
        Some(captured)
    }

    /// The next frame is in [`Self::samples`].
    pub(super) fn advance(&mut self) -> Fed {
        match self.phase {
            Phase::Playing => self.play(),
            Phase::Ending => self.fade(),
            Phase::Draining | Phase::Silent => {
                self.phase = Phase::Silent;
                self.source.silence(self.frame);
                ADVANCES
            }
        }
    }

    fn play(&mut self) -> Fed {
        let next = self.next.unwrap_or_default();
        if self.store.get(next).is_some() {
            return self.play_slot(next);
        }
        let Some((there, _)) = self.store.first_from(next) else {
            return self.starve();
        };
        let missing = there.wrapping_sub(next);
        // What was put in between while nothing was there stands for what turns out to be missing.
        let covered = missing.min(self.inserted);
        self.inserted -= covered;
        self.stats.lost += u64::from(covered);
        let next = next.wrapping_add(covered);
        self.next = Some(next);
        if next == there {
            return self.play_slot(next);
        }
        if GAP < f64::from(missing - covered) * self.frame_time() {
            self.stats.lost += u64::from(missing - covered);
            self.next = Some(there);
            self.end();
            return self.fade();
        }
        self.stats.lost += 1;
        self.conceal(next);
        self.next = Some(next.wrapping_add(1));
        ADVANCES
    }

    fn play_slot(&mut self, sequence: u32) -> Fed {
        self.next = Some(sequence.wrapping_add(1));
        let Some(slot) = self.store.get(sequence) else {
            return ADVANCES;
        };
        if slot.is_recovered {
            self.stats.lost += 1;
            self.stats.recovered += 1;
        }
        if self.phase == Phase::Playing && 0 < self.concealed {
            self.source.fade_in(FADE);
        }
        if self.source.play(slot) {
            self.concealed = 0;
        } else {
            self.stats.malformed += 1;
            self.stats.concealed += 1;
            self.concealed += 1;
        }
        // It was late, and not another one lost.
        self.stats.underruns += u64::from(0 < self.inserted);
        self.inserted = 0;
        if slot.is_last {
            self.phase = Phase::Draining;
            self.is_announced = true;
        }
        Fed {
            captured: Some(slot.captured),
            advances: true,
        }
    }

    /// Makes up the frame of `sequence`.
    fn conceal(&mut self, sequence: u32) {
        if CONCEALED <= self.concealed {
            self.source.fade_out(FADE_STARVED);
        }
        self.concealed += 1;
        self.stats.concealed += 1;
        let after = self.store.get(sequence.wrapping_add(1));
        self.source.conceal(after, self.is_pcm);
    }

    /// Nothing is there while sound plays: it goes on for a while, and then is silent. Whether the frame is lost or late
    /// shows by what comes next.
    fn starve(&mut self) -> Fed {
        if self.inserted == 0 {
            self.source.fade_out(FADE_STARVED);
        }
        self.inserted += 1;
        self.concealed += 1;
        self.stats.concealed += 1;
        self.source.conceal(None, self.is_pcm);
        if self.source.is_faded() {
            self.stats.underruns += 1;
            self.phase = Phase::Draining;
        }
        Fed {
            captured: None,
            advances: false,
        }
    }

    /// Another frame of what fades.
    fn fade(&mut self) -> Fed {
        let slot = self.next.and_then(|next| self.store.get(next));
        if let Some(slot) = slot {
            self.next = self.next.map(|next| next.wrapping_add(1));
            self.source.play(slot);
        } else {
            self.source.conceal(None, self.is_pcm);
        }
        if self.source.is_faded() {
            self.phase = Phase::Draining;
        }
        ADVANCES
    }
}

const ADVANCES: Fed = Fed {
    captured: None,
    advances: true,
};
