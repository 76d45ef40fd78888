//! The key a server is known by.

use std::fmt;
use std::sync::Arc;

use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Encrypt, RsaPrivateKey};
use zeroize::Zeroizing;

use super::public_key::{KEY_BITS, PublicKey, random_source};
use super::{RsaAesError, Strength};
use crate::credentials::{Fingerprint, fill_random};

/// Shorter keys are taken from peers and files that have them, but not made.
const FRESH_KEY_BITS: std::ops::RangeInclusive<u32> = 2048..=*KEY_BITS.end();

/// An RSA key pair. Cheap to clone; erased from memory with its last clone.
#[derive(Clone)]
pub struct RsaKey(Arc<RsaPrivateKey>);

/// Why there is no RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RsaKeyError {
    /// The length, in bits, is not allowed.
    Length(u32),
    /// The text is no private RSA key in PEM.
    Pem(String),
    /// The key could not be made or written.
    Key(String),
}

impl RsaKey {
    /// A fresh key of 2048 to 8192 bits. Takes tens of milliseconds to seconds, without a pause: not on a thread that
    /// others wait for.
    ///
    /// # Errors
    /// The length is not allowed.
    ///
    /// # Panics
    /// The operating system gives no random numbers.
    pub fn generate(bits: u32) -> Result<Self, RsaKeyError> {
        if !FRESH_KEY_BITS.contains(&bits) {
            return Err(RsaKeyError::Length(bits));
        }
        RsaPrivateKey::new(&mut random_source(), bits as usize)
            .map(|key| Self(Arc::new(key)))
            .map_err(|error| RsaKeyError::Key(error.to_string()))
    }

    /// Reads PKCS #8 ("PRIVATE KEY") or PKCS #1 ("RSA PRIVATE KEY") without a passphrase; 1024 to 8192 bits.
    ///
    /// # Errors
    /// It is neither, or the length is not allowed.
    pub fn from_pem(pem: &str) -> Result<Self, RsaKeyError> {
        let key = if pem.contains("-----BEGIN RSA PRIVATE KEY-----") {
            RsaPrivateKey::from_pkcs1_pem(pem).map_err(|error| error.to_string())
        } else {
            RsaPrivateKey::from_pkcs8_pem(pem).map_err(|error| error.to_string())
        }
        .map_err(RsaKeyError::Pem)?;
        let bits = key.n().bits();
        if !KEY_BITS.contains(&bits) {
            return Err(RsaKeyError::Length(bits));
        }
        Ok(Self(Arc::new(key)))
    }

    /// The key as PKCS #8 in PEM, not encrypted.
    ///
    /// # Errors
    /// It cannot be written so.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, RsaKeyError> {
        self.0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| RsaKeyError::Key(error.to_string()))
    }

    /// What a client pins: the SHA-256 of the key as it is sent, length, modulus and exponent.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.public().fingerprint()
    }

    pub(super) fn public(&self) -> PublicKey {
        PublicKey::of(self.0.to_public_key())
    }

    /// Bytes of what is encrypted to this key.
    pub(super) fn size(&self) -> usize {
        self.0.size()
    }

    /// The random number in `encrypted`. Whatever is wrong with it, a number comes out, one that nobody knows: that it
    /// was wrong shows only when the first record does not open.
    pub(super) fn decrypt(
        &self,
        encrypted: &[u8],
        strength: Strength,
    ) -> Result<Zeroizing<Vec<u8>>, RsaAesError> {
        let mut unknown = Zeroizing::new(vec![0; strength.key_bytes()]);
        fill_random(&mut unknown).map_err(|_| RsaAesError::Random)?;
        let number = self
            .0
            .decrypt_blinded(&mut random_source(), Pkcs1v15Encrypt, encrypted)
            .map(Zeroizing::new);
        Ok(match number {
            Ok(number) if number.len() == unknown.len() => number,
            _ => unknown,
        })
    }
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaKey({})", self.fingerprint())
    }
}

impl fmt::Display for RsaKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(bits) => write!(
                f,
                "an RSA key of {bits} bits: fresh ones may have 2048 to 8192, others 1024 to 8192"
            ),
            Self::Pem(error) => write!(f, "the RSA key is not readable PEM: {error}"),
            Self::Key(error) => write!(f, "no RSA key: {error}"),
        }
    }
}

impl std::error::Error for RsaKeyError {}
