//! Sound in step with the picture: what a server says, what a client hears, and the microphone's way back.
//!
//! No device is opened here: whoever has one gives samples, and fetches them, in its callback. [`audio::device`] opens
//! devices.

mod hearing;
mod microphone;
mod player;
mod voice;

pub use microphone::{Microphone, MicrophoneInput};
pub use player::Player;

pub(crate) use hearing::{Hearing, format_for};
pub(crate) use voice::Voice;
