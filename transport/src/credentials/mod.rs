//! Who may come in, and who is who.

mod bundle;
mod directory;
mod error;
mod files;
mod fingerprint;
mod identity;
mod known_hosts;
mod moment;
mod secret;
mod ticket;
pub mod vnc_auth;

pub use bundle::Bundle;
pub use directory::{AgentCredentials, ClientCredentials};
pub use error::CredentialsError;
pub use fingerprint::{Fingerprint, FingerprintError};
pub use identity::{Identity, IdentityError};
pub use known_hosts::{KnownHost, KnownHosts};
pub use secret::Secret;
pub(crate) use ticket::{SessionKey, Ticket, TicketError, TicketKey};

/// The files of a directory of credentials.
mod file {
    pub(super) const CERTIFICATE: &str = "certificate.pem";
    pub(super) const KEY: &str = "key.pem";
    pub(super) const RSA_KEY: &str = "rsa-key.pem";
    pub(super) const PASSWORD: &str = "password";
    pub(super) const VIEW_ONLY_PASSWORD: &str = "view-only-password";
    pub(super) const CLIENTS: &str = "client-fingerprints";
    pub(super) const FINGERPRINT: &str = "fingerprint";
    pub(super) const URL: &str = "url";
    pub(super) const EXPIRES: &str = "expires";
}

/// Fills `bytes` with random ones from the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), ring::error::Unspecified> {
    use ring::rand::SecureRandom as _;
    ring::rand::SystemRandom::new().fill(bytes)
}
