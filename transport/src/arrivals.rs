//! How fast bytes come while there are more of them on the way: then the link, and not the sender, sets the pace.

use std::time::Duration;

use rfb::LocalTime;

/// What is remembered: that of so long, and of as long before.
const MEMORY: Duration = Duration::from_secs(5);
/// So much has to have come, in so long, before it says anything: less may have waited in our own system.
const LEAST_BYTES: u64 = 32 << 10;
const LEAST_TIME: Duration = Duration::from_millis(2);

/// What came in the middle of messages, and how long that took.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    now: Share,
    before: Share,
    since: LocalTime,
    last: Option<LocalTime>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    bytes: u64,
    time: Duration,
}

impl Arrivals {
    /// Notes that `bytes` came now, and whether they went on with a message: what begins one may have waited for its sender.
    pub(crate) fn note(&mut self, now: LocalTime, bytes: usize, goes_on: bool) {
        if now.since(self.since) >= MEMORY {
            let is_old = now.since(self.since) >= MEMORY * 2;
            self.before = if is_old { Share::default() } else { self.now };
            self.now = Share::default();
            self.since = now;
        }
        if let Some(last) = self.last.replace(now)
            && goes_on
        {
            self.now.bytes += bytes as u64;
            self.now.time += now.since(last);
        }
    }

    /// Bytes a second; `None` until enough has come.
    pub(crate) fn rate(&self) -> Option<f64> {
        let bytes = self.now.bytes + self.before.bytes;
        let time = self.now.time + self.before.time;
        (bytes >= LEAST_BYTES && time >= LEAST_TIME).then(|| bytes as f64 / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(micros: u64) -> LocalTime {
        LocalTime::from_micros(micros)
    }

    #[test]
    fn a_pause_between_messages_does_not_count_and_one_inside_does() {
        let mut arrivals = Arrivals::default();
        for message in 0..4 {
            let begin = message * 1_000_000;
            arrivals.note(at(begin), 16_000, false);
            for piece in 1..=4 {
                arrivals.note(at(begin + piece * 10_000), 12_500, true);
            }
        }
        // 12500 bytes in 10 ms.
        assert_eq!(arrivals.rate(), Some(1.25e6));
    }

    #[test]
    fn what_comes_at_once_says_nothing() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.rate(), None);
        arrivals.note(at(0), 16_000, false);
        arrivals.note(at(1000), 100_000, true);
        assert_eq!(arrivals.rate(), None);
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let mut arrivals = Arrivals::default();
        arrivals.note(at(0), 1, false);
        arrivals.note(at(10_000), 100_000, true);
        assert!(arrivals.rate().is_some());
        arrivals.note(at(20_000_000), 1, false);
        assert_eq!(arrivals.rate(), None);
    }
}
