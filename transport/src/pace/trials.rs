//! Clients that answer as they like, and links that come and go, in virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use rfb::LocalTime;

use super::{DEAF, MOST_UPDATE, Pace};

/// How a client answers the fence of an update.
type Answers = fn(u64) -> Vec<u64>;

/// A link and a client, and a server that always has pictures.
struct Trial {
    pace: Pace,
    /// Bytes a second, at a time in milliseconds.
    rate: fn(u64) -> f64,
    answers: Answers,
    millis: u64,
    /// Bytes handed to the link, and what it has carried.
    given: usize,
    carried: f64,
    /// Updates on the way: their last byte, and their numbers.
    flights: VecDeque<(usize, u64)>,
    /// Answers on the way, and when they arrive.
    coming: VecDeque<(u64, u64)>,
}

/// Half of the round trip, and as much for the answer.
const HALF: u64 = 20;

fn once(number: u64) -> Vec<u64> {
    vec![number]
}

impl Trial {
    fn new(rate: fn(u64) -> f64, answers: Answers) -> Self {
        Self {
            pace: Pace::default(),
            rate,
            answers,
            millis: 1,
            given: 0,
            carried: 0.0,
            flights: VecDeque::new(),
            coming: VecDeque::new(),
        }
    }

    fn now(&self) -> LocalTime {
        LocalTime::from_micros(self.millis * 1000)
    }

    /// Runs so long; gives the bytes that were carried, and the most that waited.
    fn run(&mut self, millis: u64) -> (f64, f64) {
        let (end, before) = (self.millis + millis, self.carried);
        let mut longest = 0.0_f64;
        while self.millis < end {
            self.millis += 1;
            self.answer();
            while let Some(room) = self.pace.room(self.now()) {
                assert!((1..=MOST_UPDATE).contains(&room), "{room}");
                self.given += room;
                let number = self.pace.sent(self.now(), room);
                self.flights.push_back((self.given, number));
            }
            longest = longest.max(self.given as f64 - self.carried);
            let carries = (self.rate)(self.millis) / 1000.0;
            self.carried = (self.carried + carries).min(self.given as f64);
            while let Some((_, number)) = self
                .flights
                .pop_front_if(|(end, _)| *end as f64 <= self.carried)
            {
                self.coming.push_back((self.millis + HALF * 2, number));
            }
        }
        (self.carried - before, longest)
    }

    fn answer(&mut self) {
        while let Some((_, number)) = self.coming.pop_front_if(|(at, _)| *at <= self.millis) {
            for answer in (self.answers)(number) {
                self.pace.acknowledged(self.now(), answer);
            }
        }
    }
}

fn home(_: u64) -> f64 {
    2.5e6
}

#[test]
fn a_client_that_never_answers_is_sent_little_and_then_not_asked_any_more() {
    let mut trial = Trial::new(home, |_| Vec::new());
    let (carried, longest) = trial.run(9000);
    assert!(longest < 64e3 && carried < 64e3, "{carried} {longest}");
    assert!(!trial.pace.is_deaf(trial.now()));
    trial.run(2000);
    assert!(trial.pace.is_deaf(trial.now()), "after {DEAF:?}");
}

#[test]
fn answers_twice_from_the_future_or_to_nothing_change_nothing() {
    let honest = Trial::new(home, once).run(5000);
    let odd: [Answers; 4] = [
        |number| vec![number, number],
        |number| vec![number + 1000, number],
        |number| vec![0, u64::MAX, number],
        |number| vec![number, number.wrapping_sub(1)],
    ];
    for answers in odd {
        assert_eq!(Trial::new(home, answers).run(5000), honest);
    }
}

#[test]
fn who_answers_early_what_is_under_way_fills_its_own_link_and_no_more_than_is_allowed() {
    // An answer to the next update, before it can have come.
    let mut trial = Trial::new(home, |number| vec![number + 1]);
    let (carried, longest) = trial.run(20_000);
    assert!(carried > 0.5 * 2.5e6 * 20.0, "{carried}");
    assert!(longest < 18e6, "{longest}");
}

#[test]
fn who_answers_only_now_and_then_is_sent_little_and_seen_to_owe_answers() {
    let now_and_then: Answers = |number| match number % 8 {
        0 => vec![number],
        _ => Vec::new(),
    };
    let mut trial = Trial::new(home, now_and_then);
    let (_, longest) = trial.run(20_000);
    assert!(longest < 2e6, "{longest}");
    // A session that waits for an answer for too long ends, and says why.
    assert!(trial.pace.waits_since().is_some());
}

#[test]
fn a_link_that_stands_still_for_half_a_minute_is_used_again() {
    let stalls = |millis| {
        if (5000..35_000).contains(&millis) {
            0.0
        } else {
            2.5e6
        }
    };
    let mut trial = Trial::new(stalls, once);
    let (carried, _) = trial.run(5000);
    assert!(carried > 0.7 * 2.5e6 * 5.0, "{carried}");
    let (_, longest) = trial.run(30_000);
    assert!(
        longest < 0.5 * 2.5e6,
        "what waits stays what it was: {longest}"
    );
    assert!(!trial.pace.is_deaf(trial.now()));
    trial.run(1000);
    let (carried, longest) = trial.run(5000);
    assert!(carried > 0.6 * 2.5e6 * 5.0, "{carried} {longest}");
}

#[test]
fn a_telephone_line_is_used_and_little_waits_for_it() {
    let mut trial = Trial::new(|_| 7e3, once);
    trial.run(10_000);
    let (carried, longest) = trial.run(20_000);
    assert!(carried > 0.8 * 7e3 * 20.0, "{carried}");
    assert!(longest < 7e3, "a second's worth: {longest}");
}

#[test]
fn a_clock_that_goes_back_does_no_harm() {
    let mut pace = Pace::default();
    for round in 0..1000_u64 {
        let at = LocalTime::from_micros((round * 7919) % 50_000);
        let before = LocalTime::from_micros((round * 104_729) % 50_000);
        let number = pace.sent(at, 5000);
        pace.acknowledged(before, number);
        assert!(pace.rate().is_none_or(f64::is_finite), "{:?}", pace.rate());
        let late = LocalTime::from_micros(60_000_000);
        assert!(pace.room(late).is_some_and(|room| room <= MOST_UPDATE));
    }
    assert!(
        pace.queue()
            .is_none_or(|queue| queue <= Duration::from_secs(1))
    );
}
