//! One direction of a link in real time.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::{LinkSettings, Shaper};

/// Where a packet comes out.
#[derive(Debug)]
pub(super) enum Exit {
    /// The next piece of a stream; empty: its end.
    Stream(mpsc::UnboundedSender<Vec<u8>>),
    /// A datagram, to an address, or to where the socket is connected.
    Datagram(Arc<UdpSocket>, Option<SocketAddr>),
}

#[derive(Debug)]
struct Packet {
    bytes: Vec<u8>,
    exit: Exit,
}

/// Bytes of the headers of IP and UDP.
const DATAGRAM_HEAD: usize = 28;
/// Bytes of the headers of IP and TCP, with TCP's time stamps, and the most that a segment on a usual network carries.
const SEGMENT_HEAD: usize = 52;
const SEGMENT: usize = 1448;

/// One direction that all connections of a link share.
#[derive(Debug)]
pub(super) struct Way {
    shaper: Mutex<Shaper<Packet>>,
    sent: Notify,
    start: Instant,
    /// Bytes that were to be sent, with the headers they would have on a network.
    bytes: AtomicU64,
    /// The same without.
    payload: AtomicU64,
}

impl Way {
    pub(super) fn new(settings: LinkSettings, seed: u64) -> Self {
        Self {
            shaper: Mutex::new(Shaper::new(settings, seed)),
            sent: Notify::new(),
            start: Instant::now(),
            bytes: AtomicU64::new(0),
            payload: AtomicU64::new(0),
        }
    }

    /// Bytes that were to be sent so far, with the headers of IP and UDP, or IP and TCP; lost ones too.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes of datagrams and streams that were to be sent so far, without headers.
    pub(super) fn payload(&self) -> u64 {
        self.payload.load(Ordering::Relaxed)
    }

    /// How long what goes in now waits until it is sent.
    pub(super) fn queue(&self) -> Duration {
        self.shaper().queue(self.now())
    }

    /// The steps of the rate count from now on.
    pub(super) fn begin(&self) {
        self.shaper().begin(self.now());
    }

    fn count(&self, payload: usize, heads: usize) {
        self.bytes
            .fetch_add((payload + heads) as u64, Ordering::Relaxed);
        self.payload.fetch_add(payload as u64, Ordering::Relaxed);
    }

    /// Sends a datagram, which may get lost.
    pub(super) fn send_datagram(&self, bytes: Vec<u8>, exit: Exit) {
        self.count(bytes.len(), DATAGRAM_HEAD);
        let _fate = self
            .shaper()
            .send_datagram(self.now(), bytes.len(), Packet { bytes, exit });
        self.sent.notify_one();
    }

    /// Waits until a stream may send a piece.
    pub(super) async fn room(&self) {
        loop {
            let now = self.now();
            let room = self.shaper().room_at(now);
            if room <= now {
                return;
            }
            tokio::time::sleep_until(self.start + room).await;
        }
    }

    /// Sends a piece of a stream; empty: its end.
    pub(super) fn send_piece(&self, bytes: Vec<u8>, exit: Exit) {
        self.count(bytes.len(), bytes.len().div_ceil(SEGMENT) * SEGMENT_HEAD);
        self.shaper()
            .send_piece(self.now(), bytes.len(), Packet { bytes, exit });
        self.sent.notify_one();
    }

    /// Lets arrive what is sent, for ever.
    pub(super) async fn run(&self) {
        loop {
            let (arrived, next) = self.arrived();
            for Packet { bytes, exit } in arrived {
                // A receiver that is gone misses nothing.
                if let Err(error) = deliver(bytes, exit).await {
                    tracing::debug!("a datagram did not leave the link: {error}");
                }
            }
            let next = async {
                match next {
                    Some(at) => tokio::time::sleep_until(self.start + at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = next => {}
                () = self.sent.notified() => {}
            }
        }
    }

    /// What has arrived by now, and when the next will.
    fn arrived(&self) -> (Vec<Packet>, Option<Duration>) {
        let now = self.now();
        let mut shaper = self.shaper();
        let arrived = std::iter::from_fn(|| shaper.receive(now)).collect();
        (arrived, shaper.next_arrival())
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn shaper(&self) -> MutexGuard<'_, Shaper<Packet>> {
        self.shaper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn deliver(bytes: Vec<u8>, exit: Exit) -> io::Result<()> {
    match exit {
        Exit::Stream(sender) => {
            let _gone = sender.send(bytes);
        }
        Exit::Datagram(socket, Some(to)) => {
            socket.send_to(&bytes, to).await?;
        }
        Exit::Datagram(socket, None) => {
            socket.send(&bytes).await?;
        }
    }
    Ok(())
}
