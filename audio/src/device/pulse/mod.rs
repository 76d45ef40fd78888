//! Streams of PulseAudio, or of PipeWire in its place, over their socket.
//!
//! cpal finds the devices, and could open them. But each of its reads clears a megabyte, it asks for the delay after every
//! buffer, and lets a sink wake up every half millisecond: a fifth of a processor, measured, where this takes a hundredth.

mod link;
mod playing;
mod recording;
mod stream;

pub(super) use playing::play;
pub(super) use recording::record;

use std::io;
use std::time::Duration;

use pulseaudio::protocol::{ChannelMap, SampleFormat, SampleSpec};

use super::RATE;

/// Bytes of a frame: two samples of 32 bits.
const FRAME_BYTES: u32 = 8;

/// How often the server is asked for its delay.
const ASK_INTERVAL: Duration = Duration::from_millis(100);

/// Answers that a stream's clock is made of: 2 s.
const ASK_WEIGHT: u8 = 20;

/// The server has taken the device away.
fn removed() -> io::Error {
    io::Error::other("the sound server has removed the device")
}

/// What all devices are, as seen from here; the server converts.
fn sample_spec() -> (SampleSpec, ChannelMap) {
    let spec = SampleSpec {
        format: SampleFormat::Float32Le,
        channels: 2,
        sample_rate: RATE,
    };
    (spec, ChannelMap::stereo())
}
