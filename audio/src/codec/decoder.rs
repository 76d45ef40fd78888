//! Frames to samples, and what is heard instead of those that were lost.

use rfb::sound::{SAMPLE_RATE, SoundFormat};

use super::{CodecError, FRAME_LIMIT, channels};

/// Decodes one stream of sound, frame by frame.
#[derive(Debug)]
pub struct Decoder {
    opus: opus::Decoder,
    format: SoundFormat,
    samples: Vec<f32>,
}

impl Decoder {
    /// A decoder of 48 kHz.
    ///
    /// # Errors
    /// Another codec than Opus, other channels than 1 or 2.
    pub fn new(format: SoundFormat) -> Result<Self, CodecError> {
        let opus = opus::Decoder::new(SAMPLE_RATE, channels(&format)?)?;
        let length = format.frame.samples() * usize::from(format.channels);
        Ok(Self {
            opus,
            format,
            samples: vec![0.0; length],
        })
    }

    /// What it decodes.
    #[must_use]
    pub const fn format(&self) -> &SoundFormat {
        &self.format
    }

    /// The samples of one frame, interleaved. No allocation.
    ///
    /// # Errors
    /// The frame is empty, too long, no Opus, or of another length; the decoder is as it was.
    pub fn decode(&mut self, frame: &[u8]) -> Result<&[f32], CodecError> {
        self.check(frame)?;
        self.run(frame, false)
    }

    /// What stands in for a lost frame: the sound before it goes on, and fades if several are lost.
    ///
    /// # Errors
    /// None that is known of.
    pub fn conceal(&mut self) -> Result<&[f32], CodecError> {
        self.run(&[], false)
    }

    /// A lost frame from what the one after it (`next`) repeats of it; concealed if it repeats nothing.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn recover(&mut self, next: &[u8]) -> Result<&[f32], CodecError> {
        self.check(next)?;
        self.run(next, true)
    }

    /// Forgets the sound before: the next frame begins another stream.
    pub fn reset(&mut self) {
        if let Err(error) = self.opus.reset_state() {
            tracing::warn!(%error, "the decoder could not be reset");
        }
    }

    fn check(&self, frame: &[u8]) -> Result<(), CodecError> {
        if frame.is_empty() {
            return Err(CodecError::Frame("it is empty"));
        }
        if FRAME_LIMIT < frame.len() {
            return Err(CodecError::Frame("it is too long"));
        }
        if self.opus.get_nb_samples(frame)? != self.format.frame.samples() {
            return Err(CodecError::Frame("it is of another length"));
        }
        Ok(())
    }

    fn run(&mut self, frame: &[u8], repair: bool) -> Result<&[f32], CodecError> {
        let count = self.opus.decode_float(frame, &mut self.samples, repair)?;
        let wanted = count * usize::from(self.format.channels);
        self.samples
            .get(..wanted)
            .filter(|_| count == self.format.frame.samples())
            .ok_or(CodecError::Frame("it is of another length"))
    }
}
