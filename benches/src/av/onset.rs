//! Where a click begins in a stream of samples.

use std::time::Duration;

use tightrope::rfb::sound::SAMPLE_RATE;

/// Loud enough to be a click: half of one. Music stays well below.
pub(super) const THRESHOLD: f32 = 0.45;
/// So many frames without one must be before it: an echo of a codec is none, and a click is over long before.
const QUIET: u32 = SAMPLE_RATE / 10;

/// Finds clicks in interleaved stereo.
#[derive(Clone, Debug)]
pub(super) struct Onsets {
    /// Frames since the last loud one.
    quiet: u32,
}

impl Default for Onsets {
    fn default() -> Self {
        Self { quiet: QUIET }
    }
}

impl Onsets {
    /// How long after the first of these samples a click begins, if one does.
    pub(super) fn find(&mut self, samples: &[f32]) -> Option<Duration> {
        let mut found = None;
        for (frame, [left, right]) in (0_u32..).zip(samples.as_chunks().0) {
            if left.abs().max(right.abs()) < THRESHOLD {
                self.quiet = self.quiet.saturating_add(1);
                continue;
            }
            if self.quiet >= QUIET {
                found = Some(length(frame));
            }
            self.quiet = 0;
        }
        found
    }
}

/// How long so many frames are.
pub(super) fn length(frames: u32) -> Duration {
    Duration::from_secs(1) * frames / SAMPLE_RATE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_begins_once_wherever_its_samples_are_cut() {
        let mut samples = vec![0.1; 2 * 5000];
        samples[2 * 1000 + 1] = 0.9;
        samples[2 * 1020] = -0.9;
        for piece in [1, 7, 480, 5000] {
            let mut onsets = Onsets::default();
            let mut found = Vec::new();
            for (index, part) in (0..).zip(samples.chunks(2 * piece)) {
                let start = u32::try_from(index * piece).unwrap();
                let at = onsets.find(part).map(|after| length(start) + after);
                found.extend(at.map(|at| at.as_micros() / 10));
            }
            assert_eq!(found, [2083], "{piece}");
        }
    }

    #[test]
    fn what_follows_a_click_at_once_is_none() {
        let mut onsets = Onsets::default();
        let click = [0.0, 0.0, 0.9, 0.9];
        assert_eq!(onsets.find(&click), Some(length(1)));
        assert_eq!(onsets.find(&click), None);
        assert_eq!(onsets.find(&vec![0.0; 2 * 4800]), None);
        assert_eq!(onsets.find(&click), Some(length(1)));
    }
}
