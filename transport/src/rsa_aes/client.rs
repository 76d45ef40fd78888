//! The client's side of the handshake.

use tokio::io::AsyncWriteExt as _;
use zeroize::Zeroizing;

use super::exchange::{Ciphers, Number, apart, read_number};
use super::public_key::PublicKey;
use super::records::Records;
use super::{RsaAesError, RsaKey, Suite};
use crate::credentials::{Fingerprint, Secret};
use crate::stream::Stream;

/// Bits of the client's key: it lives as long as the handshake.
const KEY_BITS: u32 = 2048;
/// What a server may ask for.
const USER_AND_PASSWORD: u8 = 1;
const PASSWORD_ONLY: u8 = 2;

/// The client's side, from the server's public key up to our credentials, with a key made for this one handshake. What
/// follows, the SecurityResult to begin with, comes through the stream that is returned: sealed, or the one below in
/// the "ne" variants.
///
/// Nothing is sent before `check` was asked about the server's key and said yes. `user` is sent only to a server that
/// asks for one.
///
/// # Errors
/// The stream fails, `check` says no, the server breaks a rule of the handshake, a record was altered, or the
/// credentials are longer than 255 bytes each.
///
/// Dropping the future before it is ready loses the stream.
pub async fn client(
    stream: Box<dyn Stream>,
    suite: Suite,
    check: impl FnOnce(Fingerprint) -> bool + Send,
    user: &str,
    password: &Secret,
) -> Result<Box<dyn Stream>, RsaAesError> {
    // Made while the server's key is on its way.
    let key = tokio::spawn(apart(|| {
        RsaKey::generate(KEY_BITS).map_err(|_| RsaAesError::Random)
    }));
    let key = async { key.await.unwrap_or(Err(RsaAesError::Random)) };
    handshake(stream, suite, key, check, (user, password)).await
}

/// As [`client`], with a key that is there already: of the client itself, which no server looks at twice.
pub async fn client_with_key(
    stream: Box<dyn Stream>,
    suite: Suite,
    key: &RsaKey,
    check: impl FnOnce(Fingerprint) -> bool + Send,
    credentials: (&str, &Secret),
) -> Result<Box<dyn Stream>, RsaAesError> {
    let key = std::future::ready(Ok(key.clone()));
    handshake(stream, suite, key, check, credentials).await
}

async fn handshake(
    mut stream: Box<dyn Stream>,
    suite: Suite,
    key: impl Future<Output = Result<RsaKey, RsaAesError>>,
    check: impl FnOnce(Fingerprint) -> bool,
    (user, password): (&str, &Secret),
) -> Result<Box<dyn Stream>, RsaAesError> {
    let peer = PublicKey::read(&mut stream).await?;
    let fingerprint = peer.fingerprint();
    if !check(fingerprint) {
        return Err(RsaAesError::UnknownServer(fingerprint));
    }
    let key = key.await?;
    let own = key.public();
    let number = Number::new(suite.strength, &peer).await?;
    stream
        .write_all(&[own.wire(), &number.message].concat())
        .await?;
    stream.flush().await?;
    let theirs = read_number(&mut stream, suite.strength, &key).await?;
    let mut ciphers = Ciphers::new(suite.strength, &number.secret, &theirs);
    let mut output = Vec::new();
    ciphers.seal_hash(&own, &peer, &mut output)?;
    stream.write_all(&output).await?;
    stream.flush().await?;
    ciphers.read_hash(&mut stream, &own, &peer).await?;
    let asked = ciphers.read_record(&mut stream, "sub-type", 1..=1).await?;
    let credentials = match asked.first() {
        Some(&USER_AND_PASSWORD) => credentials(user, password)?,
        Some(&PASSWORD_ONLY) => credentials("", password)?,
        other => return Err(RsaAesError::SubType(other.copied().unwrap_or_default())),
    };
    output.clear();
    ciphers.sealing.seal(&credentials, &mut output)?;
    stream.write_all(&output).await?;
    stream.flush().await?;
    Ok(Records::or_clear(stream, suite, ciphers))
}

/// Name and password, each with its length before it.
fn credentials(user: &str, password: &Secret) -> Result<Zeroizing<Vec<u8>>, RsaAesError> {
    // As long as it gets, so that no shorter copy is left behind.
    let mut credentials = Zeroizing::new(Vec::with_capacity(2 * (1 + 255)));
    for text in [user, password.reveal()] {
        let length = u8::try_from(text.len()).map_err(|_| RsaAesError::CredentialsLength)?;
        credentials.push(length);
        credentials.extend_from_slice(text.as_bytes());
    }
    Ok(credentials)
}
