//! Letting connections in, and keeping strangers from crowding the door.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::session::{self, Visitor};
use super::{Security, ServerConfig, ServerError, Shared};
use crate::credentials::Fingerprint;
use crate::stream::{Stream, tune};
use crate::tls;

/// Connections at once whose client has not proved itself yet.
const STRANGERS: usize = 64;
/// How long a TLS handshake may take.
const TLS_TIMEOUT: Duration = Duration::from_secs(10);
/// Wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn acceptor(config: &ServerConfig) -> Result<Option<TlsAcceptor>, ServerError> {
    let Security::Tls(identity) = &config.security else {
        return Ok(None);
    };
    let tls = tls::server_config(identity, !config.trusted_clients.is_empty())
        .map_err(|error| ServerError::Tls(error.to_string()))?;
    Ok(Some(Arc::new(tls).into()))
}

/// Accepts until `alive` ends.
pub(super) async fn run(
    shared: Arc<Shared>,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    mut alive: watch::Receiver<()>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = alive.changed() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let door = Door {
                    acceptor: acceptor.clone(),
                    alive: alive.clone(),
                };
                tokio::spawn(visit(Arc::clone(&shared), stream, address, door));
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Counts a stranger, until it is known or gone.
pub(super) struct Stranger(Option<Arc<Shared>>);

impl Stranger {
    /// `None` if there are too many.
    fn new(shared: &Arc<Shared>) -> Option<Self> {
        let own = Self(Some(Arc::clone(shared)));
        let before = shared.strangers.fetch_add(1, Ordering::Relaxed);
        (before < STRANGERS).then_some(own)
    }

    /// The client has proved itself.
    pub(super) fn become_known(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.strangers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.become_known();
    }
}

/// What a connection comes through.
struct Door {
    acceptor: Option<TlsAcceptor>,
    alive: watch::Receiver<()>,
}

async fn visit(shared: Arc<Shared>, stream: TcpStream, address: SocketAddr, door: Door) {
    let Some(stranger) = Stranger::new(&shared) else {
        tracing::warn!("{address}: turned away, too many connections are not logged in");
        return;
    };
    if let Err(error) = tune(&stream) {
        tracing::debug!("{address}: {error}");
        return;
    }
    let (stream, certificate): (Box<dyn Stream>, _) = match door.acceptor {
        None => (Box::new(stream), None),
        Some(acceptor) => {
            let handshake = tokio::time::timeout(TLS_TIMEOUT, acceptor.accept(stream));
            match handshake.await {
                Ok(Ok(stream)) => {
                    let certificates = stream.get_ref().1.peer_certificates();
                    let first = certificates.and_then(<[_]>::first);
                    let certificate = first.map(Fingerprint::of);
                    (Box::new(stream), certificate)
                }
                Ok(Err(error)) => {
                    tracing::info!("{address}: no TLS: {error}");
                    return;
                }
                Err(_) => {
                    tracing::info!("{address}: no TLS within {TLS_TIMEOUT:?}");
                    return;
                }
            }
        }
    };
    let trusted = certificate.is_some_and(|own| shared.config.trusted_clients.contains(&own));
    let visitor = Visitor {
        address,
        trusted,
        stranger,
    };
    session::run(shared, stream, visitor, door.alive).await;
}
