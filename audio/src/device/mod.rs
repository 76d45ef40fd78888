//! Sound devices: what plays, what records, and a file that takes the place of what plays.
//!
//! Whatever a device has, to the outside it is 48 kHz, stereo, interleaved `f32`. Devices come and go; an [`Output`] or
//! [`Input`] that was open once goes on by itself when its device, or the sound server, is back.
//!
//! A sound server (PulseAudio, or PipeWire in its place) is found as its own programs find it: `PULSE_SERVER` and
//! `PULSE_COOKIE`, else the user's. All of a process talk to it through one connection, which stays open.
//!
//! # Delay
//! Buffers are always of a fixed size: left to itself a sound server takes bursts of 170 ms. With PulseAudio 16.1, a null
//! sink and 480 frames, a frame leaves the sink 12.5 ms after it is rendered; an input hears what a sink plays as soon as
//! it is rendered if the sink takes nothing back (`norewinds=1`), else a buffer of the sink later. An input or output
//! takes 4 to 8 ms of a processor a second. With 240 frames there were gaps when the processors were busy, with 480 none,
//! but into a sink that takes nothing back.

mod convert;
mod error;
mod find;
mod host;
mod input;
mod keeper;
mod output;
mod pulse;
mod smooth;
mod wav;

use std::time::Instant;

pub use error::DeviceError;
pub use find::{Device, Kind, devices};
pub use input::{Input, InputConfig};
pub use output::{Output, OutputConfig};
pub use wav::WavOutput;

/// Frames a second of all devices, as seen from here.
pub const RATE: u32 = rfb::sound::SAMPLE_RATE;

/// Frames of a buffer, if nothing else is said: 10 ms.
pub const DEFAULT_FRAMES: u32 = 480;

/// When a buffer is handed over, and when its first frame is on the other side of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Now.
    pub called: Instant,
    /// When the first frame leaves the device, or was captured by it. Smoothed: the moments of successive buffers are as
    /// far apart as their samples, but for a slow correction; they jump only where samples are missing.
    pub at: Instant,
}

/// What happens to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It has gone, for this reason. It is looked for until it is back.
    Lost(String),
    /// It is back.
    Back,
}
