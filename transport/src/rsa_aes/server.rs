//! The server's side of the handshake.

use tokio::io::AsyncWriteExt as _;

use super::exchange::{Ciphers, Number, read_number};
use super::public_key::PublicKey;
use super::records::Records;
use super::{RsaAesError, RsaKey, Suite};
use crate::credentials::Secret;
use crate::stream::Stream;

/// What a client is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A name and a password.
    UserAndPassword,
    /// A password alone: every client can give one.
    Password,
}

impl Asks {
    fn sub_type(self) -> u8 {
        match self {
            Self::UserAndPassword => 1,
            Self::Password => 2,
        }
    }
}

/// What a client gave. Whether it is right is for the caller to say.
#[derive(Debug)]
#[non_exhaustive]
pub struct Given {
    /// The name, which some clients send though they are not asked for one; empty for none.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// The server's side, from its public key up to the client's credentials. What follows, the SecurityResult to begin
/// with, goes through the stream that is returned: sealed, or the one below in the "ne" variants.
///
/// # Errors
/// The stream fails, the client breaks a rule of the handshake, or a record was altered.
///
/// Dropping the future before it is ready loses the stream.
pub async fn server(
    mut stream: Box<dyn Stream>,
    suite: Suite,
    key: &RsaKey,
    asks: Asks,
) -> Result<(Box<dyn Stream>, Given), RsaAesError> {
    let own = key.public();
    stream.write_all(own.wire()).await?;
    stream.flush().await?;
    let peer = PublicKey::read(&mut stream).await?;
    // Before the client's number is here: it may be that the client waits for ours.
    let number = Number::new(suite.strength, &peer).await?;
    stream.write_all(&number.message).await?;
    stream.flush().await?;
    let theirs = read_number(&mut stream, suite.strength, key).await?;
    let mut ciphers = Ciphers::new(suite.strength, &number.secret, &theirs);
    // What is asked for is no secret: it need not wait for the client's hash.
    let mut output = Vec::new();
    ciphers.seal_hash(&own, &peer, &mut output)?;
    ciphers.sealing.seal(&[asks.sub_type()], &mut output)?;
    stream.write_all(&output).await?;
    stream.flush().await?;
    ciphers.read_hash(&mut stream, &own, &peer).await?;
    let credentials = ciphers
        .read_record(&mut stream, "credentials", 2..=2 * (1 + 255))
        .await?;
    let given = parse(&credentials).ok_or(RsaAesError::Credentials)?;
    Ok((Records::or_clear(stream, suite, ciphers), given))
}

/// Name and password, each with its length before it. One that is no UTF-8 is nobody's, and stays so.
fn parse(credentials: &[u8]) -> Option<Given> {
    let (user, rest) = counted(credentials)?;
    let (password, rest) = counted(rest)?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    rest.is_empty().then(|| Given {
        user: text(user),
        password: text(password).into(),
    })
}

fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(length))
}
