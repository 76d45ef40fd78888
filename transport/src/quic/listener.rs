//! The server's side: handshakes, few at a time, until the stream is there and the client is known.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::{Connection, Endpoint, EndpointConfig, TokioRuntime, ZeroRttAccepted};
use rustls::pki_types::CertificateDer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::config;
use super::error::QuicError;
use super::link::QuicLink;
use super::socket;
use crate::credentials::Fingerprint;
use crate::stream::Stream;

/// Handshakes at once at most.
const HANDSHAKES: usize = 256;
/// With more handshakes than this, clients first show that they are where they say (RFC 9000 8.1.2): a round trip for
/// them, and the end for who sends with others' addresses.
pub(super) const TRUSTED_HANDSHAKES: usize = 32;
/// How long the last connections may take to end.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A UDP port at which clients may knock.
#[derive(Debug)]
pub(crate) struct Listener {
    endpoint: Endpoint,
    free: Arc<Semaphore>,
}

impl Listener {
    /// Listens at `address`, with the certificate and the rules of `tls`.
    pub(crate) fn bind(address: SocketAddr, tls: rustls::ServerConfig) -> Result<Self, QuicError> {
        let config = config::server(tls)?;
        let socket = socket::bound(address).map_err(QuicError::Socket)?;
        let endpoint = Endpoint::new(
            EndpointConfig::default(),
            Some(config),
            socket,
            Arc::new(TokioRuntime),
        )
        .map_err(QuicError::Socket)?;
        let free = Arc::new(Semaphore::new(HANDSHAKES));
        Ok(Self { endpoint, free })
    }

    /// Where it listens.
    #[cfg(test)]
    pub(crate) fn local_address(&self) -> Result<SocketAddr, QuicError> {
        self.endpoint.local_addr().map_err(QuicError::Socket)
    }

    /// The next client; `None` once the listener is closed. Cancel safe.
    pub(crate) async fn accept(&self) -> Option<Incoming> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let busy = HANDSHAKES - self.free.available_permits();
            if busy >= TRUSTED_HANDSHAKES && incoming.may_retry() {
                // Only a client that has shown it already cannot be asked again, and that was just looked at.
                let _asked = incoming.retry();
                continue;
            }
            match Arc::clone(&self.free).try_acquire_owned() {
                Ok(place) => return Some(Incoming { incoming, place }),
                Err(_) => {
                    let address = incoming.remote_address();
                    tracing::warn!("{address}: turned away, too many QUIC handshakes");
                    incoming.refuse();
                }
            }
        }
    }

    /// Ends all connections, and lets no more in.
    pub(crate) fn close(&self) {
        self.endpoint.close(0u8.into(), b"");
    }

    /// Lets no more in; connections go on.
    pub(crate) fn refuse(&self) {
        self.endpoint.set_server_config(None);
    }

    /// Waits until all connections have ended, for [`IDLE_TIMEOUT`] at most.
    pub(crate) async fn idle(&self) {
        // Those that have not by then keep the port.
        let _late = timeout(IDLE_TIMEOUT, self.endpoint.wait_idle()).await;
    }
}

/// A client that has knocked.
#[derive(Debug)]
pub(crate) struct Incoming {
    incoming: quinn::Incoming,
    place: OwnedSemaphorePermit,
}

/// A client that has a stream, and has proved nothing yet.
pub(crate) struct Accepted {
    /// Written to at once, it goes with our first flight; what is read came after the client's proof.
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) link: QuicLink,
    pub(crate) proof: Proof,
}

/// What the end of the handshake tells.
pub(crate) struct Proof {
    connection: Connection,
    complete: ZeroRttAccepted,
    _place: OwnedSemaphorePermit,
}

impl Incoming {
    pub(crate) fn remote_address(&self) -> SocketAddr {
        self.incoming.remote_address()
    }

    /// Answers the client's hello and opens the stream: no round trip is waited for.
    pub(crate) async fn establish(self) -> Result<Accepted, QuicError> {
        let connecting = self.incoming.accept()?;
        let Ok((connection, complete)) = connecting.into_0rtt() else {
            let reason = "the server has no keys for its first flight".to_owned();
            return Err(QuicError::Config(reason));
        };
        let stream = timeout(HANDSHAKE_TIMEOUT, connection.open_bi())
            .await
            .map_err(|_| QuicError::TimedOut(HANDSHAKE_TIMEOUT))??;
        let (stream, link) = QuicLink::start(connection.clone(), stream, None);
        Ok(Accepted {
            stream: Box::new(stream),
            link,
            proof: Proof {
                connection,
                complete,
                _place: self.place,
            },
        })
    }
}

impl Proof {
    /// Waits for the end of the handshake: the client's certificate, if it showed one, whose key it has.
    pub(crate) async fn certificate(self) -> Result<Option<Fingerprint>, QuicError> {
        // What it yields means nothing on this side.
        let _complete = timeout(HANDSHAKE_TIMEOUT, self.complete)
            .await
            .map_err(|_| QuicError::TimedOut(HANDSHAKE_TIMEOUT))?;
        if let Some(error) = self.connection.close_reason() {
            return Err(error.into());
        }
        let identity = self.connection.peer_identity();
        let chain = identity.and_then(|any| any.downcast::<Vec<CertificateDer<'static>>>().ok());
        Ok(chain.and_then(|chain| chain.first().map(Fingerprint::of)))
    }
}
