//! Sound without devices and connections: Opus, packets, the jitter buffer, and clocks.

mod clock;
mod opus;
mod playout;
mod sender;

pub use clock::*;
pub use opus::*;
pub use playout::*;
pub use sender::*;

use std::ptr;

use tightrope::rfb::sound::{FrameLength, SoundCodec};
use tightrope::rfb::{MediaTime, SoundFormat, SoundPacket, SoundStream};

use crate::error::Fault;
use crate::memory::slice;

/// How a stream of sound is coded: with Opus, at 48 kHz.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct tr_sound_format {
    /// 1 or 2.
    pub channels: u32,
    /// The length of a packet: 5, 10 or 20 milliseconds.
    pub packet_ms: u32,
    /// Bits a second, 6,000 to 510,000.
    pub bit_rate: u32,
}

impl From<SoundFormat> for tr_sound_format {
    fn from(format: SoundFormat) -> Self {
        Self {
            channels: format.channels.into(),
            packet_ms: format.frame.milliseconds().into(),
            bit_rate: format.bit_rate,
        }
    }
}

/// The format at `format`.
///
/// The caller promises one there, unless it is null.
pub(crate) unsafe fn sound_format(format: *const tr_sound_format) -> Result<SoundFormat, Fault> {
    // SAFETY: the caller promises a format, or null.
    let format = unsafe { slice(format, 1, "format") }?;
    let format = format.first().copied().unwrap_or_default();
    let frame = u8::try_from(format.packet_ms).ok();
    let frame = frame.and_then(FrameLength::of_milliseconds);
    let wrong = |name: &str, value: u32, expected: &str| {
        Fault::argument(name, format_args!("{value} is not {expected}"))
    };
    Ok(SoundFormat {
        codec: SoundCodec::OPUS,
        channels: match format.channels {
            1 => 1,
            2 => 2,
            other => return Err(wrong("format.channels", other, "1 or 2")),
        },
        frame: frame.ok_or_else(|| wrong("format.packet_ms", format.packet_ms, "5, 10 or 20"))?,
        bit_rate: Some(format.bit_rate)
            .filter(|own| tightrope::rfb::sound::BIT_RATES.contains(own))
            .ok_or_else(|| wrong("format.bit_rate", format.bit_rate, "6000 to 510000"))?,
    })
}

/// A packet of sound.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_sound_packet {
    /// When its first sample was captured, on the sender's clock.
    pub captured_us: u64,
    /// Packets since the stream began, those of silence that were not sent included. It wraps.
    pub sequence: u32,
    /// Nothing but silence follows until the next packet.
    pub is_last: bool,
    /// What Opus made of it. NULL if this is no packet.
    pub data: *const u8,
    /// How many bytes.
    pub data_length: usize,
    /// What earlier packets can be had from if they were lost; NULL if it carries nothing of the kind.
    pub repair: *const u8,
    /// How many bytes.
    pub repair_length: usize,
}

impl Default for tr_sound_packet {
    fn default() -> Self {
        Self {
            captured_us: 0,
            sequence: 0,
            is_last: false,
            data: ptr::null(),
            data_length: 0,
            repair: ptr::null(),
            repair_length: 0,
        }
    }
}

impl From<&SoundPacket> for tr_sound_packet {
    /// It points into the packet.
    fn from(packet: &SoundPacket) -> Self {
        let repair = packet.repair.as_ref();
        Self {
            captured_us: packet.captured.as_micros(),
            sequence: packet.sequence,
            is_last: packet.is_last,
            data: packet.frame.as_ptr(),
            data_length: packet.frame.len(),
            repair: repair.map_or(ptr::null(), |own| own.as_ptr()),
            repair_length: repair.map_or(0, |own| own.len()),
        }
    }
}

/// The packet at `packet`, of `stream`.
///
/// The caller promises one there, unless it is null, and that what it points to can be read.
pub(crate) unsafe fn sound_packet(
    packet: *const tr_sound_packet,
    stream: SoundStream,
) -> Result<SoundPacket, Fault> {
    // SAFETY: the caller promises a packet, or null.
    let packet = unsafe { slice(packet, 1, "packet") }?;
    let packet = packet.first().copied().unwrap_or_default();
    // SAFETY: the caller promises so many readable bytes.
    let data = unsafe { slice(packet.data, packet.data_length, "packet.data") }?;
    // SAFETY: the caller promises so many readable bytes.
    let repair = unsafe { slice(packet.repair, packet.repair_length, "packet.repair") }?;
    let within = |bytes: &[u8], most: usize, name: &str| match bytes.len() {
        length if length <= most => Ok(()),
        length => Err(Fault::argument(
            name,
            format_args!("{length} is more than {most}"),
        )),
    };
    within(
        data,
        tightrope::rfb::sound::FRAME_LIMIT,
        "packet.data_length",
    )?;
    within(
        repair,
        tightrope::rfb::sound::REPAIR_LIMIT,
        "packet.repair_length",
    )?;
    if data.is_empty() {
        return Err(Fault::argument("packet.data_length", "it is 0"));
    }
    Ok(SoundPacket {
        stream,
        sequence: packet.sequence,
        captured: MediaTime::from_micros(packet.captured_us),
        is_last: packet.is_last,
        frame: data.to_vec().into(),
        repair: (!repair.is_empty()).then(|| repair.to_vec().into()),
    })
}

/// The floats of `frames` frames of `channels` channels.
fn floats(frames: usize, channels: usize, name: &str) -> Result<usize, Fault> {
    frames
        .checked_mul(channels)
        .ok_or_else(|| Fault::argument(name, format_args!("{frames} are more than memory holds")))
}
