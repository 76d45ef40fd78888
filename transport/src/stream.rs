//! Moving bytes: one stream, both ways at once, cancel safe.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use rfb::LocalTime;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf,
};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Anything that carries bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Bytes kept unsent in the kernel at most: newer pixels should not wait behind older ones.
const UNSENT_IN_KERNEL: u32 = 128 << 10;
/// A peer that acknowledges nothing for so long is gone.
const PEER_TIMEOUT: Duration = Duration::from_secs(30);
/// One read; a TLS record is at most 16 KiB of it.
const READ_BYTES: usize = 64 << 10;

/// Sets a TCP stream up for interactive use.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    let keepalive = socket2::TcpKeepalive::new().with_time(PEER_TIMEOUT);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(PEER_TIMEOUT))?;
        socket.set_tcp_notsent_lowat(UNSENT_IN_KERNEL)?;
    }
    Ok(())
}

/// This process's clock, from the start of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
    pub(crate) fn now(self) -> LocalTime {
        LocalTime::default() + self.0.elapsed()
    }
    /// The moment of `instant`; the start, if it was before.
    pub(crate) fn at(self, instant: Instant) -> LocalTime {
        LocalTime::default() + instant.saturating_duration_since(self.0)
    }
    pub(crate) fn instant(self, at: LocalTime) -> Instant {
        self.0 + at.since(LocalTime::default())
    }
}

/// Bytes that have passed, both ways, on the wire itself.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counters {
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// A stream that counts what passes.
pub(crate) struct Counted<S = TcpStream> {
    stream: S,
    counters: Arc<Counters>,
}

impl<S> Counted<S> {
    pub(crate) fn new(stream: S) -> (Self, Arc<Counters>) {
        let counters = Arc::new(Counters::default());
        let counted = Self {
            stream,
            counters: Arc::clone(&counters),
        };
        (counted, counters)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        self.counters
            .received
            .fetch_add(read as u64, Ordering::Relaxed);
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(written)) = result {
            self.counters
                .sent
                .fetch_add(written as u64, Ordering::Relaxed);
        }
        result
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What a step moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Bytes came: see [`Link::received`]. None of them if the peer closed its side.
    In(usize),
    /// Bytes went, or were flushed.
    Out,
}

/// A stream with what is still to be written to it.
pub(crate) struct Link {
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    buffer: Box<[u8]>,
    /// Why reading on failed: for the next step to tell, when all that was read before is dealt with.
    failed: Option<io::Error>,
    pending: Bytes,
    unflushed: bool,
    /// When the peer last took bytes, or there were none for it.
    progress: Instant,
}

impl Link {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader,
            writer,
            buffer: vec![0; READ_BYTES].into(),
            failed: None,
            pending: Bytes::new(),
            unflushed: false,
            progress: Instant::now(),
        }
    }

    /// Whether everything given to [`Self::send`] is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty() && !self.unflushed
    }

    /// Takes bytes to write. Only when idle: what waits in the connection can still be overtaken.
    pub(crate) fn send(&mut self, bytes: Bytes) {
        self.pending = bytes;
        self.progress = Instant::now();
    }

    /// When the peer will have taken nothing for `patience`; `None` if nothing waits for it.
    pub(crate) fn stalled_at(&self, patience: Duration) -> Option<Instant> {
        (!self.is_idle()).then(|| self.progress + patience)
    }

    /// The first `length` bytes of what the last step read.
    pub(crate) fn received(&self, length: usize) -> &[u8] {
        self.buffer.get(..length).unwrap_or_default()
    }

    /// Moves some bytes, in or out. Cancel safe: no byte is lost or sent twice.
    pub(crate) async fn step(&mut self) -> io::Result<Moved> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        tokio::select! {
            written = write(&mut self.writer, &self.pending), if !self.pending.is_empty() || self.unflushed => {
                match written? {
                    None => self.unflushed = false,
                    Some(written) => {
                        self.pending.advance(written);
                        self.unflushed = true;
                    }
                }
                self.progress = Instant::now();
                Ok(Moved::Out)
            }
            read = self.reader.read(&mut self.buffer) => Ok(Moved::In(read?)),
        }
    }

    /// Reads what else is there by now, see [`Self::received`]; 0 if nothing is, or the peer closed its side.
    pub(crate) async fn read_on(&mut self) -> usize {
        std::future::poll_fn(|context| {
            let mut buffer = ReadBuf::new(&mut self.buffer);
            match Pin::new(&mut self.reader).poll_read(context, &mut buffer) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => return Poll::Ready(buffer.filled().len()),
                Poll::Ready(Err(error)) => self.failed = Some(error),
            }
            Poll::Ready(0)
        })
        .await
    }

    /// Closes our side.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }
}

/// Writes some of `pending`, or flushes if there is nothing: gives how much was written, `None` if flushed.
async fn write<W: AsyncWrite + Unpin>(writer: &mut W, pending: &[u8]) -> io::Result<Option<usize>> {
    if pending.is_empty() {
        writer.flush().await?;
        return Ok(None);
    }
    match writer.write(pending).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written => Ok(Some(written)),
    }
}
