//! Sound as sessions carry it: what it is coded with, and its packets. docs/PROTOCOL.md.

mod outgoing;

use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;

use crate::MediaTime;

pub(crate) use outgoing::Outgoing;

/// Samples a second of all coded sound.
pub const SAMPLE_RATE: u32 = 48_000;
/// Bytes of a coded frame: the most that Opus makes of one. RFC 6716 3.4.
pub const FRAME_LIMIT: usize = 1275;
/// Bytes of a repair: a frame, and what is to be known of it.
pub const REPAIR_LIMIT: usize = FRAME_LIMIT + 10;
/// Bits a second that Opus can be asked for.
pub const BIT_RATES: RangeInclusive<u32> = 6_000..=510_000;
/// The largest volume: four times as loud.
pub const VOLUME_LIMIT: u16 = 1024;

/// Which way a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SoundStream {
    /// What the desktop plays, from the server.
    Desktop,
    /// What the client's microphone hears, from the client.
    Microphone,
}

/// What sound is coded with. Open-ended: unknown numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoundCodec(pub u16);

impl SoundCodec {
    /// Opus, RFC 6716: each frame a packet of its own.
    pub const OPUS: Self = Self(1);
}

/// How long one frame of coded sound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameLength {
    /// 5 ms: for the shortest delay.
    Ms5,
    /// 10 ms.
    Ms10,
    /// 20 ms: for the fewest packets.
    Ms20,
}

impl FrameLength {
    /// In milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u8 {
        match self {
            Self::Ms5 => 5,
            Self::Ms10 => 10,
            Self::Ms20 => 20,
        }
    }
    /// The length of so many milliseconds, if it is one of the three.
    #[must_use]
    pub const fn of_milliseconds(milliseconds: u8) -> Option<Self> {
        match milliseconds {
            5 => Some(Self::Ms5),
            10 => Some(Self::Ms10),
            20 => Some(Self::Ms20),
            _ => None,
        }
    }
    /// As a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.milliseconds() as u64)
    }
    /// Samples of one channel in a frame, at [`SAMPLE_RATE`].
    #[must_use]
    pub const fn samples(self) -> usize {
        self.milliseconds() as usize * 48
    }
}

/// How a stream of sound is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SoundFormat {
    /// What with.
    pub codec: SoundCodec,
    /// 1 or 2.
    pub channels: u8,
    /// One frame.
    pub frame: FrameLength,
    /// Bits a second of the frames, without headers and repairs.
    pub bit_rate: u32,
}

/// One frame of sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundPacket {
    /// Which way.
    pub stream: SoundStream,
    /// Frames since the stream began, those of silence that were not sent included. It wraps.
    pub sequence: u32,
    /// When its first sample was captured, on the sender's clock.
    pub captured: MediaTime,
    /// Nothing but silence follows until the next packet: frames in between are not lost.
    pub is_last: bool,
    /// The coded frame.
    pub frame: Bytes,
    /// What frames before this one can be had from if they were lost; see docs/PROTOCOL.md.
    pub repair: Option<Bytes>,
}

/// What a server has for clients who want sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundOffer {
    /// What it can code with, the best first.
    pub codecs: Vec<SoundCodec>,
    /// At most so many channels: 1 or 2.
    pub channels: u8,
    /// Clients may send what their microphone hears.
    pub microphone: bool,
}

/// How loud a stream is to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundVolume {
    /// In 256ths of how loud it is: 256 leaves it as it is. At most 1024.
    pub volume: u16,
    /// Nothing is to be heard: a sender that is told so sends nothing.
    pub muted: bool,
}

impl SoundVolume {
    /// The same, with a volume that can be told.
    pub(crate) fn limited(self) -> Self {
        Self {
            volume: self.volume.min(VOLUME_LIMIT),
            ..self
        }
    }
}

/// Why a stream ended. Open-ended: unknown codes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundEnd(pub u8);

impl SoundEnd {
    /// It was asked for.
    pub const STOPPED: Self = Self(0);
    /// There is no sound here, or none any more: no device, or it was lost.
    pub const UNAVAILABLE: Self = Self(1);
    /// It is not allowed.
    pub const PROHIBITED: Self = Self(2);
    /// The format is not one of those that were offered.
    pub const FORMAT: Self = Self(3);
}

/// Sound that was not sent, or not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoundDropped {
    /// Packets of ours that waited too long for the link.
    pub late: u64,
    /// Packets, ours or the peer's, of a stream that is not started, or muted.
    pub unexpected: u64,
    /// Datagrams that could not be read.
    pub malformed: u64,
}

/// Samples of QEMU's audio extension. rfbproto "QEMU Audio Client Message". Little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PcmSample {
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 8 bits.
    S8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    S16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    S32,
}

impl PcmSample {
    /// Bytes of one sample.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::S8 => 1,
            Self::U16 | Self::S16 => 2,
            Self::U32 | Self::S32 => 4,
        }
    }
}

/// Sound that is not coded, as QEMU's audio extension has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PcmFormat {
    /// One sample.
    pub sample: PcmSample,
    /// 1 or 2, interleaved.
    pub channels: u8,
    /// Samples of one channel a second: 1 to 48,000.
    pub frequency: u32,
}

impl PcmFormat {
    /// Bytes of one sample of all channels.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.sample.bytes() * usize::from(self.channels)
    }
    /// Whether there is such a format in the extension.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        (1..=2).contains(&self.channels) && (1..=48_000).contains(&self.frequency)
    }
    /// How long so many bytes of it play.
    #[must_use]
    pub fn duration(&self, bytes: usize) -> Duration {
        let frames = bytes / self.frame_bytes().max(1);
        let micros = frames as u64 * 1_000_000 / u64::from(self.frequency.max(1));
        Duration::from_micros(micros)
    }
}

impl Default for PcmFormat {
    /// What QEMU sends to a client that asks for nothing else.
    fn default() -> Self {
        Self {
            sample: PcmSample::S16,
            channels: 2,
            frequency: 44_100,
        }
    }
}

/// What a client is sent of the desktop's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SoundFeed {
    /// Packets, see [`SoundPacket`].
    Packets(SoundFormat),
    /// Samples, by QEMU's audio extension.
    Pcm(PcmFormat),
}
