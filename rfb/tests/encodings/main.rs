//! Every encoding of this crate, in both directions.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod choice;
mod hostile;
mod round_trip;
mod sessions;
mod split;
mod support;
mod wire;
mod zrle;
mod zywrle;
