//! What to serve, where, and to whom.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rfb::{Encoders, Limits, Size, Workers};

use super::allow::Allow;
use super::authenticator::Authenticator;
use crate::credentials::{Fingerprint, Identity, IdentityError, Secret};
use crate::rsa_aes::RsaKey;
use crate::websocket::Origins;

/// Makes the encoders of a new connection.
pub type EncoderFactory = Arc<dyn Fn() -> Encoders + Send + Sync>;

/// For whom the quality of pictures follows the link, below what the client asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adapt {
    /// For clients that say that the quality they ask for is the most that they want: see
    /// [`rfb::ClientConfig::adapts`]. Others get what they ask for.
    #[default]
    Announced,
    /// For all clients that allow any loss.
    Always,
    /// For none.
    Never,
}

/// What to serve, where, and to whom.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The desktop.
    pub size: Size,
    /// Shown in the clients' window titles.
    pub name: String,
    /// Where to listen; port 0 for any free one. QUIC has the same number, of UDP.
    pub listen: SocketAddr,
    /// The certificate that clients pin.
    pub identity: Identity,
    /// What is spoken.
    pub allow: Allow,
    /// Web pages that may connect by WebSocket.
    pub origins: Origins,
    /// The key of RSA-AES; without it that is not offered, whatever is allowed.
    pub rsa_key: Option<RsaKey>,
    /// Lets clients in. Without any password, trusted client or authenticator, everybody may come in.
    pub password: Option<Secret>,
    /// Lets clients in that may look but not touch.
    pub view_only_password: Option<Secret>,
    /// Client certificates that let in, without a password. Their owners are never slowed down for others' wrong
    /// passwords.
    pub trusted_clients: Vec<Fingerprint>,
    /// Asked who may come in, and what they may do, about every client that does not come with a trusted certificate or the
    /// ticket of a session. What it says holds, whatever the passwords above are: these then let in only where nobody else
    /// could judge, by a challenge (VncAuth); without them that is not offered.
    pub authenticator: Option<Authenticator>,
    /// How often passwords, certificates and the authenticator let in, and a server that is open to everybody; `None` for
    /// any number of times. A client counts from when it has proved itself, and no more if it does not come in after all; a
    /// session that is resumed does not count.
    pub uses: Option<u32>,
    /// When passwords, certificates and the tickets of sessions lose their worth; then nobody is let in, not by an open
    /// server either.
    pub expires: Option<SystemTime>,
    /// How long a session is kept whose connection is lost: see also [`Self::max_clients`].
    pub linger: Duration,
    /// Whether clients that have the right to may ask for shutting down and restarting: see
    /// [`ServerEvent::Power`](super::ServerEvent::Power).
    pub power: bool,
    /// Whether the desktop's sound is offered: see [`Server::sound_wanted`](super::Server::sound_wanted).
    pub sound: bool,
    /// Whether clients that have the right to may send what their microphone hears; only with sound.
    pub microphone: bool,
    /// For whom the quality of pictures follows the link.
    pub adapt: Adapt,
    /// Bits a second that are sent to one client at most, with all that encryption adds; `None` for as many as the link
    /// takes. In no second more than a twentieth beyond it is handed to the system. 0 counts as 1.
    pub max_rate: Option<u64>,
    /// Sessions at once. One whose connection is lost keeps its place for [`Self::linger`], so that its client finds it when
    /// it comes back; but a new client that has proved itself and finds no other place gets that of the session which has
    /// been without a client for longest, and that session is over.
    pub max_clients: usize,
    /// A client that takes nothing for so long while something waits for it is dropped.
    pub stall_timeout: Duration,
    /// What is accepted from clients.
    pub limits: Limits,
    /// The threads that share the work on one picture.
    pub workers: Workers,
}

impl ServerConfig {
    /// A desktop of `size` on the loopback address, encrypted with a fresh certificate, with a fresh password.
    pub fn new(size: Size) -> Result<Self, IdentityError> {
        Ok(Self {
            size,
            name: "Tightrope".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            identity: Identity::generate()?,
            allow: Allow::default(),
            origins: Origins::default(),
            rsa_key: None,
            password: Some(Secret::generate()?),
            view_only_password: None,
            trusted_clients: Vec::new(),
            authenticator: None,
            uses: None,
            expires: None,
            linger: Duration::from_secs(60),
            power: false,
            sound: false,
            microphone: false,
            adapt: Adapt::default(),
            max_rate: None,
            max_clients: 8,
            stall_timeout: Duration::from_secs(20),
            limits: Limits::default(),
            workers: Workers::available(),
        })
    }
}

/// Why a server could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// It could not listen.
    Listen {
        /// Where.
        address: SocketAddr,
        /// What happened.
        error: io::Error,
    },
    /// The certificate or its key is of no use.
    Tls(String),
    /// The desktop has more pixels than [`Limits::framebuffer_pixels`], which no client would take.
    Size {
        /// The desktop's.
        size: Size,
        /// Pixels that it may have.
        limit: usize,
    },
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
            Self::Tls(error) => write!(f, "the certificate cannot be used: {error}"),
            Self::Size { size, limit } => {
                write!(f, "size: a desktop of {size} has more than {limit} pixels")
            }
        }
    }
}

impl std::error::Error for ServerError {}
