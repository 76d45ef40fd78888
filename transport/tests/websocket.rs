//! WebSockets: who may open one, what goes through, and what a peer may do in it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use transport::websocket::{accept, connect};
use transport::{Origins, Stream, WebSocketError};

/// Long enough for anything that works; a test that waits it out has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a browser sends, but for what `more` says.
fn request(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: pod:5900\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// The frame of a client: `first` is the final bit and the kind.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];
    let mut frame = vec![first];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
    frame
}

const BINARY: u8 = 0x82;

/// Reads up to the empty line that ends a request or an answer.
async fn head(stream: &mut DuplexStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// What the server said to `request`, and how it ended.
async fn ask(
    request: &str,
    origins: &Origins,
) -> (String, Result<Box<dyn Stream>, WebSocketError>) {
    let (mut client, server) = duplex(64 << 10);
    client.write_all(request.as_bytes()).await.unwrap();
    let result = timeout(PATIENCE, accept(Box::new(server), origins))
        .await
        .unwrap();
    let mut answer = head(&mut client).await;
    if result.is_err() {
        client.read_to_string(&mut answer).await.unwrap();
    }
    (answer, result)
}

async fn refusal(request: &str) -> (u16, String) {
    let (answer, result) = ask(request, &Origins::default()).await;
    let Err(WebSocketError::Refused { status, reason }) = result else {
        panic!("not refused: {answer}");
    };
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    assert!(answer.ends_with(&format!("\r\n\r\n{reason}\n")), "{answer}");
    (status, reason)
}

/// A raw client of a server that let it in.
async fn opened() -> (DuplexStream, Box<dyn Stream>) {
    let (mut client, server) = duplex(64 << 10);
    let hello = request("/websockify", "Sec-WebSocket-Protocol: binary\r\n");
    client.write_all(hello.as_bytes()).await.unwrap();
    let server = accept(Box::new(server), &Origins::default()).await.unwrap();
    head(&mut client).await;
    (client, server)
}

/// How reading ends when the client sends `bytes` and nothing more.
async fn reading(bytes: &[u8]) -> (Vec<u8>, io::Result<usize>) {
    let (client, mut server) = opened().await;
    let (mut replies, mut writer) = tokio::io::split(client);
    let bytes = bytes.to_vec();
    let sent = tokio::spawn(async move {
        // The server may hang up before it has taken all of it.
        let _ = writer.write_all(&bytes).await;
        let _ = writer.shutdown().await;
    });
    let drained = tokio::spawn(async move {
        let mut all = Vec::new();
        let _ = replies.read_to_end(&mut all).await;
    });
    let mut got = Vec::new();
    let result = timeout(PATIENCE, server.read_to_end(&mut got))
        .await
        .unwrap();
    drop(server);
    sent.await.unwrap();
    drained.await.unwrap();
    (got, result)
}

#[tokio::test]
async fn our_client_and_our_server_exchange_any_amount_both_ways() {
    let (client, server) = duplex(10_000);
    let origins = Origins::default();
    let (client, server) = tokio::join!(
        connect(Box::new(client), false, "::1", 5900, "websockify?x=1"),
        accept(Box::new(server), &origins),
    );
    let there: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(n) >> 3) as u8)
        .collect();
    let back: Vec<u8> = there.iter().rev().copied().collect();
    let (mut client_reads, mut client_writes) = tokio::io::split(client.unwrap());
    let (mut server_reads, mut server_writes) = tokio::io::split(server.unwrap());
    let (mut got_there, mut got_back) = (vec![0; there.len()], vec![0; back.len()]);
    let all = async {
        tokio::try_join!(
            async {
                client_writes.write_all(&there).await?;
                client_writes.flush().await
            },
            async {
                server_writes.write_all(&back).await?;
                server_writes.flush().await
            },
            async { server_reads.read_exact(&mut got_there).await.map(drop) },
            async { client_reads.read_exact(&mut got_back).await.map(drop) },
        )
    };
    timeout(PATIENCE, all).await.unwrap().unwrap();
    assert!(got_there == there && got_back == back);
    client_writes.shutdown().await.unwrap();
    assert_eq!(server_reads.read(&mut [0; 9]).await.unwrap(), 0);
    assert_eq!(client_reads.read(&mut [0; 9]).await.unwrap(), 0);
}

#[tokio::test]
async fn the_subprotocol_is_named_in_the_answer_if_it_was_offered() {
    let accepted = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    let (answer, result) = ask(&request("/", ""), &Origins::default()).await;
    assert!(result.is_ok());
    let answer = answer.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 101 "));
    assert!(answer.contains(&accepted.to_ascii_lowercase()), "{answer}");
    assert!(!answer.contains("sec-websocket-protocol"));
    let offer = request(
        "/a/websockify?token=1",
        "Sec-WebSocket-Protocol: base64, binary\r\n",
    );
    let (answer, result) = ask(&offer, &Origins::default()).await;
    assert!(result.is_ok());
    let answer = answer.to_ascii_lowercase();
    assert!(
        answer.contains("sec-websocket-protocol: binary\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn what_is_no_websocket_request_gets_an_http_answer_that_says_why() {
    let plain = "GET / HTTP/1.1\r\nHost: pod\r\n\r\n";
    let (status, reason) = refusal(plain).await;
    assert_eq!(status, 426);
    assert!(reason.contains("VNC"), "{reason}");
    for (status, request) in [
        (404, request("/vnc.html", "")),
        (404, request("/xwebsockify", "")),
        (400, request("/", "Sec-WebSocket-Protocol: base64\r\n")),
        (
            400,
            request("/", "Origin: http://pod\r\nOrigin: http://pod\r\n"),
        ),
        (400, request("/", "").replace("GET", "POST")),
        (400, request("/", "").replace("HTTP/1.1", "HTTP/1.0")),
        (
            400,
            request("/", "").replace("dGhlIHNhbXBsZSBub25jZQ==", "short"),
        ),
        (400, "GET \r\n\r\n".to_owned()),
        (426, request("/", "").replace("Version: 13", "Version: 8")),
        (
            431,
            format!("GET / HTTP/1.1\r\nCookie: {}", "x".repeat(20_000)),
        ),
    ] {
        assert_eq!(refusal(&request).await.0, status, "{request}");
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_may_not_connect() {
    let foreign = request("/", "Origin: https://evil.example\r\n");
    assert_eq!(refusal(&foreign).await.0, 403);
    let own = request("/", "Origin: https://pod\r\n");
    assert!(ask(&own, &Origins::default()).await.1.is_ok());
    let listed = "https://evil.example".parse().unwrap();
    assert!(ask(&foreign, &listed).await.1.is_ok());
    let no_host = foreign.replace("Host: pod:5900\r\n", "");
    assert_eq!(refusal(&no_host).await.0, 403);
}

#[tokio::test]
async fn a_request_that_never_ends_is_given_up_without_an_answer() {
    let (mut client, server) = duplex(1 << 10);
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    let error = accept(Box::new(server), &Origins::default())
        .await
        .err()
        .unwrap();
    assert!(matches!(error, WebSocketError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof));
}

#[tokio::test]
async fn a_session_cut_at_every_byte_gives_the_same() {
    let mut bytes = request("/", "Sec-WebSocket-Protocol: binary\r\n").into_bytes();
    let head = bytes.len();
    // A message, a message of three fragments with a ping in between, an empty one, and the goodbye.
    bytes.extend(frame(BINARY, b"RFB 003.008\n"));
    bytes.extend(frame(0x02, b"ab"));
    bytes.extend(frame(0x89, b"ping"));
    bytes.extend(frame(0x00, b"cd"));
    bytes.extend(frame(0x80, b"ef"));
    bytes.extend(frame(BINARY, b""));
    bytes.extend(frame(BINARY, &[7; 300]));
    bytes.extend(frame(0x88, &[3, 232]));
    let mut expected = b"RFB 003.008\nabcdef".to_vec();
    expected.extend([7; 300]);
    for cut in 1..bytes.len() {
        let (mut client, server) = duplex(4 << 10);
        let (first, second) = bytes.split_at(cut);
        let (first, second) = (first.to_vec(), second.to_vec());
        let sent = tokio::spawn(async move {
            client.write_all(&first).await.unwrap();
            tokio::task::yield_now().await;
            client.write_all(&second).await.unwrap();
            let mut replies = Vec::new();
            client.read_to_end(&mut replies).await.unwrap();
            replies
        });
        let origins = Origins::default();
        let mut server = accept(Box::new(server), &origins).await.unwrap();
        let mut got = Vec::new();
        timeout(PATIENCE, server.read_to_end(&mut got))
            .await
            .unwrap()
            .unwrap();
        assert!(
            got == expected,
            "cut at {cut} of {head} + {}",
            bytes.len() - head
        );
        drop(server);
        let replies = sent.await.unwrap();
        let pong_and_close = [0x8a, 4, b'p', b'i', b'n', b'g', 0x88, 2, 3, 232];
        assert!(
            replies.ends_with(&pong_and_close),
            "cut at {cut}: {replies:?}"
        );
    }
}

#[tokio::test]
async fn frames_that_break_a_rule_end_the_session() {
    let mut unmasked = vec![BINARY, 3];
    unmasked.extend(b"abc");
    let mut oversized = vec![BINARY, 0x80 | 127];
    oversized.extend((1_u64 << 40).to_be_bytes());
    oversized.extend([0; 4]);
    let cases: [(&str, Vec<u8>); 8] = [
        ("unmasked", unmasked),
        ("longer than 1 MiB", oversized),
        ("text", frame(0x81, b"abc")),
        ("text that is no UTF-8", frame(0x81, &[0xff])),
        ("a reserved bit", frame(0xc2, b"abc")),
        ("an unknown kind", frame(0x83, b"abc")),
        ("a continuation of nothing", frame(0x80, b"abc")),
        ("a fragmented ping", frame(0x09, b"abc")),
    ];
    for (what, bytes) in cases {
        let mut sent = frame(BINARY, b"before");
        sent.extend(bytes);
        sent.extend(frame(BINARY, b"after"));
        let (got, result) = reading(&sent).await;
        assert_eq!(got, b"before", "{what}");
        let error = result.expect_err(what);
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{what}: {error}");
    }
}

#[tokio::test]
async fn fragments_may_not_add_up_to_more_than_a_message_may_hold() {
    let part = [5; 60_000];
    let mut bytes = frame(0x02, &part);
    for _ in 0..20 {
        bytes.extend(frame(0x00, &part));
    }
    let (got, result) = reading(&bytes).await;
    assert!(got.is_empty());
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn a_stream_that_ends_without_a_goodbye_was_cut_off() {
    let (got, result) = reading(&frame(BINARY, b"abc")).await;
    assert_eq!(got, b"abc");
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let (_, result) = reading(&frame(BINARY, b"abc")[..5]).await;
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_client_that_pings_and_reads_nothing_costs_no_memory_and_loses_nothing() {
    let (mut client, server) = opened().await;
    let (mut server_reads, mut server_writes) = tokio::io::split(server);
    let picture = vec![9; 1 << 20];
    let writing = tokio::spawn(async move {
        server_writes.write_all(&picture).await.unwrap();
        server_writes.shutdown().await.unwrap();
    });
    for _ in 0..2000 {
        client.write_all(&frame(0x89, &[1; 100])).await.unwrap();
        // The server reads what is there; its answers pile up behind the picture.
        assert!(poll_once(server_reads.read_u8()).await.is_none());
    }
    client.write_all(&frame(BINARY, b"x")).await.unwrap();
    let read = tokio::spawn(async move { server_reads.read_u8().await });
    let mut data = 0;
    loop {
        let first = client.read_u8().await.unwrap();
        let length = match client.read_u8().await.unwrap() {
            126 => u64::from(client.read_u16().await.unwrap()),
            127 => client.read_u64().await.unwrap(),
            length => u64::from(length),
        };
        let mut payload = vec![0; length as usize];
        client.read_exact(&mut payload).await.unwrap();
        match first {
            BINARY => data += payload.len(),
            0x8a => assert_eq!(payload, [1; 100]),
            0x88 => break,
            other => panic!("{other:x}"),
        }
    }
    assert_eq!(data, 1 << 20);
    writing.await.unwrap();
    assert_eq!(read.await.unwrap().unwrap(), b'x');
}

/// Polls a future once and drops it.
async fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_server_that_answers_anything_else_is_no_websocket() {
    for (answer, expected) in [
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP 403"),
        ("RFB 003.008\n", "WebSocket"),
        (
            "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "WebSocket",
        ),
    ] {
        let (client, mut server) = duplex(8 << 10);
        let server = tokio::spawn(async move {
            let asked = head(&mut server).await;
            server.write_all(answer.as_bytes()).await.unwrap();
            asked
        });
        let error = timeout(PATIENCE, connect(Box::new(client), true, "pod", 443, "/"))
            .await
            .unwrap()
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(expected), "{error}");
        let asked = server.await.unwrap();
        assert!(asked.starts_with("GET / HTTP/1.1\r\nHost: pod:443\r\n"));
        assert!(asked.contains("Sec-WebSocket-Protocol: binary\r\n"));
        assert!(!asked.contains("Origin"), "{asked}");
    }
    let (client, _server) = duplex(64);
    let error = connect(Box::new(client), true, "a b", 1, "/")
        .await
        .err()
        .unwrap();
    assert!(matches!(error, WebSocketError::Address(_)), "{error}");
}

#[tokio::test]
async fn a_masked_frame_from_a_server_is_refused() {
    let (mut far, near) = duplex(8 << 10);
    let answering = tokio::spawn(async move {
        let asked = head(&mut far).await;
        let key = asked.split("Sec-WebSocket-Key: ").nth(1).unwrap();
        let accepted = derive_accept_key(&key.as_bytes()[..24]);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accepted}\r\nSec-WebSocket-Protocol: binary\r\n\r\n"
        );
        far.write_all(answer.as_bytes()).await.unwrap();
        far.write_all(&[BINARY, 1, b'a']).await.unwrap();
        far.write_all(&frame(BINARY, b"abc")).await.unwrap();
        far
    });
    let mut client = connect(Box::new(near), false, "pod", 80, "/")
        .await
        .unwrap();
    assert_eq!(client.read_u8().await.unwrap(), b'a');
    let error = client.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    answering.await.unwrap();
}
