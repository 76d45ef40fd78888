//! RSA-AES: security types RA2, RA2_256, RA2ne and RA2ne_256 of RFB, both ends (rfbproto, "RSA-AES Security Type").
//!
//! Both sides show an RSA key, send each other a random number encrypted to it, and derive AES keys from the two. What
//! follows goes in records sealed with AES-EAX; in the "ne" variants only until the credentials are given, and all
//! after them, the verdict on them included, is in clear and can be altered. The server is known by the fingerprint of
//! its key alone; the client is known by the credentials.
//!
//! # The timing of the private key
//!
//! The crate `rsa` does not run in a time that is independent of the private key (RUSTSEC-2023-0071, "Marvin"): whoever
//! can measure many decryptions precisely may learn to undo one. Here the decryption is blinded, bad padding takes the
//! way of good padding, and a key decrypts one number per connection; but nobody has shown that to be enough. So our
//! server offers these types only when told to by name, for clients that can do neither TLS nor QUIC.

mod cipher;
mod client;
mod error;
mod exchange;
mod key;
mod public_key;
mod records;
mod server;

use rfb::handshake::Layer;

pub use client::{client, client_with_key};
pub use error::RsaAesError;
pub use key::{RsaKey, RsaKeyError};
pub use server::{Asks, Given, server};

/// Which of the four security types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The AES keys' length, and with them the hash.
    pub strength: Strength,
    /// Whether what follows the credentials is sealed too.
    pub encrypted: bool,
}

/// How long the AES keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// AES-128 with SHA-1.
    Aes128,
    /// AES-256 with SHA-256.
    Aes256,
}

impl Suite {
    /// Security type 5.
    pub const RA2: Self = Self::new(Strength::Aes128, true);
    /// Security type 129.
    pub const RA2_256: Self = Self::new(Strength::Aes256, true);
    /// Security type 6.
    pub const RA2NE: Self = Self::new(Strength::Aes128, false);
    /// Security type 130.
    pub const RA2NE_256: Self = Self::new(Strength::Aes256, false);

    /// What a layer of RFB asks for; `None` if it is no RSA-AES.
    pub(crate) fn of(layer: Layer) -> Option<Self> {
        match layer {
            Layer::RsaAes { bits, encrypted } => Some(Self {
                strength: match bits {
                    256 => Strength::Aes256,
                    _ => Strength::Aes128,
                },
                encrypted,
            }),
            Layer::Tls => None,
        }
    }

    const fn new(strength: Strength, encrypted: bool) -> Self {
        Self {
            strength,
            encrypted,
        }
    }
}

impl Strength {
    /// Bytes of an AES key, and of the random number of either side.
    const fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
        }
    }

    /// The hash of `parts`, one behind the other.
    fn hash(self, parts: [&[u8]; 2]) -> zeroize::Zeroizing<Vec<u8>> {
        fn hash<D: sha2::Digest>([first, second]: [&[u8]; 2]) -> Vec<u8> {
            D::new()
                .chain_update(first)
                .chain_update(second)
                .finalize()
                .to_vec()
        }
        match self {
            Self::Aes128 => hash::<sha1::Sha1>(parts),
            Self::Aes256 => hash::<sha2::Sha256>(parts),
        }
        .into()
    }
}
