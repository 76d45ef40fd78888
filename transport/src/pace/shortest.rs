//! The shortest round trip of late: what the link takes when nothing waits for it.

use std::time::Duration;

use rfb::LocalTime;

/// The shortest is that of so long, and of as long before.
const MEMORY: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shortest {
    now: Option<Duration>,
    before: Option<Duration>,
    since: LocalTime,
}

impl Shortest {
    pub(super) fn get(&self) -> Option<Duration> {
        self.now.into_iter().chain(self.before).min()
    }

    pub(super) fn add(&mut self, now: LocalTime, trip: Duration) {
        if now.since(self.since) >= MEMORY {
            (self.before, self.now) = (self.now, None);
            self.since = now;
        }
        self.now = Some(self.now.map_or(trip, |own| own.min(trip)));
    }
}
