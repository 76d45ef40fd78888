//! Sessions over streams that behave as they like.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rfb::{Encoders, Size};
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf,
};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Below, GOODBYE_TIMEOUT, Pass, Visitor};
use crate::server::admission::Refusal;
use crate::server::gate::Gate;
use crate::server::{Server, ServerConfig};
use crate::stream::Counted;

/// Never done closing.
struct Open(DuplexStream);

impl AsyncRead for Open {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Open {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

async fn server() -> Server {
    let config = ServerConfig::new(Size::new(1, 1)).unwrap();
    Server::bind(config, Arc::new(Encoders::standard))
        .await
        .unwrap()
}

/// A client's end of a connection, and the session at the other one.
fn visit(
    server: &Server,
    pass: Pass,
    alive: watch::Receiver<()>,
) -> (DuplexStream, impl Future<Output = ()> + use<>) {
    let (client, stream) = tokio::io::duplex(1 << 16);
    let address = server.address();
    let (_, counters) = Counted::new(tokio::io::empty());
    let visitor = Visitor {
        address,
        stranger: Gate::enter(&server.shared.gate, address.ip()),
        is_encrypted: false,
        may_be_clear: false,
        pass,
        below: Below {
            counters,
            quic: None,
        },
    };
    let stream = Box::new(Open(stream));
    let session = super::run(Arc::clone(&server.shared), stream, visitor, alive);
    (client, session)
}

#[tokio::test(start_paused = true)]
async fn who_does_not_let_a_connection_close_is_left_nevertheless() {
    let server = server().await;
    let (_alive, told) = watch::channel(());
    let (mut client, session) = visit(&server, Pass::Refused(Refusal::UsedUp), told);
    client.write_all(b"RFB 003.008\n").await.unwrap();
    let begun = Instant::now();
    session.await;
    assert_eq!(begun.elapsed(), GOODBYE_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_does_not_wait_for_who_is_to_begin_tls() {
    let server = server().await;
    let (alive, told) = watch::channel(());
    let (mut client, session) = visit(&server, Pass::ByRfb, told);
    let session = tokio::spawn(session);
    let begun = Instant::now();
    // VeNCrypt 0.2, X509Vnc, and the server's word that TLS may begin.
    client.write_all(b"RFB 003.008\n\x13\0\x02").await.unwrap();
    client.write_all(&261_u32.to_be_bytes()).await.unwrap();
    let mut answers = vec![0; 12 + 2 + 2 + 1 + 1 + 2 * 4 + 1];
    client.read_exact(&mut answers).await.unwrap();
    assert_eq!(answers.last(), Some(&1));
    drop(alive);
    session.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 0);
}
