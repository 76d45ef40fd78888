//! The statistics of all sessions.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::SessionId;
use super::session::Below;
use crate::stats::{Meter, SessionStats};

/// See the module.
#[derive(Default)]
pub(super) struct Board(Mutex<HashMap<SessionId, Entry>>);

struct Entry {
    /// Of the connections before this one.
    before: SessionStats,
    /// Of this one, as it told them last.
    now: SessionStats,
    reconnects: u32,
    /// What tells of this connection itself.
    below: Below,
    meter: Meter,
}

impl Board {
    fn entries(&self) -> MutexGuard<'_, HashMap<SessionId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session begins over a connection, or goes on over another one.
    pub(super) fn begin(&self, session: SessionId, below: &Below) {
        let mut entries = self.entries();
        let (before, reconnects) = match entries.get(&session) {
            Some(entry) => (entry.stats(), entry.reconnects + 1),
            None => (SessionStats::default(), 0),
        };
        let entry = Entry {
            before,
            now: SessionStats::default(),
            reconnects,
            below: below.clone(),
            meter: Meter::start(),
        };
        entries.insert(session, entry);
    }

    /// What a session's own side of its connection tells.
    pub(super) fn publish(&self, session: SessionId, stats: SessionStats) {
        if let Some(entry) = self.entries().get_mut(&session) {
            entry.meter.look(&entry.below.counters);
            entry.now = stats;
        }
    }

    pub(super) fn forget(&self, session: SessionId) {
        self.entries().remove(&session);
    }

    /// Those of a session that has begun and is not over.
    pub(super) fn read(&self, session: SessionId) -> Option<SessionStats> {
        self.entries().get(&session).map(Entry::stats)
    }
}

impl Entry {
    fn stats(&self) -> SessionStats {
        let counters = &self.below.counters;
        let (rate_received, rate_sent) = self.meter.rates(counters);
        let mut stats = SessionStats {
            bytes_received: counters.received(),
            bytes_sent: counters.sent(),
            rate_received,
            rate_sent,
            reconnects: self.reconnects,
            ..self.now
        };
        if let Some(quic) = &self.below.quic {
            stats.note_quic(&quic.stats());
        }
        stats.after(&self.before)
    }
}
