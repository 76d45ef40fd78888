//! Recordings of desktop sessions, and a network to try them on.
//!
//! ```text
//! vtz        the pictures, without loss: changed tiles in one zstd frame
//! fbs        the bytes of an RFB server with their times, as other projects' tools read and write them
//! rfbs       what an encoder made of each picture of a recording
//! recorder   writes either while a session goes on, on a thread of its own
//! playback   either as the bytes of an RFB server, to be shown by a client
//! convert    FBS to VTZ
//! link       a shaped link: rate, delay, jitter, loss and queue, in virtual and in real time
//! measure    how good, how large and how dear what an encoder made is
//! ```
#![forbid(unsafe_code)]

pub mod convert;
pub mod error;
pub mod fbs;
pub mod link;
pub mod measure;
pub mod playback;
pub mod recorder;
pub mod rfbs;
pub mod vtz;

pub use error::{Error, Result};
