//! Samples that come without times, cut into frames that have some.

use super::PCM_FRAME;
use super::store::Arrival;
use crate::numbers::{Micros, time_of};

/// Samples that come later than this after they were expected begin a new stretch.
const GAP: Micros = 250_000.0;

/// Counts samples: the first of them was captured when it came, at the latest.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    waiting: Vec<f32>,
    frame: Vec<f32>,
    /// When the first sample that waits was captured, on our own clock.
    next: Option<Micros>,
    sequence: u32,
}

impl Chunks {
    /// `samples` of one channel came at `now`; `least` is the least that frames took lately.
    pub(super) fn arrive(&mut self, now: Micros, samples: usize, least: Option<Micros>) {
        let waiting = time_of(self.waiting.len() / 2);
        let newest = now - time_of(samples);
        let late = self
            .next
            .map(|next| newest - (next + waiting) - least.unwrap_or_default());
        match late {
            Some(late) if late <= GAP => {}
            _ => {
                self.next = Some(newest - waiting);
                // A gap: the queue sees that something is missing, or silent.
                self.sequence = self.sequence.wrapping_add(1);
            }
        }
    }

    /// Takes a pair of samples: a frame that it completes.
    pub(super) fn push(&mut self, pair: [f32; 2]) -> Option<Arrival<'_>> {
        self.waiting.extend(pair.map(|sample| {
            // Not a number is silent.
            if sample.is_finite() {
                sample.clamp(-4.0, 4.0)
            } else {
                0.0
            }
        }));
        if self.waiting.len() < 2 * PCM_FRAME {
            return None;
        }
        self.frame.clone_from(&self.waiting);
        self.waiting.clear();
        let captured = self.next?;
        self.next = Some(captured + time_of(PCM_FRAME));
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some(Arrival {
            sequence,
            captured,
            is_last: false,
            frame: &[],
            samples: &self.frame,
            repair: &[],
        })
    }

    /// What waits, and silence after it, as a frame, if anything waits.
    pub(super) fn finish(&mut self) -> Option<Arrival<'_>> {
        if self.waiting.is_empty() {
            return None;
        }
        self.waiting.resize(2 * PCM_FRAME - 2, 0.0);
        self.push([0.0; 2])
    }
}
