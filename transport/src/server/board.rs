//! The statistics of all sessions, as they last told them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::SessionId;
use crate::stats::SessionStats;

/// A session that has told nothing for so long moves nothing.
const STALE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Board(Mutex<HashMap<SessionId, Entry>>);

#[derive(Debug)]
struct Entry {
    /// Of the connections before this one.
    before: SessionStats,
    /// Of this one.
    now: SessionStats,
    reconnects: u32,
    at: Instant,
}

impl Board {
    fn entries(&self) -> MutexGuard<'_, HashMap<SessionId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session begins, or goes on over another connection.
    pub(super) fn begin(&self, session: SessionId, is_resumed: bool) {
        let mut entries = self.entries();
        let entry = entries.entry(session).or_insert(Entry {
            before: SessionStats::default(),
            now: SessionStats::default(),
            reconnects: 0,
            at: Instant::now(),
        });
        if is_resumed {
            entry.before = entry.now.after(&entry.before);
            entry.now = SessionStats::default();
            entry.reconnects += 1;
        }
    }

    pub(super) fn publish(&self, session: SessionId, stats: SessionStats) {
        if let Some(entry) = self.entries().get_mut(&session) {
            entry.now = stats;
            entry.at = Instant::now();
        }
    }

    pub(super) fn forget(&self, session: SessionId) {
        self.entries().remove(&session);
    }

    /// Those of a session that has begun and is not over.
    pub(super) fn read(&self, session: SessionId) -> Option<SessionStats> {
        let entries = self.entries();
        let entry = entries.get(&session)?;
        let mut stats = entry.now.after(&entry.before);
        stats.reconnects = entry.reconnects;
        if entry.at.elapsed() > STALE {
            (stats.rate_received, stats.rate_sent) = (0.0, 0.0);
        }
        Some(stats)
    }
}
