//! Samples to frames.

use bytes::Bytes;
use opus::{Application, Bitrate, Signal};
use rfb::sound::{FrameLength, SAMPLE_RATE};

use super::{CodecError, EncoderConfig, FRAME_LIMIT, Profile, channels};

/// The bit rates that Opus knows, in bits a second (RFC 6716 2.1.1).
const BIT_RATES: std::ops::RangeInclusive<u32> = 6_000..=510_000;
/// For how many lost frames of a hundred repairs in the frames are made.
const EXPECTED_LOSS: i32 = 10;

/// Codes one stream of sound, frame by frame.
#[derive(Debug)]
pub struct Encoder {
    opus: opus::Encoder,
    config: EncoderConfig,
    lookahead: u32,
    buffer: Vec<u8>,
}

impl Encoder {
    /// An encoder of 48 kHz.
    ///
    /// # Errors
    /// Another codec than Opus, other channels than 1 or 2, a bit rate outside of 6,000 to 510,000, a complexity over 10.
    pub fn new(config: EncoderConfig) -> Result<Self, CodecError> {
        let application = match config.profile {
            Profile::LowDelay => Application::LowDelay,
            Profile::Music => Application::Audio,
            Profile::Voice => Application::Voip,
        };
        if 10 < config.complexity {
            return Err(CodecError::Field {
                field: "encoder.complexity",
                value: u32::from(config.complexity),
            });
        }
        let mut opus = opus::Encoder::new(SAMPLE_RATE, channels(&config.format)?, application)?;
        opus.set_complexity(i32::from(config.complexity))?;
        // Constrained: no frame is much longer than the others, so that none holds up a narrow link.
        opus.set_vbr(true)?;
        opus.set_vbr_constraint(true)?;
        opus.set_dtx(config.discontinuous)?;
        if config.profile == Profile::Voice {
            opus.set_signal(Signal::Voice)?;
        }
        let repair = config.in_band_repair
            && config.profile != Profile::LowDelay
            && config.format.frame != FrameLength::Ms5;
        opus.set_inband_fec(repair)?;
        opus.set_packet_loss_perc(if repair { EXPECTED_LOSS } else { 0 })?;
        let lookahead = u32::try_from(opus.get_lookahead()?).unwrap_or_default();
        let mut encoder = Self {
            opus,
            config,
            lookahead,
            buffer: vec![0; FRAME_LIMIT],
        };
        encoder.set_bit_rate(config.format.bit_rate)?;
        Ok(encoder)
    }

    /// How it is set up.
    #[must_use]
    pub const fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// So many samples of one channel later than they went in does the decoder give them out.
    #[must_use]
    pub const fn lookahead(&self) -> u32 {
        self.lookahead
    }

    /// From the next frame on, so many bits a second.
    ///
    /// # Errors
    /// A bit rate outside of 6,000 to 510,000.
    pub fn set_bit_rate(&mut self, bit_rate: u32) -> Result<(), CodecError> {
        let bits = i32::try_from(bit_rate).ok();
        let bits = bits.filter(|_| BIT_RATES.contains(&bit_rate));
        let bits = bits.ok_or(CodecError::Field {
            field: "sound-format.bit-rate",
            value: bit_rate,
        })?;
        self.opus.set_bitrate(Bitrate::Bits(bits))?;
        self.config.format.bit_rate = bit_rate;
        Ok(())
    }

    /// One frame of interleaved samples, nominally within ±1, as bytes.
    ///
    /// # Errors
    /// `samples` is not one frame long.
    pub fn encode(&mut self, samples: &[f32]) -> Result<Bytes, CodecError> {
        let format = &self.config.format;
        if samples.len() != format.frame.samples() * usize::from(format.channels) {
            return Err(CodecError::Frame("the samples are not those of one frame"));
        }
        let length = self.opus.encode_float(samples, &mut self.buffer)?;
        let frame = self.buffer.get(..length).unwrap_or_default();
        Ok(Bytes::copy_from_slice(frame))
    }

    /// Forgets the sound before: the next frame begins another stretch.
    pub fn reset(&mut self) {
        if let Err(error) = self.opus.reset_state() {
            tracing::warn!(%error, "the encoder could not be reset");
        }
    }
}
