//! Sound without a session: Opus, the sender, the jitter buffer and the clock. `tightrope/audio.py` is what Python sees of
//! it. All sound is 48 kHz; times are microseconds here.

mod clock;
mod opus;
mod playout;
mod sender;

use std::time::{Duration, Instant};

use pyo3::prelude::*;
use tightrope::audio::codec::CodecError;
use tightrope::rfb::sound::{FrameLength, SoundCodec, SoundFormat};

pub(crate) use clock::ClockExchange;
pub(crate) use opus::{OpusDecoder, OpusEncoder};
pub(crate) use playout::Playout;
pub(crate) use sender::SoundSender;

use crate::argument::{self, wrong_value};
use crate::array::{Numbers, NumbersMut};
use crate::error::error;

/// What an array of samples should be.
const SAMPLES: &str = "samples: float32, interleaved";

/// What an array of a session's samples should be.
const FRAMES: &str = "an array of float32 of shape (frames, 2)";

/// Samples a second of a session's sound.
const SAMPLE_RATE: f64 = 48_000.0;

/// The argument `samples`, which was heard from `captured` on, on `time.monotonic`'s clock; without that, until now.
pub(crate) fn heard(
    samples: &Bound<'_, PyAny>,
    captured: Option<f64>,
) -> PyResult<(Numbers<f32>, Instant)> {
    let samples = Numbers::<f32>::borrow(samples, "samples", FRAMES)?;
    let frames = frames(samples.shape())?;
    let captured = match captured {
        Some(captured) => argument::instant("captured", captured)?,
        None => ago(frames),
    };
    Ok((samples, captured))
}

/// The argument `samples`, which is to be filled.
pub(crate) fn wanted(samples: &Bound<'_, PyAny>) -> PyResult<NumbersMut<f32>> {
    let samples = NumbersMut::<f32>::borrow(samples, "samples", FRAMES)?;
    frames(samples.shape()).map(|_| samples)
}

fn frames(shape: &[usize]) -> PyResult<usize> {
    match *shape {
        [frames, 2] => Ok(frames),
        _ => Err(wrong_value("samples", FRAMES, format!("{shape:?}"))),
    }
}

/// When so many samples that end now began.
fn ago(frames: usize) -> Instant {
    let frames = u32::try_from(frames).unwrap_or(u32::MAX);
    let before = Duration::from_secs_f64(f64::from(frames) / SAMPLE_RATE);
    let now = Instant::now();
    now.checked_sub(before).unwrap_or(now)
}

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
