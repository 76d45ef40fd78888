//! How much of pictures may be under way, so that the newest pixels meet the link, and sound and answers are not kept waiting.
//!
//! Every update ends with a fence; the answer tells how long the update took. What that is longer than the shortest of
//! late is a queue, somewhere between us and the client's decoder. So many bytes may be under way that this queue stays
//! short: more while it is shorter than [`Pace::queue_wanted`], fewer when it is longer. The idea is LEDBAT's (RFC 6817),
//! its filter against jitter too, with steps in proportion to what is under way, as pictures come in bursts. A queue that
//! is far too long says that the link has become slower: then the window is at once what it delivers now (as BBR has it).
//! Nor does a whole window go at once into a link that was idle: updates go about as fast as the link takes them.

mod cap;
mod quality;
mod shortest;
mod spacing;

use std::collections::VecDeque;
use std::time::Duration;

use rfb::LocalTime;

pub(crate) use cap::Cap;
pub(crate) use quality::{Delivery, QualityControl};
use shortest::Shortest;
use spacing::Spacing;

/// How long the queue may be beside sound, which a jitter buffer covers, and else.
const QUEUE_BESIDE_SOUND: Duration = Duration::from_millis(15);
const QUEUE: Duration = Duration::from_millis(20);
/// Bytes under way: at the beginning, before there is sound and with it, and within what bounds.
const BEGINNING: f64 = (32 << 10) as f64;
const CAREFUL: f64 = (16 << 10) as f64;
const LEAST: f64 = (2 << 10) as f64;
const MOST: f64 = (16 << 20) as f64;
/// Bytes of one update. The least is about a rectangle.
const LEAST_UPDATE: usize = 1 << 10;
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
/// A queue of so many times what is wanted says that the link has become slower.
const FAR_TOO_LONG: f64 = 2.0;
/// The window is cut to no less than this share of it at once.
const LEAST_LEFT: f64 = 0.3;
/// A queue makes so many answers late in a row; what makes fewer late is the network's jitter.
const LATEST: usize = 4;
/// Answers that come together count as one: somebody had something else to do, and the last of them tells most.
const TOGETHER: Duration = Duration::from_millis(3);
/// How much faster than the link seems to be updates go, so that a faster one is noticed: while there is a queue, and
/// while there is none.
const HASTE: f64 = 1.15;
const GREAT_HASTE: f64 = 2.0;
/// A queue of so little of what is wanted is none: what was delivered meanwhile is not all that the link takes.
const NO_QUEUE: f64 = 0.25;
/// The weight of what the link delivered last in what it is said to deliver, while it is busy.
const NEWS: f64 = 0.25;
/// The very first update has so many bytes at most: it tells what the link takes for little.
const FIRST_UPDATE: usize = 4 << 10;
/// At least so often an update is sent with nothing else under way, so that a queue is not taken for the network.
const ALONE_EVERY: Duration = Duration::from_secs(10);
/// A client that has not answered anything after so long never will.
const DEAF: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    window: f64,
    is_beginning: bool,
    beside_sound: bool,
    flights: VecDeque<Flight>,
    in_flight: usize,
    number: u64,
    shortest: Shortest,
    spacing: Spacing,
    latest: VecDeque<Answers>,
    /// When the link is through with what was sent, as far as can be told.
    clear_at: LocalTime,
    /// When the window was last cut.
    cut: LocalTime,
    /// When an update was last sent with nothing else under way.
    alone: LocalTime,
    queue: Duration,
    delivered: u64,
    /// Bytes a second that were delivered.
    rate: Option<f64>,
    /// Bytes a second that may be sent, if that is limited.
    cap: Option<f64>,
}

/// Answers that came together.
#[derive(Clone, Copy, Debug)]
struct Answers {
    /// When the first came.
    at: LocalTime,
    /// The shortest of their trips.
    trip: Duration,
    /// The most bytes a second that were delivered during one of them.
    in_a_trip: f64,
    /// The same, or what the time between answers tells if that is more.
    rate: f64,
    /// The link was kept busy meanwhile, as far as can be told.
    was_full: bool,
}

/// An update under way.
#[derive(Clone, Copy, Debug)]
struct Flight {
    number: u64,
    bytes: usize,
    sent: LocalTime,
    /// Bytes that had been delivered by then.
    delivered: u64,
    /// As much as may be was under way before it.
    was_full: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            window: BEGINNING,
            is_beginning: true,
            beside_sound: false,
            flights: VecDeque::new(),
            in_flight: 0,
            number: 0,
            shortest: Shortest::default(),
            spacing: Spacing::default(),
            latest: VecDeque::with_capacity(LATEST),
            clear_at: LocalTime::default(),
            cut: LocalTime::default(),
            alone: LocalTime::default(),
            queue: Duration::ZERO,
            delivered: 0,
            rate: None,
            cap: None,
        }
    }
}

impl Pace {
    /// The same where no more than `cap` bytes a second may be sent.
    pub(crate) fn capped(cap: Option<f64>) -> Self {
        Self {
            cap,
            ..Self::default()
        }
    }

    /// There is sound, or there is none any more: beside it, a queue is to be found with little of it.
    pub(crate) fn set_beside_sound(&mut self, is_beside: bool) {
        self.beside_sound = is_beside;
        if is_beside && self.delivered == 0 {
            self.window = CAREFUL;
        }
    }

    /// About how many bytes the next update may have; `None` while too many are under way.
    pub(crate) fn room(&self, now: LocalTime) -> Option<usize> {
        let is_drained = self.alone + ALONE_EVERY <= now;
        let window = match is_drained || self.opens_at() > now {
            true => 0,
            false => bytes(self.window),
        };
        let room = window.saturating_sub(self.in_flight);
        let piece = self.queue_wanted() / 2;
        let mut update = bytes(self.window * self.share()).min(MOST_UPDATE);
        if let Some(cap) = self.cap {
            update = update.min(bytes(cap * piece.as_secs_f64()));
        }
        if self.delivered == 0 {
            update = update.min(FIRST_UPDATE);
        }
        let update = update.max(LEAST_UPDATE);
        if self.in_flight == 0 {
            return Some(update);
        }
        (room >= LEAST_UPDATE).then(|| update.min(room))
    }

    /// When the link is near enough to idle for another update.
    pub(crate) fn opens_at(&self) -> LocalTime {
        let queue = self.queue_wanted().as_micros();
        let queue = u64::try_from(queue).unwrap_or(u64::MAX);
        LocalTime::from_micros(self.clear_at.as_micros().saturating_sub(queue))
    }

    /// Bytes a second that the link delivers, as far as it was ever full, and no more than the cap; `None` if it was not.
    pub(crate) fn rate(&self) -> Option<f64> {
        match (self.rate, self.cap) {
            (Some(rate), Some(cap)) => Some(rate.min(cap)),
            (rate, cap) => rate.or(cap),
        }
    }

    /// How long what was acknowledged last had to wait on the way; `None` if nothing was yet.
    pub(crate) fn queue(&self) -> Option<Duration> {
        (self.delivered > 0).then_some(self.queue)
    }

    /// What is known of the link; whether sound goes over it now is told.
    pub(crate) fn delivery(&self, beside_sound: bool) -> Delivery {
        Delivery {
            rate: self.rate(),
            queue: self.queue().unwrap_or_default(),
            beside_sound,
        }
    }

    /// When the oldest of what is under way was sent.
    pub(crate) fn waits_since(&self) -> Option<LocalTime> {
        self.flights.front().map(|flight| flight.sent)
    }

    /// Whether the client has been asked long ago and has never answered: then there is nothing to go by.
    pub(crate) fn is_deaf(&self, now: LocalTime) -> bool {
        let waits = self.waits_since();
        self.delivered == 0 && waits.is_some_and(|since| since + DEAF <= now)
    }

    /// Notes that an update of `bytes` goes now; the number is for its fence.
    pub(crate) fn sent(&mut self, now: LocalTime, bytes: usize) -> u64 {
        if self.in_flight == 0 {
            self.alone = now;
        }
        self.clear_at = self.clear_at.max(now) + self.takes(bytes);
        self.number += 1;
        let was_full = self.is_full();
        self.in_flight += bytes;
        self.flights.push_back(Flight {
            number: self.number,
            bytes,
            sent: now,
            delivered: self.delivered,
            was_full,
        });
        self.number
    }

    /// The client has answered the fence of update `number`, and so has all before. Numbers that are not under way count
    /// for nothing.
    pub(crate) fn acknowledged(&mut self, now: LocalTime, number: u64) {
        if !self.flights.iter().any(|flight| flight.number == number) {
            return;
        }
        let was_used = self.is_full();
        let before = self.delivered;
        while let Some(flight) = self.flights.pop_front() {
            self.in_flight -= flight.bytes;
            self.delivered += flight.bytes as u64;
            if flight.number == number {
                let fresh = self.delivered - before;
                self.learn(now, flight, fresh, was_used);
                return;
            }
        }
    }

    /// Whether about as much is under way as may be.
    fn is_full(&self) -> bool {
        self.in_flight as f64 >= self.window * USED
    }

    fn queue_wanted(&self) -> Duration {
        match self.beside_sound {
            true => QUEUE_BESIDE_SOUND,
            false => QUEUE,
        }
    }

    /// The share of the window that an update may be: it takes half of the queue to send.
    fn share(&self) -> f64 {
        let trip = self.shortest.get().unwrap_or_default();
        let queue = self.queue_wanted();
        (queue / 2).as_secs_f64() / (trip + queue).as_secs_f64()
    }

    /// How long the link takes for `bytes`, at most a second, and nothing while it was never full.
    fn takes(&self, bytes: usize) -> Duration {
        let wanted = self.queue_wanted().as_secs_f64();
        let haste = match self.queue.as_secs_f64() < wanted * NO_QUEUE {
            true => GREAT_HASTE,
            false => HASTE,
        };
        let rate = self.rate.filter(|_| !self.is_beginning);
        let seconds = rate.map_or(0.0, |rate| bytes as f64 / (rate * haste));
        Duration::from_secs_f64(seconds.min(1.0))
    }

    fn learn(&mut self, now: LocalTime, flight: Flight, fresh: u64, was_used: bool) {
        let trip = now.since(flight.sent);
        self.shortest.add(now, trip);
        let shortest = self.shortest.get().unwrap_or(trip);
        let in_a_trip = (self.delivered - flight.delivered) as f64 / trip.as_secs_f64().max(1e-4);
        let spaced = self.spacing.acknowledged(now, flight.sent, fresh, shortest);
        let in_a_trip = self.note_answer(Answers {
            at: now,
            trip,
            in_a_trip,
            rate: spaced.unwrap_or(in_a_trip).max(in_a_trip),
            was_full: flight.was_full || spaced.is_some() || trip > shortest * 2,
        });
        let trips = self.latest.iter().map(|answers| answers.trip);
        let least = trips.min().unwrap_or(trip);
        // At first a single one that is late is enough: what is under way may have doubled.
        let certain = if self.is_beginning { trip } else { least };
        self.queue = certain.saturating_sub(shortest);
        let wanted = self.queue_wanted().as_secs_f64();
        let spare = 1.0 - self.queue.as_secs_f64() / wanted;
        let delivered = flight.bytes as f64;
        // What was not used says nothing of what more would do.
        let more = if was_used { delivered } else { 0.0 };
        // What the link delivers in a round trip, and a little; one answer may be late for other reasons.
        let enough = in_a_trip * (shortest.as_secs_f64() + wanted);
        let enough = enough.clamp(self.window * LEAST_LEFT, self.window);
        if self.is_beginning && spare > 0.25 {
            self.window += more * self.beginning_gain();
        } else if self.is_beginning || (spare < 1.0 - FAR_TOO_LONG && self.cut <= flight.sent) {
            self.is_beginning = false;
            self.window = enough;
            self.cut = now;
        } else if spare > 1.0 - NO_QUEUE {
            self.window += more * BEGINNING_GAIN * spare;
        } else if spare > 0.0 {
            self.window += more * GAIN * spare;
        } else if spare >= 1.0 - FAR_TOO_LONG {
            self.window += delivered * LOSS * spare;
        }
        self.window = self.window.clamp(LEAST, MOST);
        // No more can be waiting than is under way.
        self.clear_at = self.clear_at.min(now + self.takes(self.in_flight));
    }

    fn beginning_gain(&self) -> f64 {
        match self.beside_sound {
            true => BEGINNING_GAIN,
            false => QUICK_GAIN,
        }
    }

    /// Notes how long an answer took, and what was delivered a second meanwhile; gives the most of the answers that came
    /// with it.
    fn note_answer(&mut self, answer: Answers) -> f64 {
        if let Some(last) = self.latest.back_mut()
            && answer.at.since(last.at) < TOGETHER
        {
            last.trip = last.trip.min(answer.trip);
            last.in_a_trip = last.in_a_trip.max(answer.in_a_trip);
            last.rate = last.rate.max(answer.rate);
            last.was_full |= answer.was_full;
            return last.in_a_trip;
        }
        if let Some(last) = self.latest.back().copied() {
            self.note_rate(last);
        }
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(answer);
        answer.in_a_trip
    }

    /// Takes what was delivered a second for what the link delivers if it was full and there was a queue, and else for the
    /// least it does.
    fn note_rate(&mut self, answers: Answers) {
        let rate = answers.rate;
        let shortest = self.shortest.get().unwrap_or(answers.trip);
        let queue = answers.trip.saturating_sub(shortest).as_secs_f64();
        let is_busy = answers.was_full && queue > self.queue_wanted().as_secs_f64() * NO_QUEUE;
        self.rate = match self.rate {
            None => Some(rate).filter(|_| is_busy),
            Some(before) if is_busy => Some(before + (rate - before) * NEWS),
            Some(before) => Some(before.max(rate)),
        };
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
mod linked;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trials;
