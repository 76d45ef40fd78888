//! The client's side: to a server, until its stream is there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use quinn::{
    ClientConfig, Connection, Endpoint, EndpointConfig, RecvStream, SendStream, TokioRuntime,
};
use tokio::task::JoinSet;

use super::config;
use super::error::QuicError;
use super::link::QuicLink;
use super::socket;
use crate::stream::Stream;

/// How long the handshake may take, to the server's first byte.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a try has before the next joins it. Nothing tells that nobody listens at a UDP port, nor that somebody does
/// now, and a single try would ask again more and more rarely.
const NEXT_TRY: Duration = Duration::from_millis(400);

/// Connects to `address`; what `tls` verifies decides who it may be. The stream can be written to at once: it came with
/// the server's first flight.
pub(crate) async fn connect(
    address: SocketAddr,
    tls: rustls::ClientConfig,
) -> Result<(Box<dyn Stream>, QuicLink), QuicError> {
    let socket = socket::towards(address).map_err(QuicError::Socket)?;
    let endpoint = Endpoint::new(
        EndpointConfig::default(),
        None,
        socket,
        Arc::new(TokioRuntime),
    )
    .map_err(QuicError::Socket)?;
    let config = config::client(tls)?;
    let mut tries = JoinSet::new();
    let mut next = tokio::time::interval(NEXT_TRY);
    let first_answer = async {
        loop {
            tokio::select! {
                _ = next.tick() => {
                    tries.spawn(open(endpoint.clone(), config.clone(), address));
                }
                Some(Ok(answer)) = tries.join_next() => return answer,
            }
        }
    };
    let Opened { connection, stream } = tokio::time::timeout(CONNECT_TIMEOUT, first_answer)
        .await
        .unwrap_or(Err(QuicError::TimedOut(CONNECT_TIMEOUT)))?;
    let (stream, link) = QuicLink::start(connection, stream, Some(endpoint));
    Ok((Box::new(stream), link))
}

struct Opened {
    connection: Connection,
    stream: (SendStream, RecvStream),
}

/// One try.
async fn open(
    endpoint: Endpoint,
    config: ClientConfig,
    address: SocketAddr,
) -> Result<Opened, QuicError> {
    // An address as the name: who the server is, the certificate tells, and an address is not sent (RFC 6066 3).
    let name = address.ip().to_string();
    let connecting = endpoint
        .connect_with(config, address, &name)
        .map_err(|error| QuicError::Config(error.to_string()))?;
    let connection = connecting.await?;
    let stream = connection.accept_bi().await?;
    Ok(Opened { connection, stream })
}
