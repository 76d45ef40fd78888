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
    pace.set_beside_sound(true);
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

    /// Runs so many milliseconds; updates come out as large as `size` makes them.
    fn run(&mut self, millis: u64, size: impl Fn(usize) -> usize) {
        self.run_with(millis, |room, _| Some(size(room)));
    }

    /// The same with a picture of so many bytes every 31 ms; a newer one takes the place of one that had to wait.
    fn play(&mut self, millis: u64, picture: usize) {
        let (mut left, mut next) = (0, self.now);
        self.run_with(millis, |room, now| {
            if now >= next {
                (left, next) = (picture, now + Duration::from_millis(31));
            }
            let bytes = left.min(room);
            left -= bytes;
            (bytes > 0).then_some(bytes)
        });
    }

    fn run_with(&mut self, millis: u64, mut size: impl FnMut(usize, LocalTime) -> Option<usize>) {
        let end = self.now + Duration::from_millis(millis);
        (self.delivered, self.longest_queue) = (0, Duration::ZERO);
        while self.now < end {
            while let Some((_, number)) = self.under_way.pop_front_if(|(at, _)| *at <= self.now) {
                self.pace.acknowledged(self.now, number);
            }
            while let Some(room) = self.pace.room(self.now) {
                let Some(bytes) = size(room, self.now) else {
                    break;
                };
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
        link.run(2000, |room| room);
        let at_first = link.longest_queue;
        link.run(10_000, |room| room);
        let used = link.delivered as f64 / (rate * 10.0);
        assert!(used > 0.85, "{rate} bytes/s, {trip} ms: {used}");
        let limit = Duration::from_millis(40 + trip / 8);
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
fn a_link_that_becomes_slower_is_noticed_at_once() {
    for (trip, after) in [(20, 500), (40, 500), (80, 1000)] {
        for beside_sound in [false, true] {
            let mut link = Link::new(2.5e6, trip);
            link.pace.set_beside_sound(beside_sound);
            link.run(3000, |room| room);
            link.rate = 625e3;
            link.run(after, |room| room);
            link.run(3000, |room| room);
            let queue = link.longest_queue;
            assert!(queue < Duration::from_millis(50), "{trip} ms: {queue:?}");
            let rate = link.pace.rate().unwrap();
            assert!((rate / 625e3 - 1.0).abs() < 0.15, "{trip} ms: {rate}");
        }
    }
}

#[test]
fn a_machine_that_stops_now_and_then_is_no_slow_link() {
    let mut link = Link::new(1.25e6, 40);
    link.run(3000, |room| room);
    let mut delivered = 0;
    for _ in 0..10 {
        link.run(880, |room| room);
        delivered += link.delivered;
        // For so long the client reads nothing, and we send nothing.
        let stop = Duration::from_millis(120);
        let late = link.now + stop;
        link.under_way
            .iter_mut()
            .for_each(|(at, _)| *at = late.max(*at));
        link.now = late;
    }
    let used = delivered as f64 / 11e6;
    assert!(used > 0.75, "{used}");
}

#[test]
fn a_link_that_becomes_faster_is_used_again() {
    let mut link = Link::new(625e3, 40);
    link.run(3000, |room| room);
    link.rate = 2.5e6;
    link.run(2000, |room| room);
    link.run(1000, |room| room);
    let used = link.delivered as f64 / 2.5e6;
    assert!(used > 0.85, "{used}");
}

#[test]
fn pictures_that_leave_the_link_idle_tell_what_it_delivers_all_the_same() {
    for (rate, trip) in [(1.25e6, 40), (1.25e6, 100), (2.5e6, 20)] {
        let mut link = Link::new(rate, trip);
        link.pace.set_beside_sound(false);
        let picture = bytes(rate * 0.018);
        link.play(1000, picture);
        link.play(2000, picture);
        let pictures = link.delivered / picture;
        assert!((62..=65).contains(&pictures), "{trip} ms: {pictures}");
        let found = link.pace.rate().unwrap() / rate;
        assert!((0.9..1.15).contains(&found), "{trip} ms: {found}");
    }
}

#[test]
fn the_slowest_links_still_get_pictures() {
    let mut link = Link::new(7e3, 200);
    link.run(20_000, |room| room);
    link.run(20_000, |room| room);
    let used = link.delivered as f64 / 140e3;
    assert!(used > 0.7, "{used}");
    assert!(
        link.longest_queue < Duration::from_millis(700),
        "{:?}",
        link.longest_queue
    );
}

#[test]
fn a_link_that_stands_still_gets_no_more_than_a_window() {
    let mut link = Link::new(2.5e6, 20);
    link.run(3000, |room| room);
    let window = link.pace.window;
    let before = link.pace.in_flight;
    link.rate = 1.0;
    link.run(30_000, |room| room);
    assert!(link.pace.in_flight as f64 <= before as f64 + window);
    assert!(link.pace.flights.len() < 1000);
    (link.rate, link.idle_at) = (2.5e6, link.now);
    let arrive = link.now + Duration::from_millis(20);
    link.under_way.iter_mut().for_each(|(at, _)| *at = arrive);
    link.run(3000, |room| room);
    link.run(1000, |room| room);
    assert!(link.delivered as f64 > 2e6, "{}", link.delivered);
}

#[test]
fn a_cap_is_the_most_that_goes() {
    let pace = Pace::capped(Some(125e3));
    assert_eq!(pace.rate(), Some(125e3));
    assert!(pace.room(LocalTime::default()).unwrap() <= 1250);
}

#[test]
fn who_never_answers_is_deaf_after_a_while() {
    let mut pace = Pace::default();
    assert!(!pace.is_deaf(LocalTime::from_micros(1 << 40)));
    let number = pace.sent(LocalTime::from_micros(1), 5000);
    assert!(!pace.is_deaf(LocalTime::from_micros(2_000_000)));
    assert!(pace.is_deaf(LocalTime::from_micros(11_000_000)));
    pace.acknowledged(LocalTime::from_micros(11_000_001), number);
    pace.sent(LocalTime::from_micros(11_000_002), 5000);
    assert!(
        !pace.is_deaf(LocalTime::from_micros(99_000_000)),
        "it only takes long"
    );
}

#[test]
fn jitter_is_no_queue() {
    let mut link = Link::new(2.5e6, 30);
    link.jitter_ms = 20;
    link.run(3000, |room| room);
    link.run(10_000, |room| room);
    let used = link.delivered as f64 / 25e6;
    assert!(used > 0.7, "{used}");
}

#[test]
fn answers_to_nothing_count_for_nothing() {
    let mut pace = Pace::default();
    let first = pace.sent(LocalTime::from_micros(5), 18_000);
    let second = pace.sent(LocalTime::from_micros(5), 18_000);
    assert_eq!(
        pace.room(LocalTime::default()),
        None,
        "too much is under way"
    );
    pace.acknowledged(LocalTime::from_micros(9), second + 1);
    pace.acknowledged(LocalTime::from_micros(9), 0);
    assert_eq!(pace.room(LocalTime::default()), None);
    pace.acknowledged(LocalTime::from_micros(9), second);
    assert!(
        pace.room(LocalTime::default()).is_some(),
        "the second's answer is the first's"
    );
    pace.acknowledged(LocalTime::from_micros(9), first);
    assert!(pace.room(LocalTime::default()).is_some());
}

#[test]
fn one_update_is_always_allowed() {
    let mut pace = careful();
    let now = |ms: u64| LocalTime::from_micros(ms * 1000);
    for step in 0..50 {
        // Each takes longer than the one before.
        assert!(pace.room(LocalTime::default()).is_some());
        let number = pace.sent(now(step * 1000), 1 << 20);
        // Until enough of them were late.
        assert!(pace.room(LocalTime::default()).is_none() || step < 2 * LATEST as u64);
        pace.acknowledged(now(step * 1000 + step * 19), number);
    }
    assert_eq!(pace.room(LocalTime::default()), Some(LEAST_UPDATE));
}
