//! Passwords.

use std::fmt;

use super::{IdentityError, fill_random};

/// A password. It is never printed by accident: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Letters and digits without those that are easily mistaken (0 O, 1 l I): 32, so that a byte falls evenly.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// VncAuth looks at eight characters and no more (RFC 6143 7.2.2): more would only pretend.
const LENGTH: usize = 8;

impl Secret {
    /// A fresh random password of eight characters (40 bits), for one run of a server.
    pub fn generate() -> Result<Self, IdentityError> {
        let mut random = [0; LENGTH];
        fill_random(&mut random).map_err(|_| IdentityError::Random)?;
        let pick = |byte: u8| ALPHABET.get(usize::from(byte) % ALPHABET.len());
        let characters = random.into_iter().filter_map(pick);
        Ok(Self(characters.map(|&byte| char::from(byte)).collect()))
    }
    /// The password itself, to be shown to whom it is for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl From<&str> for Secret {
    fn from(password: &str) -> Self {
        Self(password.to_owned())
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
    fn a_password_is_fresh_and_hidden() {
        let (a, b) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.reveal().len(), LENGTH);
        assert_eq!(format!("{a:?}"), "Secret(..)");
    }
}
