//! Sessions that outlast their connections: which ones there are, and what is kept of those whose connection is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rfb::server::Held;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::SessionId;
use super::admission::Refusal;
use super::desk::Mailbox;
use super::place::Place;
use crate::credentials::{SessionKey, Ticket};

/// Sessions remembered at most, those included that are over but whose tickets are not to be used again.
const SESSIONS: usize = 1024;

/// What is left of a session whose connection is lost.
pub(super) struct Parted {
    pub(super) place: Place,
    /// Goes on collecting what the client is to be told.
    pub(super) mailbox: Arc<Mailbox>,
    /// What the client has, as far as is known.
    pub(super) held: Held,
}

/// Told to a session: somebody with its ticket is here, so part and hand over what is left.
pub(super) type TakenOver = oneshot::Receiver<oneshot::Sender<Parted>>;

/// What a connection has that a session of several is over.
pub(super) struct Hold {
    pub(super) key: SessionKey,
    /// Of the ticket to be given over this connection.
    pub(super) serial: u32,
    /// When that loses its worth.
    pub(super) expires: SystemTime,
    pub(super) taken_over: TakenOver,
}

/// See the module.
#[derive(Default)]
pub(super) struct Lasting(Mutex<Sessions>);

#[derive(Default)]
struct Sessions {
    entries: HashMap<SessionKey, Entry>,
    /// Until when tickets of sessions are good that are not remembered any more: what expires by then may be one of them.
    forgotten: Option<SystemTime>,
}

struct Entry {
    /// The serial of the newest ticket.
    issued: u32,
    /// The highest serial that was shown: older tickets are worth nothing.
    shown: u32,
    /// The ticket of the connection there is or was last.
    connection: u32,
    /// When its tickets lose their worth anyway.
    expires: SystemTime,
    state: State,
}

enum State {
    /// A connection has it, or somebody is taking it over; nobody, if nobody listens.
    Connected(oneshot::Sender<oneshot::Sender<Parted>>),
    /// Nobody has it, since then.
    Parted(Box<Parted>, Instant),
    /// There is nothing left of it.
    Gone,
}

/// What a ticket gives.
pub(super) struct Claim {
    /// The session is this connection's from now on.
    pub(super) hold: Hold,
    /// The session as it was left; none if this server does not have it (any more): begin with a fresh picture.
    pub(super) parted: Option<Parted>,
    /// Of the updates the client counted, whether they are those of the session's last connection.
    pub(super) is_of_last_connection: bool,
}

impl Lasting {
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session, whose tickets are good until `expires`; `None` if it cannot last, as there are too many.
    pub(super) fn begin(&self, key: SessionKey, expires: SystemTime) -> Option<Hold> {
        let mut sessions = self.sessions();
        let entry = sessions.enter(key, 0, expires)?;
        Some(entry.connect(key, expires).0)
    }

    /// Notes that the connection with this ticket is lost, and tells the application why before anybody can have what is
    /// left. Gives it back if the session is not this connection's any more; somebody's who gave up taking it over it is not.
    pub(super) fn part(
        &self,
        key: SessionKey,
        serial: u32,
        mut parted: Parted,
        reason: &str,
    ) -> Result<(), Box<Parted>> {
        match self.sessions().entries.get_mut(&key) {
            Some(entry) if entry.is_of(serial) => {
                parted.place.part(reason);
                entry.connection = serial;
                entry.state = State::Parted(Box::new(parted), Instant::now());
                Ok(())
            }
            _ => Err(Box::new(parted)),
        }
    }

    /// Forgets what is left of the session that parted from its connection with this ticket, if it has not come back.
    pub(super) fn give_up(&self, key: SessionKey, serial: u32) -> Option<Parted> {
        let mut sessions = self.sessions();
        let entry = sessions.entries.get_mut(&key)?;
        (entry.connection == serial).then_some(())?;
        entry.give_up()
    }

    /// Forgets what is left of the session that parted from its connection before all others, if there is one. Its ticket
    /// is still good, for a fresh picture.
    pub(super) fn give_up_longest_parted(&self) -> Option<Parted> {
        let mut sessions = self.sessions();
        let parted = sessions.entries.values_mut().filter_map(|entry| {
            let since = entry.parted()?;
            Some((since, entry))
        });
        parted.min_by_key(|(since, _)| *since)?.1.give_up()
    }

    /// Whether there is any that parted from its connection.
    pub(super) fn has_parted(&self) -> bool {
        let sessions = self.sessions();
        sessions
            .entries
            .values()
            .any(|entry| entry.parted().is_some())
    }

    /// Notes that the connection with this ticket is lost and nothing is kept of it: the ticket is still good, for a fresh
    /// picture.
    pub(super) fn lose(&self, key: SessionKey, serial: u32) {
        if let Some(entry) = self.sessions().entries.get_mut(&key)
            && entry.connection == serial
        {
            entry.state = State::Gone;
        }
    }

    /// Notes that a session is over, which its connection has not handed over: no ticket of it is worth anything any more,
    /// and whoever waits to take it over waits in vain.
    pub(super) fn end(&self, key: SessionKey) {
        if let Some(entry) = self.sessions().entries.get_mut(&key) {
            entry.end();
        }
    }

    fn is_over(&self, key: SessionKey) -> bool {
        let sessions = self.sessions();
        sessions.entries.get(&key).is_some_and(Entry::is_over)
    }

    /// Ends a session that has parted from its connection: no ticket of it is worth anything any more. What is left of it; none
    /// if it is not one.
    pub(super) fn end_parted(&self, session: SessionId) -> Option<Parted> {
        let mut sessions = self.sessions();
        let is_it = |entry: &&mut Entry| matches!(&entry.state, State::Parted(own, _) if own.place.session() == session);
        let entry = sessions.entries.values_mut().find(is_it)?;
        let parted = entry.give_up();
        entry.end();
        parted
    }

    /// What `ticket`, which is genuine, gives now; further ones are good until `expires`. The session's connection, if it
    /// still has one, is asked to part; if that is somebody who is taking it over as well, the last one has it.
    pub(super) async fn claim(
        &self,
        ticket: &Ticket,
        expires: SystemTime,
    ) -> Result<Claim, Refusal> {
        let (is_of_last_connection, (hold, before)) = {
            let mut sessions = self.sessions();
            let entry = sessions.claimed(ticket, expires)?;
            let is_last = ticket.serial == entry.connection;
            (is_last, entry.connect(ticket.session, expires))
        };
        let parted = match before {
            State::Parted(parted, _) => Some(*parted),
            State::Gone => None,
            State::Connected(connected) => {
                let (sender, parted) = oneshot::channel();
                // A session that ends at this very moment does not answer: then there is nothing left of it.
                match connected.send(sender) {
                    Ok(()) => parted.await.ok(),
                    Err(_unheard) => None,
                }
            }
        };
        if parted.is_none() && self.is_over(ticket.session) {
            return Err(Refusal::OldTicket);
        }
        Ok(Claim {
            hold,
            parted,
            is_of_last_connection,
        })
    }
}

impl Sessions {
    /// The entry of a ticket that is worth something, which others that are older are from now on no more.
    fn claimed(&mut self, ticket: &Ticket, expires: SystemTime) -> Result<&mut Entry, Refusal> {
        let is_known = self.entries.contains_key(&ticket.session);
        if !is_known && self.forgotten.is_some_and(|until| ticket.expires <= until) {
            return Err(Refusal::OldTicket);
        }
        let entry = self.enter(ticket.session, ticket.serial, expires);
        // Where there is no room for more, it has to begin anew.
        let entry = entry.ok_or(Refusal::OldTicket)?;
        if ticket.serial < entry.shown || ticket.serial > entry.issued {
            return Err(Refusal::OldTicket);
        }
        entry.shown = ticket.serial;
        Ok(entry)
    }

    /// The session's entry, a new one if there is none; `None` if there are too many.
    fn enter(&mut self, key: SessionKey, after: u32, expires: SystemTime) -> Option<&mut Entry> {
        if !self.entries.contains_key(&key) && !self.make_room() {
            return None;
        }
        let entry = self.entries.entry(key).or_insert(Entry {
            issued: after,
            shown: after,
            connection: after,
            expires,
            state: State::Gone,
        });
        Some(entry)
    }

    /// Makes room for one more, if need be and if there is any that nothing is left of: those first whose tickets have
    /// expired, then the one whose tickets do so next.
    fn make_room(&mut self) -> bool {
        if self.entries.len() < SESSIONS {
            return true;
        }
        let now = SystemTime::now();
        self.entries
            .retain(|_, entry| entry.expires > now || !entry.is_gone());
        if self.entries.len() < SESSIONS {
            return true;
        }
        let gone = self.entries.iter().filter(|(_, entry)| entry.is_gone());
        let next = gone.min_by_key(|(_, entry)| entry.expires);
        let Some((key, expires)) = next.map(|(key, entry)| (*key, entry.expires)) else {
            return false;
        };
        self.entries.remove(&key);
        self.forgotten = self.forgotten.max(Some(expires));
        true
    }
}

impl Entry {
    /// A connection has the session from now on; what was before.
    fn connect(&mut self, key: SessionKey, expires: SystemTime) -> (Hold, State) {
        let (sender, taken_over) = oneshot::channel();
        self.issued = self.issued.saturating_add(1);
        self.connection = self.issued;
        self.expires = expires;
        let hold = Hold {
            key,
            serial: self.issued,
            expires,
            taken_over,
        };
        let before = std::mem::replace(&mut self.state, State::Connected(sender));
        (hold, before)
    }

    /// Whether the session is that of the connection with this ticket, or was before somebody gave up taking it over.
    fn is_of(&self, serial: u32) -> bool {
        match &self.state {
            State::Connected(own) => self.connection == serial || own.is_closed(),
            State::Parted(..) => self.connection == serial,
            State::Gone => false,
        }
    }

    fn end(&mut self) {
        self.shown = u32::MAX;
        self.state = State::Gone;
    }

    /// No ticket can be good.
    fn is_over(&self) -> bool {
        self.shown > self.issued
    }

    fn is_gone(&self) -> bool {
        match &self.state {
            State::Connected(own) => own.is_closed(),
            State::Parted(..) => false,
            State::Gone => true,
        }
    }

    /// Since when it has been without a connection.
    fn parted(&self) -> Option<Instant> {
        match self.state {
            State::Parted(_, since) => Some(since),
            State::Connected(_) | State::Gone => None,
        }
    }

    /// What is left of it, if it has parted from its connection.
    fn give_up(&mut self) -> Option<Parted> {
        self.parted()?;
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Parted(parted, _) => Some(*parted),
            State::Connected(_) | State::Gone => None,
        }
    }
}

#[cfg(test)]
mod tests;
