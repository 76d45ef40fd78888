//! Why there is no QUIC connection.

use std::fmt;
use std::io;
use std::time::Duration;

use quinn::ConnectionError;

/// Why there is no QUIC connection.
#[derive(Debug)]
pub(crate) enum QuicError {
    /// No UDP socket.
    Socket(io::Error),
    /// The TLS configuration cannot be used with QUIC.
    Config(String),
    /// The peer, or its certificate, was refused, or refused us.
    Handshake(ConnectionError),
    /// The peer said nothing, or not enough, for so long.
    TimedOut(Duration),
}

impl QuicError {
    /// Whether it is the network's failure, or nobody was there, rather than a peer that is not what it should be.
    pub(crate) fn is_of_the_network(&self) -> bool {
        matches!(
            self,
            Self::Socket(_)
                | Self::TimedOut(_)
                | Self::Handshake(ConnectionError::TimedOut | ConnectionError::Reset)
        )
    }
}

impl fmt::Display for QuicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(error) => write!(f, "no UDP socket: {error}"),
            Self::Config(error) => write!(f, "QUIC cannot be set up: {error}"),
            Self::Handshake(error) => write!(f, "no QUIC: {error}"),
            Self::TimedOut(patience) => write!(f, "no QUIC within {patience:?}"),
        }
    }
}

impl std::error::Error for QuicError {}

impl From<ConnectionError> for QuicError {
    fn from(error: ConnectionError) -> Self {
        Self::Handshake(error)
    }
}
