//! A remote-desktop protocol engine: RFB and Tight over an encrypted transport, embedded with a few lines.
//!
//! A server over pixels you own:
//!
//! ```no_run
//! use tightrope::{Framebuffer, Rect, Region, Server, ServerConfig, Size};
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::bind(ServerConfig::new(Size::new(640, 480))?).await?;
//! println!("{} {:?} {:?}", server.url(), server.fingerprint(), server.password().map(|own| own.reveal()));
//! let mut desktop = Framebuffer::new(server.size());
//! for shade in (0..=255).cycle() {
//!     desktop.view_mut(Rect::new(0, 0, 640, 480)).unwrap().fill([shade, 0, 0, 0]);
//!     server.update(desktop.view(), &Region::from(server.size()));
//!     tokio::time::sleep(std::time::Duration::from_millis(40)).await;
//! }
//! # Ok(()) }
//! ```
//!
//! A client that follows it:
//!
//! ```no_run
//! use tightrope::{Client, ClientConfig, ClientEvent};
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = ClientConfig::new("vncs://127.0.0.1:5900/?fingerprint=sha256:6fb1…")?;
//! config.password = Some("abcdefgh".into());
//! let mut client = Client::connect(config).await?;
//! loop {
//!     if let ClientEvent::Updated { damage, .. } = client.next_event().await? {
//!         println!("{} pixels changed; the first is {:?}", damage.area(), &client.framebuffer().bytes()[..4]);
//!     }
//! }
//! # }
//! ```
//!
//! The layers below can be used by themselves: [`rfb`] is the protocol without any input or output, [`tight`] the
//! codec, [`transport`] the async sessions and credentials.
#![forbid(unsafe_code)]

pub mod image;
pub mod present;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

pub use {rfb, tight, transport};

pub use rfb::{
    ClientEvent, Cursor, Encoding, Framebuffer, Goodbye, GoodbyeCode, Leds, Limits, Point,
    PowerAction, Rect, Region, Screen, Size, View, ViewMut, Workers, screen::ResizeStatus,
};
pub use transport::{
    AgentCredentials, Allow, AllowError, Backoff, Bundle, ClientConfig, ClientCredentials,
    ConnectError, CredentialsError, Endpoint, Fingerprint, Identity, IdentityError, KnownHosts,
    Origins, Protocol, RsaKey, Scheme, Secret, ServerConfig, ServerError, ServerEvent,
    SessionError, SessionId, UrlError,
};

/// A desktop that is being served, with every encoding there is. Clones are the same server.
///
/// What it can do is on [`transport::Server`].
#[derive(Clone)]
pub struct Server(transport::Server);

impl Server {
    /// Listens and serves, on the tokio runtime this is called on. Clients see nothing until the first picture. What
    /// several of them are sent of one picture is encoded once.
    pub async fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        let shared = tight::Shared::new(config.workers.clone());
        let encoders = Arc::new(move || tight::encoders_sharing(&shared));
        transport::Server::bind(config, encoders).await.map(Self)
    }
}

impl Deref for Server {
    type Target = transport::Server;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// One session with a server, with every encoding there is.
///
/// What it can do is on [`transport::Client`].
pub struct Client(transport::Client);

impl Client {
    /// Connects, proves both sides, and reads what the server says of itself.
    pub async fn connect(config: ClientConfig) -> Result<Self, ConnectError> {
        let client = transport::Client::connect(config, Arc::new(tight::decoders)).await?;
        Ok(Self(client))
    }

    /// A session over a stream that is there already: a tunnel, a recording. See [`transport::Client::over`].
    pub async fn over(
        stream: impl transport::Stream + 'static,
        config: ClientConfig,
    ) -> Result<Self, ConnectError> {
        let client = transport::Client::over(stream, config, Arc::new(tight::decoders)).await?;
        Ok(Self(client))
    }

    /// Writes what is queued, says goodbye and closes; at most about a second.
    pub async fn close(self) {
        self.0.close().await;
    }
}

impl Deref for Client {
    type Target = transport::Client;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
