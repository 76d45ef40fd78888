//! Recordings, through the public API.
#![cfg(test)]

mod fbs;
mod playback;
mod recorder;
mod support;
mod vtz;
mod vtz_hostile;
