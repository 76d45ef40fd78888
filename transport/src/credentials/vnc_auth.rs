//! VncAuth: a challenge encrypted with the password. RFC 6143 7.2.2.
//!
//! Public for those who drive a connection of `rfb` themselves.

use des::Des;
use des::cipher::{Block, BlockCipherEncrypt as _, KeyInit as _};
use rfb::handshake::Challenge;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Secret;

/// The answer to `challenge` of whoever knows `password`, of which only the first eight bytes count.
#[must_use]
pub fn answer(challenge: &Challenge, password: &Secret) -> Challenge {
    let mut key = Zeroizing::new([0; 8]);
    // The reference implementation took each byte's bits in the wrong order, and so does everybody since.
    for (key, byte) in key.iter_mut().zip(password.reveal().bytes()) {
        *key = byte.reverse_bits();
    }
    let cipher = Des::new(&(*key).into());
    let mut answer = *challenge;
    for half in answer.as_chunks_mut::<8>().0 {
        let mut block = Block::<Des>::from(*half);
        cipher.encrypt_block(&mut block);
        half.copy_from_slice(&block);
    }
    answer
}

/// Whether `answer` is right. Takes the same time wherever it is wrong.
#[must_use]
pub fn is_right(challenge: &Challenge, answer: &Challenge, password: &Secret) -> bool {
    let expected = self::answer(challenge, password);
    expected.ct_eq(answer).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_des_with_mirrored_key_bits() {
        let password = Secret::from("password");
        let answer = answer(b"0123456789abcdef", &password);
        let hex: String = answer.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, VECTOR);
        assert!(is_right(
            b"0123456789abcdef",
            &answer,
            &"password, of which eight count".into()
        ));
        assert!(!is_right(b"0123456789abcdef", &answer, &"passwore".into()));
    }

    /// Made with OpenSSL: `printf 0123456789abcdef | openssl enc -des-ecb -nopad -K <mirrored "password">`.
    const VECTOR: &str = "5645abeb5f1e6475e8feb11beb66ea19";
}
