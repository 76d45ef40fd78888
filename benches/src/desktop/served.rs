//! A real desktop and who serves it, and how our client gets there.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use agent::xvfb::Xvfb;
use anyhow::{Context, Result, bail};
use lab::link::{LinkSettings, Relay};
use tightrope::{ClientConfig, Size};

use super::agent::{Agent, Shown};
use super::foreign::{XTIGERVNC, Xtigervnc};
use super::screen::Screen;
use super::transport::Transport;
use crate::process::cpu_time;

/// A server of somebody else's, as it is named on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// One that is started for the measurement.
    Xtigervnc,
    /// One that runs already; `vnc://host:port`.
    Running(String),
}

impl FromStr for Against {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case(XTIGERVNC) {
            return Ok(Self::Xtigervnc);
        }
        match address_of(text) {
            Ok(_) => Ok(Self::Running(text.to_owned())),
            Err(error) => Err(format!("neither xtigervnc nor vnc://host:port: {error:#}")),
        }
    }
}

/// Who to measure instead of our agent.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Foreign {
    /// Measure a server of somebody else's with our client: xtigervnc starts one; vnc://host:port is one that
    /// runs and lets in whoever asks.
    #[arg(long, value_name = "xtigervnc|vnc://HOST:PORT")]
    pub(crate) against: Option<Against>,
    /// The display that the server of --against vnc://… shows.
    #[arg(long, value_name = ":N", requires = "against")]
    pub(crate) display: Option<String>,
}

/// A desktop that is served. Dropping it ends what was started for it.
pub(crate) struct Served {
    screen: Screen,
    server: Server,
}

enum Server {
    Ours {
        agent: Agent,
        transport: Transport,
        // After the agent, which ends with a better reason than that its display is gone.
        _xvfb: Box<Xvfb>,
    },
    Xtigervnc(Xtigervnc),
    Running(String),
}

impl Served {
    /// Starts a desktop of `size` with our agent, which is told `flags` too, or takes the one of `foreign`. What
    /// they say goes to files in `directory`.
    ///
    /// To be called from a thread that lives as long as the program: the X server ends with it.
    pub(crate) async fn start(
        directory: &Path,
        size: Size,
        foreign: &Foreign,
        (transport, flags): (Transport, &[&str]),
    ) -> Result<Self> {
        match (&foreign.against, &foreign.display) {
            (None, _) => Self::ours(directory, size, transport, flags).await,
            (Some(Against::Xtigervnc), None) => {
                let server = Xtigervnc::start(directory, size)?;
                Ok(Self {
                    screen: server.screen.clone(),
                    server: Server::Xtigervnc(server),
                })
            }
            (Some(Against::Xtigervnc), Some(_)) => {
                bail!("--display is for a server that runs already")
            }
            (Some(Against::Running(url)), Some(display)) => Ok(Self {
                screen: Screen::named(display),
                server: Server::Running(url.clone()),
            }),
            (Some(Against::Running(_)), None) => bail!("--against vnc://… needs --display"),
        }
    }

    async fn ours(
        directory: &Path,
        size: Size,
        transport: Transport,
        flags: &[&str],
    ) -> Result<Self> {
        let xvfb = Xvfb::start(size).await?;
        let screen = Screen {
            name: xvfb.display().name.clone(),
            authority: Some(xvfb.authority()),
        };
        let flags: Vec<&str> = transport.flags().iter().chain(flags).copied().collect();
        let agent = Agent::start(directory, Shown::Screen(&screen), &flags)?;
        Ok(Self {
            screen,
            server: Server::Ours {
                agent,
                transport,
                _xvfb: Box::new(xvfb),
            },
        })
    }

    /// Where programs go that paint.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// This program, to be run on that desktop.
    pub(crate) fn own_command(&self) -> Result<Command> {
        self.screen.own_command()
    }

    /// What figures call the server; none for ours.
    pub(crate) fn against(&self) -> Option<&str> {
        match &self.server {
            Server::Ours { .. } => None,
            Server::Xtigervnc(_) => Some("xtigervnc"),
            Server::Running(url) => Some(url),
        }
    }

    /// What carries RFB: foreign servers are spoken to without encryption.
    pub(crate) fn transport(&self) -> Transport {
        match &self.server {
            Server::Ours { transport, .. } => *transport,
            Server::Xtigervnc(_) | Server::Running(_) => Transport::Tcp,
        }
    }

    /// The server's processor time so far: user and system, all its threads. None if it is not a process of ours.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
        let id = match &self.server {
            Server::Ours { agent, .. } => agent.id(),
            Server::Xtigervnc(server) => server.id(),
            Server::Running(_) => return None,
        };
        cpu_time(id)
    }

    /// The way to it over `link`; none if that is no different from going there directly.
    pub(crate) async fn relay(&self, link: &LinkSettings) -> Result<Option<Relay>> {
        if !link.shapes() {
            return Ok(None);
        }
        self.always_relay(link).await.map(Some)
    }

    /// The way to it over `link`, through a relay in any case: it counts what passes.
    pub(crate) async fn always_relay(&self, link: &LinkSettings) -> Result<Relay> {
        let server = self.address()?;
        let relay = match self.transport().is_datagrams() {
            true => Relay::udp(server, link).await,
            false => Relay::tcp(server, link).await,
        };
        relay.context("no relay")
    }

    /// A client of it at `quality`, through the relay if there is one.
    pub(crate) fn client(&self, relay: Option<&Relay>, quality: u8) -> Result<ClientConfig> {
        let address = match relay {
            Some(relay) => relay.address(),
            None => self.address()?,
        };
        let mut config = match &self.server {
            Server::Ours {
                agent, transport, ..
            } => agent.credentials.client(*transport, address)?,
            Server::Xtigervnc(_) | Server::Running(_) => {
                let mut config = ClientConfig::new(&format!("vnc://{address}"))?;
                config.insecure = true;
                config
            }
        };
        config.quality = Some(quality);
        Ok(config)
    }

    /// What the server said last, for an error.
    pub(crate) fn last_words(&self) -> String {
        match &self.server {
            Server::Ours { agent, .. } => agent.last_words(),
            Server::Xtigervnc(server) => server.last_words(),
            Server::Running(_) => String::new(),
        }
    }

    fn address(&self) -> Result<SocketAddr> {
        match &self.server {
            Server::Ours { agent, .. } => agent.credentials.address(),
            Server::Xtigervnc(server) => Ok(server.address),
            Server::Running(url) => address_of(url),
        }
    }
}

/// The address of `vnc://host:port`.
fn address_of(url: &str) -> Result<SocketAddr> {
    let place = url
        .strip_prefix("vnc://")
        .context("it does not begin with vnc://")?;
    let place = place.trim_end_matches('/');
    let mut found = place
        .to_socket_addrs()
        .with_context(|| format!("the address {place}"))?;
    found
        .next()
        .with_context(|| format!("nobody is called {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_or_has_an_address() {
        assert_eq!("xtigervnc".parse(), Ok(Against::Xtigervnc));
        let running = "vnc://127.0.0.1:5901".parse();
        assert_eq!(
            running,
            Ok(Against::Running("vnc://127.0.0.1:5901".to_owned()))
        );
        for wrong in [
            "",
            "127.0.0.1:5901",
            "vnc://127.0.0.1",
            "http://127.0.0.1:80",
        ] {
            let error = wrong.parse::<Against>().unwrap_err();
            assert!(error.contains("vnc://"), "{error}");
        }
    }
}
