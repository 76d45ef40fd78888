//! What an encoding is judged by.
//!
//! ```text
//! quality   how close the pictures that a client shows are to those of the recording
//! kinds     what the rectangles of an update are: copied, filled, palettes, JPEG …
//! cpu       time of all processors that a call took
//! ```

#[cfg(unix)]
pub mod cpu;
pub mod kinds;
pub mod quality;

pub use kinds::{Kind, Kinds, Share};
pub use quality::Quality;
