//! The frames that wait, and the last ones before them: a ring, so that no flood can fill memory.

use crate::codec::FRAME_LIMIT;
use crate::numbers::Micros;
use crate::repair::{self, Piece, Wanted};

/// So many frames are kept, in 2^n: 640 ms of the shortest.
const SLOTS: usize = 128;
/// Recovered frames may make others recoverable, and so on; this deep.
const DEPTH: usize = 8;

/// How far `a` is after `b`, on numbers that wrap; below zero if it is before.
pub(super) const fn after(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

/// A frame that has come.
#[derive(Debug, Default)]
pub(super) struct Slot {
    is_used: bool,
    sequence: u32,
    pub(super) captured: Micros,
    pub(super) is_last: bool,
    /// It did not come, but was had from repairs.
    pub(super) is_recovered: bool,
    /// The coded frame; empty if it is `samples`.
    pub(super) frame: Vec<u8>,
    /// Stereo that never was coded.
    pub(super) samples: Vec<f32>,
    repair: Vec<u8>,
}

/// What a frame is put into the store with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub(super) sequence: u32,
    pub(super) captured: Micros,
    pub(super) is_last: bool,
    pub(super) frame: &'a [u8],
    pub(super) samples: &'a [f32],
    pub(super) repair: &'a [u8],
}

#[derive(Debug)]
pub(super) struct Store {
    slots: Vec<Slot>,
    newest: Option<u32>,
    /// How long a frame is.
    frame_time: Micros,
    scratch: Vec<u8>,
}

impl Store {
    pub(super) fn new(frame_time: Micros) -> Self {
        let mut slots = Vec::new();
        slots.resize_with(SLOTS, Slot::default);
        Self {
            slots,
            newest: None,
            frame_time,
            scratch: Vec::with_capacity(FRAME_LIMIT),
        }
    }

    /// Forgets all; frames are so long from now on.
    pub(super) fn clear(&mut self, frame_time: Micros) {
        for slot in &mut self.slots {
            slot.is_used = false;
        }
        self.newest = None;
        self.frame_time = frame_time;
    }

    pub(super) fn get(&self, sequence: u32) -> Option<&Slot> {
        let slot = self.slots.get(index(sequence))?;
        (slot.is_used && slot.sequence == sequence).then_some(slot)
    }

    /// The newest frame, however long ago.
    pub(super) fn newest(&self) -> Option<(u32, &Slot)> {
        let newest = self.newest?;
        Some((newest, self.get(newest)?))
    }

    /// The first frame that is there, from `sequence` on.
    pub(super) fn first_from(&self, sequence: u32) -> Option<(u32, &Slot)> {
        let ahead = after(self.newest?, sequence);
        let ahead = usize::try_from(ahead).ok()?;
        // What is further ahead than the ring is long has overwritten what was before.
        let skipped = u32::try_from((ahead + 1).saturating_sub(SLOTS)).ok()?;
        let start = sequence.wrapping_add(skipped);
        let mut candidates = (0_u32..).map(|ahead| start.wrapping_add(ahead)).take(SLOTS);
        candidates.find_map(|at| Some((at, self.get(at)?)))
    }

    /// Marks the newest frame as the last before silence.
    pub(super) fn end(&mut self) {
        if let Some(newest) = self.newest
            && let Some(slot) = self.slots.get_mut(index(newest))
        {
            slot.is_last = true;
        }
    }

    /// Puts a frame where it belongs; false if it was there already, or something newer is there.
    pub(super) fn insert(&mut self, arrival: &Arrival<'_>) -> bool {
        let Some(slot) = self.slots.get_mut(index(arrival.sequence)) else {
            return false;
        };
        if slot.is_used && 0 <= after(slot.sequence, arrival.sequence) {
            let same = slot.sequence == arrival.sequence;
            slot.is_recovered &= !same;
            return false;
        }
        slot.is_used = true;
        slot.sequence = arrival.sequence;
        slot.captured = arrival.captured;
        slot.is_last = arrival.is_last;
        slot.is_recovered = false;
        replace(&mut slot.frame, arrival.frame);
        replace(&mut slot.samples, arrival.samples);
        replace(&mut slot.repair, arrival.repair);
        if self
            .newest
            .is_none_or(|newest| 0 < after(arrival.sequence, newest))
        {
            self.newest = Some(arrival.sequence);
        }
        true
    }

    /// Recovers whatever can be had now that the frame of `sequence` is there; the numbers of those that were.
    pub(super) fn mend(&mut self, sequence: u32, recovered: &mut Vec<u32>) {
        recovered.clear();
        self.mend_at(sequence, recovered, DEPTH);
    }

    fn mend_at(&mut self, sequence: u32, recovered: &mut Vec<u32>, depth: usize) {
        if depth == 0 {
            return;
        }
        // The packets that carry something together with this frame, and its own.
        let ways = [
            (sequence, Wanted::Near),
            (sequence, Wanted::Far),
            (sequence.wrapping_add(1), Wanted::Far),
            (sequence.wrapping_add(3), Wanted::Near),
        ];
        for (carrier, wanted) in ways {
            if let Some(found) = self.recover(carrier, wanted) {
                recovered.push(found);
                self.mend_at(found, recovered, depth - 1);
            }
        }
    }

    /// The frame that is `wanted` of what `carrier` repairs, if it is missing and can be had; its number.
    fn recover(&mut self, carrier: u32, wanted: Wanted) -> Option<u32> {
        let (back, other_back) = match wanted {
            Wanted::Near => (1, 3),
            Wanted::Far => (3, 1),
        };
        let sequence = carrier.wrapping_sub(back);
        if self.get(sequence).is_some() {
            return None;
        }
        let mut frame = std::mem::take(&mut self.scratch);
        let other = self.get(carrier.wrapping_sub(other_back));
        let other = other.map(|slot| Piece { frame: &slot.frame });
        let carrier = self.get(carrier);
        let is_last =
            carrier.and_then(|slot| repair::recover(&slot.repair, wanted, other, &mut frame));
        let found = carrier.zip(is_last).map(|(carrier, is_last)| Arrival {
            sequence,
            captured: carrier.captured - f64::from(back) * self.frame_time,
            is_last,
            frame: &frame,
            samples: &[],
            repair: &[],
        });
        let was_put = found.is_some_and(|arrival| self.insert(&arrival));
        self.scratch = frame;
        let slot = self.slots.get_mut(index(sequence)).filter(|_| was_put)?;
        slot.is_recovered = true;
        Some(sequence)
    }
}

fn index(sequence: u32) -> usize {
    usize::try_from(sequence).unwrap_or_default() % SLOTS
}

fn replace<T: Copy>(old: &mut Vec<T>, new: &[T]) {
    old.clear();
    old.extend_from_slice(new);
}
