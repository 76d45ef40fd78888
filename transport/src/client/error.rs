//! What can go wrong on the way to a desktop, sorted by who must act.

use std::net::IpAddr;
use std::{fmt, io};

use crate::credentials::Fingerprint;

/// Why there is no session.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The configuration has no address.
    NoEndpoint,
    /// The server has nothing that is encrypted, and the configuration does not allow what is not.
    InsecureNotAllowed {
        /// Host and port.
        address: String,
    },
    /// It is not known which certificate the server must have: nothing was sent to it.
    UnknownServer {
        /// Host and port.
        address: String,
        /// What the server showed.
        found: Fingerprint,
    },
    /// The server has another certificate than the one that was pinned. Nothing was sent to it.
    WrongFingerprint {
        /// Host and port.
        address: String,
        /// What was pinned.
        expected: Fingerprint,
        /// What the server showed.
        found: Fingerprint,
    },
    /// The server asks for a password and there is none.
    PasswordNeeded {
        /// Host and port.
        address: String,
    },
    /// The server refused us and said why.
    Refused {
        /// Host and port.
        address: String,
        /// The server's words.
        reason: String,
    },
    /// The network failed: worth trying again.
    Io {
        /// Host and port.
        address: String,
        /// What happened.
        error: io::Error,
    },
    /// TLS failed: the other side may speak something else.
    Tls {
        /// Host and port.
        address: String,
        /// What happened.
        error: String,
    },
    /// The other side does not speak RFB as it should.
    Protocol(rfb::Error),
}

/// Why a session ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The network failed: worth reconnecting.
    Io(io::Error),
    /// The protocol failed: reconnecting will not help.
    Protocol(rfb::Error),
    /// The server closed the stream.
    Closed,
    /// The system has lost this address, on which the connection was: worth reconnecting.
    AddressLost(IpAddr),
}

/// Exit codes of programs.
const ERROR: u8 = 1;
const REFUSED: u8 = 4;
const PEER_ENDED: u8 = 5;

impl ConnectError {
    /// Whether it may work a little later: the network, or a server that is being started.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self, Self::Io { .. })
    }

    pub(super) fn timed_out(address: String) -> Self {
        Self::Io {
            address,
            error: io::ErrorKind::TimedOut.into(),
        }
    }

    /// The exit code of a program that ends for it: 1 error, 4 refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::WrongFingerprint { .. }
            | Self::UnknownServer { .. }
            | Self::InsecureNotAllowed { .. }
            | Self::PasswordNeeded { .. }
            | Self::Refused { .. }
            | Self::Protocol(rfb::Error::NoSecurityType { .. }) => REFUSED,
            _ => ERROR,
        }
    }
}

impl SessionError {
    /// The exit code of a program that ends for it: 1 error, 5 the server ended the session.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Closed | Self::Io(_) | Self::AddressLost(_) => PEER_ENDED,
            Self::Protocol(_) => ERROR,
        }
    }

    /// Whether the same session may go on over another connection.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        !matches!(self, Self::Protocol(_))
    }

    /// The same, before there was a session.
    pub(super) fn while_connecting(self, address: &str) -> ConnectError {
        let address = address.to_owned();
        match self {
            Self::Io(error) => ConnectError::Io { address, error },
            Self::Closed => ConnectError::Io {
                address,
                error: io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the server closed the connection during the handshake",
                ),
            },
            Self::AddressLost(_) => ConnectError::Io {
                address,
                error: io::ErrorKind::AddrNotAvailable.into(),
            },
            Self::Protocol(rfb::Error::Refused { reason }) => {
                ConnectError::Refused { address, reason }
            }
            Self::Protocol(error) => ConnectError::Protocol(error),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint => f.write_str("no address to connect to is given"),
            Self::InsecureNotAllowed { address } => write!(
                f,
                "{address} offers nothing that is encrypted: use vncs://, or allow what is not by name (insecure)"
            ),
            Self::UnknownServer { address, found } => write!(
                f,
                "{address} is not known: its certificate is {found}. Give this fingerprint if it is the one the server \
                 printed when it started; nothing was sent to it"
            ),
            Self::WrongFingerprint {
                address,
                expected,
                found,
            } => write!(
                f,
                "the certificate of {address} is {found}, not the pinned {expected}: the server was started anew, \
                 or someone is in between. Nothing was sent to it"
            ),
            Self::PasswordNeeded { address } => write!(f, "{address} asks for a password"),
            Self::Refused { address, reason } => write!(f, "{address} refused: {reason}"),
            Self::Io { address, error } => write!(f, "{address}: {error}"),
            Self::Tls { address, error } => write!(f, "no TLS with {address}: {error}"),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectError {}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What TLS says of it is for programmers.
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                f.write_str("the connection broke: it ended without a word")
            }
            Self::Io(error) => write!(f, "the connection broke: {error}"),
            Self::Protocol(error) => error.fmt(f),
            Self::Closed => f.write_str("the server closed the connection"),
            Self::AddressLost(address) => write!(f, "this machine has lost its address {address}"),
        }
    }
}

impl std::error::Error for SessionError {}
