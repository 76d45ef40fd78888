//! RSA-AES: our client with our server, and what somebody in between can do to them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::io;
use std::time::Duration;

use testkit::keys::{RSA_OF_CLIENT, RSA_OF_SERVER};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, duplex};
use tokio::time::timeout;
use transport::rsa_aes::{
    Asks, Given, RsaAesError, RsaKeyError, Suite, client, client_with_key, server,
};
use transport::{RsaKey, Secret, Stream};

const SUITES: [Suite; 4] = [Suite::RA2, Suite::RA2_256, Suite::RA2NE, Suite::RA2NE_256];
/// On a clock that runs only while everybody waits: whoever waits for what never comes is told so at once.
const DEADLINE: Duration = Duration::from_secs(10);
const PASSWORD: &str = "correct horse";

type Stuck = tokio::time::error::Elapsed;
type Client = Result<Result<Box<dyn Stream>, RsaAesError>, Stuck>;
type Server = Result<Result<(Box<dyn Stream>, Given), RsaAesError>, Stuck>;

fn keys() -> (RsaKey, RsaKey) {
    let read = |pem| RsaKey::from_pem(pem).unwrap();
    (read(RSA_OF_CLIENT), read(RSA_OF_SERVER))
}

/// What somebody in between does to one direction.
#[derive(Clone, Copy, Debug)]
enum Meddling {
    Nothing,
    /// Inverts one bit of the byte at this place.
    Flip(usize),
    /// Lets so many bytes pass, and ends the stream.
    Cut(usize),
    /// Puts another byte before the one at this place.
    Insert(usize),
}

/// Everything that can be done at one place.
fn meddlings(at: usize) -> [Meddling; 3] {
    [Meddling::Flip(at), Meddling::Insert(at), Meddling::Cut(at)]
}

/// Passes bytes on, one at a time; gives how many came.
async fn relay(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    meddling: Meddling,
) -> usize {
    let mut at = 0;
    while let Ok(byte) = from.read_u8().await {
        let bytes: &[u8] = match meddling {
            Meddling::Flip(place) if place == at => &[byte ^ 0x10],
            Meddling::Cut(place) if place == at => break,
            Meddling::Insert(place) if place == at => &[!byte, byte],
            _ => &[byte],
        };
        if to.write_all(bytes).await.is_err() {
            break;
        }
        at += 1;
    }
    let _ = to.shutdown().await;
    at
}

/// A handshake with somebody in between: how both sides end, and how many bytes came from the client if both failed.
async fn handshake(
    suite: Suite,
    to_server: Meddling,
    to_client: Meddling,
) -> (Client, Server, usize) {
    let (client_end, left) = duplex(1 << 16);
    let (right, server_end) = duplex(1 << 16);
    let (left_reads, left_writes) = tokio::io::split(left);
    let (right_reads, right_writes) = tokio::io::split(right);
    let there = tokio::spawn(relay(left_reads, right_writes, to_server));
    tokio::spawn(relay(right_reads, left_writes, to_client));
    let (client_key, server_key) = keys();
    let password = Secret::from(PASSWORD);
    let credentials = ("somebody", &password);
    let client = client_with_key(
        Box::new(client_end),
        suite,
        &client_key,
        |_| true,
        credentials,
    );
    let server = server(Box::new(server_end), suite, &server_key, Asks::Password);
    let (client, server) = tokio::join!(timeout(DEADLINE, client), timeout(DEADLINE, server));
    let sent = match (&client, &server) {
        (Ok(Ok(_)), _) | (_, Ok(Ok(_))) => 0,
        _ => there.await.unwrap(),
    };
    (client, server, sent)
}

/// Bytes of the credentials' record.
const CREDENTIALS: usize = 2 + 2 + PASSWORD.len() + 16;

/// Bytes of a whole handshake with keys of 1024 bits: to the server, and to the client.
fn lengths(hash: usize) -> [usize; 2] {
    let same = (4 + 2 * 128) + (2 + 128) + (2 + hash + 16);
    [same + CREDENTIALS, same + 2 + 1 + 16]
}

#[tokio::test(start_paused = true)]
async fn our_client_and_our_server_understand_each_other_in_all_four() {
    for suite in SUITES {
        let (client, server, _) = handshake(suite, Meddling::Nothing, Meddling::Nothing).await;
        let mut client = client.unwrap().unwrap();
        let (mut server, given) = server.unwrap().unwrap();
        assert_eq!(given.password, Secret::from(PASSWORD));
        assert_eq!(given.user, "", "it was not asked for");
        assert!(!format!("{given:?}").contains(PASSWORD));
        let long: Vec<u8> = (0..=250).cycle().take(200_000).collect();
        let both = async {
            let (mut reads, mut writes) = tokio::io::split(&mut client);
            let (mut server_reads, mut server_writes) = tokio::io::split(&mut server);
            let (mut there, mut back) = (Vec::new(), Vec::new());
            let client_says = async {
                writes.write_all(&long).await?;
                writes.shutdown().await
            };
            let server_says = async {
                server_writes.write_all(&long).await?;
                server_writes.shutdown().await
            };
            tokio::try_join!(
                client_says,
                server_says,
                reads.read_to_end(&mut back),
                server_reads.read_to_end(&mut there),
            )
            .unwrap();
            assert!(there == long && back == long);
        };
        timeout(DEADLINE, both).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_given_where_it_is_asked_for() {
    let (client_end, server_end) = duplex(1 << 16);
    let (client_key, server_key) = keys();
    let password = Secret::from(PASSWORD);
    let credentials = ("ada", &password);
    let (suite, asks) = (Suite::RA2_256, Asks::UserAndPassword);
    let client = client_with_key(
        Box::new(client_end),
        suite,
        &client_key,
        |_| true,
        credentials,
    );
    let server = server(Box::new(server_end), suite, &server_key, asks);
    let (client, server) = tokio::join!(timeout(DEADLINE, client), timeout(DEADLINE, server));
    assert!(client.unwrap().is_ok());
    let (_, given) = server.unwrap().unwrap();
    assert_eq!(given.user, "ada");
    assert_eq!(given.password, password);
}

#[tokio::test(start_paused = true)]
async fn both_ends_must_speak_the_same_of_the_four() {
    let (client_end, server_end) = duplex(1 << 16);
    let (client_key, server_key) = keys();
    let credentials = ("", &Secret::from(PASSWORD));
    let (client, server) = tokio::join!(
        client_with_key(
            Box::new(client_end),
            Suite::RA2,
            &client_key,
            |_| true,
            credentials
        ),
        server(
            Box::new(server_end),
            Suite::RA2_256,
            &server_key,
            Asks::Password
        ),
    );
    assert!(client.is_err() && server.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_altered_on_its_way_to_the_server_lets_nobody_in() {
    for (suite, hash) in [(Suite::RA2, 20), (Suite::RA2NE_256, 32)] {
        let [to_server, _] = lengths(hash);
        for meddling in (0..to_server).flat_map(meddlings) {
            let (_, server, _) = handshake(suite, meddling, Meddling::Nothing).await;
            assert!(!matches!(server, Ok(Ok(_))), "{meddling:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_altered_on_its_way_to_the_client_keeps_it_from_giving_its_password() {
    for (suite, hash) in [(Suite::RA2, 20), (Suite::RA2NE_256, 32)] {
        let [to_server, to_client] = lengths(hash);
        for meddling in (0..to_client).flat_map(meddlings) {
            let (client, server, sent) = handshake(suite, Meddling::Nothing, meddling).await;
            assert!(!matches!(client, Ok(Ok(_))), "{meddling:?}");
            assert!(!matches!(server, Ok(Ok(_))), "{meddling:?}");
            assert!(sent <= to_server - CREDENTIALS, "{meddling:?}: {sent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn records_altered_on_the_way_end_the_session_and_never_say_anything_else() {
    let [_, start] = lengths(20);
    let text: Vec<u8> = (0..60).collect();
    let record = 2 + text.len() + 16;
    for meddling in (start..start + 2 * record).flat_map(meddlings) {
        let (Meddling::Flip(at) | Meddling::Cut(at) | Meddling::Insert(at)) = meddling else {
            panic!("nothing was done");
        };
        let (client, server, _) = handshake(Suite::RA2, Meddling::Nothing, meddling).await;
        let mut client = client.unwrap().unwrap();
        let (mut server, _) = server.unwrap().unwrap();
        for _ in 0..2 {
            server.write_all(&text).await.unwrap();
        }
        server.shutdown().await.unwrap();
        let mut got = Vec::new();
        let read = client.read_to_end(&mut got);
        let read = timeout(DEADLINE, read).await.unwrap();
        let whole = usize::from(at >= start + record);
        assert_eq!(got, text.repeat(whole), "{meddling:?}");
        let place = (at - start) % record;
        match meddling {
            // RSA-AES says no goodbye: between records nobody can tell an end from a cut.
            Meddling::Cut(_) if place == 0 => assert!(read.is_ok()),
            Meddling::Cut(_) => {
                assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            }
            Meddling::Flip(_) if place >= 2 => {
                assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData);
                assert!(client.read_u8().await.is_err(), "and it stays ended");
            }
            _ => assert!(read.is_err(), "{meddling:?}"),
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_whose_key_is_not_trusted() {
    let (client_end, server_end) = duplex(1 << 16);
    let (_, key) = keys();
    let fingerprint = key.fingerprint();
    let password = Secret::from(PASSWORD);
    let check = |found| found != fingerprint;
    let (client, server) = tokio::join!(
        client(Box::new(client_end), Suite::RA2, check, "", &password),
        server(Box::new(server_end), Suite::RA2, &key, Asks::Password),
    );
    let Err(RsaAesError::UnknownServer(found)) = client else {
        panic!("the key was taken");
    };
    assert_eq!(found, fingerprint);
    let Err(RsaAesError::Io(error)) = server else {
        panic!("something came");
    };
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// How our client takes it when a server begins so.
async fn beginning(bytes: &[u8]) -> RsaAesError {
    let (client_end, mut peer) = duplex(1 << 16);
    peer.write_all(bytes).await.unwrap();
    let password = Secret::from(PASSWORD);
    let refused = client(Box::new(client_end), Suite::RA2, |_| true, "", &password);
    timeout(DEADLINE, refused).await.unwrap().err().unwrap()
}

#[tokio::test]
async fn keys_that_are_too_short_or_too_long_are_refused_before_they_are_read() {
    for bits in [0, 512, 1023, 8193, u32::MAX] {
        let error = beginning(&bits.to_be_bytes()).await;
        assert!(
            matches!(error, RsaAesError::KeyLength(found) if found == bits),
            "{error}"
        );
    }
}

#[tokio::test]
async fn numbers_that_are_no_key_are_refused() {
    let number = |first: u8, last: [u8; 3]| {
        let mut number = vec![first; 125];
        number.extend(last);
        number
    };
    let fine = number(0xff, [0xff; 3]);
    let f4 = number(0, [1, 0, 1]);
    for (what, modulus, exponent) in [
        ("zero", number(0, [0; 3]), &f4),
        ("even", number(0xff, [0xff, 0xff, 0xfe]), &f4),
        ("shorter than said", f4.clone(), &f4),
        ("no exponent", fine.clone(), &number(0, [0; 3])),
        ("exponent of one", fine.clone(), &number(0, [0, 0, 1])),
        (
            "an exponent to keep us busy",
            fine,
            &number(0x7f, [0xff; 3]),
        ),
    ] {
        let error = beginning(&[&1024_u32.to_be_bytes()[..], &modulus, exponent].concat()).await;
        assert!(matches!(error, RsaAesError::Key), "{what}: {error}");
    }
}

#[tokio::test]
async fn credentials_that_do_not_fit_are_not_sent() {
    let (client_end, server_end) = duplex(1 << 16);
    let (client_key, server_key) = keys();
    let credentials = ("", &Secret::from("x".repeat(256)));
    let (client, server) = tokio::join!(
        client_with_key(
            Box::new(client_end),
            Suite::RA2NE,
            &client_key,
            |_| true,
            credentials
        ),
        server(
            Box::new(server_end),
            Suite::RA2NE,
            &server_key,
            Asks::Password
        ),
    );
    assert!(matches!(client, Err(RsaAesError::CredentialsLength)));
    assert!(matches!(server, Err(RsaAesError::Io(_))));
}

#[test]
fn a_key_is_read_in_both_forms_of_pem_and_written_in_the_newer() {
    assert!(RSA_OF_CLIENT.contains("BEGIN RSA PRIVATE KEY"));
    assert!(RSA_OF_SERVER.contains("BEGIN PRIVATE KEY"));
    let (key, other) = keys();
    let pem = key.to_pem().unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let again = RsaKey::from_pem(&pem).unwrap();
    assert_eq!(again.fingerprint(), key.fingerprint());
    assert_ne!(other.fingerprint(), key.fingerprint());
    assert_eq!(format!("{key:?}"), format!("RsaKey({})", key.fingerprint()));
    let cut = &RSA_OF_SERVER[..RSA_OF_SERVER.len() / 2];
    for text in ["no key", cut] {
        assert!(matches!(RsaKey::from_pem(text), Err(RsaKeyError::Pem(_))));
    }
    for bits in [1024, 8193] {
        assert!(matches!(RsaKey::generate(bits), Err(RsaKeyError::Length(found)) if found == bits));
    }
}

#[tokio::test]
async fn a_client_makes_a_fresh_key_for_each_handshake() {
    let (_, key) = keys();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (client_end, mut left) = duplex(1 << 16);
        let (mut right, server_end) = duplex(1 << 16);
        let password = Secret::from(PASSWORD);
        let client = client(Box::new(client_end), Suite::RA2, |_| true, "", &password);
        let server = server(Box::new(server_end), Suite::RA2, &key, Asks::Password);
        let watched = async {
            let mut servers = [0; 4 + 2 * 128];
            right.read_exact(&mut servers).await.unwrap();
            left.write_all(&servers).await.unwrap();
            let mut clients = [0; 4 + 2 * 256];
            left.read_exact(&mut clients).await.unwrap();
            assert_eq!(clients[..4], 2048_u32.to_be_bytes());
            right.write_all(&clients).await.unwrap();
            seen.push(clients);
            tokio::io::copy_bidirectional(&mut left, &mut right).await
        };
        tokio::select! {
            ended = async { tokio::try_join!(client, server) } => {
                assert_eq!(ended.unwrap().1.1.password, password);
            }
            ended = watched => panic!("{ended:?}"),
        }
    }
    assert_ne!(seen[0], seen[1]);
}
