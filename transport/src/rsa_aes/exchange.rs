//! What both sides do in the same way: random numbers, keys, hashes.

use subtle::ConstantTimeEq as _;
use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use super::cipher::{Cipher, TAG_BYTES};
use super::public_key::PublicKey;
use super::{RsaAesError, RsaKey, Strength};
use crate::credentials::fill_random;
use crate::stream::Stream;

/// The random number of this side, and what carries it to the other.
pub(super) struct Number {
    pub(super) secret: Zeroizing<Vec<u8>>,
    pub(super) message: Vec<u8>,
}

impl Number {
    pub(super) async fn new(strength: Strength, peer: &PublicKey) -> Result<Self, RsaAesError> {
        let mut secret = Zeroizing::new(vec![0; strength.key_bytes()]);
        fill_random(&mut secret).map_err(|_| RsaAesError::Random)?;
        let (number, peer) = (secret.clone(), peer.clone());
        let message = apart(move || peer.encrypt(&number)).await?;
        Ok(Self { secret, message })
    }
}

/// Reads the other side's random number, which is encrypted to `key`.
pub(super) async fn read_number(
    stream: &mut Box<dyn Stream>,
    strength: Strength,
    key: &RsaKey,
) -> Result<Zeroizing<Vec<u8>>, RsaAesError> {
    let length = stream.read_u16().await?;
    if usize::from(length) != key.size() {
        return Err(RsaAesError::Length {
            what: "encrypted random number",
            found: length,
        });
    }
    let mut encrypted = vec![0; usize::from(length)];
    stream.read_exact(&mut encrypted).await?;
    let key = key.clone();
    apart(move || key.decrypt(&encrypted, strength)).await
}

/// Computes where it holds nobody up: RSA takes milliseconds.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RsaAesError> + Send + 'static,
) -> Result<T, RsaAesError> {
    // It panics only if the system has no random numbers.
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(RsaAesError::Random))
}

/// The ciphers of both directions.
pub(super) struct Ciphers {
    strength: Strength,
    pub(super) sealing: Cipher,
    pub(super) opening: Cipher,
}

impl Ciphers {
    pub(super) fn new(strength: Strength, ours: &[u8], theirs: &[u8]) -> Self {
        Self {
            strength,
            sealing: Cipher::new(strength, &strength.hash([theirs, ours])),
            opening: Cipher::new(strength, &strength.hash([ours, theirs])),
        }
    }

    /// Appends the record that proves which keys this side sent and saw.
    pub(super) fn seal_hash(
        &mut self,
        own: &PublicKey,
        peer: &PublicKey,
        output: &mut Vec<u8>,
    ) -> Result<(), RsaAesError> {
        let hash = self.strength.hash([own.wire(), peer.wire()]);
        self.sealing.seal(&hash, output)
    }

    /// Reads the other side's such record: nobody in between exchanged a key.
    pub(super) async fn read_hash(
        &mut self,
        stream: &mut Box<dyn Stream>,
        own: &PublicKey,
        peer: &PublicKey,
    ) -> Result<(), RsaAesError> {
        let expected = self.strength.hash([peer.wire(), own.wire()]);
        let found = self
            .read_record(stream, "hash", expected.len()..=expected.len())
            .await?;
        if !bool::from(found.ct_eq(&expected)) {
            return Err(RsaAesError::Hash);
        }
        Ok(())
    }

    /// Reads one record whose text has a length within `lengths`, and nothing beyond it.
    pub(super) async fn read_record(
        &mut self,
        stream: &mut Box<dyn Stream>,
        what: &'static str,
        lengths: std::ops::RangeInclusive<usize>,
    ) -> Result<Zeroizing<Vec<u8>>, RsaAesError> {
        let found = stream.read_u16().await?;
        if !lengths.contains(&usize::from(found)) {
            return Err(RsaAesError::Length { what, found });
        }
        let mut text = Zeroizing::new(vec![0; usize::from(found)]);
        stream.read_exact(&mut text).await?;
        let mut tag = [0; TAG_BYTES];
        stream.read_exact(&mut tag).await?;
        self.opening.open(&mut text, &tag)?;
        Ok(text)
    }
}
