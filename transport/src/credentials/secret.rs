//! Passwords.

use std::fmt;

use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::{IdentityError, fill_random};

/// A password. It is never printed by accident (`Debug` hides it), overwritten when it is dropped, and compared in a
/// time that does not tell where two differ.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Letters and digits without those that are easily mistaken (0 O, 1 l I): 32, so that a byte falls evenly.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// At five bits a character 130 bits: more than the keys of the ciphers have.
const LENGTH: usize = 26;

impl Secret {
    /// A fresh random password of 26 characters, 130 bits.
    ///
    /// That is what our own protocol, Plain and RSA-AES compare. VncAuth looks at the first eight characters and no
    /// more (RFC 6143 7.2.2): there it is worth 40 bits, and only the delay after wrong passwords protects it.
    pub fn generate() -> Result<Self, IdentityError> {
        let mut random = Zeroizing::new([0; LENGTH]);
        fill_random(random.as_mut()).map_err(|_| IdentityError::Random)?;
        // As long as it gets, so that no shorter copy is left behind.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        let pick = |byte: &u8| ALPHABET.get(usize::from(*byte) % ALPHABET.len());
        text.extend(random.iter().filter_map(pick).map(|&own| char::from(own)));
        Ok(Self(text))
    }

    pub(super) fn from_zeroizing(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The password itself, to be shown to whom it is for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever they differ, and whether or not they have the same length.
    fn eq(&self, other: &Self) -> bool {
        let [mine, theirs] = [self, other].map(|own| digest(&SHA256, own.0.as_bytes()));
        mine.as_ref().ct_eq(theirs.as_ref()).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(password: String) -> Self {
        Self(Zeroizing::new(password))
    }
}

impl From<&str> for Secret {
    fn from(password: &str) -> Self {
        Self(Zeroizing::new(password.to_owned()))
    }
}

impl TryFrom<Vec<u8>> for Secret {
    type Error = std::str::Utf8Error;

    /// A password that came over the network. The bytes are overwritten if they are no text.
    fn try_from(bytes: Vec<u8>) -> Result<Self, Self::Error> {
        String::from_utf8(bytes).map(Self::from).map_err(|error| {
            let why = error.utf8_error();
            error.into_bytes().zeroize();
            why
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_fresh_long_and_hidden() {
        let (a, b) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(a, a.clone());
        assert_eq!(a.reveal().len(), LENGTH);
        assert!(a.reveal().bytes().all(|own| ALPHABET.contains(&own)));
        assert_eq!(format!("{a:?}"), "Secret(..)");
    }

    #[test]
    fn passwords_are_equal_only_as_a_whole() {
        for other in ["", "geheim", "geheimes", "Geheimer", "geheimer1"] {
            assert_ne!(Secret::from("geheimer"), Secret::from(other), "{other}");
        }
        assert_eq!(
            Secret::from("geheimer"),
            Secret::from("geheimer".to_owned())
        );
        assert_eq!(
            Secret::from("é"),
            Secret::try_from(vec![0xc3, 0xa9]).unwrap()
        );
        assert!(Secret::try_from(vec![0xc3]).is_err());
    }
}
