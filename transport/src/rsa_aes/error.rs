//! What can go wrong in RSA-AES.

use std::{fmt, io};

use crate::credentials::Fingerprint;

/// Why there is no RSA-AES session, or no more. None of it tells how near somebody was to a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum RsaAesError {
    /// The stream below failed.
    Io(io::Error),
    /// The server's key is not one to be trusted. Nothing was sent to it.
    UnknownServer(Fingerprint),
    /// A key of a length, in bits, that is not allowed: 1024 to 8192 are.
    KeyLength(u32),
    /// The peer's numbers are no RSA key of the length it says.
    Key,
    /// A message of the handshake has another length than it must have.
    Length {
        /// Which message.
        what: &'static str,
        /// Bytes it said.
        found: u16,
    },
    /// A record was altered, or sealed with another key.
    Forged,
    /// The peer saw other public keys than were sent.
    Hash,
    /// The server asks for credentials in a way there is no name for.
    SubType(u8),
    /// Name and password must be at most 255 bytes each.
    CredentialsLength,
    /// The credentials are not laid out as they must be.
    Credentials,
    /// There were no random numbers.
    Random,
}

impl From<io::Error> for RsaAesError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<RsaAesError> for io::Error {
    fn from(error: RsaAesError) -> Self {
        match error {
            RsaAesError::Io(error) => error,
            error => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}

impl fmt::Display for RsaAesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::UnknownServer(found) => {
                write!(f, "RSA-AES: the server's key {found} is not trusted")
            }
            Self::KeyLength(bits) => write!(
                f,
                "RSA-AES: a key of {bits} bits, where 1024 to 8192 are allowed"
            ),
            Self::Key => f.write_str("RSA-AES: the peer's public key is no RSA key of its length"),
            Self::Length { what, found } => {
                write!(f, "RSA-AES: {what} of {found} bytes: invalid length")
            }
            Self::Forged => {
                f.write_str("RSA-AES: a record was altered, or sealed with another key")
            }
            Self::Hash => f.write_str("RSA-AES: the peer saw other public keys than were sent"),
            Self::SubType(number) => {
                write!(
                    f,
                    "RSA-AES: the server asks for credentials of unknown sub-type {number}"
                )
            }
            Self::CredentialsLength => {
                f.write_str("RSA-AES: name and password may have 255 bytes each")
            }
            Self::Credentials => f.write_str("RSA-AES: the credentials are not laid out rightly"),
            Self::Random => f.write_str("RSA-AES: there were no random numbers"),
        }
    }
}

impl std::error::Error for RsaAesError {}
