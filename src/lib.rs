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
//! codec of pictures, [`audio`] that of sound with its devices, [`transport`] the async sessions and credentials.
#![forbid(unsafe_code)]

/// The Rust of the guides compiles.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../docs/guide/embed-a-viewer.md")]
    struct Viewer;
    #[doc = include_str!("../docs/guide/embed-a-server.md")]
    struct Server;
}

mod client;
pub mod image;
pub mod present;
mod server;
pub mod sound;

pub use {audio, rfb, tight, transport};

pub use client::{Client, probe};
pub use server::Server;

pub use rfb::{
    ClientEvent, Cursor, Encoding, Framebuffer, Goodbye, GoodbyeCode, Leds, Limits, Point,
    PowerAction, Rect, Region, Screen, Size, View, ViewMut, Workers, screen::ResizeStatus,
};
pub use transport::{
    Adapt, AgentCredentials, Allow, AllowError, Authenticator, Backoff, Bundle, ClientConfig,
    ClientCredentials, ConnectError, CredentialsError, Endpoint, Fingerprint, Grade, Identity,
    IdentityError, KnownHosts, LinkQuality, Login, LoginId, Origins, Protocol, Rights, RsaKey,
    Scheme, Secret, ServerConfig, ServerError, ServerEvent, SessionError, SessionId, SoundSettings,
    UrlError,
};
