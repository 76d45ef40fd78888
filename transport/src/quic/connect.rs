//! The client's side: to a server, until its stream is there.

use std::net::SocketAddr;
use std::time::Duration;

use quinn::{Endpoint, EndpointConfig, TokioRuntime};

use super::config;
use super::error::QuicError;
use super::link::QuicLink;
use super::socket;
use super::stream::QuicStream;
use crate::stream::Stream;

/// How long the handshake may take, to the server's first byte.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
        std::sync::Arc::new(TokioRuntime),
    )
    .map_err(QuicError::Socket)?;
    // An address as the name: who the server is, the certificate tells, and an address is not sent (RFC 6066 3).
    let name = address.ip().to_string();
    let connecting = endpoint
        .connect_with(config::client(tls)?, address, &name)
        .map_err(|error| QuicError::Config(error.to_string()))?;
    let open = async {
        let connection = connecting.await?;
        let (writer, reader) = connection.accept_bi().await?;
        Ok((connection, writer, reader))
    };
    let (connection, writer, reader) = tokio::time::timeout(CONNECT_TIMEOUT, open)
        .await
        .unwrap_or(Err(QuicError::TimedOut(CONNECT_TIMEOUT)))?;
    let link = QuicLink::of_client(connection.clone(), endpoint);
    let stream = QuicStream::new(connection, writer, reader);
    Ok((Box::new(stream), link))
}
