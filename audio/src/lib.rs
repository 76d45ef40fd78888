//! Sound in step with the picture.
//!
//! [`Sender`] turns captured samples into packets, [`Playout`] turns packets into samples for a sound card: a jitter
//! buffer, repair and concealment of losses, and correction of the drift between two sound cards. [`PlayoutClock`] says
//! when pictures are due beside them. All of these are pure: samples, packets and time in, samples and packets out; no
//! thread, no device, no clock of their own. They are plain types, for other languages to drive too. [`device`] is the
//! sound cards themselves.
//!
//! All sound is 48 kHz; samples are `f32`, nominally within ±1, interleaved.

mod clock;
pub mod codec;
pub mod device;
mod numbers;
pub mod pcm;
mod playout;
mod repair;
mod sender;
pub mod simulated;

pub use clock::{ClockExchange, MAX_HOLD, PlayoutClock};
pub use codec::{CodecError, EncoderConfig, Profile};
pub use playout::{Playout, PlayoutConfig, PlayoutStats};
pub use sender::{Sender, SenderConfig};
