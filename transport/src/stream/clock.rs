//! A session's clock.

use rfb::LocalTime;
use tokio::time::Instant;

/// This process's clock, from the start of a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
    pub(crate) fn now(self) -> LocalTime {
        LocalTime::default() + self.0.elapsed()
    }
    /// The moment of `instant`; the start, if it was before.
    pub(crate) fn at(self, instant: Instant) -> LocalTime {
        LocalTime::default() + instant.saturating_duration_since(self.0)
    }
    pub(crate) fn instant(self, at: LocalTime) -> Instant {
        self.0 + at.since(LocalTime::default())
    }
}
