//! RFB over QUIC (RFC 9000): one stream, opened by the server, that goes on when the client's address changes.
//!
//! The server's stream travels with its first flight (0.5-RTT), so a client that has heard from the server once has all
//! it needs to speak: no round trip goes by between the handshake and its first bytes.

mod config;
mod connect;
mod copies;
mod error;
mod link;
mod listener;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use connect::connect;
pub(crate) use link::QuicLink;
pub use link::QuicStats;
pub(crate) use listener::{Incoming, Listener};
