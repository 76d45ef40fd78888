//! Recordings, through the public API.
#![cfg(test)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test's own numbers are small"
)]

mod fbs;
mod kinds;
mod playback;
mod quality;
mod recorder;
mod rfbs;
mod support;
mod vtz;
mod vtz_hostile;
