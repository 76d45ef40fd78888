//! Recordings, through the public API.
#![allow(missing_docs)]

mod fbs;
mod playback;
mod recorder;
mod support;
mod vtz;
mod vtz_hostile;
