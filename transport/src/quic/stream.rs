//! A QUIC stream as a stream of bytes.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use quinn::{Connection, ConnectionError, ReadError, RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::copies::Copies;

/// Bytes kept that the link has no room for yet: newer pixels should not wait behind older ones.
const UNSENT: u64 = 128 << 10;
/// How often the room is measured anew while pixels flow.
const MEASURED: Duration = Duration::from_millis(5);
/// One write at most: its bytes are released all together, so a larger one would hold the next up.
const WRITE_BYTES: usize = 16 << 10;
/// How many bytes are passed over at once that were read before.
const SCRATCH: usize = 4 << 10;
/// How long the peer may take to acknowledge the last bytes.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The error codes with which a connection ends.
const DONE: u8 = 0;
const DROPPED: u8 = 1;

type Acknowledged = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Both directions of the one stream, and the connection, which ends with it.
pub(super) struct QuicStream {
    connection: Connection,
    writer: SendStream,
    reader: RecvStream,
    /// What may come, or is to go, beside the stream.
    copies: Arc<Copies>,
    /// Bytes that the stream has brought.
    brought: u64,
    /// Bytes that were read: more, if copies came first.
    read: u64,
    measured: Option<Instant>,
    /// Shutting down: until the last byte is acknowledged.
    closing: Option<Acknowledged>,
    closed: bool,
}

impl QuicStream {
    pub(super) fn new(
        connection: Connection,
        writer: SendStream,
        reader: RecvStream,
        copies: Arc<Copies>,
    ) -> Self {
        Self {
            connection,
            writer,
            reader,
            copies,
            brought: 0,
            read: 0,
            measured: None,
            closing: None,
            closed: false,
        }
    }

    /// Keeps little more than the link holds. What is on its way counts as well, so the window follows the congestion
    /// window.
    fn fit_window(&mut self) {
        let now = Instant::now();
        if self.measured.is_some_and(|at| now < at + MEASURED) {
            return;
        }
        self.measured = Some(now);
        let on_the_way = self.connection.stats().path.cwnd;
        self.connection.set_send_window(on_the_way + UNSENT);
    }
}

impl QuicStream {
    /// Reads from the stream itself; gives how many bytes, 0 at its end.
    fn poll_stream(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<usize>> {
        let before = buffer.filled().len();
        match ready!(self.reader.poll_read_buf(context, buffer)) {
            Ok(()) => {
                let length = buffer.filled().len() - before;
                self.brought += length as u64;
                Poll::Ready(Ok(length))
            }
            Err(ReadError::ConnectionLost(ConnectionError::ApplicationClosed(close)))
                if close.error_code == DONE.into() =>
            {
                Poll::Ready(Ok(0))
            }
            // The connection's own reason says more than "connection lost".
            Err(ReadError::ConnectionLost(error)) => Poll::Ready(Err(error.into())),
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    /// Takes from the stream what was read from copies already; ready when there is no more of it, or at the end.
    fn poll_catch_up(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut scratch = [0; SCRATCH];
        while let lag @ 1.. = self.read - self.brought {
            let lag = usize::try_from(lag).unwrap_or(SCRATCH).min(SCRATCH);
            let mut buffer = ReadBuf::new(scratch.get_mut(..lag).unwrap_or_default());
            if ready!(self.poll_stream(context, &mut buffer))? == 0 {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for QuicStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.poll_catch_up(context)?.is_ready()
            && let Poll::Ready(length) = self.poll_stream(context, buffer)?
        {
            self.read += length as u64;
            self.copies.read_until(self.read);
            return Poll::Ready(Ok(()));
        }
        let length = self.copies.read(self.read, buffer, context.waker());
        if length == 0 {
            return Poll::Pending;
        }
        self.read += length as u64;
        self.copies.read_until(self.read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for QuicStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.fit_window();
        let piece = bytes.get(..WRITE_BYTES).unwrap_or(bytes);
        let written = ready!(Pin::new(&mut this.writer).poll_write(context, piece))?;
        this.copies.wrote(piece.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    /// What is written is sent without being asked for.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ready when the peer has everything, or a second has passed.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closed {
            return Poll::Ready(Ok(()));
        }
        if self.closing.is_none() {
            // Finished already: then there is nothing more to say.
            let _finished = self.writer.finish();
            let stopped = self.writer.stopped();
            self.closing = Some(Box::pin(async move {
                // Whether it was acknowledged or is lost, this was all that could be done.
                let _result = tokio::time::timeout(CLOSE_TIMEOUT, stopped).await;
            }));
        }
        if let Some(closing) = &mut self.closing {
            ready!(closing.as_mut().poll(context));
        }
        self.closed = true;
        self.closing = None;
        Poll::Ready(Ok(()))
    }
}

impl Drop for QuicStream {
    fn drop(&mut self) {
        let code = if self.closed { DONE } else { DROPPED };
        self.connection.close(code.into(), b"");
    }
}

impl fmt::Debug for QuicStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuicStream({})", self.writer.id())
    }
}
