//! Sessions that outlast their connections: which ones there are, and what is kept of those whose connection is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rfb::server::Held;
use tokio::sync::oneshot;

use super::SessionId;
use super::admission::Refusal;
use super::desk::Mailbox;
use crate::credentials::{SessionKey, Ticket};

/// Sessions remembered at most, those included that are over but whose tickets are not to be used again.
const SESSIONS: usize = 1024;

/// What is left of a session whose connection is lost.
pub(super) struct Parted {
    pub(super) id: SessionId,
    /// Goes on collecting what the client is to be told.
    pub(super) mailbox: Arc<Mailbox>,
    /// What the client has, as far as is known.
    pub(super) held: Held,
}

/// Told to a session: somebody with its ticket is here, so part and hand over what is left.
pub(super) type TakenOver = oneshot::Receiver<oneshot::Sender<Parted>>;

/// See the module.
#[derive(Default)]
pub(super) struct Lasting(Mutex<HashMap<SessionKey, Entry>>);

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
    Connected(oneshot::Sender<oneshot::Sender<Parted>>),
    Parted(Box<Parted>),
    /// Somebody is taking it over, or it is over.
    Gone,
}

/// What a ticket gives.
pub(super) struct Claim {
    /// The session as it was left; none if this server does not have it (any more): begin with a fresh picture.
    pub(super) parted: Option<Parted>,
    /// Of the updates the client counted, whether they are those of the session's last connection.
    pub(super) is_of_last_connection: bool,
}

impl Lasting {
    fn entries(&self) -> MutexGuard<'_, HashMap<SessionKey, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a session is connected; gives the serial of its next ticket, and what to wait for.
    pub(super) fn connect(
        &self,
        key: SessionKey,
        expires: SystemTime,
        after: u32,
    ) -> (u32, TakenOver) {
        let (sender, taken_over) = oneshot::channel();
        let mut entries = self.entries();
        if entries.len() >= SESSIONS && !entries.contains_key(&key) {
            forget_one(&mut entries);
        }
        let entry = entries.entry(key).or_insert(Entry {
            issued: after,
            shown: after,
            connection: after,
            expires,
            state: State::Gone,
        });
        entry.issued += 1;
        entry.connection = entry.issued;
        entry.expires = expires;
        entry.state = State::Connected(sender);
        (entry.issued, taken_over)
    }

    /// Notes that the connection with this ticket is lost. Gives it back if the session is not this connection's any more.
    pub(super) fn part(
        &self,
        key: SessionKey,
        serial: u32,
        parted: Parted,
    ) -> Result<(), Box<Parted>> {
        let mut entries = self.entries();
        match entries.get_mut(&key) {
            Some(entry) if entry.connection == serial && !matches!(entry.state, State::Gone) => {
                entry.state = State::Parted(Box::new(parted));
                Ok(())
            }
            _ => Err(Box::new(parted)),
        }
    }

    /// Forgets what is left of the session that parted from its connection with this ticket, if it has not come back.
    pub(super) fn give_up(&self, key: SessionKey, serial: u32) -> Option<Parted> {
        let mut entries = self.entries();
        let entry = entries.get_mut(&key)?;
        if entry.connection != serial || !matches!(entry.state, State::Parted(_)) {
            return None;
        }
        match std::mem::replace(&mut entry.state, State::Gone) {
            State::Parted(parted) => Some(*parted),
            _ => None,
        }
    }

    /// Notes that the connection with this ticket is lost and nothing is kept of it: the ticket is still good, for a fresh
    /// picture.
    pub(super) fn lose(&self, key: SessionKey, serial: u32) {
        if let Some(entry) = self.entries().get_mut(&key)
            && entry.connection == serial
        {
            entry.state = State::Gone;
        }
    }

    /// Notes that the session of the connection with this ticket is over: no ticket of it is worth anything any more.
    pub(super) fn end(&self, key: SessionKey, serial: u32) {
        let mut entries = self.entries();
        if let Some(entry) = entries.get_mut(&key)
            && entry.connection == serial
        {
            entry.shown = u32::MAX;
            entry.state = State::Gone;
        }
    }

    /// Ends a session that has parted from its connection: no ticket of it is worth anything any more. `false` if it is not one.
    pub(super) fn end_parted(&self, session: SessionId) -> bool {
        let is_it =
            |entry: &&mut Entry| matches!(&entry.state, State::Parted(own) if own.id == session);
        let mut entries = self.entries();
        let Some(entry) = entries.values_mut().find(is_it) else {
            return false;
        };
        entry.shown = u32::MAX;
        entry.state = State::Gone;
        true
    }

    /// What `ticket`, which is genuine, gives now. The session's connection, if it still has one, is asked to part.
    pub(super) async fn claim(&self, ticket: &Ticket) -> Result<Claim, Refusal> {
        let (state, is_of_last_connection) = {
            let mut entries = self.entries();
            let Some(entry) = entries.get_mut(&ticket.session) else {
                let fresh = Claim {
                    parted: None,
                    is_of_last_connection: false,
                };
                return Ok(fresh);
            };
            if ticket.serial < entry.shown || ticket.serial > entry.issued {
                return Err(Refusal::OldTicket);
            }
            entry.shown = ticket.serial;
            let is_last = ticket.serial == entry.connection;
            (std::mem::replace(&mut entry.state, State::Gone), is_last)
        };
        let parted = match state {
            State::Parted(parted) => Some(*parted),
            State::Gone => None,
            State::Connected(connected) => {
                let (sender, parted) = oneshot::channel();
                // A session that ends at this very moment does not answer: then there is nothing left of it.
                let _ended = connected.send(sender);
                parted.await.ok()
            }
        };
        Ok(Claim {
            parted,
            is_of_last_connection,
        })
    }
}

/// Makes room: of those that are not here, the one whose tickets expire first.
fn forget_one(entries: &mut HashMap<SessionKey, Entry>) {
    let gone = |(_, entry): &(&SessionKey, &Entry)| matches!(entry.state, State::Gone);
    let first = entries
        .iter()
        .filter(gone)
        .min_by_key(|(_, entry)| entry.expires);
    if let Some(key) = first.map(|(key, _)| *key) {
        entries.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rfb::server::Security;
    use rfb::{Encoders, Limits, ServerConnection, Size};

    use super::*;
    use crate::rights::Rights;

    const KEY: SessionKey = [7; 16];

    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    fn ticket(serial: u32) -> Ticket {
        Ticket {
            session: KEY,
            serial,
            expires: later(),
            rights: Rights::FULL,
            client: None,
        }
    }

    fn parted(number: u64) -> Parted {
        let config = rfb::ServerConfig {
            size: Size::new(1, 1),
            name: String::new(),
            security: Security::open(),
            power: false,
            sound: None,
            limits: Limits::default(),
        };
        Parted {
            id: SessionId(number),
            mailbox: Arc::default(),
            held: ServerConnection::new(config, Encoders::standard()).part(),
        }
    }

    #[tokio::test]
    async fn the_ticket_before_is_good_until_the_new_one_is_shown_and_never_after() {
        let lasting = Lasting::default();
        let (first, _taken) = lasting.connect(KEY, later(), 0);
        lasting.part(KEY, first, parted(1)).ok().unwrap();
        assert!(
            lasting
                .claim(&ticket(first))
                .await
                .unwrap()
                .parted
                .is_some()
        );
        let (second, _taken) = lasting.connect(KEY, later(), first);
        // The client never got the second: it comes with the first again, and has seen nothing of the second connection.
        lasting.part(KEY, second, parted(1)).ok().unwrap();
        let claim = lasting.claim(&ticket(first)).await.unwrap();
        assert!(claim.parted.is_some() && !claim.is_of_last_connection);
        let (third, _taken) = lasting.connect(KEY, later(), first);
        lasting.part(KEY, third, parted(1)).ok().unwrap();
        let claim = lasting.claim(&ticket(third)).await.unwrap();
        assert!(claim.parted.is_some() && claim.is_of_last_connection);
        for old in [first, second] {
            let refused = lasting.claim(&ticket(old)).await.err();
            assert_eq!(refused, Some(Refusal::OldTicket), "{old}");
        }
        let unheard_of = lasting.claim(&ticket(third + 1)).await.err();
        assert_eq!(unheard_of, Some(Refusal::OldTicket));
    }

    #[tokio::test]
    async fn a_session_that_is_over_is_not_gone_on_with() {
        let lasting = Lasting::default();
        let (serial, _taken) = lasting.connect(KEY, later(), 0);
        lasting.end(KEY, serial);
        let refused = lasting.claim(&ticket(serial)).await.err();
        assert_eq!(refused, Some(Refusal::OldTicket));
    }

    #[tokio::test]
    async fn the_connection_there_still_is_hands_over_what_it_has() {
        let lasting = Lasting::default();
        let (serial, taken_over) = lasting.connect(KEY, later(), 0);
        let old = async {
            let heir = taken_over.await.unwrap();
            heir.send(parted(5)).ok().unwrap();
        };
        let shown = ticket(serial);
        let (claim, ()) = tokio::join!(lasting.claim(&shown), old);
        assert_eq!(claim.unwrap().parted.unwrap().id, SessionId(5));
        // Too late to part: it is not this connection's session any more.
        assert!(lasting.part(KEY, serial, parted(5)).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let lasting = Lasting::default();
        for number in 0..u32::try_from(SESSIONS).unwrap() + 10 {
            let mut key = KEY;
            key[..4].copy_from_slice(&number.to_be_bytes());
            let (serial, _taken) = lasting.connect(key, later(), 0);
            lasting.end(key, serial);
        }
        assert_eq!(lasting.entries().len(), SESSIONS);
    }
}
