//! A public key, as it is sent.

use std::ops::RangeInclusive;

use rsa::rand_core::UnwrapErr;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Encrypt, RsaPublicKey};
use tokio::io::AsyncReadExt as _;

use super::RsaAesError;
use crate::credentials::Fingerprint;
use crate::stream::Stream;

/// The lengths that are taken (rfbproto, as all peers).
pub(super) const KEY_BITS: RangeInclusive<u32> = 1024..=8192;

/// Random numbers of the operating system, which it always has.
pub(super) fn random_source() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

#[derive(Clone)]
pub(super) struct PublicKey {
    /// Length in bits, modulus, exponent: big-endian, the numbers with leading zeros to the modulus' length.
    wire: Vec<u8>,
    key: RsaPublicKey,
}

impl PublicKey {
    pub(super) fn of(key: RsaPublicKey) -> Self {
        let size = key.size();
        let mut wire = key.n().bits().to_be_bytes().to_vec();
        for number in [key.n_bytes(), key.e_bytes()] {
            wire.resize(wire.len() + size.saturating_sub(number.len()), 0);
            wire.extend_from_slice(&number);
        }
        Self { wire, key }
    }

    /// Reads the peer's key, and nothing beyond it.
    pub(super) async fn read(stream: &mut Box<dyn Stream>) -> Result<Self, RsaAesError> {
        let bits = stream.read_u32().await?;
        if !KEY_BITS.contains(&bits) {
            return Err(RsaAesError::KeyLength(bits));
        }
        let size = bits.div_ceil(8) as usize;
        let mut numbers = vec![0; 2 * size];
        stream.read_exact(&mut numbers).await?;
        let (modulus, exponent) = numbers.split_at(size);
        // The exponent is bounded, so that nobody can make encrypting slow.
        let key = RsaPublicKey::new(
            BoxedUint::from_be_slice_vartime(modulus),
            BoxedUint::from_be_slice_vartime(exponent),
        )
        .ok()
        .filter(|key| key.size() == size)
        .ok_or(RsaAesError::Key)?;
        let mut wire = bits.to_be_bytes().to_vec();
        wire.append(&mut numbers);
        Ok(Self { wire, key })
    }

    pub(super) fn wire(&self) -> &[u8] {
        &self.wire
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_bytes(&self.wire)
    }

    /// The message that carries `number` to the owner of this key.
    pub(super) fn encrypt(&self, number: &[u8]) -> Result<Vec<u8>, RsaAesError> {
        let encrypted = self
            .key
            .encrypt(&mut random_source(), Pkcs1v15Encrypt, number)
            .map_err(|_| RsaAesError::Key)?;
        let length = u16::try_from(encrypted.len()).map_err(|_| RsaAesError::Key)?;
        Ok([&length.to_be_bytes(), encrypted.as_slice()].concat())
    }
}
