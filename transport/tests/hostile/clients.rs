//! What a client says wrongly, at every step on its way in.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use transport::{Protocol, Scheme, Server};

use super::ours::{BY_PASSWORD, hello};
use super::{assert_serves, config, log, serve, wire};

const EVERYTHING: [Protocol; 5] = [
    Protocol::Tls,
    Protocol::Wss,
    Protocol::Ws,
    Protocol::Quic,
    Protocol::VeNCrypt,
];

/// Says `bytes` over `stream` and waits for the end of it; gives what was answered.
async fn say(mut stream: TcpStream, bytes: &[u8]) -> Vec<u8> {
    stream.write_all(bytes).await.unwrap();
    wire::rest(&mut stream).await
}

async fn stranger(server: &Server) -> (TcpStream, String) {
    let stream = wire::tcp(server.address()).await;
    let own = stream.local_addr().unwrap().to_string();
    (stream, own)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_speaks_is_turned_away_by_name() {
    log::listen();
    let server = serve(config(&EVERYTHING)).await;
    let nothing = "it speaks neither TLS, WebSocket nor RFB";
    for bytes in [
        &b"\0\0\0\0"[..],
        b"SSH-2.0-x\r\n",
        b"POST / HTTP/1.1\r\n",
        &[0xff; 600],
    ] {
        let (stream, own) = stranger(&server).await;
        assert!(say(stream, bytes).await.is_empty());
        log::said(&[&own, nothing]).await;
    }
    assert_serves(&server, Scheme::Vncs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_turned_away_by_name() {
    log::listen();
    let cases: [(Protocol, &[u8], &str); 3] = [
        (
            Protocol::VeNCrypt,
            &[0x16, 3, 1, 2, 0, 1],
            "TLS is not allowed here",
        ),
        (
            Protocol::Tls,
            b"GET / HTTP/1.1\r\n\r\n",
            "WebSocket is not allowed here",
        ),
        (Protocol::Tls, b"RFB 003.008\n", "RFB is not allowed here"),
    ];
    for (allowed, bytes, rule) in cases {
        let server = serve(config(&[allowed])).await;
        let (stream, own) = stranger(&server).await;
        assert!(say(stream, bytes).await.is_empty());
        log::said(&[&own, rule]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tls_handshake_that_is_none_is_turned_away() {
    log::listen();
    let server = serve(config(&EVERYTHING)).await;
    for bytes in [
        // A record of nothing, a record that is too long, a handshake message that is no ClientHello.
        &[0x16, 3, 1, 0, 0, 0x16, 3, 1, 0, 0][..],
        &[0x16, 3, 1, 0xff, 0xff, 1, 2, 3],
        &[0x16, 3, 1, 0, 4, 9, 0, 0, 0],
    ] {
        let (stream, own) = stranger(&server).await;
        say(stream, bytes).await;
        log::said(&[&own, "turned away at the door"]).await;
    }
    assert_serves(&server, Scheme::Vncs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_that_breaks_a_rule_is_turned_away_by_field_and_without_an_answer() {
    log::listen();
    let server = serve(config(&EVERYTHING)).await;
    let with = |at: usize, byte: u8| {
        let mut bytes = hello(BY_PASSWORD, 0, b"x");
        bytes[at] = byte;
        bytes
    };
    let cases = [
        (with(0, 9), "hello.version: invalid value 9"),
        (with(1, 7), "hello.proof: invalid value 7"),
        (with(8, 4), "hello.length: invalid value 1025"),
        (with(10, 0xff), "hello.password: not UTF-8"),
    ];
    for (bytes, rule) in cases {
        let (stream, own) = stranger(&server).await;
        let mut stream = wire::tls(stream, b"tightrope/1", None).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(wire::rest(&mut stream).await, b"\x01", "{rule}");
        log::said(&[&own, rule]).await;
    }
    assert_serves(&server, Scheme::Vncs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_that_is_cut_short_is_turned_away() {
    log::listen();
    let server = serve(config(&EVERYTHING)).await;
    let whole = hello(BY_PASSWORD, 0, b"secret");
    for length in 0..whole.len() {
        let (stream, own) = stranger(&server).await;
        let mut stream = wire::tls(stream, b"tightrope/1", None).await.unwrap();
        stream.write_all(&whole[..length]).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(wire::rest(&mut stream).await, b"\x01");
        log::said(&[&own, "turned away at the door: "]).await;
    }
    assert_serves(&server, Scheme::Vncs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_chooses_what_was_not_offered_is_thrown_out() {
    log::listen();
    let server = serve(config(&[Protocol::VeNCrypt])).await;
    let cases: [(&[u8], &str); 6] = [
        (b"RFB 003.008\n\x01", "security-type: invalid value 1"),
        (b"RFB 003.008\n\x02", "security-type: invalid value 2"),
        (b"RFB 003.008\n\x81", "security-type: invalid value 129"),
        (
            b"RFB 003.008\n\x13\x00\x01",
            "vencrypt.version: invalid value 1",
        ),
        (
            b"RFB 003.008\n\x13\x00\x02\x00\x00\x01\x00",
            "vencrypt.sub-type: invalid value 256",
        ),
        (
            b"RFB 003.008\n\x13\x00\x02\x00\x00\x01\x04",
            "vencrypt.sub-type: invalid value 260",
        ),
    ];
    for (bytes, rule) in cases {
        let (stream, _) = stranger(&server).await;
        say(stream, bytes).await;
        log::said(&["ended: unreadable message: ", rule]).await;
    }
    let (stream, _) = stranger(&server).await;
    let answered = say(stream, b"RFB 003.003\n").await;
    let told = b"version 3.3 has no security type that is allowed here";
    assert!(answered.ends_with(told));
    assert_serves(&server, Scheme::Vnc).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_where_tls_was_chosen_ends_the_session() {
    log::listen();
    let server = serve(config(&[Protocol::VeNCrypt])).await;
    let (mut stream, _) = stranger(&server).await;
    let choice = b"RFB 003.008\n\x13\x00\x02\x00\x00\x01\x06";
    stream.write_all(choice).await.unwrap();
    let mut heard = [0; 12 + 2 + 2 + 2 + 8 + 1];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard.last(), Some(&1), "TLS follows");
    // Credentials in clear, as if there were nothing below.
    say(stream, b"\0\0\0\x01\0\0\0\x02apw").await;
    log::said(&["ended: no TLS: "]).await;
    assert_serves(&server, Scheme::Vnc).await;
}

/// What a browser sends first.
fn upgrade(origin: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: pod\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_frames_that_break_a_rule_end_the_session() {
    log::listen();
    let server = serve(config(&EVERYTHING)).await;
    let mut oversized = vec![0x82, 0x80 | 127];
    oversized.extend((1_u64 << 40).to_be_bytes());
    oversized.extend([0; 4]);
    let cases: [(&[u8], &str); 4] = [
        (b"\x82\x0cRFB 003.008\n", "unmasked"),
        (&oversized, "over"),
        (&[0x81, 0x81, 0, 0, 0, 0, b'x'], "text"),
        (&[0x09, 0x80, 0, 0, 0, 0], "ragment"),
    ];
    for (frame, rule) in cases {
        let (stream, _) = stranger(&server).await;
        let bytes = [upgrade("").as_bytes(), frame].concat();
        let answered = say(stream, &bytes).await;
        assert!(answered.starts_with(b"HTTP/1.1 101"), "{rule}");
    }
    log::said(&["ended: ", "WebSocket: "]).await;
    log::said(&["ended: ", "a text message, where RFB goes in binary ones"]).await;
    let (stream, own) = stranger(&server).await;
    let elsewhere = upgrade("Origin: https://elsewhere.example\r\n");
    assert!(
        say(stream, elsewhere.as_bytes())
            .await
            .starts_with(b"HTTP/1.1 403")
    );
    log::said(&[&own, "turned away at the door"]).await;
    assert_serves(&server, Scheme::Wss).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_of_garbage_hold_nobody_up() {
    let server = serve(config(&EVERYTHING)).await;
    let garbage = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to: SocketAddr = server.address();
    let mut numbers = testkit::scenes::Numbers::new(7);
    for round in 0..2000_usize {
        let mut datagram: Vec<u8> = (0..round % 1400)
            .map(|_| numbers.draw().to_le_bytes()[3])
            .collect();
        if round % 2 == 0 && datagram.len() > 20 {
            // The head of an Initial packet of QUIC version 1, with a destination of eight bytes.
            datagram[..6].copy_from_slice(&[0xc3, 0, 0, 0, 1, 8]);
        }
        // A full buffer drops them, as networks do.
        let _dropped = garbage.send_to(&datagram, to).await;
    }
    assert_serves(&server, Scheme::Quic).await;
    assert_serves(&server, Scheme::Vncs).await;
}
