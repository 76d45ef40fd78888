//! One direction of a link, in virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use super::{LinkSettings, Queue};

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It will arrive.
    Underway,
    /// Lost on the way.
    Lost,
    /// Dropped: too much waits already.
    Dropped,
}

/// One direction of a link: packets go in, and come out when they arrive, in order. Times are since the link's start.
///
/// It reads no clock and draws no random number of the system's: with the same seed the same happens each time. A time
/// before one given earlier counts as that one.
#[derive(Clone, Debug)]
pub struct Shaper<T> {
    settings: LinkSettings,
    random: u64,
    now: Duration,
    /// When the last packet accepted will have been sent.
    free: Duration,
    /// When each packet that still waits, or is being sent, will have been, and its bytes.
    waiting: VecDeque<(Duration, u64)>,
    waiting_bytes: u64,
    /// When each packet on the way arrives, ascending.
    underway: VecDeque<(Duration, T)>,
}

impl<T> Shaper<T> {
    /// A link on which nothing is yet. `seed` decides which packets get lost and how they jitter.
    #[must_use]
    pub fn new(settings: LinkSettings, seed: u64) -> Self {
        Self {
            settings,
            random: seed,
            now: Duration::ZERO,
            free: Duration::ZERO,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            underway: VecDeque::new(),
        }
    }

    /// A datagram of `bytes` goes in at `now`: it may get lost, or find the queue full.
    pub fn send_datagram(&mut self, now: Duration, bytes: usize, packet: T) -> Fate {
        self.advance(now);
        // Drawn for each, so that a queue that is full does not change the fate of those after it.
        let is_lost = self.draw() < self.settings.loss;
        if self.room_at(now) > self.now {
            return Fate::Dropped;
        }
        let arrival = self.accept(bytes);
        if is_lost {
            return Fate::Lost;
        }
        self.underway.push_back((arrival, packet));
        Fate::Underway
    }

    /// A piece of a stream of `bytes` goes in at `now`. It is never lost; whoever sends it waits for
    /// [`Self::room_at`] first.
    pub fn send_piece(&mut self, now: Duration, bytes: usize, piece: T) {
        self.advance(now);
        let arrival = self.accept(bytes);
        self.underway.push_back((arrival, piece));
    }

    /// When the queue has room for more: `now` or later.
    pub fn room_at(&mut self, now: Duration) -> Duration {
        self.advance(now);
        match self.settings.queue {
            Queue::Time(longest) => self.free.saturating_sub(longest).max(self.now),
            Queue::Bytes(most) => {
                let mut left = self.waiting_bytes;
                let mut waiting = self.waiting.iter();
                let mut at = self.now;
                while left > most
                    && let Some((sent, bytes)) = waiting.next()
                {
                    left -= bytes;
                    at = *sent;
                }
                at
            }
        }
    }

    /// The next packet that has arrived by `now`.
    pub fn receive(&mut self, now: Duration) -> Option<T> {
        self.advance(now);
        self.underway
            .pop_front_if(|(arrival, _)| *arrival <= self.now)
            .map(|(_, packet)| packet)
    }

    /// When the next packet arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Duration> {
        self.underway.front().map(|(arrival, _)| *arrival)
    }

    /// The steps of the rate count from `now`, rather than from the link's start. What waits goes on as it would have.
    pub fn begin(&mut self, now: Duration) {
        self.advance(now);
        let rate = self.settings.rate.take();
        self.settings.rate = rate.map(|rate| rate.delayed(self.now));
    }

    /// The link is another from `now` on, and so the steps of its rate count. What is on it goes on as it would have.
    pub fn change(&mut self, now: Duration, settings: LinkSettings) {
        self.settings = settings;
        self.begin(now);
    }

    /// How long what goes in at `now` waits until it is sent.
    pub fn queue(&mut self, now: Duration) -> Duration {
        self.advance(now);
        self.free.saturating_sub(self.now)
    }

    /// Bytes that wait for the link, or are being sent, at `now`.
    pub fn waiting(&mut self, now: Duration) -> u64 {
        self.advance(now);
        self.waiting_bytes
    }

    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
        while let Some((_, bytes)) = self.waiting.pop_front_if(|(sent, _)| *sent <= self.now) {
            self.waiting_bytes -= bytes;
        }
    }

    /// Queues `bytes`; gives when they arrive.
    fn accept(&mut self, bytes: usize) -> Duration {
        let start = self.free.max(self.now);
        self.free = match &self.settings.rate {
            Some(rates) => rates.sent_at(start, bytes),
            None => start,
        };
        if self.free > self.now {
            self.waiting.push_back((self.free, bytes as u64));
            self.waiting_bytes += bytes as u64;
        }
        let way = self.settings.rtt / 2;
        let shift = self.draw() * 2.0 - 1.0;
        let jitter = self.settings.jitter.mul_f64(shift.abs());
        let travel = if shift < 0.0 {
            way.saturating_sub(jitter)
        } else {
            way + jitter
        };
        let last = self.underway.back().map(|(arrival, _)| *arrival);
        (self.free.saturating_add(travel)).max(last.unwrap_or_default())
    }

    /// A number from 0 to below 1 (SplitMix64).
    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The upper 32 bits are plenty, and exact.
        let [a, b, c, d, ..] = (mixed ^ (mixed >> 31)).to_be_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::link::Rates;

    const MS: Duration = Duration::from_millis(1);

    fn link(rate_kbit: u64, rtt: u32, jitter: u32, queue: Queue) -> LinkSettings {
        LinkSettings {
            rate: Rates::steady(rate_kbit * 1000),
            rtt: MS * rtt,
            jitter: MS * jitter,
            loss: 0.0,
            queue,
        }
    }

    /// All that arrives, and when.
    fn arrivals<T>(shaper: &mut Shaper<T>) -> Vec<(Duration, T)> {
        let mut all = Vec::new();
        while let Some(at) = shaper.next_arrival() {
            let early = at.saturating_sub(Duration::from_nanos(1));
            assert!(early < shaper.now || shaper.receive(early).is_none());
            all.push((at, shaper.receive(at).unwrap()));
        }
        all
    }

    #[test]
    fn a_packet_takes_its_sending_and_half_the_round_trip() {
        let mut shaper = Shaper::new(link(8, 100, 0, Queue::Bytes(5000)), 1);
        for number in 0..3 {
            assert_eq!(shaper.send_datagram(MS, 100, number), Fate::Underway);
        }
        assert_eq!(shaper.waiting(MS), 300);
        assert_eq!(shaper.queue(MS), 300 * MS);
        let expected = [(151 * MS, 0), (251 * MS, 1), (351 * MS, 2)];
        assert_eq!(arrivals(&mut shaper), expected);
    }

    #[test]
    fn a_full_queue_drops_datagrams_until_it_has_room() {
        for queue in [Queue::Time(200 * MS), Queue::Bytes(200)] {
            let mut shaper = Shaper::new(link(8, 0, 0, queue), 1);
            let fates: Vec<_> = (0..5)
                .map(|number| shaper.send_datagram(Duration::ZERO, 100, number))
                .collect();
            let taken = fates.iter().filter(|fate| **fate == Fate::Underway).count();
            assert_eq!(taken, 3, "{queue:?}");
            let room = shaper.room_at(Duration::ZERO);
            assert_eq!(room, 100 * MS, "{queue:?}");
            assert_eq!(shaper.send_datagram(room, 100, 9), Fate::Underway);
        }
    }

    #[test]
    fn the_steps_of_a_rate_may_count_from_later_on() {
        let mut settings = link(8, 0, 0, Queue::Bytes(5000));
        settings.rate = Some("8kbit,16kbit@1s".parse().unwrap());
        let mut shaper = Shaper::new(settings, 1);
        shaper.begin(5000 * MS);
        shaper.send_piece(5500 * MS, 1000, ());
        assert_eq!(shaper.next_arrival(), Some(6250 * MS));
    }

    #[test]
    fn the_share_that_is_lost_is_the_share_that_was_asked_for() {
        let settings = LinkSettings {
            loss: 0.1,
            ..LinkSettings::default()
        };
        let mut shaper = Shaper::new(settings, 7);
        let lost = (0..10_000)
            .filter(|_| shaper.send_datagram(Duration::ZERO, 100, ()) == Fate::Lost)
            .count();
        assert!((800..1200).contains(&lost), "{lost}");
    }

    proptest! {
        #[test]
        fn whatever_goes_in_comes_out_once_in_order_and_never_early(
            sends in prop::collection::vec((0..50u32, 1..3000usize), 1..100),
            rate in 0..5000u64,
            (rtt, jitter) in (0..200u32, 0..50u32),
            seed: u64,
        ) {
            let mut shaper = Shaper::new(link(rate, rtt, jitter, Queue::Time(100 * MS)), seed);
            let mut now = Duration::ZERO;
            let mut sent = Vec::new();
            for (number, (pause, bytes)) in sends.into_iter().enumerate() {
                now += MS * pause;
                if shaper.send_datagram(now, bytes, number) == Fate::Underway {
                    sent.push((now, number));
                }
            }
            let mut again = shaper.clone();
            let came = arrivals(&mut shaper);
            prop_assert_eq!(&arrivals(&mut again), &came);
            let numbers: Vec<_> = came.iter().map(|(_, number)| *number).collect();
            prop_assert_eq!(numbers, sent.iter().map(|(_, number)| *number).collect::<Vec<_>>());
            prop_assert!(came.is_sorted_by_key(|(at, _)| *at));
            let early = (MS * rtt / 2).saturating_sub(MS * jitter);
            for ((arrived, _), (sent, _)) in came.iter().zip(&sent) {
                prop_assert!(*arrived >= *sent + early);
            }
        }

        #[test]
        fn no_more_passes_than_the_rate_allows(
            sizes in prop::collection::vec(1..3000usize, 1..200),
            rate in 1..50_000u64,
        ) {
            let mut shaper = Shaper::new(link(rate, 40, 0, Queue::Time(50 * MS)), 1);
            for &bytes in &sizes {
                let room = shaper.room_at(Duration::ZERO);
                shaper.send_piece(room, bytes, bytes);
            }
            let came = arrivals(&mut shaper);
            prop_assert_eq!(came.len(), sizes.len());
            let mut bits = 0;
            for (at, bytes) in came {
                bits += bytes as u128 * 8;
                let time = (at - 20 * MS).as_nanos();
                prop_assert!(bits * 1_000_000 <= u128::from(rate) * time);
            }
        }

        #[test]
        fn what_waits_never_takes_longer_than_the_queue_is_long(
            sends in prop::collection::vec((0..20u32, 1..1500usize), 1..200),
            queue in 1..300u32,
        ) {
            let mut shaper = Shaper::new(link(1000, 0, 0, Queue::Time(MS * queue)), 1);
            let mut now = Duration::ZERO;
            for (pause, bytes) in sends {
                now += MS * pause;
                if shaper.send_datagram(now, bytes, now) == Fate::Dropped {
                    let room = shaper.room_at(now);
                    prop_assert!(room > now);
                }
            }
            for (arrived, sent) in arrivals(&mut shaper) {
                // Its own 1500 bytes take 12 ms.
                prop_assert!(arrived - sent <= MS * (queue + 12));
            }
        }
    }
}
