//! AES-EAX with a counter, one for each direction.

use aes::{Aes128, Aes256};
use eax::{AeadInOut as _, Eax, KeyInit as _};
use zeroize::Zeroizing;

use super::{RsaAesError, Strength};

/// Bytes before a record: its length, which is authenticated with it.
pub(super) const LENGTH_BYTES: usize = 2;
/// Bytes behind a record: its tag.
pub(super) const TAG_BYTES: usize = 16;

/// Seals or opens records, one after the other.
pub(super) struct Cipher {
    key: Key,
    /// How many records there were, which is the nonce; `None` when all numbers are used up.
    count: Option<u128>,
}

enum Key {
    Aes128(Zeroizing<[u8; 16]>),
    Aes256(Zeroizing<[u8; 32]>),
}

impl Cipher {
    /// With the first 16 or 32 bytes of `hash` as the key.
    pub(super) fn new(strength: Strength, hash: &[u8]) -> Self {
        fn first<const N: usize>(hash: &[u8]) -> Zeroizing<[u8; N]> {
            let mut key = Zeroizing::new([0; N]);
            for (key, byte) in key.iter_mut().zip(hash) {
                *key = *byte;
            }
            key
        }
        let key = match strength {
            Strength::Aes128 => Key::Aes128(first(hash)),
            Strength::Aes256 => Key::Aes256(first(hash)),
        };
        Self {
            key,
            count: Some(0),
        }
    }

    /// Appends the record of `plain`, of at most 65,535 bytes, to `output`.
    pub(super) fn seal(&mut self, plain: &[u8], output: &mut Vec<u8>) -> Result<(), RsaAesError> {
        let length = length(plain)?;
        let nonce = self.next_nonce()?.into();
        output.reserve(LENGTH_BYTES + plain.len() + TAG_BYTES);
        output.extend_from_slice(&length);
        let start = output.len();
        output.extend_from_slice(plain);
        let text = output.get_mut(start..).unwrap_or_default().into();
        let tag = match &self.key {
            Key::Aes128(key) => {
                let cipher = Eax::<Aes128>::new((&**key).into());
                cipher.encrypt_inout_detached(&nonce, &length, text)
            }
            Key::Aes256(key) => {
                let cipher = Eax::<Aes256>::new((&**key).into());
                cipher.encrypt_inout_detached(&nonce, &length, text)
            }
        };
        output.extend_from_slice(&tag.map_err(|_| RsaAesError::Forged)?);
        Ok(())
    }

    /// Opens a record in place: its text, of at most 65,535 bytes. What is in `text` counts only if there is no error.
    pub(super) fn open(
        &mut self,
        text: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), RsaAesError> {
        let length = length(text)?;
        let nonce = self.next_nonce()?.into();
        match &self.key {
            Key::Aes128(key) => {
                let cipher = Eax::<Aes128>::new((&**key).into());
                cipher.decrypt_inout_detached(&nonce, &length, text.into(), tag.into())
            }
            Key::Aes256(key) => {
                let cipher = Eax::<Aes256>::new((&**key).into());
                cipher.decrypt_inout_detached(&nonce, &length, text.into(), tag.into())
            }
        }
        .map_err(|_| RsaAesError::Forged)
    }

    /// Little-endian, and never the same twice.
    fn next_nonce(&mut self) -> Result<[u8; 16], RsaAesError> {
        let count = self.count.ok_or(RsaAesError::Forged)?;
        self.count = count.checked_add(1);
        Ok(count.to_le_bytes())
    }
}

/// The length that stands before a record.
fn length(text: &[u8]) -> Result<[u8; LENGTH_BYTES], RsaAesError> {
    let length = u16::try_from(text.len()).map_err(|_| RsaAesError::Length {
        what: "record",
        found: u16::MAX,
    })?;
    Ok(length.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_aes_eax_with_a_little_endian_counter_and_its_length_as_data() {
        let mut cipher = Cipher::new(Strength::Aes128, &[1; 20]);
        let mut sealed = Vec::new();
        cipher.seal(b"abc", &mut sealed).unwrap();
        cipher.seal(b"", &mut sealed).unwrap();
        assert_eq!(hex(&sealed), VECTOR);
    }

    #[test]
    fn numbers_that_are_used_up_are_not_used_again() {
        let mut cipher = Cipher::new(Strength::Aes256, &[2; 32]);
        cipher.count = Some(u128::MAX);
        assert!(cipher.seal(b"last", &mut Vec::new()).is_ok());
        assert!(cipher.seal(b"one more", &mut Vec::new()).is_err());
    }

    #[test]
    fn a_record_opens_once_unaltered_and_in_its_turn() {
        let pair = || [0, 1].map(|_| Cipher::new(Strength::Aes256, &[3; 32]));
        let [mut sealer, mut opener] = pair();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        sealer.seal(b"first", &mut first).unwrap();
        sealer.seal(b"second", &mut second).unwrap();
        let open = |cipher: &mut Cipher, record: &[u8]| {
            let (text, tag) = record[LENGTH_BYTES..].split_last_chunk().unwrap();
            let mut text = text.to_vec();
            cipher.open(&mut text, tag).map(|()| text)
        };
        assert_eq!(open(&mut opener, &first).unwrap(), b"first");
        assert!(open(&mut opener, &first).is_err());
        let [_, mut opener] = pair();
        assert!(open(&mut opener, &second).is_err());
        for byte in LENGTH_BYTES..first.len() {
            let [_, mut opener] = pair();
            let mut altered = first.clone();
            altered[byte] ^= 1;
            assert!(open(&mut opener, &altered).is_err(), "byte {byte}");
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The CMACs and the key stream are those of OpenSSL 3.0 (`openssl mac`, `openssl enc -aes-128-ctr`).
    const VECTOR: &str =
        "000302bb19781e14faf698c9ffb74603d914b6007a00005d606d581f612f5c24122bcd9987f701";
}
