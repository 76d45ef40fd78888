//! Letting connections in: what a client says first tells what it speaks.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::gate::{Gate, Stranger};
use super::session::{self, Below, Pass, Visitor};
use super::{Protocol, Shared};
use crate::credentials::Fingerprint;
use crate::hello::{self, Hello};
use crate::stream::{Counted, Prefixed, Stream, tune};
use crate::{quic, tls, websocket};

/// How long a client may take until it is clear what it speaks, TLS included.
const DOOR_TIMEOUT: Duration = Duration::from_secs(10);
/// A client that says nothing for so long waits for us to speak first: RFB.
const SILENCE: Duration = Duration::from_millis(200);
/// Wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Bytes that are looked at to tell protocols apart; what else has come stays with them.
const FIRST_BYTES: usize = 512;

/// Connections that may wait until they are accepted, if the system allows it: a client that finds no room tries again only
/// after a second.
const BACKLOG: u32 = 4096;

/// Listens on `address`.
pub(super) fn on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts until `alive` ends, or the server is shut down; drops `_listens` when its ports are free.
pub(super) async fn run(
    shared: Arc<Shared>,
    listener: TcpListener,
    quic: Option<quic::Listener>,
    mut alive: watch::Receiver<()>,
    _listens: watch::Sender<()>,
) {
    let told = alive.clone();
    let mut closing = shared.closing.subscribe();
    loop {
        let quic_client = async {
            match &quic {
                Some(quic) => quic.accept().await,
                None => pending().await,
            }
        };
        let visit = |address: SocketAddr| Visit {
            shared: Arc::clone(&shared),
            address,
            stranger: Gate::enter(&shared.gate, address.ip()),
            alive: told.clone(),
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    tokio::spawn(visit(address).by_tcp(stream));
                }
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(incoming) = quic_client => {
                tokio::spawn(visit(incoming.remote_address()).by_quic(incoming));
            }
            _ = alive.changed() => {
                if let Some(quic) = &quic {
                    quic.close();
                }
                break;
            }
            // Sessions are told by themselves; who knocks is turned away.
            () = closed(&mut closing) => break,
        }
    }
    drop(listener);
    if let Some(quic) = quic {
        quic.refuse();
        quic.idle().await;
    }
}

/// Waits until nobody is to be let in any more. Cancel safe.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // Its sender is the server's.
    let _gone = closing.wait_for(|closing| *closing).await.is_err();
}

/// A client at the door.
struct Visit {
    shared: Arc<Shared>,
    address: SocketAddr,
    stranger: Stranger,
    alive: watch::Receiver<()>,
}

/// What a client speaks.
enum Spoken {
    /// RFB; whether it need not become encrypted.
    Rfb { may_be_clear: bool },
    /// `tightrope/1`, with this certificate.
    Ours(Hello, Option<Fingerprint>),
}

/// A client whose language is known.
struct Entrance {
    stream: Box<dyn Stream>,
    is_encrypted: bool,
    spoken: Spoken,
    below: Below,
}

impl Visit {
    async fn by_tcp(self, stream: TcpStream) {
        let shared = Arc::clone(&self.shared);
        self.come_in(shared.enter(stream)).await;
    }

    async fn by_quic(self, incoming: quic::Incoming) {
        self.come_in(enter_by_quic(incoming)).await;
    }

    /// Gives up when it takes too long, or others crowd in.
    async fn come_in(mut self, entrance: impl Future<Output = io::Result<Entrance>>) {
        let address = self.address;
        let judged = async {
            let entrance = timeout(DOOR_TIMEOUT, entrance).await;
            let entrance = entrance.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            let (pass, may_be_clear) = match entrance.spoken {
                Spoken::Rfb { may_be_clear } => (Pass::ByRfb, may_be_clear),
                Spoken::Ours(hello, certificate) => {
                    let pass = self.shared.judge(hello, certificate, address).await;
                    (pass, false)
                }
            };
            io::Result::Ok((
                entrance.stream,
                entrance.is_encrypted,
                entrance.below,
                may_be_clear,
                pass,
            ))
        };
        let judged = tokio::select! {
            judged = judged => judged,
            () = self.stranger.evicted() => Err(refused("too many connections are not logged in")),
            _ = self.alive.changed() => Err(refused("the server ended")),
        };
        let (stream, is_encrypted, below, may_be_clear, pass) = match judged {
            Ok(judged) => judged,
            Err(error) => {
                tracing::info!("{address}: turned away at the door: {error}");
                return;
            }
        };
        let visitor = Visitor {
            address,
            stranger: self.stranger,
            is_encrypted,
            may_be_clear,
            pass,
            below,
        };
        session::run(self.shared, stream, visitor, self.alive).await;
    }
}

/// Greets our client, which has said its first message by now or does so soon.
async fn greet(stream: &mut Box<dyn Stream>) -> io::Result<Hello> {
    stream.write_all(&[hello::VERSION]).await?;
    stream.flush().await?;
    Hello::read(stream).await
}

async fn enter_by_quic(incoming: quic::Incoming) -> io::Result<Entrance> {
    let accepted = incoming.establish().await.map_err(io::Error::other)?;
    let (stream, counters) = Counted::new(accepted.stream);
    let mut stream: Box<dyn Stream> = Box::new(stream);
    // The greeting goes with our first flight, before the client has proved anything.
    stream.write_all(&[hello::VERSION]).await?;
    stream.flush().await?;
    let certificate = accepted.proof.certificate().await;
    let certificate = certificate.map_err(io::Error::other)?;
    let hello = Hello::read(&mut stream).await?;
    Ok(Entrance {
        stream,
        is_encrypted: true,
        spoken: Spoken::Ours(hello, certificate),
        below: Below {
            counters,
            quic: Some(accepted.link),
        },
    })
}

/// What a client speaks, as its first byte tells.
enum First {
    Tls,
    WebSocket,
    Rfb,
}

impl Shared {
    /// Finds what is spoken over `stream`, and unwraps it.
    async fn enter(self: Arc<Self>, stream: TcpStream) -> io::Result<Entrance> {
        tune(&stream)?;
        let (stream, counters) = Counted::new(stream);
        let below = Below {
            counters,
            quic: None,
        };
        let (first, stream) = self.look(stream, false).await?;
        match first {
            First::Tls => self.enter_by_tls(stream, below).await,
            First::WebSocket => {
                self.enter_by_websocket(Box::new(stream), below, false)
                    .await
            }
            First::Rfb => Ok(Entrance {
                stream: Box::new(stream),
                is_encrypted: false,
                spoken: Spoken::Rfb {
                    may_be_clear: self.allows(Protocol::Plain),
                },
                below,
            }),
        }
    }

    async fn enter_by_tls(
        &self,
        stream: impl Stream + 'static,
        below: Below,
    ) -> io::Result<Entrance> {
        let accepted = self.tls.accept(stream).await?;
        let protocol = accepted.protocol.as_deref();
        let is_rfb_allowed = self.allows(Protocol::Tls);
        let first = match protocol {
            Some(tls::TIGHTROPE) if is_rfb_allowed => {
                let mut stream: Box<dyn Stream> = Box::new(accepted.stream);
                let hello = greet(&mut stream).await?;
                return Ok(Entrance {
                    stream,
                    is_encrypted: true,
                    spoken: Spoken::Ours(hello, accepted.certificate),
                    below,
                });
            }
            Some(tls::RFB) if is_rfb_allowed => Some(First::Rfb),
            Some(tls::HTTP) if self.allows(Protocol::Wss) => Some(First::WebSocket),
            None => None,
            Some(_) => {
                return Err(refused(
                    "what the client wants to speak in TLS is not allowed",
                ));
            }
        };
        let (first, stream): (First, Box<dyn Stream>) = match first {
            Some(first) => (first, Box::new(accepted.stream)),
            None => {
                let (first, stream) = self.look(accepted.stream, true).await?;
                (first, Box::new(stream))
            }
        };
        match first {
            First::WebSocket => self.enter_by_websocket(stream, below, true).await,
            First::Rfb | First::Tls => Ok(Entrance {
                stream,
                is_encrypted: true,
                spoken: Spoken::Rfb {
                    may_be_clear: false,
                },
                below,
            }),
        }
    }

    async fn enter_by_websocket(
        &self,
        stream: Box<dyn Stream>,
        below: Below,
        is_encrypted: bool,
    ) -> io::Result<Entrance> {
        let accepted = websocket::accept(stream, &self.config.origins).await;
        Ok(Entrance {
            stream: accepted.map_err(io::Error::other)?,
            is_encrypted,
            spoken: Spoken::Rfb { may_be_clear: true },
            below,
        })
    }

    /// Finds what a client speaks, and gives the stream with nothing taken from it.
    async fn look<S: Stream>(
        &self,
        mut stream: S,
        inside_tls: bool,
    ) -> io::Result<(First, Prefixed<S>)> {
        let mut bytes = [0; FIRST_BYTES];
        let speaks_rfb = self.config.speaks_rfb(inside_tls);
        let read = match speaks_rfb {
            false => Some(stream.read(&mut bytes).await?),
            true => match timeout(SILENCE, stream.read(&mut bytes)).await {
                Ok(read) => Some(read?),
                Err(_silent) => None,
            },
        };
        if read == Some(0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = bytes.get(..read.unwrap_or(0)).unwrap_or_default();
        let websocket = if inside_tls {
            Protocol::Wss
        } else {
            Protocol::Ws
        };
        let first = match bytes.first() {
            Some(0x16) if !inside_tls && self.speaks_tls() => First::Tls,
            Some(b'G') if self.allows(websocket) => First::WebSocket,
            Some(b'R') | None if speaks_rfb => First::Rfb,
            Some(0x16) => return Err(refused("TLS is not allowed here")),
            Some(b'G') => return Err(refused("WebSocket is not allowed here")),
            Some(b'R') => return Err(refused("RFB is not allowed here")),
            _ => return Err(refused("it speaks neither TLS, WebSocket nor RFB")),
        };
        Ok((first, Prefixed::new(bytes.to_vec(), stream)))
    }

    fn allows(&self, protocol: Protocol) -> bool {
        self.config.allow.contains(protocol)
    }
    fn speaks_tls(&self) -> bool {
        self.allows(Protocol::Tls) || self.allows(Protocol::Wss)
    }
}

fn refused(rule: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, rule)
}
