//! Inputs for the oracles to begin with: what our own two sides say to each other, and a few by hand.

mod bodies;
mod conversations;
mod deflate;
#[cfg(feature = "recordings")]
mod recordings;
mod resumes;
#[cfg(feature = "sound")]
mod sound;
#[cfg(feature = "transport")]
mod transport;

pub use bodies::{cursors, decoders, round_trip};
pub use conversations::{
    bitmaps, client_handshake, client_messages, client_session, clipboard, server_handshake,
    server_messages, server_session,
};
pub use deflate::deflate;
#[cfg(feature = "recordings")]
pub use recordings::{fbs, vtz};
pub use resumes::resumes;
#[cfg(feature = "sound")]
pub use sound::sound;
#[cfg(feature = "transport")]
pub use transport::{rsa_aes, websocket};

/// Longer seeds are dropped: a fuzzer goes further with short ones.
const LONGEST: usize = 3000;

fn short(seeds: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    seeds
        .into_iter()
        .filter(|seed| seed.len() <= LONGEST)
        .collect()
}
