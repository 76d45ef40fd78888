//! Tightrope for C: handles, codes and plain structs around the Rust crates.
//!
//! Names are C's. Every function is a border: bad arguments become an error code with a message, and a panic becomes
//! [`tr_result::TR_ERROR_INTERNAL`]. Nothing that C gives is dereferenced but memory, whose length it says.
//! `include/tightrope.h` is made of this crate, with its documentation.
#![allow(unsafe_code, reason = "C's pointers: one operation a block")]
#![allow(non_camel_case_types, reason = "types have the names they have in C")]
#![allow(
    clippy::missing_safety_doc,
    reason = "what a caller promises of pointers is told once, at the top of the header"
)]

mod audio;
mod client;
mod clipboard;
mod codec;
mod connection;
mod credentials;
mod error;
mod event;
mod guard;
mod handle;
mod memory;
mod rights;
mod server;
mod stats;
mod time;
mod version;

pub use audio::*;
pub use client::*;
pub use clipboard::*;
pub use codec::*;
pub use connection::*;
pub use credentials::tr_credentials_create;
pub use error::{tr_error_fingerprint, tr_error_message, tr_result};
pub use event::{tr_event, tr_event_kind, tr_event_release};
pub use memory::tr_rect;
pub use rights::*;
pub use server::*;
pub use stats::{tr_grade, tr_link_quality, tr_sound_stats, tr_stats, tr_traffic};
pub use time::tr_now_us;
pub use version::{TR_ABI_VERSION, tr_abi_version, tr_version};
