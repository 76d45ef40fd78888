//! One connection of a client: moving its bytes.

use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rfb::{ClientConnection, ClientEvent, Goodbye, GoodbyeCode, LocalTime};
use zeroize::Zeroizing;

use super::dial::Dialed;
use super::{ClientConfig, Endpoint, SessionError};
use crate::arrivals::Arrivals;
use crate::hello;
use crate::quic::QuicLink;
use crate::stats::{Meter, SessionStats};
use crate::stream::{Clock, Counters, Link, Moved};

/// With several threads, bytes read before what they say is drawn: some rectangles, a few milliseconds' work.
const BYTES_AT_ONCE: usize = 256 << 10;
/// How long closing may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// See [`super::Client::tap`].
pub(super) type Tap = Box<dyn FnMut(&[u8]) + Send>;

/// See the module.
pub(super) struct Session {
    pub(super) connection: ClientConnection,
    pub(super) link: Link,
    pub(super) clock: Clock,
    pub(super) counters: Arc<Counters>,
    pub(super) is_encrypted: bool,
    pub(super) quic: Option<QuicLink>,
    /// Our address, without which the connection is lost.
    pub(super) local: Option<IpAddr>,
    pub(super) endpoint: Endpoint,
    pub(super) tap: Option<Tap>,
    /// When how many bytes came, if somebody wants to know.
    pub(super) trace: Option<Vec<(LocalTime, usize)>>,
    meter: Meter,
    arrivals: Arrivals,
    updates: u64,
    pixels: u64,
    /// Bytes beyond which nothing more is read before events.
    at_once: usize,
    /// No datagrams come any more.
    is_deaf: bool,
    /// The server's first byte, the version of `tightrope/1`, has not come.
    is_greeting_due: bool,
}

impl Session {
    pub(super) fn new(
        dialed: Dialed,
        connection: ClientConnection,
        config: &ClientConfig,
        clock: Clock,
    ) -> Self {
        Self {
            connection,
            link: Link::new(dialed.stream),
            clock,
            counters: dialed.counters,
            is_encrypted: dialed.is_encrypted,
            quic: dialed.quic,
            local: dialed.local,
            endpoint: dialed.endpoint,
            tap: None,
            trace: None,
            meter: Meter::start(),
            arrivals: Arrivals::default(),
            updates: 0,
            pixels: 0,
            at_once: match config.workers.most() > 1 {
                true => BYTES_AT_ONCE,
                false => 0,
            },
            is_deaf: false,
            is_greeting_due: dialed.is_ours,
        }
    }

    /// Says our first message, and all that RFB has us say until the first request.
    pub(super) async fn say_hello(&mut self, hello: &[u8]) -> io::Result<()> {
        let rest: Vec<Bytes> = std::iter::from_fn(|| self.connection.poll_output()).collect();
        let length = hello.len() + rest.iter().map(Bytes::len).sum::<usize>();
        // A password may be in it: where it was copied to is wiped.
        let mut first = Zeroizing::new(Vec::with_capacity(length));
        first.extend_from_slice(hello);
        for bytes in &rest {
            first.extend_from_slice(bytes);
        }
        self.link.write_all(Bytes::from_owner(first)).await
    }

    /// Moves bytes until something happens. Cancel safe.
    pub(super) async fn advance(&mut self) -> Result<ClientEvent, SessionError> {
        loop {
            let event = self.connection.poll_event();
            if let Some(event) = event.map_err(SessionError::Protocol)? {
                if let ClientEvent::Updated { damage, .. } = &event {
                    self.updates += 1;
                    self.pixels += damage.area() as u64;
                }
                return Ok(event);
            }
            self.meter.look(&self.counters);
            self.push_output();
            tokio::select! {
                moved = self.link.step() => match moved.map_err(SessionError::Io)? {
                    Moved::In(0) => {
                        // The server waits for us to close too, so that its last words are not taken back.
                        let _closed = tokio::time::timeout(CLOSE_TIMEOUT, self.link.close()).await;
                        return Err(SessionError::Closed);
                    }
                    Moved::In(length) => self.take_in(length).await?,
                    Moved::Out => {}
                },
                datagram = datagram(self.quic.as_ref().filter(|_| !self.is_deaf)) => match datagram {
                    Some(datagram) => self.connection.handle_datagram(self.clock.now(), &datagram),
                    // The stream tells why.
                    None => self.is_deaf = true,
                },
            }
        }
    }

    /// Takes the `length` bytes that were read, and what else is there by now: rectangles that come together are drawn
    /// together.
    async fn take_in(&mut self, length: usize) -> Result<(), SessionError> {
        let (mut length, mut taken) = (length, 0);
        while length > 0 {
            let mut bytes = self.link.received(length);
            if let Some((version, rest)) = bytes.split_first()
                && self.is_greeting_due
            {
                if *version != hello::VERSION {
                    let wrong = format!("greeting: invalid value {version}");
                    let wrong = io::Error::new(io::ErrorKind::InvalidData, wrong);
                    return Err(SessionError::Io(wrong));
                }
                self.is_greeting_due = false;
                bytes = rest;
            }
            if let Some(tap) = &mut self.tap {
                tap(bytes);
            }
            let now = self.clock.now();
            let goes_on = self.connection.is_mid_message();
            self.arrivals.note(now, bytes.len(), goes_on);
            if let Some(trace) = &mut self.trace {
                trace.push((now, bytes.len()));
            }
            self.connection.handle_bytes(now, bytes);
            taken += length;
            length = if taken < self.at_once {
                self.link.read_on().await
            } else {
                0
            };
        }
        Ok(())
    }

    /// What this connection has moved.
    pub(super) fn stats(&self) -> SessionStats {
        let (rate_received, rate_sent) = self.meter.rates(&self.counters);
        let mut stats = SessionStats {
            bytes_received: self.counters.received(),
            bytes_sent: self.counters.sent(),
            rate_received,
            rate_sent,
            received: self.connection.received(),
            sent: self.connection.sent(),
            updates: self.updates,
            rectangles: self.connection.rectangles(),
            pixels: self.pixels,
            encrypted: self.is_encrypted,
            round_trips: self.connection.round_trips(),
            rate_arriving: self.arrivals.rate(),
            ..SessionStats::default()
        };
        if let Some(quic) = &self.quic {
            stats.note_quic(&quic.stats());
        }
        stats
    }

    fn push_output(&mut self) {
        while let Some(datagram) = self.connection.poll_datagram() {
            if let Some(quic) = &self.quic {
                // What does not go is lost, as it may be on the way.
                let _sent = quic.send_datagram(&datagram);
            }
        }
        if self.link.is_idle()
            && let Some(bytes) = self.connection.poll_output()
        {
            self.link.send(bytes);
        }
    }

    /// Writes what is queued, says goodbye and closes; at most about a second.
    pub(super) async fn close(mut self) {
        let goodbye = Goodbye {
            code: GoodbyeCode::SHUTTING_DOWN,
            text: "the viewer ended the session".to_owned(),
        };
        if let Err(error) = self.connection.goodbye(goodbye) {
            tracing::debug!("not sent: {error}");
        }
        let write = async {
            loop {
                self.push_output();
                if self.link.is_idle() {
                    return self.link.part().await;
                }
                // What still comes is of no interest, but a full pipe must not stop us.
                if self.link.step().await? == Moved::In(0) {
                    return Ok(());
                }
            }
        };
        if let Ok(Err(error)) = tokio::time::timeout(CLOSE_TIMEOUT, write).await {
            tracing::debug!("closing: {error}");
        }
    }
}

/// The next datagram of the server; never, if there are none. Cancel safe.
async fn datagram(quic: Option<&QuicLink>) -> Option<Bytes> {
    match quic {
        Some(quic) => quic.receive_datagram().await,
        None => pending().await,
    }
}
