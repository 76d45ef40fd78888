//! The bytes inside the messages of a WebSocket, as a stream.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_util::{Sink as _, Stream as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{WebSocketError, payload};
use crate::stream::Stream;

/// What goes through a WebSocket. Holds at most one message each way.
pub(super) struct Messages {
    socket: WebSocketStream<Box<dyn Stream>>,
    /// Of the last message, what nobody has read yet.
    unread: Bytes,
    /// Nothing more comes: the peer closed, or broke a rule.
    ended: bool,
}

impl Messages {
    pub(super) fn new(socket: WebSocketStream<Box<dyn Stream>>) -> Self {
        Self {
            socket,
            unread: Bytes::new(),
            ended: false,
        }
    }

    /// Ends the session over a broken rule; the peer is told, if the stream takes it at once.
    fn fail(
        &mut self,
        context: &mut Context<'_>,
        code: CloseCode,
        error: WebSocketError,
    ) -> io::Error {
        self.ended = true;
        let reason = error.to_string().into();
        let told = Message::Close(Some(CloseFrame { code, reason }));
        let _ = Pin::new(&mut self.socket).start_send(told);
        let _ = Pin::new(&mut self.socket).poll_flush(context);
        error.into()
    }
}

impl AsyncRead for Messages {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A message may be empty, which must not read as the end of the stream.
        while self.unread.is_empty() && !self.ended {
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                Some(Ok(Message::Binary(bytes))) => self.unread = bytes,
                Some(Ok(Message::Text(_))) => {
                    let error = self.fail(context, CloseCode::Unsupported, WebSocketError::Text);
                    return Poll::Ready(Err(error));
                }
                Some(Ok(Message::Close(_))) => {
                    self.ended = true;
                    // Answers the peer's goodbye; it may be gone already.
                    let _ = Pin::new(&mut self.socket).poll_flush(context);
                }
                // The answer to a ping is written when the next message is read.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(Error::Io(error))) => return Poll::Ready(Err(error)),
                Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                Some(Err(error)) => {
                    let code = match &error {
                        Error::Capacity(_) => CloseCode::Size,
                        Error::Utf8(_) => CloseCode::Unsupported,
                        _ => CloseCode::Protocol,
                    };
                    let error = WebSocketError::in_session(error);
                    return Poll::Ready(Err(self.fail(context, code, error)));
                }
                None => self.ended = true,
            }
        }
        let length = self.unread.len().min(buffer.remaining());
        buffer.put_slice(self.unread.get(..length).unwrap_or_default());
        self.unread.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Messages {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        // Only when all before is written: no more than one message ever waits.
        ready!(self.as_mut().poll_flush(context))?;
        let payload = payload(bytes);
        let length = payload.len();
        Pin::new(&mut self.socket)
            .start_send(Message::Binary(payload))
            .map_err(write_error)?;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket)
            .poll_flush(context)
            .map_err(write_error)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.socket).poll_close(context)) {
            Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => {}
            Err(error) => return Poll::Ready(Err(write_error(error))),
        }
        Pin::new(self.socket.get_mut()).poll_shutdown(context)
    }
}

/// What is said after the peer's goodbye reaches nobody, as in a closed TCP stream.
fn write_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        _ => io::ErrorKind::BrokenPipe.into(),
    }
}
