//! Sound from end to end in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a failed test panics"
)]

mod any_order;
mod clock;
mod codec;
mod drift;
mod hostile;
mod jitter;
mod loss;
mod pcm;
mod sender;
mod silence;
mod support;
mod volume;
