//! RSA-AES with somebody in between, and with a peer that says anything at all.

use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex,
};
use tokio::time::timeout;
use transport::rsa_aes::{Asks, Suite, client_with_key, server};
use transport::{RsaKey, Secret, Stream};

use super::choices::Choices;
use crate::keys::{RSA_OF_CLIENT, RSA_OF_SERVER};
use crate::memory;

const SUITES: [Suite; 4] = [Suite::RA2, Suite::RA2_256, Suite::RA2NE, Suite::RA2NE_256];
const PASSWORD: &str = "correct horse";
/// What both sides say after the login: more than one record of ours.
const TEXT: [u8; 9000] = [0x5a; 9000];
/// On a clock that runs only while everybody waits: whoever waits for what never comes is told so at once.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes that the handshake and two sessions may hold: their records, and what is on its way.
const BYTES: usize = 1 << 20;

/// The first byte chooses one of the four and who says the rest: somebody between client and server, or one of the two.
/// Nobody gets in, or hears anything the other did not say; memory is bounded.
pub fn rsa_aes(data: &[u8]) {
    let mut choices = Choices::new(data);
    let first = choices.byte();
    let suite = SUITES[usize::from(first & 3)];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let ((), held) = memory::peak(|| {
        runtime.block_on(async {
            match first >> 2 & 3 {
                0 => from_client(suite, choices.rest()).await,
                1 => from_server(suite, choices.rest()).await,
                _ => in_between(suite, choices).await,
            }
        });
    });
    assert!(held <= BYTES, "held {held} bytes, {BYTES} are allowed");
}

fn keys() -> [RsaKey; 2] {
    [RSA_OF_CLIENT, RSA_OF_SERVER].map(|pem| RsaKey::from_pem(pem).unwrap())
}

/// A stream that says `bytes` and ends.
async fn saying(bytes: &[u8]) -> (Box<dyn Stream>, DuplexStream) {
    let (mut far, near) = duplex(bytes.len() + (1 << 16));
    far.write_all(bytes).await.unwrap();
    far.shutdown().await.unwrap();
    (Box::new(near), far)
}

async fn from_client(suite: Suite, bytes: &[u8]) {
    let [_, key] = keys();
    let (stream, _far) = saying(bytes).await;
    assert!(
        server(stream, suite, &key, Asks::Password).await.is_err(),
        "it let somebody in"
    );
}

/// A server whose key is a good one: what follows is the input.
async fn from_server(suite: Suite, bytes: &[u8]) {
    let [key, server_key] = keys();
    let (end, mut far) = duplex(1 << 16);
    let shown = server(Box::new(end), suite, &server_key, Asks::Password);
    let mut public = vec![0; 4 + 2 * 128];
    tokio::select! {
        biased;
        read = far.read_exact(&mut public) => drop(read.unwrap()),
        _ = shown => panic!("the server ended before it had shown its key"),
    }
    public.extend_from_slice(bytes);
    let (stream, mut far) = saying(&public).await;
    let password = Secret::from(PASSWORD);
    let result = client_with_key(stream, suite, &key, |_| true, ("", &password)).await;
    assert!(result.is_err(), "it gave its password to somebody");
    let mut said = Vec::new();
    far.read_to_end(&mut said).await.unwrap();
    assert!(said.len() < lengths(suite)[0], "it said too much");
}

/// Bytes of a whole handshake: to the server, and to the client.
fn lengths(suite: Suite) -> [usize; 2] {
    let hash = match suite.strength {
        transport::rsa_aes::Strength::Aes128 => 20,
        transport::rsa_aes::Strength::Aes256 => 32,
    };
    let same = (4 + 2 * 128) + (2 + 128) + (2 + hash + 16);
    [same + 2 + 2 + PASSWORD.len() + 16, same + 2 + 1 + 16]
}

/// Changes of one direction: at which byte, and what.
type Changes = Vec<(usize, u8, u8)>;

/// Passes bytes on, changed; gives what came and what went.
async fn relay(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    changes: Changes,
) -> [Vec<u8>; 2] {
    let (mut came, mut went) = (Vec::new(), Vec::new());
    'all: while let Ok(byte) = from.read_u8().await {
        let mut bytes = vec![byte];
        for (_, change, value) in changes.iter().filter(|(at, ..)| *at == came.len()) {
            match change {
                0 => break 'all,
                1 => bytes.insert(0, *value),
                _ => *bytes.last_mut().unwrap() ^= value,
            }
        }
        came.push(byte);
        went.extend_from_slice(&bytes);
        if to.write_all(&bytes).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
    [came, went]
}

/// Each change takes four bytes: direction and kind, place, value.
async fn in_between(suite: Suite, mut choices: Choices<'_>) {
    let mut changes = [Changes::new(), Changes::new()];
    while !choices.is_empty() {
        let kind = choices.byte();
        let at = usize::from(choices.byte()) << 8 | usize::from(choices.byte());
        changes[usize::from(kind & 1)].push((at, kind >> 1 & 3, choices.byte()));
    }
    let [there, back] = changes;
    let (client_end, left) = duplex(1 << 14);
    let (right, server_end) = duplex(1 << 14);
    let (left_reads, left_writes) = tokio::io::split(left);
    let (right_reads, right_writes) = tokio::io::split(right);
    let there = tokio::spawn(relay(left_reads, right_writes, there));
    let back = tokio::spawn(relay(right_reads, left_writes, back));
    let [client_key, server_key] = keys();
    let password = Secret::from(PASSWORD);
    let client = client_with_key(
        Box::new(client_end),
        suite,
        &client_key,
        |_| true,
        ("", &password),
    );
    let server = server(Box::new(server_end), suite, &server_key, Asks::Password);
    let (client, server) = tokio::join!(timeout(DEADLINE, client), timeout(DEADLINE, server));
    let (client, server) = (
        client.ok().and_then(Result::ok),
        server.ok().and_then(Result::ok),
    );
    let finished = [server.is_some(), client.is_some()];
    let mut heard = [Vec::new(), Vec::new()];
    if let Some((mut server, given)) = server {
        assert_eq!(given.password, password);
        let mut client = client.expect("the client gave its password");
        let [to_server, to_client] = &mut heard;
        let session = async {
            tokio::join!(
                converse(&mut server, to_server),
                converse(&mut client, to_client)
            );
        };
        // Whoever waits for the rest of a record that was said to be longer waits for ever.
        let _ = timeout(DEADLINE, session).await;
    } else {
        drop(client);
    }
    let relayed = [there.await.unwrap(), back.await.unwrap()];
    for (((finished, length), heard), [came, went]) in finished
        .into_iter()
        .zip(lengths(suite))
        .zip(heard)
        .zip(relayed)
    {
        let length = length.min(came.len());
        let same = went.starts_with(&came[..length]);
        assert!(same || !finished, "the handshake was altered");
        if suite.encrypted {
            assert!(TEXT.starts_with(&heard), "heard what nobody said");
        }
    }
}

/// Says the text, and hears until the other has ended, or broken a rule.
async fn converse(stream: &mut Box<dyn Stream>, heard: &mut Vec<u8>) {
    let (mut reads, mut writes) = tokio::io::split(stream);
    let say = async {
        writes.write_all(&TEXT).await?;
        writes.shutdown().await
    };
    let _ = tokio::join!(say, reads.read_to_end(heard));
}
