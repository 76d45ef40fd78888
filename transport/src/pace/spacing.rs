//! What a link delivers, by the time between answers while it is busy.
//!
//! Pictures that come now and then leave the link idle in between, so what is acknowledged in a round trip says little of
//! what it could deliver. But an update that was sent so early that it met the one before in the queue followed it as
//! fast as the link goes, and so do their answers.

use std::time::Duration;

use rfb::LocalTime;

use super::TOGETHER;

/// A shorter time tells nothing, as answers may be late by as much.
const SHORTEST: Duration = Duration::from_millis(6);
/// A longer one is forgotten: the link may have changed meanwhile.
const LONGEST: Duration = Duration::from_millis(50);

/// See the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spacing {
    /// Since when the link is busy, by the answers, and what was delivered from then on.
    since: LocalTime,
    bytes: u64,
    latest: LocalTime,
}

impl Spacing {
    /// What was sent at `sent` is acknowledged now, and with it so many bytes; `shortest` is the shortest round trip. Gives
    /// the bytes a second that the link delivers, if this tells.
    pub(super) fn acknowledged(
        &mut self,
        now: LocalTime,
        sent: LocalTime,
        bytes: u64,
        shortest: Duration,
    ) -> Option<f64> {
        let has_met = sent + shortest < self.latest;
        let busy = now.since(self.since);
        self.latest = now;
        // Of answers that come together the last is the beginning.
        if !has_met || busy < TOGETHER {
            (self.since, self.bytes) = (now, 0);
            return None;
        }
        self.bytes += bytes;
        let rate = self.bytes as f64 / busy.as_secs_f64();
        if busy >= LONGEST {
            (self.since, self.bytes) = (now, 0);
        }
        (busy >= SHORTEST).then_some(rate)
    }
}
