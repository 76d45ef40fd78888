//! What can go wrong with a WebSocket.

use std::{fmt, io};

use tokio_tungstenite::tungstenite::Error;

/// Why there is no WebSocket, or no more.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The stream below failed.
    Io(io::Error),
    /// The request was refused, and this is what the client was told.
    Refused {
        /// The HTTP status, as 403.
        status: u16,
        /// One line: which rule the request broke.
        reason: String,
    },
    /// Host, port and path make no URL.
    Address(String),
    /// The server answered with another HTTP status than 101.
    Status(u16),
    /// The peer broke a rule of the WebSocket protocol.
    Protocol(String),
    /// The peer sent a text message; RFB goes in binary ones.
    Text,
}

impl WebSocketError {
    pub(super) fn refused(status: u16, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Refused { status, reason }
    }

    /// What a server's answer was instead of a WebSocket.
    pub(super) fn answer(error: Error) -> Self {
        match error {
            Error::Http(response) => Self::Status(response.status().as_u16()),
            error => Self::in_session(error),
        }
    }

    /// What went wrong in a WebSocket that was one.
    pub(super) fn in_session(error: Error) -> Self {
        match error {
            Error::Io(error) => Self::Io(error),
            error => Self::Protocol(error.to_string()),
        }
    }
}

impl From<io::Error> for WebSocketError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<WebSocketError> for io::Error {
    fn from(error: WebSocketError) -> Self {
        match error {
            WebSocketError::Io(error) => error,
            error => Self::new(io::ErrorKind::InvalidData, error),
        }
    }
}

impl fmt::Display for WebSocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Refused { status, reason } => {
                write!(f, "WebSocket request refused ({status}): {reason}")
            }
            Self::Address(address) => write!(f, "{address:?} makes no WebSocket URL"),
            Self::Status(status) => {
                write!(
                    f,
                    "the server answered HTTP {status} instead of a WebSocket"
                )
            }
            Self::Protocol(error) => write!(f, "WebSocket: {error}"),
            Self::Text => f.write_str("WebSocket: a text message, where RFB goes in binary ones"),
        }
    }
}

impl std::error::Error for WebSocketError {}
