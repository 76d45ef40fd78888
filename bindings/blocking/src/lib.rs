//! Tightrope for callers without async: the C and Python bindings, and plain Rust.
//!
//! Sessions live on threads of their own, so the network is served and the link measured whatever the caller does
//! meanwhile. What happens waits in an inbox that can be waited for with a time limit, or by a descriptor in a loop of the
//! caller's. A client's picture changes in those calls alone.
//!
//! Every call may come from any thread, one that runs async code included, and several at once.

mod client;
mod ffi;
mod inbox;
mod picture;
mod runtime;
mod server;

pub use client::{Client, probe};
pub use picture::Picture;
pub use runtime::{block_on, is_forked};
pub use server::{Closing, Server};
