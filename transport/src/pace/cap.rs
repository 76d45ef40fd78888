//! A limit to what is sent in any second.

use std::time::Duration;

/// What may be sent at once, as a part of what may be sent in a second: within any second no more than this goes beyond
/// the rate.
const BURST: f64 = 0.02;
/// The least that is sent at once, in bytes, so that slow links do not get a packet for every byte.
const LEAST: f64 = 512.0;

/// Bytes a second that may be handed to a socket, and what of them is left. Pure: the time is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cap {
    /// Bytes a second.
    rate: f64,
    /// Bytes that may go now; less than none after something that could not be cut.
    left: f64,
    /// When that was so, since some beginning.
    at: Duration,
}

impl Cap {
    /// At most `bits` a second; the least is one byte.
    pub(crate) fn new(bits: u64) -> Self {
        let rate = (bits as f64 / 8.0).max(1.0);
        Self {
            rate,
            left: rate * BURST,
            at: Duration::ZERO,
        }
    }

    /// Bytes a second.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// Notes that `bytes` have gone by now.
    pub(crate) fn sent(&mut self, now: Duration, bytes: u64) {
        self.refill(now);
        self.left -= bytes as f64;
    }

    /// How many bytes may go now; `None` if none, and then [`Self::next`] tells when.
    pub(crate) fn room(&mut self, now: Duration) -> Option<usize> {
        self.refill(now);
        (self.left >= self.portion()).then(|| whole(self.left))
    }

    /// When some may go if none may now.
    pub(crate) fn next(&self) -> Duration {
        let wait = (self.portion() - self.left).max(0.0) / self.rate;
        self.at + Duration::from_secs_f64(wait.min(3600.0)) + Duration::from_micros(1)
    }

    /// What is waited for.
    fn portion(&self) -> f64 {
        (self.rate * BURST / 2.0).max(LEAST.min(self.rate * BURST))
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.left = (self.left + passed * self.rate).min(self.rate * BURST);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive and a small part of what goes in a second"
)]
fn whole(bytes: f64) -> usize {
    (bytes as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as much as may be for some seconds, with `overhead` for each piece; gives every piece with its time.
    fn send(bits: u64, overhead: u64, seconds: u64) -> Vec<(Duration, u64)> {
        let mut cap = Cap::new(bits);
        let mut now = Duration::ZERO;
        let mut sent = Vec::new();
        while now < Duration::from_secs(seconds) {
            match cap.room(now) {
                Some(room) => {
                    let bytes = room as u64 + overhead;
                    cap.sent(now, bytes);
                    sent.push((now, bytes));
                }
                None => now = cap.next().max(now + Duration::from_micros(50)),
            }
        }
        sent
    }

    #[test]
    fn no_second_has_more_than_a_little_over_the_rate() {
        for (bits, overhead) in [
            (56_000, 0),
            (56_000, 29),
            (8_000_000, 29),
            (100_000_000, 60),
        ] {
            let sent = send(bits, overhead, 5);
            let rate = bits / 8;
            let total: u64 = sent.iter().map(|(_, bytes)| bytes).sum();
            assert!(total * 100 >= rate * 5 * 98, "{bits}: {total} in 5 s");
            for (index, (start, _)) in sent.iter().enumerate() {
                let end = *start + Duration::from_secs(1);
                let later = sent.iter().skip(index).take_while(|(at, _)| *at < end);
                let within: u64 = later.map(|(_, bytes)| bytes).sum();
                assert!(within * 100 <= rate * 105, "{bits}: {within} in a second");
            }
        }
    }

    #[test]
    fn what_was_not_sent_is_not_saved_up() {
        let mut cap = Cap::new(8_000_000);
        let room = cap.room(Duration::from_secs(3600)).unwrap();
        assert!(room <= 20_000, "{room}");
    }

    #[test]
    fn a_clock_that_stands_still_gives_nothing() {
        let mut cap = Cap::new(8000);
        cap.sent(Duration::from_secs(5), 1000);
        assert_eq!(cap.room(Duration::from_secs(5)), None);
        assert_eq!(cap.room(Duration::from_secs(1)), None);
        assert!(cap.next() > Duration::from_secs(5));
    }
}
