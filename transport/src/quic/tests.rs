use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::sync::{oneshot, watch};

use super::error::QuicError;
use super::listener::Accepted;
use super::{Listener, QuicLink, connect};
use crate::credentials::{Fingerprint, Identity};
use crate::stream::Stream;
use crate::tls;

/// The server's first byte.
const GREETING: u8 = 1;

fn listener(identity: &Identity) -> (Listener, SocketAddr) {
    let tls = tls::Acceptor::for_our_clients(identity).unwrap();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(any, tls).unwrap();
    let address = listener.local_address().unwrap();
    (listener, address)
}

async fn dial(
    address: SocketAddr,
    pin: Fingerprint,
    own: Option<&Identity>,
) -> Result<(Box<dyn Stream>, QuicLink), QuicError> {
    connect(
        address,
        tls::client_config(Some(pin), own, &[tls::TIGHTROPE])
            .unwrap()
            .0,
    )
    .await
}

/// The next client, greeted.
async fn greet(listener: &Listener) -> Accepted {
    let mut accepted = listener.accept().await.unwrap().establish().await.unwrap();
    accepted.stream.write_u8(GREETING).await.unwrap();
    accepted
}

async fn joined(own: Option<&Identity>) -> (Accepted, Box<dyn Stream>, QuicLink) {
    let identity = Identity::generate().unwrap();
    let (listener, address) = listener(&identity);
    let (server, client) =
        tokio::join!(greet(&listener), dial(address, identity.fingerprint(), own));
    let (mut stream, link) = client.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), GREETING);
    (server, stream, link)
}

/// Bytes that tell where they are.
fn numbers(count: u32) -> Vec<u8> {
    (0..count).flat_map(u32::to_be_bytes).collect()
}

#[tokio::test]
async fn bytes_go_both_ways_and_the_certificate_is_known_after_the_handshake() {
    let own = Identity::generate().unwrap();
    let (mut server, mut client, _link) = joined(Some(&own)).await;
    client.write_all(b"hello").await.unwrap();
    let certificate = server.proof.certificate().await.unwrap();
    assert_eq!(certificate, Some(own.fingerprint()));
    let mut read = [0; 5];
    server.stream.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"hello");
    server.stream.write_all(b"desktop").await.unwrap();
    let mut read = [0; 7];
    client.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"desktop");
}

#[tokio::test]
async fn a_client_may_come_without_a_certificate() {
    let (server, _client, _link) = joined(None).await;
    assert_eq!(server.proof.certificate().await.unwrap(), None);
}

#[tokio::test]
async fn a_server_with_another_certificate_is_refused() {
    let identity = Identity::generate().unwrap();
    let (listener, address) = listener(&identity);
    let other = Identity::generate().unwrap().fingerprint();
    let server = async {
        let accepted = listener.accept().await.unwrap().establish().await.unwrap();
        accepted.proof.certificate().await
    };
    let (server, client) = tokio::join!(server, dial(address, other, None));
    assert!(matches!(client, Err(QuicError::Handshake(_))));
    assert!(matches!(server, Err(QuicError::Handshake(_))));
}

#[tokio::test]
async fn what_was_written_before_closing_arrives() {
    let (mut server, mut client, _link) = joined(None).await;
    let sent = numbers(1 << 20);
    let write = async {
        server.stream.write_all(&sent).await.unwrap();
        server.stream.shutdown().await.unwrap();
        drop(server);
    };
    let mut read = Vec::new();
    let ((), result) = tokio::join!(write, client.read_to_end(&mut read));
    result.unwrap();
    assert!(read == sent);
}

#[tokio::test]
async fn a_connection_dropped_half_way_is_an_error_and_no_end() {
    let (mut server, mut client, _link) = joined(None).await;
    server.stream.write_all(b"half").await.unwrap();
    drop(server);
    let mut read = Vec::new();
    client.read_to_end(&mut read).await.unwrap_err();
}

#[tokio::test]
async fn a_client_that_moves_in_mid_stream_loses_nothing() {
    let (mut server, client, link) = joined(None).await;
    let server_link = server.link.clone();
    let sent = numbers(2 << 20);
    let echo = tokio::spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match server.stream.read(&mut buffer).await.unwrap() {
                0 => break,
                length => server.stream.write_all(&buffer[..length]).await.unwrap(),
            }
        }
        server.stream.shutdown().await.unwrap();
    });
    let (mut reader, mut writer) = tokio::io::split(client);
    let bytes = sent.clone();
    let write = tokio::spawn(async move {
        writer.write_all(&bytes).await.unwrap();
        writer.shutdown().await.unwrap();
    });
    let mut read = Vec::new();
    let mut places = vec![server_link.remote_address()];
    for _ in 0..3 {
        let mut piece = vec![0; sent.len() / 4];
        reader.read_exact(&mut piece).await.unwrap();
        read.extend(piece);
        link.rebind().unwrap();
        places.push(server_link.remote_address());
    }
    reader.read_to_end(&mut read).await.unwrap();
    write.await.unwrap();
    echo.await.unwrap();
    places.push(server_link.remote_address());
    places.dedup();
    assert!(read == sent);
    assert!(places.len() > 2, "{places:?}");
    assert_eq!(link.stats().migrations, 3);
    assert_eq!(server_link.stats().migrations, places.len() as u64 - 1);
}

/// Passes datagrams on between one client and `server`. Those to the address of the client that is `gone` get lost.
async fn forward(client: UdpSocket, server: SocketAddr, gone: watch::Receiver<bool>) {
    let out = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (mut up, mut down) = ([0; 2048], [0; 2048]);
    let (mut first, mut last) = (None, None);
    loop {
        tokio::select! {
            came = client.recv_from(&mut up) => {
                let (length, from) = came.unwrap();
                first.get_or_insert(from);
                last = Some(from);
                out.send_to(&up[..length], server).await.unwrap();
            }
            came = out.recv_from(&mut down) => {
                let (length, _) = came.unwrap();
                if last != first || !*gone.borrow() {
                    client.send_to(&down[..length], last.unwrap()).await.unwrap();
                }
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_was_gone_gets_what_it_missed_at_once() {
    let identity = Identity::generate().unwrap();
    let (listener, address) = listener(&identity);
    let relay = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let through = relay.local_addr().unwrap();
    let (tell, gone) = watch::channel(false);
    let _relay = tokio::spawn(forward(relay, address, gone));
    let (mut server, client) = tokio::join!(
        greet(&listener),
        dial(through, identity.fingerprint(), None)
    );
    let (mut client, link) = client.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), GREETING);
    server.proof.certificate().await.unwrap();
    tell.send(true).unwrap();
    let sent = numbers(1000);
    for piece in sent.chunks(100) {
        server.stream.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    link.rebind().unwrap();
    let mut read = vec![0; sent.len()];
    client.read_exact(&mut read).await.unwrap();
    assert!(read == sent);
    assert!(link.stats().repaired > 0);
    // The stream catches up, and goes on where the copies ended.
    let sent = numbers(200_000);
    let write = async {
        server.stream.write_all(&sent).await.unwrap();
        server.stream.shutdown().await.unwrap();
    };
    let mut read = Vec::new();
    let ((), result) = tokio::join!(write, client.read_to_end(&mut read));
    result.unwrap();
    assert!(read == sent);
}

#[tokio::test]
async fn datagrams_go_both_ways() {
    let (server, _client, link) = joined(None).await;
    assert!(link.send_datagram(b"sound"));
    let came = server.link.receive_datagram().await;
    assert_eq!(came.as_deref(), Some(&b"sound"[..]));
    assert!(server.link.send_datagram(b"voice"));
    let came = link.receive_datagram().await;
    assert_eq!(came.as_deref(), Some(&b"voice"[..]));
    assert!(!link.send_datagram(&[0; 100_000]));
}

#[tokio::test]
async fn garbage_does_no_harm() {
    let identity = Identity::generate().unwrap();
    let (listener, address) = listener(&identity);
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let garbage = |seed: u32, length: usize| -> Vec<u8> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let byte = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        };
        (0..length).map(byte).collect()
    };
    let accept = async {
        loop {
            let incoming = listener.accept().await.unwrap();
            // What looks like a hello and is none.
            if let Ok(mut accepted) = incoming.establish().await {
                accepted.stream.write_u8(GREETING).await.unwrap();
                return accepted;
            }
        }
    };
    for seed in 0..500 {
        let mut bytes = garbage(seed, [1, 20, 60, 1200, 1400][seed as usize % 5]);
        if seed % 2 == 0 && bytes.len() > 5 {
            // An Initial packet of QUIC version 1.
            bytes[0] = 0xc0 | (bytes[0] & 0x0f);
            bytes[1..5].copy_from_slice(&1u32.to_be_bytes());
        }
        stranger.send_to(&bytes, address).await.unwrap();
    }
    let (mut server, client) = tokio::join!(accept, dial(address, identity.fingerprint(), None));
    let (mut client, _link) = client.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), GREETING);
    for seed in 0..100 {
        stranger.send_to(&garbage(seed, 60), address).await.unwrap();
    }
    client.write_all(b"still").await.unwrap();
    let mut read = [0; 5];
    server.stream.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"still");
}

/// Passes datagrams on between one client and `server`, until a Retry packet (RFC 9000 17.2.5) has come by.
async fn until_retry(client: &UdpSocket, server: SocketAddr) {
    let out = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (mut up, mut down) = ([0; 2048], [0; 2048]);
    let mut home = None;
    loop {
        tokio::select! {
            came = client.recv_from(&mut up) => {
                let (length, from) = came.unwrap();
                home = Some(from);
                out.send_to(&up[..length], server).await.unwrap();
            }
            came = out.recv_from(&mut down) => {
                let (length, _) = came.unwrap();
                client.send_to(&down[..length], home.unwrap()).await.unwrap();
                if down[0] & 0xf0 == 0xf0 {
                    return;
                }
            }
        }
    }
}

#[tokio::test]
async fn with_many_handshakes_a_client_first_shows_where_it_is() {
    let identity = Identity::generate().unwrap();
    let (listener, address) = listener(&identity);
    let pin = identity.fingerprint();
    let mut here = Vec::new();
    for _ in 0..super::listener::TRUSTED_HANDSHAKES {
        // Nobody looks at their proofs.
        here.push(tokio::join!(greet(&listener), dial(address, pin, None)));
    }
    let relay = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let through = relay.local_addr().unwrap();
    tokio::select! {
        () = until_retry(&relay, address) => {}
        _ = greet(&listener) => panic!("let in without a question"),
        _ = dial(through, pin, None) => panic!("in without an answer"),
    }
    // Who answers is let in.
    let (_server, client) = tokio::join!(greet(&listener), dial(address, pin, None));
    assert_eq!(client.unwrap().0.read_u8().await.unwrap(), GREETING);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_listens_at_last_is_found_soon() {
    let identity = Identity::generate().unwrap();
    let (one, address) = listener(&identity);
    let pin = identity.fingerprint();
    one.close();
    drop(one);
    let start = tokio::time::Instant::now();
    let server = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let again =
            Listener::bind(address, tls::Acceptor::for_our_clients(&identity).unwrap()).unwrap();
        greet(&again).await
    };
    let (_server, client) = tokio::join!(server, dial(address, pin, None));
    client.unwrap();
    // A single try would ask after 1, 3 and 7 seconds.
    assert!(start.elapsed() < Duration::from_millis(6500));
}

#[tokio::test]
async fn a_server_that_ends_is_noticed_at_once() {
    let identity = Identity::generate().unwrap();
    let (listener, address) = listener(&identity);
    let (server, client) = tokio::join!(
        greet(&listener),
        dial(address, identity.fingerprint(), None)
    );
    let (mut client, link) = client.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), GREETING);
    server.proof.certificate().await.unwrap();
    listener.close();
    link.closed().await;
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_noticed() {
    let identity = Identity::generate().unwrap();
    let pin = identity.fingerprint();
    let (tell, told) = oneshot::channel();
    let (end, ended) = oneshot::channel::<()>();
    let machine = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (listener, address) = listener(&identity);
            tell.send(address).unwrap();
            let session = greet(&listener).await;
            ended.await.unwrap();
            // The power goes: nothing more is said.
            std::mem::forget((session, listener));
        });
    });
    let (mut client, _link) = dial(told.await.unwrap(), pin, None).await.unwrap();
    assert_eq!(client.read_u8().await.unwrap(), GREETING);
    end.send(()).unwrap();
    machine.join().unwrap();
    // From here on time passes as fast as nothing happens.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let error = client.read(&mut [0]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert!(start.elapsed() <= Duration::from_secs(25));
}
