//! Opus: frames of sound as bytes and back. RFC 6716.

mod decoder;
mod encoder;

pub use decoder::Decoder;
pub use encoder::Encoder;

use std::fmt;

use rfb::sound::{FrameLength, SoundCodec, SoundFormat};

/// The longest frame that is taken or made, in bytes (RFC 6716 3.4).
pub const FRAME_LIMIT: usize = 1275;

/// What a stream is coded for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The shortest delay: CELT alone, which looks 2.5 ms ahead. It carries no repairs of its own.
    #[default]
    LowDelay,
    /// Whatever mode suits the sound: looks 6.5 ms ahead, takes more time of the processor.
    Music,
    /// For voices at low bit rates: SILK and hybrid modes, which can carry repairs in the frames.
    Voice,
}

/// How an [`Encoder`] is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderConfig {
    /// Codec, channels, frame length and bit rate.
    pub format: SoundFormat,
    /// What for.
    pub profile: Profile,
    /// How hard it tries: 0 to 10.
    pub complexity: u8,
    /// Each frame carries the one before it once more, in low quality, where the mode allows it: not in
    /// [`Profile::LowDelay`], and not in frames of less than 10 ms.
    pub in_band_repair: bool,
    /// Frames without anything to hear become one or two bytes.
    pub discontinuous: bool,
}

impl EncoderConfig {
    /// `format` with the shortest delay, and nothing else switched on.
    #[must_use]
    pub const fn new(format: SoundFormat) -> Self {
        Self {
            format,
            profile: Profile::LowDelay,
            complexity: 5,
            in_band_repair: false,
            discontinuous: false,
        }
    }
}

/// What is sent unless something else is asked for over a stream such as TCP: 20 ms frames, 80 kbit/s, stereo.
#[must_use]
pub const fn stream_format() -> SoundFormat {
    SoundFormat {
        codec: SoundCodec::OPUS,
        channels: 2,
        frame: FrameLength::Ms20,
        bit_rate: 80_000,
    }
}

/// What is sent unless something else is asked for in datagrams: 10 ms frames, 64 kbit/s, stereo.
#[must_use]
pub const fn datagram_format() -> SoundFormat {
    SoundFormat {
        codec: SoundCodec::OPUS,
        channels: 2,
        frame: FrameLength::Ms10,
        bit_rate: 64_000,
    }
}

/// Why sound could not be coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodecError {
    /// A field of the format or configuration has a value that nothing can be done with.
    Field {
        /// Which.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// The frame is no Opus frame of this format: why.
    Frame(&'static str),
    /// The codec's library refused: in which function, and why.
    Library(&'static str, &'static str),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { field, value } => write!(f, "{field}: invalid value {value}"),
            Self::Frame(reason) => write!(f, "sound frame: {reason}"),
            Self::Library(function, reason) => write!(f, "{function}: {reason}"),
        }
    }
}

impl std::error::Error for CodecError {}

impl From<opus::Error> for CodecError {
    fn from(error: opus::Error) -> Self {
        Self::Library(error.function(), error.description())
    }
}

/// The channels of a format that can be coded.
fn channels(format: &SoundFormat) -> Result<opus::Channels, CodecError> {
    if format.codec != SoundCodec::OPUS {
        return Err(CodecError::Field {
            field: "sound-format.codec",
            value: u32::from(format.codec.0),
        });
    }
    match format.channels {
        1 => Ok(opus::Channels::Mono),
        2 => Ok(opus::Channels::Stereo),
        other => Err(CodecError::Field {
            field: "sound-format.channels",
            value: u32::from(other),
        }),
    }
}
