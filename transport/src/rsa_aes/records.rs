//! What goes through sealed records, as a stream.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::cipher::{Cipher, LENGTH_BYTES, TAG_BYTES};
use super::exchange::Ciphers;
use super::{RsaAesError, Suite};
use crate::stream::Stream;

/// Text in a record of ours, at most: TigerVNC's own are no longer.
const RECORD_BYTES: usize = 8 << 10;
/// Sealed at once, at most.
const WRITE_BYTES: usize = 64 << 10;
/// The longest record there can be.
const LONGEST: usize = LENGTH_BYTES + u16::MAX as usize + TAG_BYTES;

/// A stream in records. Holds at most one record to read, and 64 KiB that were written.
pub(super) struct Records {
    stream: Box<dyn Stream>,
    opening: Cipher,
    sealing: Cipher,
    input: Vec<u8>,
    /// Of `input`, what came and is not opened yet.
    sealed: Range<usize>,
    /// Of `input`, what is opened and not read yet; before `sealed`.
    opened: Range<usize>,
    /// A record did not open: what follows cannot either.
    failed: bool,
    output: Vec<u8>,
    /// Of `output`, what is written already.
    written: usize,
}

impl Records {
    /// The stream after the credentials: in records, or in clear if the suite says so.
    pub(super) fn or_clear(
        stream: Box<dyn Stream>,
        suite: Suite,
        ciphers: Ciphers,
    ) -> Box<dyn Stream> {
        if !suite.encrypted {
            return stream;
        }
        Box::new(Self {
            stream,
            opening: ciphers.opening,
            sealing: ciphers.sealing,
            input: Vec::new(),
            sealed: 0..0,
            opened: 0..0,
            failed: false,
            output: Vec::new(),
            written: 0,
        })
    }

    /// Opens the record that is at hand; `false` if it is not whole.
    fn open_next(&mut self) -> Result<bool, RsaAesError> {
        let sealed = self.input.get_mut(self.sealed.clone()).unwrap_or_default();
        let Some((length, rest)) = sealed.split_first_chunk_mut::<LENGTH_BYTES>() else {
            return Ok(false);
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((text, rest)) = rest.split_at_mut_checked(length) else {
            return Ok(false);
        };
        let Some(tag) = rest.first_chunk::<TAG_BYTES>() else {
            return Ok(false);
        };
        self.opening.open(text, tag)?;
        let start = self.sealed.start + LENGTH_BYTES;
        self.opened = start..start + length;
        self.sealed.start = self.opened.end + TAG_BYTES;
        Ok(true)
    }

    /// Reads more of what is sealed; gives how much, 0 at the end of the stream.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.sealed.start > 0 {
            self.input.copy_within(self.sealed.clone(), 0);
            self.sealed = 0..self.sealed.len();
            self.opened = 0..0;
        }
        // The memory is taken when there is something to read.
        self.input.resize(LONGEST, 0);
        let free = self.input.get_mut(self.sealed.end..).unwrap_or_default();
        let mut free = ReadBuf::new(free);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut free))?;
        let read = free.filled().len();
        self.sealed.end += read;
        Poll::Ready(Ok(read))
    }

    /// Writes what is sealed; ready when all is.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.output.get(self.written..).filter(|r| !r.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        self.output.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Records {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // A record may be empty, which must not read as the end of the stream.
        while this.opened.is_empty() {
            if this.failed {
                return Poll::Ready(Err(RsaAesError::Forged.into()));
            }
            match this.open_next() {
                Ok(true) => {}
                Ok(false) => {
                    if ready!(this.poll_fill(context))? == 0 {
                        return Poll::Ready(match this.sealed.is_empty() {
                            true => Ok(()),
                            false => Err(io::ErrorKind::UnexpectedEof.into()),
                        });
                    }
                }
                Err(error) => {
                    this.failed = true;
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
        let length = this.opened.len().min(buffer.remaining());
        let end = this.opened.start + length;
        buffer.put_slice(this.input.get(this.opened.start..end).unwrap_or_default());
        this.opened.start = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Records {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_drain(context))?;
        let taken = bytes.get(..WRITE_BYTES).unwrap_or(bytes);
        for text in taken.chunks(RECORD_BYTES) {
            this.sealing.seal(text, &mut this.output)?;
        }
        // Sealed is sealed, whether or not the stream takes it now.
        match this.poll_drain(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(taken.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
