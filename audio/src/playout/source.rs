//! Frames as stereo samples, faded where something is missing.

use rfb::sound::SoundFormat;

use super::gain::towards;
use super::store::Slot;
use crate::codec::{CodecError, Decoder};
use crate::numbers::{float, single};

/// Decodes frames, and makes up those that are missing.
#[derive(Debug)]
pub(super) struct Source {
    decoder: Decoder,
    /// The frame that plays, interleaved stereo.
    samples: Vec<f32>,
    level: f32,
    aim: f32,
    step: f32,
}

impl Source {
    pub(super) fn new(format: SoundFormat) -> Result<Self, CodecError> {
        Ok(Self {
            decoder: Decoder::new(format)?,
            samples: Vec::with_capacity(2 * format.frame.samples().max(super::PCM_FRAME)),
            level: 0.0,
            aim: 0.0,
            step: 1.0,
        })
    }

    pub(super) fn format(&self) -> &SoundFormat {
        self.decoder.format()
    }

    /// What comes next is another stream.
    pub(super) fn reset(&mut self) {
        self.decoder.reset();
    }

    /// The frame that plays, interleaved stereo.
    pub(super) fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// From here on it becomes as loud as it is, within so many samples of one channel.
    pub(super) fn fade_in(&mut self, samples: usize) {
        self.aim = 1.0;
        self.step = single(1.0 / float(samples.max(1)));
    }

    /// From here on it becomes silent, within so many samples of one channel.
    pub(super) fn fade_out(&mut self, samples: usize) {
        self.aim = 0.0;
        self.step = single(1.0 / float(samples.max(1)));
    }

    /// It has faded out, or has not begun.
    pub(super) fn is_faded(&self) -> bool {
        self.level <= 0.0 && self.aim <= 0.0
    }

    /// The next frame is this one; false if it is malformed: then something is made up for it.
    pub(super) fn play(&mut self, slot: &Slot) -> bool {
        if !slot.samples.is_empty() {
            self.samples.clear();
            self.samples.extend_from_slice(&slot.samples);
            self.fade();
            return true;
        }
        let channels = self.decoder.format().channels;
        match self.decoder.decode(&slot.frame) {
            Ok(decoded) => {
                spread(decoded, channels, &mut self.samples);
                self.fade();
                true
            }
            Err(_) => {
                self.conceal(None, false);
                false
            }
        }
    }

    /// The next frame is missing; `next` is the one after it, if that has come.
    pub(super) fn conceal(&mut self, next: Option<&Slot>, is_pcm: bool) {
        if is_pcm {
            self.turn_back();
        } else {
            self.conceal_coded(next);
        }
        self.fade();
    }

    /// Silence of a frame's length.
    pub(super) fn silence(&mut self, frame: usize) {
        self.samples.clear();
        self.samples.resize(2 * frame, 0.0);
        self.level = 0.0;
    }

    fn conceal_coded(&mut self, next: Option<&Slot>) {
        let channels = self.decoder.format().channels;
        if let Some(next) = next
            && let Ok(decoded) = self.decoder.recover(&next.frame)
        {
            spread(decoded, channels, &mut self.samples);
            return;
        }
        if let Ok(decoded) = self.decoder.conceal() {
            spread(decoded, channels, &mut self.samples);
        } else {
            self.turn_back();
        }
    }

    /// The last frame again, backwards: it goes on where that ended.
    fn turn_back(&mut self) {
        self.samples.as_chunks_mut::<2>().0.reverse();
    }

    fn fade(&mut self) {
        if self.level >= 1.0 && self.aim >= 1.0 {
            return;
        }
        for pair in self.samples.as_chunks_mut::<2>().0 {
            self.level = towards(self.level, self.aim, self.step);
            for sample in pair {
                *sample *= self.level;
            }
        }
    }
}

/// Stereo from what was decoded.
fn spread(decoded: &[f32], channels: u8, out: &mut Vec<f32>) {
    out.clear();
    if channels == 1 {
        out.extend(decoded.iter().flat_map(|sample| [*sample, *sample]));
    } else {
        out.extend_from_slice(decoded);
    }
}
