//! Letting connections in: what a client says first tells what it speaks.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::gate::{Gate, Stranger};
use super::session::{self, Visitor};
use super::{Protocol, ServerConfig, ServerError, Shared};
use crate::credentials::Fingerprint;
use crate::stream::{Prefixed, Stream, tune};
use crate::tls;

/// How long a client may take until it is clear what it speaks, TLS included.
const DOOR_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that says nothing for so long waits for us to speak first: RFB.
const SILENCE: Duration = Duration::from_millis(200);
/// Wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes that are looked at to tell protocols apart; what else has come stays with them.
const FIRST_BYTES: usize = 512;

/// What connections come through.
#[derive(Clone)]
pub(super) struct Door {
    tls: tls::Acceptor,
}

impl Door {
    pub(super) fn new(config: &ServerConfig) -> Result<Self, ServerError> {
        let tls = tls::Acceptor::new(&config.identity);
        let tls = tls.map_err(|error| ServerError::Tls(error.to_string()))?;
        Ok(Self { tls })
    }
}

/// Accepts until `alive` ends.
pub(super) async fn run(
    shared: Arc<Shared>,
    listener: TcpListener,
    door: Door,
    mut alive: watch::Receiver<()>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = alive.changed() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let stranger = Gate::enter(&shared.gate, address.ip());
                let visit = Visit {
                    shared: Arc::clone(&shared),
                    address,
                    door: door.clone(),
                    alive: alive.clone(),
                };
                tokio::spawn(visit.of(stream, stranger));
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// What a client speaks, as its first byte tells.
enum First {
    Tls,
    WebSocket,
    Rfb,
}

/// A client at the door, and what it needs to come in.
struct Visit {
    shared: Arc<Shared>,
    address: SocketAddr,
    door: Door,
    alive: watch::Receiver<()>,
}

/// What is spoken with a client, and over what.
struct Entrance {
    stream: Box<dyn Stream>,
    is_encrypted: bool,
    certificate: Option<Fingerprint>,
}

impl Visit {
    async fn of(self, stream: TcpStream, mut stranger: Stranger) {
        let address = self.address;
        if let Err(error) = tune(&stream) {
            tracing::debug!("{address}: {error}");
            return;
        }
        let entrance = tokio::select! {
            entrance = tokio::time::timeout(DOOR_TIMEOUT, self.enter(stream)) => entrance,
            () = stranger.evicted() => {
                tracing::info!("{address}: turned away, too many connections are not logged in");
                return;
            }
        };
        let Entrance {
            stream,
            is_encrypted,
            certificate,
        } = match entrance {
            Ok(Ok(entrance)) => entrance,
            Ok(Err(error)) => {
                tracing::info!("{address}: turned away at the door: {error}");
                return;
            }
            Err(_) => {
                tracing::info!("{address}: turned away, it took more than {DOOR_TIMEOUT:?}");
                return;
            }
        };
        let trusted =
            certificate.is_some_and(|own| self.shared.config.trusted_clients.contains(&own));
        let visitor = Visitor {
            address,
            trusted,
            stranger,
        };
        session::run(self.shared, stream, visitor, self.alive).await;
    }

    async fn enter(&self, stream: TcpStream) -> io::Result<Entrance> {
        let (first, stream) = self.look(stream, false).await?;
        match first {
            First::Tls => self.enter_tls(stream).await,
            First::WebSocket => Err(refused("WebSocket is not allowed")),
            First::Rfb => Ok(Entrance {
                stream: Box::new(stream),
                is_encrypted: false,
                certificate: None,
            }),
        }
    }

    async fn enter_tls(&self, stream: impl Stream + 'static) -> io::Result<Entrance> {
        let accepted = self.door.tls.accept(stream).await?;
        Ok(Entrance {
            stream: Box::new(accepted.stream),
            is_encrypted: true,
            certificate: accepted.certificate,
        })
    }

    /// Finds what a client speaks, and gives the stream with nothing taken from it.
    async fn look<S: Stream>(
        &self,
        mut stream: S,
        inside_tls: bool,
    ) -> io::Result<(First, Prefixed<S>)> {
        let mut bytes = [0; FIRST_BYTES];
        let mut length = 0;
        let silence = self.speaks_rfb(inside_tls).then_some(SILENCE);
        let read = stream.read(&mut bytes);
        match silence {
            None => length = read.await?,
            Some(silence) => {
                if let Ok(read) = tokio::time::timeout(silence, read).await {
                    length = read?;
                    if length == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
            }
        }
        let bytes = bytes.get(..length).unwrap_or_default();
        let first = match bytes.first() {
            Some(0x16) if !inside_tls && self.speaks_tls() => First::Tls,
            Some(b'G')
                if self.allows(if inside_tls {
                    Protocol::Wss
                } else {
                    Protocol::Ws
                }) =>
            {
                First::WebSocket
            }
            Some(b'R') | None if silence.is_some() => First::Rfb,
            Some(0x16) => return Err(refused("TLS is not allowed")),
            Some(b'G') => return Err(refused("WebSocket without encryption is not allowed")),
            Some(b'R') => return Err(refused("RFB without encryption is not allowed")),
            Some(_) => return Err(refused("what it says is neither TLS, WebSocket nor RFB")),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        Ok((first, Prefixed::new(bytes.to_vec(), stream)))
    }

    fn allows(&self, protocol: Protocol) -> bool {
        self.shared.config.allow.contains(protocol)
    }
    fn speaks_tls(&self) -> bool {
        self.allows(Protocol::Tls) || self.allows(Protocol::Wss)
    }
    /// Whether a client that waits for us to speak may mean RFB.
    fn speaks_rfb(&self, inside_tls: bool) -> bool {
        use Protocol::{Plain, Ra2, Ra2ne, Tls, VeNCrypt};
        match inside_tls {
            true => self.allows(Tls),
            false => [Plain, VeNCrypt, Ra2, Ra2ne]
                .into_iter()
                .any(|own| self.allows(own)),
        }
    }
}

fn refused(rule: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, rule)
}
