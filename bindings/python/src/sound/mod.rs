//! Sound without a session: Opus, the sender, the jitter buffer and the clock. `tightrope/audio.py` is what Python sees of
//! it. All sound is 48 kHz; times are microseconds here.

mod clock;
mod opus;
mod playout;
mod sender;

use pyo3::prelude::*;
use tightrope::audio::codec::CodecError;
use tightrope::rfb::sound::{FrameLength, SoundCodec, SoundFormat};

pub(crate) use clock::ClockExchange;
pub(crate) use opus::{OpusDecoder, OpusEncoder};
pub(crate) use playout::Playout;
pub(crate) use sender::SoundSender;

use crate::argument::wrong_value;
use crate::error::error;

/// What an array of samples should be.
const SAMPLES: &str = "samples: float32, interleaved";

/// How frames are coded, of what Python says.
fn format(channels: i64, frame_ms: i64, bit_rate: i64) -> PyResult<SoundFormat> {
    let one_or_two = u8::try_from(channels)
        .ok()
        .filter(|own| (1..=2).contains(own));
    let length = u8::try_from(frame_ms).ok();
    Ok(SoundFormat {
        codec: SoundCodec::OPUS,
        channels: one_or_two.ok_or_else(|| wrong_value("channels", "1 or 2", channels))?,
        frame: length
            .and_then(FrameLength::of_milliseconds)
            .ok_or_else(|| wrong_value("frame_ms", "5, 10 or 20", frame_ms))?,
        bit_rate: self::bit_rate(bit_rate)?,
    })
}

fn bit_rate(bits: i64) -> PyResult<u32> {
    let fitting = u32::try_from(bits)
        .ok()
        .filter(|own| (6_000..=510_000).contains(own));
    fitting.ok_or_else(|| wrong_value("bit_rate", "6000 to 510000 bits a second", bits))
}

/// A frame that is none, or whatever else the codec does not like.
fn failed(py: Python<'_>, why: &CodecError) -> PyErr {
    error(py, "ProtocolError", why)
}
