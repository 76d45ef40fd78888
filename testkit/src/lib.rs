//! What tests, benches and fuzz targets share: a pair of connections without a socket, scenes, oracles.
#![allow(
    clippy::cast_possible_truncation,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed oracle panics"
)]

#[cfg(feature = "goldens")]
pub mod goldens;
pub mod keys;
#[cfg(feature = "link")]
pub mod link;
pub mod memory;
pub mod oracles;
pub mod pair;
pub mod parting;
#[cfg(feature = "pulse")]
pub mod pulse;
pub mod scenes;
pub mod seeds;
pub mod tone;
