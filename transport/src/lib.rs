//! RFB over TCP and TLS: the async client and server sessions, a server of many sessions, credentials.
//!
//! Encodings are plugged in from outside (`rfb::Decoders`, `rfb::Encoders`); this crate only moves bytes, keeps time
//! and decides who may come in.
#![forbid(unsafe_code)]

mod addresses;
mod arrivals;
pub mod client;
pub mod credentials;
mod hello;
mod link_quality;
mod pace;
mod quic;
mod rights;
pub mod rsa_aes;
pub mod server;
mod stats;
mod stream;
mod tls;
pub mod websocket;

pub use client::{
    Backoff, Client, ClientConfig, ConnectError, DecoderFactory, Endpoint, Scheme, SessionError,
    SoundSettings, UrlError, probe,
};
pub use credentials::{
    AgentCredentials, Bundle, ClientCredentials, CredentialsError, Fingerprint, Identity,
    IdentityError, KnownHost, KnownHosts, Secret,
};
pub use link_quality::{Grade, LinkQuality};
pub use quic::QuicStats;
pub use rights::Rights;
pub use rsa_aes::{RsaKey, RsaKeyError};
pub use server::{
    Adapt, Allow, AllowError, Authenticator, EncoderFactory, Listened, Login, LoginId,
    MicrophoneNews, MicrophoneSink, Protocol, Server, ServerConfig, ServerError, ServerEvent,
    SessionId,
};
pub use stats::SessionStats;
pub use stream::Stream;
pub use websocket::{Origins, WebSocketError};
