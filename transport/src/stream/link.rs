//! A stream with what is still to be written to it.

use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{
    AsyncRead as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf,
};
use tokio::time::Instant;

use super::Stream;
use super::limit::{Limit, Room};

/// One read; a TLS record is at most 16 KiB of it.
const READ_BYTES: usize = 64 << 10;

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
    limit: Option<Limit>,
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
            limit: None,
        }
    }

    /// The same, writing no more than that.
    pub(crate) fn limited(self, limit: Option<Limit>) -> Self {
        Self { limit, ..self }
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
        let room = match &mut self.limit {
            Some(limit) if !self.pending.is_empty() => limit.room(),
            _ => Room::Bytes(usize::MAX),
        };
        let (portion, wait) = match room {
            Room::Bytes(most) => (self.pending.len().min(most), None),
            Room::At(next) => (0, Some(next)),
        };
        let portion = self.pending.get(..portion).unwrap_or_default();
        tokio::select! {
            written = write(&mut self.writer, portion), if !portion.is_empty() || self.unflushed => {
                let written = written?;
                match written {
                    None => self.unflushed = false,
                    Some(written) => {
                        self.pending.advance(written);
                        self.unflushed = true;
                    }
                }
                if let Some(limit) = &mut self.limit {
                    limit.written(written.unwrap_or_default());
                }
                self.progress = Instant::now();
                Ok(Moved::Out)
            }
            () = sleep_until(wait) => {
                // Nobody else keeps it waiting.
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

    /// Writes `bytes` and what is pending, and flushes.
    pub(crate) async fn write_all(&mut self, bytes: Bytes) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.writer.write_all(&pending).await?;
        self.writer.write_all(&bytes).await?;
        self.unflushed = false;
        self.writer.flush().await
    }

    /// The stream itself, for a layer to be put between: what was given to [`Self::send`] must be on its way. The bytes
    /// that were read already are the caller's.
    pub(crate) fn into_stream(self) -> Box<dyn Stream> {
        self.reader.unsplit(self.writer)
    }

    /// Closes our side.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }

    /// Closes our side, and waits for the peer to close its own. What it says until then means nothing, but a socket that is
    /// closed with unread bytes resets the connection, and the peer may then never read our last ones.
    pub(crate) async fn part(&mut self) -> io::Result<()> {
        self.close().await?;
        while self.reader.read(&mut self.buffer).await? > 0 {}
        Ok(())
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
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
