//! What an encoding is judged by.
//!
//! ```text
//! quality   how close the pictures that a client shows are to those of the recording
//! strip     the number a picture carries, to be known again at a client
//! arrival   which of the pictures that were painted stands whole there
//! kinds     what the rectangles of an update are: copied, filled, palettes, JPEG …
//! cpu       time of all processors that a call took
//! ```

pub mod arrival;
#[cfg(unix)]
pub mod cpu;
pub mod kinds;
pub mod quality;
pub mod strip;

pub use arrival::{Arrival, Arrivals};
pub use kinds::{Kind, Kinds, Share};
pub use quality::Quality;
