//! Who may come in, and who is who.

mod identity;
mod secret;
pub(crate) mod vnc_auth;

pub use identity::{Fingerprint, FingerprintError, Identity, IdentityError};
pub use secret::Secret;

/// Fills `bytes` with random ones from the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), ring::error::Unspecified> {
    use ring::rand::SecureRandom as _;
    ring::rand::SystemRandom::new().fill(bytes)
}
