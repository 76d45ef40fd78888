//! `tightrope/1` by hand, from docs/PROTOCOL.md.

use std::net::SocketAddr;

use rfb::{ClientConnection, ClientEvent, LocalTime, Ticket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::PATIENCE;
use super::wire::{self, Certificate};

pub(crate) const BY_CERTIFICATE: u8 = 0;
pub(crate) const BY_PASSWORD: u8 = 1;
pub(crate) const BY_TICKET: u8 = 2;

pub(crate) fn hello(kind: u8, updates: u32, proof: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, kind, 0, 0];
    bytes.extend(updates.to_be_bytes());
    bytes.extend(u16::try_from(proof.len()).unwrap().to_be_bytes());
    bytes.extend(proof);
    bytes
}

/// A client that has been given a ticket. Its connection breaks when it is dropped.
pub(crate) struct Guest {
    _stream: TlsStream<TcpStream>,
    pub(crate) ticket: Ticket,
}

/// Comes in with this proof; the server's words if it is refused.
pub(crate) async fn come_in(
    server: SocketAddr,
    certificate: Option<&Certificate>,
    kind: u8,
    proof: &[u8],
) -> Result<Guest, String> {
    let stream = wire::tcp(server).await;
    let mut stream = wire::tls(stream, b"tightrope/1", certificate)
        .await
        .unwrap();
    let config = rfb::ClientConfig {
        eager: true,
        ..rfb::ClientConfig::default()
    };
    let mut connection = ClientConnection::new(config, tight::decoders());
    stream.write_all(&hello(kind, 0, proof)).await.unwrap();
    let flight = connection.poll_output().unwrap();
    stream.write_all(&flight).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 1, "the greeting");
    let mut buffer = [0; 4096];
    let told = async {
        loop {
            match connection.poll_event() {
                Ok(Some(ClientEvent::Ticket(ticket))) => return Ok(ticket),
                Ok(Some(_)) => {}
                Ok(None) => {
                    let length = stream.read(&mut buffer).await.unwrap();
                    assert!(length > 0, "closed without a word");
                    connection.handle_bytes(LocalTime::default(), &buffer[..length]);
                }
                Err(rfb::Error::Refused { reason }) => return Err(reason),
                Err(error) => panic!("{error}"),
            }
        }
    };
    let ticket = timeout(PATIENCE, told).await.expect("no word")?;
    Ok(Guest {
        _stream: stream,
        ticket,
    })
}
