//! Going on when the network does not: other addresses, lost connections, tickets.

use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use rfb::Ticket;
use tokio::time::{Instant, timeout};

use super::dial::dial;
use super::login::{Beginning, Resumption};
use super::session::Session;
use super::{Client, ConnectError, HANDSHAKE_TIMEOUT, SessionError};
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
        // Apart from the rest, as it is waited for beside the rest.
        let mut watcher = std::mem::replace(&mut self.watcher, Watcher::none());
        let tried = loop {
            tokio::select! {
                tried = self.try_to_reconnect() => break tried,
                () = help(&mut watcher) => tracing::debug!("the system's addresses changed: connecting anew"),
            }
        };
        self.watcher = watcher;
        self.begin_with(tried?, begun);
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

    async fn try_to_reconnect(&mut self) -> Result<Session, ConnectError> {
        let good = |held: &Held| held.until > Instant::now();
        if self.held.as_ref().is_some_and(good) {
            match self.try_to_begin(true).await {
                Err(ConnectError::Refused { address, reason }) => {
                    tracing::info!("{address} does not go on with the session: {reason}");
                }
                tried => return tried,
            }
        }
        // The ticket is worth nothing any more; the credentials may be.
        self.held = None;
        self.try_to_begin(false).await
    }

    async fn try_to_begin(&mut self, with_ticket: bool) -> Result<Session, ConnectError> {
        let dialed = dial(&self.config).await?;
        let address = dialed.endpoint.address();
        let held = self.held.as_ref().filter(|_| with_ticket && dialed.is_ours);
        let resumption = held.map(|held| Resumption {
            ticket: &held.ticket.bytes,
            old: &self.session.connection,
        });
        let beginning = Beginning::new(&dialed, &self.config, (self.decoders)(), resumption);
        let begun = Session::begin(dialed, &self.config, beginning);
        let begun = timeout(HANDSHAKE_TIMEOUT, begun).await;
        begun.unwrap_or_else(|_| Err(ConnectError::timed_out(address)))
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

/// Waits until the system's addresses change so that there may be a way now. Cancel safe.
async fn help(watcher: &mut Watcher) {
    while !watcher.changed().await.may_help() {}
}

/// Whether the system has this address.
fn is_ours(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}
