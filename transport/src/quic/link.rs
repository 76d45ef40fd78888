//! The connection below the stream: its figures, its addresses, its datagrams.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use tokio::sync::mpsc;

use super::copies::Copies;
use super::error::QuicError;
use super::socket;
use super::stream::QuicStream;

/// What a QUIC connection has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuicStats {
    /// The round trip, smoothed.
    pub round_trip: Duration,
    /// UDP datagrams sent.
    pub datagrams_sent: u64,
    /// UDP datagrams received.
    pub datagrams_received: u64,
    /// Bytes in the UDP datagrams sent.
    pub bytes_sent: u64,
    /// Bytes in the UDP datagrams received.
    pub bytes_received: u64,
    /// Packets of ours that were lost on the way.
    pub packets_lost: u64,
    /// Bytes that may be on their way at once.
    pub congestion_window: u64,
    /// The largest UDP datagram that gets through, in bytes.
    pub datagram_bytes: u16,
    /// How often the client's address has changed. The server sees where packets come from, and counts two changes
    /// between two looks as one; the client counts its new sockets.
    pub migrations: u64,
    /// Bytes that came to a client that moved sooner than the stream could have brought them.
    pub repaired: u64,
}

/// A handle on a connection. The connection ends with its stream, not with this.
#[derive(Clone, Debug)]
pub(crate) struct QuicLink {
    connection: Connection,
    /// The client's: it has no other connection.
    endpoint: Option<Endpoint>,
    moved: Arc<Mutex<Moved>>,
    copies: Arc<Copies>,
    datagrams: Arc<tokio::sync::Mutex<mpsc::Receiver<Bytes>>>,
}

#[derive(Debug)]
struct Moved {
    peer: SocketAddr,
    times: u64,
}

impl QuicLink {
    /// The stream that was opened, and the connection below; a client gives its endpoint, which has no other.
    pub(super) fn start(
        connection: Connection,
        (writer, reader): (SendStream, RecvStream),
        endpoint: Option<Endpoint>,
    ) -> (QuicStream, Self) {
        let (copies, datagrams) = Copies::start(&connection);
        let stream = QuicStream::new(connection.clone(), writer, reader, Arc::clone(&copies));
        let peer = connection.remote_address();
        let link = Self {
            connection,
            endpoint,
            moved: Arc::new(Mutex::new(Moved { peer, times: 0 })),
            copies,
            datagrams: Arc::new(tokio::sync::Mutex::new(datagrams)),
        };
        (stream, link)
    }

    /// Where the peer is now.
    pub(crate) fn remote_address(&self) -> SocketAddr {
        let now = self.connection.remote_address();
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        if moved.peer != now {
            moved.peer = now;
            moved.times += 1;
        }
        now
    }

    /// What has passed so far.
    pub(crate) fn stats(&self) -> QuicStats {
        self.remote_address();
        let stats = self.connection.stats();
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        QuicStats {
            round_trip: stats.path.rtt,
            datagrams_sent: stats.udp_tx.datagrams,
            datagrams_received: stats.udp_rx.datagrams,
            bytes_sent: stats.udp_tx.bytes,
            bytes_received: stats.udp_rx.bytes,
            packets_lost: stats.path.lost_packets,
            congestion_window: stats.path.cwnd,
            datagram_bytes: stats.path.current_mtu,
            migrations: moved.times,
            repaired: self.copies.repaired(),
        }
    }

    /// Goes on from a new socket, and tells the server at once: for a client whose addresses changed.
    pub(crate) fn rebind(&self) -> Result<(), QuicError> {
        let Some(endpoint) = &self.endpoint else {
            return Ok(());
        };
        let socket = socket::towards(self.remote_address()).map_err(QuicError::Socket)?;
        endpoint.rebind(socket).map_err(QuicError::Socket)?;
        self.copies.tell_moved();
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.times += 1;
        Ok(())
    }

    /// Bytes of the largest datagram that the path is known to let through; `None` if the peer takes none.
    pub(crate) fn datagram_bytes(&self) -> Option<usize> {
        // One byte says that it is the application's.
        self.connection.max_datagram_size()?.checked_sub(1)
    }

    /// Sends a datagram, which may get lost; `false` if it is too large for the path, or the connection has ended.
    pub(crate) fn send_datagram(&self, bytes: &[u8]) -> bool {
        self.copies.send(bytes)
    }

    /// The next datagram of the peer; `None` once the connection has ended. Cancel safe.
    pub(crate) async fn receive_datagram(&self) -> Option<Bytes> {
        self.datagrams.lock().await.recv().await
    }

    /// Waits until the connection has ended.
    #[cfg(test)]
    pub(crate) async fn closed(&self) {
        self.connection.closed().await;
    }
}
