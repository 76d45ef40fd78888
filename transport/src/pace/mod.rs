//! How much of pictures may be under way, so that sound is not kept waiting behind it.
//!
//! Every update ends with a fence; the answer tells how long the update took. What that is longer than the shortest of
//! late is a queue, somewhere between us and the client's decoder, in which sound would have to wait too. So many bytes may
//! be under way that this queue stays short: more while it is shorter than [`QUEUE`], fewer when it is longer. The idea is
//! LEDBAT's (RFC 6817), its filter against jitter too, with steps in proportion to what is under way, as pictures come in bursts.

use std::collections::VecDeque;
use std::time::Duration;

use rfb::LocalTime;

/// How long sound may wait behind pictures. A jitter buffer covers it.
const QUEUE: Duration = Duration::from_millis(15);
/// Bytes under way: at the beginning, before there is sound and with it, and within what bounds. The least is some rectangles.
const BEGINNING: f64 = (32 << 10) as f64;
const CAREFUL: f64 = (16 << 10) as f64;
const LEAST: f64 = (6 << 10) as f64;
const MOST: f64 = (16 << 20) as f64;
/// Bytes of one update.
const LEAST_UPDATE: usize = 3 << 10;
const MOST_UPDATE: usize = 256 << 10;
/// The share of the bytes acknowledged that may be more under way than before: until a queue is found, before there is
/// sound and with it, and then.
const QUICK_GAIN: f64 = 1.0;
const BEGINNING_GAIN: f64 = 0.5;
const GAIN: f64 = 0.25;
/// The same the other way round.
const LOSS: f64 = 0.5;
/// As much as may be is under way if it is this share of it.
const USED: f64 = 0.6;
/// The shortest round trip is that of so long, and of as long before.
const MEMORY: Duration = Duration::from_secs(10);

/// A queue makes so many answers late in a row; what makes fewer late is the network's jitter, or a machine with much to do.
const LATEST: usize = 4;

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    window: f64,
    is_beginning: bool,
    is_quick: bool,
    flights: VecDeque<Flight>,
    in_flight: usize,
    number: u64,
    shortest: Shortest,
    latest: VecDeque<Duration>,
    delivered: u64,
}

/// An update under way.
#[derive(Clone, Copy, Debug)]
struct Flight {
    number: u64,
    bytes: usize,
    sent: LocalTime,
    /// Bytes that had been delivered by then.
    delivered: u64,
}

/// The shortest round trip of late.
#[derive(Clone, Copy, Debug, Default)]
struct Shortest {
    now: Option<Duration>,
    before: Option<Duration>,
    since: LocalTime,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            window: BEGINNING,
            is_beginning: true,
            is_quick: true,
            flights: VecDeque::new(),
            in_flight: 0,
            number: 0,
            shortest: Shortest::default(),
            latest: VecDeque::with_capacity(LATEST),
            delivered: 0,
        }
    }
}

impl Pace {
    /// There is sound: a queue is to be found with little of it.
    pub(crate) fn be_careful(&mut self) {
        self.is_quick = false;
        if self.delivered == 0 {
            self.window = CAREFUL;
        }
    }

    /// About how many bytes the next update may have; `None` while too many are under way.
    pub(crate) fn room(&self) -> Option<usize> {
        let window = bytes(self.window);
        let room = window.saturating_sub(self.in_flight);
        let update = bytes(self.window * self.share()).clamp(LEAST_UPDATE, MOST_UPDATE);
        (self.in_flight == 0 || room >= LEAST_UPDATE).then(|| update.min(room.max(LEAST_UPDATE)))
    }

    /// Notes that an update of `bytes` goes now; the number is for its fence.
    pub(crate) fn sent(&mut self, now: LocalTime, bytes: usize) -> u64 {
        self.number += 1;
        self.in_flight += bytes;
        self.flights.push_back(Flight {
            number: self.number,
            bytes,
            sent: now,
            delivered: self.delivered,
        });
        self.number
    }

    /// The client has answered the fence of update `number`, and so has all before. Numbers that are not under way count
    /// for nothing.
    pub(crate) fn acknowledged(&mut self, now: LocalTime, number: u64) {
        if !self.flights.iter().any(|flight| flight.number == number) {
            return;
        }
        let was_used = self.in_flight as f64 >= self.window * USED;
        while let Some(flight) = self.flights.pop_front() {
            self.in_flight -= flight.bytes;
            self.delivered += flight.bytes as u64;
            if flight.number == number {
                self.learn(now, flight, was_used);
                return;
            }
        }
    }

    /// The share of the window that an update may be: it takes half of [`QUEUE`] to send.
    fn share(&self) -> f64 {
        let trip = self.shortest.get().unwrap_or_default();
        (QUEUE / 2).as_secs_f64() / (trip + QUEUE).as_secs_f64()
    }

    fn learn(&mut self, now: LocalTime, flight: Flight, was_used: bool) {
        let trip = now.since(flight.sent);
        self.shortest.add(now, trip);
        let shortest = self.shortest.get().unwrap_or(trip);
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(trip);
        let least = self.latest.iter().min().copied().unwrap_or(trip);
        // At first a single one that is late is enough: what is under way may have doubled.
        let certain = if self.is_beginning { trip } else { least };
        let queue = certain.saturating_sub(shortest);
        let spare = 1.0 - queue.as_secs_f64() / QUEUE.as_secs_f64();
        let delivered = flight.bytes as f64;
        // What was not used says nothing of what more would do.
        let more = if was_used { delivered } else { 0.0 };
        if self.is_beginning {
            if spare > 0.25 {
                self.window += more
                    * if self.is_quick {
                        QUICK_GAIN
                    } else {
                        BEGINNING_GAIN
                    };
            } else {
                // The link is full: what it delivers in a round trip, and a little.
                self.is_beginning = false;
                let bytes = (self.delivered - flight.delivered) as f64;
                let rate = bytes / trip.as_secs_f64().max(1e-4);
                self.window = rate * (shortest + QUEUE).as_secs_f64();
            }
        } else if spare > 0.0 {
            self.window += more * GAIN * spare;
        } else {
            self.window += delivered * LOSS * spare.max(-1.0);
        }
        self.window = self.window.clamp(LEAST, MOST);
    }
}

impl Shortest {
    fn get(&self) -> Option<Duration> {
        self.now.into_iter().chain(self.before).min()
    }

    fn add(&mut self, now: LocalTime, trip: Duration) {
        if now.since(self.since) >= MEMORY {
            (self.before, self.now) = (self.now, None);
            self.since = now;
        }
        self.now = Some(self.now.map_or(trip, |own| own.min(trip)));
    }
}

/// Whole bytes of a window, which is within its bounds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a window is positive and no larger than its bound"
)]
fn bytes(window: f64) -> usize {
    window as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link of so many bytes a second, with all it delays by otherwise, whose sender always has pictures.
    struct Link {
        rate: f64,
        trip: Duration,
        pace: Pace,
        now: LocalTime,
        /// When the link has nothing more to send, and what is under way.
        idle_at: LocalTime,
        under_way: VecDeque<(LocalTime, u64)>,
        /// Answers come up to so much later; none overtakes another.
        jitter_ms: u64,
        delivered: usize,
        longest_queue: Duration,
    }

    fn careful() -> Pace {
        let mut pace = Pace::default();
        pace.be_careful();
        pace
    }

    impl Link {
        fn new(rate: f64, trip_ms: u64) -> Self {
            Self {
                rate,
                trip: Duration::from_millis(trip_ms),
                pace: careful(),
                now: LocalTime::from_micros(1),
                idle_at: LocalTime::default(),
                under_way: VecDeque::new(),
                jitter_ms: 0,
                delivered: 0,
                longest_queue: Duration::ZERO,
            }
        }

        /// Runs so many seconds; updates come out as large as `size` makes them.
        fn run(&mut self, seconds: u64, size: impl Fn(usize) -> usize) {
            let end = self.now + Duration::from_secs(seconds);
            (self.delivered, self.longest_queue) = (0, Duration::ZERO);
            while self.now < end {
                while let Some((_, number)) = self.under_way.pop_front_if(|(at, _)| *at <= self.now)
                {
                    self.pace.acknowledged(self.now, number);
                }
                while let Some(room) = self.pace.room() {
                    let bytes = size(room);
                    let number = self.pace.sent(self.now, bytes);
                    let took = Duration::from_secs_f64(bytes as f64 / self.rate);
                    self.idle_at = self.idle_at.max(self.now) + took;
                    let late = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                    let late = Duration::from_millis(late % (self.jitter_ms + 1));
                    self.under_way
                        .push_back((self.idle_at + self.trip + late, number));
                    self.delivered += bytes;
                }
                self.longest_queue = self.longest_queue.max(self.idle_at.since(self.now));
                self.now = self.now + Duration::from_millis(1);
            }
        }
    }

    #[test]
    fn links_are_used_and_their_queues_stay_short() {
        for (rate, trip) in [
            (625e3, 10),
            (625e3, 40),
            (2.5e6, 40),
            (12.5e6, 2),
            (12.5e6, 100),
        ] {
            let mut link = Link::new(rate, trip);
            link.run(2, |room| room);
            let at_first = link.longest_queue;
            link.run(10, |room| room);
            let used = link.delivered as f64 / (rate * 10.0);
            assert!(used > 0.85, "{rate} bytes/s, {trip} ms: {used}");
            let limit = Duration::from_millis(40);
            assert!(
                at_first < limit + Duration::from_millis(trip / 2),
                "{at_first:?} at first"
            );
            assert!(
                link.longest_queue < limit,
                "{rate} bytes/s, {trip} ms: {:?}",
                link.longest_queue
            );
        }
    }

    #[test]
    fn a_link_that_becomes_slower_is_noticed_within_a_second() {
        let mut link = Link::new(2.5e6, 20);
        link.run(3, |room| room);
        link.rate = 625e3;
        link.run(1, |room| room);
        link.run(3, |room| room);
        assert!(
            link.longest_queue < Duration::from_millis(45),
            "{:?}",
            link.longest_queue
        );
    }

    #[test]
    fn jitter_is_no_queue() {
        let mut link = Link::new(2.5e6, 30);
        link.jitter_ms = 20;
        link.run(3, |room| room);
        link.run(10, |room| room);
        let used = link.delivered as f64 / 25e6;
        assert!(used > 0.7, "{used}");
    }

    #[test]
    fn answers_to_nothing_count_for_nothing() {
        let mut pace = Pace::default();
        let first = pace.sent(LocalTime::from_micros(5), 18_000);
        let second = pace.sent(LocalTime::from_micros(5), 18_000);
        assert_eq!(pace.room(), None, "too much is under way");
        pace.acknowledged(LocalTime::from_micros(9), second + 1);
        pace.acknowledged(LocalTime::from_micros(9), 0);
        assert_eq!(pace.room(), None);
        pace.acknowledged(LocalTime::from_micros(9), second);
        assert!(pace.room().is_some(), "the second's answer is the first's");
        pace.acknowledged(LocalTime::from_micros(9), first);
        assert!(pace.room().is_some());
    }

    #[test]
    fn one_update_is_always_allowed() {
        let mut pace = careful();
        let now = |ms: u64| LocalTime::from_micros(ms * 1000);
        for step in 0..50 {
            // Each takes longer than the one before.
            assert!(pace.room().is_some());
            let number = pace.sent(now(step * 1000), 1 << 20);
            // Until enough of them were late.
            assert!(pace.room().is_none() || step < 2 * LATEST as u64);
            pace.acknowledged(now(step * 1000 + step * 19), number);
        }
        assert_eq!(pace.room(), Some(LEAST_UPDATE));
    }
}
