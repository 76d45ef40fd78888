//! One direction of a link in real time.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::{Fate, LinkSettings, Shaper};

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
pub(super) const SEGMENT: usize = 1448;

/// What became of all that went into one direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Bytes, with the headers of IP and of UDP or TCP. Those of lost datagrams count.
    pub bytes: u64,
    /// The same without any headers: what was read of streams, and the contents of datagrams.
    pub payload: u64,
    /// Datagrams, lost ones too.
    pub datagrams: u64,
    /// Datagrams lost on the way.
    pub lost: u64,
    /// Datagrams that found the queue full.
    pub dropped: u64,
    /// How long the queue is now.
    pub queue: Duration,
    /// How long it was at most.
    pub longest_queue: Duration,
}

/// One direction that all connections of a link share.
#[derive(Debug)]
pub(super) struct Way {
    shaper: Mutex<Shaper<Packet>>,
    sent: Notify,
    changed: Notify,
    start: Instant,
    passed: Mutex<Passed>,
}

impl Way {
    pub(super) fn new(settings: LinkSettings, seed: u64) -> Self {
        Self {
            shaper: Mutex::new(Shaper::new(settings, seed)),
            sent: Notify::new(),
            changed: Notify::new(),
            start: Instant::now(),
            passed: Mutex::new(Passed::default()),
        }
    }

    /// What became of all that was sent so far.
    pub(super) fn passed(&self) -> Passed {
        let queue = self.queue();
        Passed {
            queue,
            ..*self.counters()
        }
    }

    /// How long what goes in now waits until it is sent.
    pub(super) fn queue(&self) -> Duration {
        self.shaper().queue(self.now())
    }

    /// The steps of the rate count from now on.
    pub(super) fn begin(&self) {
        self.shaper().begin(self.now());
    }

    /// The link is another from now on.
    pub(super) fn change(&self, settings: LinkSettings) {
        self.shaper().change(self.now(), settings);
        // Whoever waited for room may have it sooner.
        self.changed.notify_waiters();
    }

    /// Sends a datagram, which may get lost.
    pub(super) fn send_datagram(&self, bytes: Vec<u8>, exit: Exit) {
        let length = bytes.len();
        let now = self.now();
        let (fate, queue) = {
            let mut shaper = self.shaper();
            let fate = shaper.send_datagram(now, length, Packet { bytes, exit });
            (fate, shaper.queue(now))
        };
        let mut passed = self.counters();
        passed.payload += length as u64;
        passed.bytes += (length + DATAGRAM_HEAD) as u64;
        passed.datagrams += 1;
        passed.lost += u64::from(fate == Fate::Lost);
        passed.dropped += u64::from(fate == Fate::Dropped);
        passed.longest_queue = passed.longest_queue.max(queue);
        drop(passed);
        self.sent.notify_one();
    }

    /// Waits until a stream may send a piece.
    pub(super) async fn room(&self) {
        loop {
            let changed = self.changed.notified();
            let now = self.now();
            let room = self.shaper().room_at(now);
            if room <= now {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(self.start + room) => {}
                () = changed => {}
            }
        }
    }

    /// Sends a piece of a stream; empty: its end.
    pub(super) fn send_piece(&self, bytes: Vec<u8>, exit: Exit) {
        let length = bytes.len();
        let now = self.now();
        let queue = {
            let mut shaper = self.shaper();
            shaper.send_piece(now, length, Packet { bytes, exit });
            shaper.queue(now)
        };
        let mut passed = self.counters();
        passed.payload += length as u64;
        passed.bytes += (length + length.div_ceil(SEGMENT) * SEGMENT_HEAD) as u64;
        passed.longest_queue = passed.longest_queue.max(queue);
        drop(passed);
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

    fn counters(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
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
