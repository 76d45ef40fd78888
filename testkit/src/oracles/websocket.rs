//! A WebSocket whose client says anything at all.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use transport::Origins;
use transport::websocket::accept;

use super::choices::Choices;
use crate::memory;

/// What a browser says first.
const REQUEST: &str = "GET / HTTP/1.1\r\nHost: pod\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// Bytes a WebSocket may hold: a message, twice while it is put together, and buffers.
const BYTES: usize = 5 << 20;
const BYTES_PER_BYTE: usize = 16;

/// The first byte says whether the rest is all the client says or what follows its request. Read at once and byte by
/// byte it gives the same; memory is bounded.
pub fn websocket(data: &[u8]) {
    let mut choices = Choices::new(data);
    let request = match choices.byte() % 2 {
        0 => REQUEST,
        _ => "",
    };
    let bytes = [request.as_bytes(), choices.rest()].concat();
    let limit = BYTES + BYTES_PER_BYTE * bytes.len();
    let (whole, held) = memory::peak(|| heard(&bytes, usize::MAX));
    assert!(held <= limit, "held {held} bytes, {limit} are allowed");
    assert_eq!(heard(&bytes, 1), whole);
}

/// What is heard, and how it ends, if at most `step` bytes come at once.
fn heard(bytes: &[u8], step: usize) -> (Vec<u8>, String) {
    let client = Client {
        bytes: bytes.to_vec(),
        at: 0,
        step,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut heard = Vec::new();
    let ended = runtime.block_on(async {
        let mut stream = accept(Box::new(client), &Origins::default()).await?;
        stream.read_to_end(&mut heard).await
    });
    (
        heard,
        ended.map_or_else(|error: io::Error| error.to_string(), |_| String::new()),
    )
}

/// Says its bytes and ends; what is said to it is lost.
struct Client {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl AsyncRead for Client {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.bytes[self.at..];
        let length = rest.len().min(self.step).min(buffer.remaining());
        buffer.put_slice(&rest[..length]);
        self.at += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Client {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
