//! What both sides of the handshake share: versions, security types, and how a client proves itself. RFC 6143 7.1.

mod method;
pub(crate) mod plain;
pub(crate) mod vencrypt;
mod version;

pub use method::{Layer, Method, SecurityType};
pub use version::Version;

pub(crate) use method::{Check, security_types};

/// Bytes of a VncAuth challenge, and of the answer. RFC 6143 7.2.2.
pub type Challenge = [u8; 16];
