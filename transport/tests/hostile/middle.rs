//! Somebody in the middle who cuts, alters and trickles.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use transport::{Protocol, Scheme};

use super::{assert_serves, config, invitation, see, serve};

/// How long who has altered a length waits for both sides, each of which waits for the other.
const STANDSTILL: Duration = Duration::from_millis(400);

/// What is done to the bytes of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meddling {
    /// Nothing.
    None,
    /// The byte with this number has a bit flipped.
    Flip(usize),
    /// Nothing comes after so many bytes, and both ends are closed.
    Cut(usize),
    /// Each byte comes alone.
    Trickle,
}

/// What was said in one direction, before anything was done to it.
type Said = Arc<Mutex<Vec<u8>>>;

/// Carries one connection to `server`, with this done to what the client says, and that to what the server does. Where it
/// listens, and what is said where something is altered.
async fn relay(server: SocketAddr, up: Meddling, down: Meddling) -> (SocketAddr, Said) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let said = Said::default();
    let (of_client, of_server) = match up {
        Meddling::None => (Said::default(), Arc::clone(&said)),
        _ => (Arc::clone(&said), Said::default()),
    };
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        let (client_reads, client_writes) = client.into_split();
        let (server_reads, server_writes) = server.into_split();
        let altered = matches!((up, down), (Meddling::Flip(_), _) | (_, Meddling::Flip(_)));
        let patience = if altered { STANDSTILL } else { Duration::MAX };
        tokio::select! {
            () = carry((client_reads, server_writes), up, patience, of_client) => {}
            () = carry((server_reads, client_writes), down, patience, of_server) => {}
        }
    });
    (address, said)
}

async fn carry(
    (mut from, mut to): (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    meddling: Meddling,
    patience: Duration,
    said: Said,
) {
    let mut buffer = vec![0; 1 << 14];
    let mut carried = 0;
    while let Ok(Ok(length @ 1..)) = timeout(patience, from.read(&mut buffer)).await {
        let bytes = &mut buffer[..length];
        said.lock().unwrap().extend_from_slice(bytes);
        match meddling {
            Meddling::Flip(at) if (carried..carried + length).contains(&at) => {
                bytes[at - carried] ^= 0x10;
            }
            Meddling::Cut(at) if carried + length > at => {
                let _broken = to.write_all(&bytes[..at - carried]).await;
                return;
            }
            _ => {}
        }
        let pieces = if meddling == Meddling::Trickle {
            1
        } else {
            length
        };
        for piece in bytes.chunks(pieces) {
            if to.write_all(piece).await.is_err() || to.flush().await.is_err() {
                return;
            }
        }
        carried += length;
    }
}

/// What becomes of a client that comes through the relay; and what was said where something is altered.
async fn meddled(
    server: &transport::Server,
    scheme: Scheme,
    up: Meddling,
    down: Meddling,
) -> (Result<(), String>, Vec<u8>) {
    let (through, said) = relay(server.address(), up, down).await;
    let outcome = see(invitation(server, scheme, through)).await;
    let said = said.lock().unwrap().clone();
    (outcome, said)
}

/// Offsets that reach every step: each byte of the start, then fewer and fewer.
fn offsets(step: usize) -> impl Iterator<Item = usize> {
    (0..24).step_by(step).chain((24..1200).step_by(41 * step))
}

/// Whether a client may get in though this byte of what was said was altered: nobody looks at the version of a TLS record
/// (RFC 8446 5.1), and what comes before TLS in RFB is said in clear: it leads to a way that is good enough, or to none.
fn may_pass(scheme: Scheme, said: &[u8], at: usize) -> bool {
    let is_handshake = |bytes: &[u8]| bytes.starts_with(&[0x16, 3]);
    let begin = match scheme {
        Scheme::Vnc => (0..said.len())
            .find(|&begin| is_handshake(&said[begin..]))
            .unwrap_or(said.len()),
        _ => 0,
    };
    let mut record = begin;
    while let Some([_, _, _, high, low]) = said.get(record..record + 5) {
        if (record + 1..=record + 2).contains(&at) {
            return true;
        }
        record += 5 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    at < begin
}

const ALLOWED: [Protocol; 3] = [Protocol::Tls, Protocol::Wss, Protocol::VeNCrypt];
const SCHEMES: [Scheme; 3] = [Scheme::Vncs, Scheme::Wss, Scheme::Vnc];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_altered_on_the_way_to_the_client_it_never_shows_anything_else() {
    let server = serve(config(&ALLOWED)).await;
    for scheme in SCHEMES {
        for at in offsets(3) {
            let flip = Meddling::Flip(at);
            let (outcome, said) = meddled(&server, scheme, Meddling::None, flip).await;
            assert!(
                outcome.is_err() || may_pass(scheme, &said, at),
                "{scheme} {at}"
            );
        }
    }
    for scheme in SCHEMES {
        assert_serves(&server, scheme).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_altered_on_the_way_to_the_server_lets_nobody_in() {
    let server = serve(config(&ALLOWED)).await;
    for scheme in SCHEMES {
        for at in offsets(3) {
            let flip = Meddling::Flip(at);
            let (outcome, said) = meddled(&server, scheme, flip, Meddling::None).await;
            // Beyond what the client has to say, nothing was altered.
            let is_beyond = at > 400;
            let may_pass = is_beyond || may_pass(scheme, &said, at);
            assert!(outcome.is_err() || may_pass, "{scheme} {at}");
        }
    }
    for scheme in SCHEMES {
        assert_serves(&server, scheme).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_stream_is_cut_both_sides_notice() {
    let server = serve(config(&ALLOWED)).await;
    for scheme in SCHEMES {
        for at in offsets(4) {
            let (outcome, _) = meddled(&server, scheme, Meddling::None, Meddling::Cut(at)).await;
            assert!(outcome.is_err(), "{scheme}: the server is cut at {at}");
            if at < 200 {
                let (outcome, _) =
                    meddled(&server, scheme, Meddling::Cut(at), Meddling::None).await;
                assert!(outcome.is_err(), "{scheme}: the client is cut at {at}");
            }
        }
    }
    for scheme in SCHEMES {
        assert_serves(&server, scheme).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_come_one_by_one_make_the_same_session() {
    let server = serve(config(&ALLOWED)).await;
    for scheme in SCHEMES {
        let (outcome, _) = meddled(&server, scheme, Meddling::Trickle, Meddling::Trickle).await;
        assert_eq!(outcome, Ok(()), "{scheme}");
    }
}
