//! A server and its client, over one transport.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use lab::link::{LinkSettings, Relay};
use tightrope::{Allow, ClientConfig, Fingerprint, Identity, Protocol, ServerConfig, Size};

/// What carries RFB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Over {
    /// TLS over TCP.
    Tls,
    /// QUIC over UDP.
    Quic,
    /// TCP without encryption: what the others are measured against.
    #[value(skip)]
    Plain,
}

impl Over {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Quic => "quic",
            Self::Plain => "plain",
        }
    }

    pub(super) fn read(name: &str) -> Result<Self> {
        let all = [Self::Tls, Self::Quic, Self::Plain];
        let found = all.into_iter().find(|own| own.name() == name);
        found.with_context(|| format!("{name} is no transport"))
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::Tls => "vncs",
            Self::Quic => "quic",
            Self::Plain => "vnc",
        }
    }

    fn protocol(self) -> Protocol {
        match self {
            Self::Tls => Protocol::Tls,
            Self::Quic => Protocol::Quic,
            Self::Plain => Protocol::Plain,
        }
    }

    /// The way to `server` over a link.
    pub(super) async fn relay(self, server: SocketAddr, link: &LinkSettings) -> Result<Relay> {
        let relay = match self {
            Self::Quic => Relay::udp(server, link).await,
            Self::Tls | Self::Plain => Relay::tcp(server, link).await,
        };
        relay.context("no relay")
    }
}

/// Who serves and who views: both know the other's certificate.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) over: Over,
    pub(super) server: ServerConfig,
    client: Identity,
}

impl Pair {
    /// A desktop of `size` on this machine.
    pub(super) fn new(over: Over, size: Size) -> Result<Self> {
        let client = Identity::generate()?;
        let mut server = ServerConfig::new(size)?;
        server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        server.allow = Allow::only(&[over.protocol()]);
        server.trusted_clients = vec![client.fingerprint()];
        if over == Over::Plain {
            server.password = None;
        }
        Ok(Self {
            over,
            server,
            client,
        })
    }

    /// A client of the server at `address`.
    pub(super) fn client(&self, address: SocketAddr) -> Result<ClientConfig> {
        let pin = self.server.identity.fingerprint();
        let mut config = client(self.over, address, pin)?;
        config.identity = Some(self.client.clone());
        Ok(config)
    }
}

/// A client of the server at `address`, that shows nothing of itself.
pub(super) fn client(over: Over, address: SocketAddr, pin: Fingerprint) -> Result<ClientConfig> {
    let mut config = ClientConfig::new(&format!("{}://{address}", over.scheme()))?;
    config.fingerprint = Some(pin);
    config.insecure = over == Over::Plain;
    Ok(config)
}
