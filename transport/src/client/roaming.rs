//! Going on when the network does not: other addresses, lost connections, tickets.

use std::io::ErrorKind;
use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use rfb::Ticket;
use tokio::time::{Instant, timeout};

use super::dial::dial;
use super::login::{Beginning, Resumption};
use super::session::Session;
use super::{Client, ClientConfig, ConnectError, DecoderFactory, HANDSHAKE_TIMEOUT, SessionError};
use crate::addresses::{Change, Watcher};

/// A ticket that says nothing sensible of its lifetime is kept no longer than this.
const LONGEST_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// The ticket to go on with, while it is good.
pub(super) struct Held {
    ticket: Ticket,
    until: Instant,
}

impl Held {
    pub(super) fn new(ticket: Ticket) -> Self {
        let until = Instant::now() + ticket.lifetime.min(LONGEST_LIFETIME);
        Self { ticket, until }
    }
}

impl Client {
    /// Tries once to go on with the session over a new connection: at the first endpoint that answers, with the ticket
    /// that the server gave, or as at the beginning where it gave none. Picture and statistics are kept; the next events
    /// tell what changed meanwhile, and [`Self::size`] may be another. A server that gives no tickets sends everything
    /// anew.
    ///
    /// When the system's addresses change, it begins anew at once. After an error it may be called again: see
    /// [`ConnectError::is_worth_retrying`] and [`Self::pause`]. Cancel safe.
    pub async fn reconnect(&mut self) -> Result<(), ConnectError> {
        let begun = Instant::now();
        let mut way_back = WayBack {
            config: &self.config,
            decoders: &self.decoders,
            held: &mut self.held,
            session: &mut self.session,
        };
        let session = loop {
            tokio::select! {
                found = way_back.find() => break found?,
                () = help(&mut self.watcher) => tracing::debug!("the system's addresses changed: connecting anew"),
            }
        };
        self.begin_with(session, begun);
        self.reconnects += 1;
        Ok(())
    }

    /// Whether the server gave a ticket to go on with: it is one that keeps sessions whose connection is lost.
    #[must_use]
    pub fn has_ticket(&self) -> bool {
        self.held.is_some()
    }

    /// Waits between two tries to reconnect, not any longer once the system's addresses change. Cancel safe.
    pub async fn pause(&mut self, at_most: Duration) {
        // What it is that ended the pause does not matter.
        let _helped = timeout(at_most, help(&mut self.watcher)).await;
    }

    /// Does what a change of the system's addresses asks for: QUIC moves along, TCP cannot.
    pub(super) fn handle_change(&mut self, change: Change) -> Result<(), SessionError> {
        if let Some(quic) = &self.session.quic {
            if change.may_help()
                && let Err(error) = quic.rebind()
            {
                tracing::debug!("QUIC stays where it is: {error}");
            }
            return Ok(());
        }
        match self.session.local {
            Some(local) if !is_ours(local) => Err(SessionError::AddressLost(local)),
            _ => Ok(()),
        }
    }
}

/// What of a client is needed to find a way back; the rest goes on meanwhile.
struct WayBack<'a> {
    config: &'a Arc<ClientConfig>,
    decoders: &'a DecoderFactory,
    held: &'a mut Option<Held>,
    /// The lost one. Not shared between threads, though nothing of it is changed.
    session: &'a mut Session,
}

impl WayBack<'_> {
    /// With the ticket if there is a good one, else as at the beginning.
    async fn find(&mut self) -> Result<Session, ConnectError> {
        let good = |held: &Held| held.until > Instant::now();
        if self.held.as_ref().is_some_and(good) {
            match self.begin(true).await {
                Err(ConnectError::Refused { address, reason }) => {
                    tracing::info!("{address} does not go on with the session: {reason}");
                }
                tried => return tried,
            }
        }
        // The ticket is worth nothing any more; the credentials may be.
        *self.held = None;
        self.begin(false).await
    }

    async fn begin(&mut self, with_ticket: bool) -> Result<Session, ConnectError> {
        let dialed = dial(self.config).await?;
        let address = dialed.endpoint.address();
        let held = self.held.as_ref().filter(|_| with_ticket && dialed.is_ours);
        let resumption = held.map(|held| Resumption {
            ticket: &held.ticket.bytes,
            old: &self.session.connection,
        });
        let clock = self.session.clock;
        let beginning = Beginning::new(&dialed, self.config, (self.decoders)(), resumption, clock);
        let begun = Session::begin(dialed, self.config, beginning);
        let begun = timeout(HANDSHAKE_TIMEOUT, begun).await;
        begun.unwrap_or_else(|_| Err(ConnectError::timed_out(address)))
    }
}

/// Waits until the system's addresses change so that there may be a way now. Cancel safe.
async fn help(watcher: &mut Watcher) {
    while !watcher.changed().await.may_help() {}
}

/// Whether the system has this address, for all that can be told.
fn is_ours(address: IpAddr) -> bool {
    let bound = UdpSocket::bind((address, 0));
    !bound.is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable)
}
