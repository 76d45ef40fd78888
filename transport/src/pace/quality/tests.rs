//! The control on a link in virtual time that says what it delivers, or less while it is not busy.

use super::*;

const MS: Duration = Duration::from_millis(1);
const ASKED: u8 = 8;
/// Pixels of a picture.
const PIXELS: usize = 250_000;

/// A video on a link. Pictures are encoded when the link is nearly idle, from the newest.
struct Playing {
    control: QualityControl,
    now: LocalTime,
    /// Bytes a second.
    rate: f64,
    /// The pause between pictures.
    pause: Duration,
    /// Bytes of a picture at the reference, by its number.
    cost: fn(u64) -> f64,
    painted: u64,
    sent: u64,
    /// When the link will have sent what it was given.
    free: LocalTime,
    /// What the link was seen to deliver.
    seen: Option<f64>,
    waits: bool,
}

/// What came of a while of it.
#[derive(Debug)]
struct Seen {
    painted: u64,
    sent: u64,
    /// The qualities, each once for as long as it lasted.
    qualities: Vec<u8>,
    /// The first moment from which on every picture was sent before the next was painted.
    keeps_up_after: Duration,
}

impl Playing {
    fn new(mbit: f64, fps: u64, cost: fn(u64) -> f64) -> Self {
        Self {
            control: QualityControl::default(),
            now: LocalTime::from_micros(1_000_000),
            rate: mbit * 125e3,
            pause: Duration::from_micros(1_000_000 / fps),
            cost,
            painted: 0,
            sent: 0,
            free: LocalTime::default(),
            seen: None,
            waits: false,
        }
    }

    fn run(&mut self, time: Duration) -> Seen {
        let begin = self.now;
        let (painted, sent) = (self.painted, self.sent);
        let mut seen = Seen {
            painted: 0,
            sent: 0,
            qualities: Vec::new(),
            keeps_up_after: Duration::ZERO,
        };
        let first = self.painted;
        while self.now.since(begin) < time {
            if self.pause * u32::try_from(self.painted - first).unwrap() <= self.now.since(begin) {
                if self.waits {
                    seen.keeps_up_after = self.now.since(begin);
                }
                self.painted += 1;
                self.control.painted(self.now, PIXELS);
                self.waits = true;
            }
            if self.waits {
                self.send(&mut seen.qualities);
            }
            self.now = self.now + MS;
        }
        seen.qualities.dedup();
        (seen.painted, seen.sent) = (self.painted - painted, self.sent - sent);
        seen
    }

    fn send(&mut self, qualities: &mut Vec<u8>) {
        let queue = self.free.since(self.now);
        if queue > 15 * MS {
            self.control.held(self.now);
            return;
        }
        let link = Delivery {
            rate: self.seen,
            queue,
            beside_sound: false,
        };
        let asked = JpegQuality::of_level(ASKED);
        self.control.choose(self.now, asked, link, [0, 0]);
        let [jpeg, _] = self.control.chosen();
        qualities.push(jpeg.quality);
        let bytes = (self.cost)(self.painted) * relative_cost(jpeg);
        let cost = PixelCost {
            pixels: PIXELS,
            bytes: crate::pace::bytes(bytes),
            lossy_pixels: PIXELS,
            lossy_bytes: crate::pace::bytes(bytes),
        };
        self.control.encoded(self.now, cost, PixelCost::default());
        let took = Duration::from_secs_f64(bytes / self.rate);
        let idle = self.free < self.now;
        self.free = self.free.max(self.now) + took;
        // A link that is not busy tells only how much it was given.
        let delivered = match idle {
            true => bytes / took.max(self.pause).as_secs_f64(),
            false => self.rate,
        };
        self.seen = Some(match self.seen {
            Some(seen) if idle => seen.max(delivered),
            Some(seen) => seen + (delivered - seen) * 0.25,
            None => delivered,
        });
        self.sent += 1;
        self.waits = false;
    }
}

/// Like the recorded video: 42 kB at level 8.
fn steady(_: u64) -> f64 {
    42e3
}

/// By 30 % more or less, within three seconds and from picture to picture.
fn restless(picture: u64) -> f64 {
    let slow = (picture as f64 / 96.0 * std::f64::consts::TAU).sin() * 0.2;
    let quick = (picture.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 200;
    42e3 * (1.0 + slow + (quick as f64 / 1000.0 - 0.1))
}

#[test]
fn as_many_pictures_are_sent_as_are_painted_on_links_that_differ_a_hundredfold() {
    for (mbit, fps) in [(2.0, 32), (5.0, 32), (10.0, 32), (10.0, 60), (200.0, 32)] {
        let mut playing = Playing::new(mbit, fps, restless);
        playing.run(3 * Duration::from_secs(1));
        let seen = playing.run(Duration::from_secs(10));
        assert!(
            seen.sent * 100 >= seen.painted * 97,
            "{mbit} {fps}: {seen:?}"
        );
    }
}

#[test]
fn a_link_that_has_room_gets_all_the_quality_asked_for() {
    let mut playing = Playing::new(20.0, 32, steady);
    let seen = playing.run(Duration::from_secs(10));
    assert_eq!(seen.qualities, [92]);
}

#[test]
fn what_the_link_has_is_used() {
    let mut playing = Playing::new(10.0, 32, steady);
    playing.run(Duration::from_secs(20));
    let quality = playing.control.at(playing.control.step);
    let share = 32.0 * 42e3 * relative_cost(quality) / playing.rate;
    assert!(share > 0.6, "{share} at {quality:?}");
}

#[test]
fn quality_does_not_swing_while_nothing_changes_but_the_content() {
    for mbit in [5.0, 8.0, 10.0, 12.0] {
        let mut playing = Playing::new(mbit, 32, restless);
        playing.run(Duration::from_secs(10));
        let seen = playing.run(Duration::from_secs(30));
        let (least, most) = (seen.qualities.iter().min(), seen.qualities.iter().max());
        let apart = ladder_steps(*most.unwrap()) - ladder_steps(*least.unwrap());
        assert!(apart <= 5, "{mbit}: {seen:?}");
        // One change in two seconds.
        assert!(seen.qualities.len() <= 16, "{mbit}: {seen:?}");
    }
}

fn ladder_steps(quality: u8) -> usize {
    ladder::step_of(JpegQuality {
        quality,
        ..JpegQuality::of_level(9)
    })
}

#[test]
fn a_link_that_becomes_slower_is_followed_within_half_a_second_and_back_within_seconds() {
    let mut playing = Playing::new(20.0, 32, restless);
    playing.run(Duration::from_secs(5));
    playing.rate = 5.0 * 125e3;
    let slower = playing.run(Duration::from_secs(1));
    assert!(slower.keeps_up_after <= 500 * MS, "{slower:?}");
    let steady = playing.run(Duration::from_secs(10));
    assert!(steady.sent * 100 >= steady.painted * 96, "{steady:?}");
    playing.rate = 20.0 * 125e3;
    playing.run(Duration::from_secs(15));
    let again = playing.run(Duration::from_secs(5));
    assert!(
        again.qualities.iter().all(|quality| *quality >= 82),
        "{again:?}"
    );
}

#[test]
fn pictures_that_no_quality_makes_small_enough_are_sent_at_the_lowest() {
    let mut playing = Playing::new(0.5, 60, steady);
    playing.run(Duration::from_secs(3));
    let seen = playing.run(Duration::from_secs(3));
    assert_eq!(seen.qualities, [ladder::quality(0).quality]);
    assert!(seen.sent > 0 && seen.sent < seen.painted);
}

#[test]
fn who_is_slow_for_want_of_a_processor_keeps_the_quality() {
    let mut control = QualityControl::default();
    let link = Delivery {
        rate: Some(1e6),
        queue: Duration::ZERO,
        beside_sound: false,
    };
    let asked = JpegQuality::of_level(ASKED);
    for picture in 0..300 {
        let now = LocalTime::from_micros(1_000_000 + picture * 20_000);
        control.painted(now, PIXELS);
        // Two of three are left out, but none because of the link.
        if picture % 3 == 0 {
            control.choose(now, asked, link, [0, 0]);
            assert_eq!(control.chosen(), [asked; 2]);
            let cost = PixelCost {
                pixels: PIXELS,
                bytes: 100_000,
                lossy_pixels: PIXELS,
                lossy_bytes: 100_000,
            };
            control.encoded(now, cost, PixelCost::default());
        }
    }
}

#[test]
fn what_changes_once_gets_what_is_through_soon() {
    let mut control = QualityControl::default();
    let asked = JpegQuality::of_level(ASKED);
    let now = |ms: u64| LocalTime::from_micros(1_000_000 + ms * 1000);
    let link = |mbit: f64| Delivery {
        rate: Some(mbit * 125e3),
        queue: Duration::ZERO,
        beside_sound: false,
    };
    let once = |control: &mut QualityControl, ms, mbit, pixels| {
        control.choose(now(ms), asked, link(mbit), [0, pixels]);
        let [_, still] = control.chosen();
        still
    };
    let first = once(&mut control, 0, 2.0, 2_000_000);
    assert_eq!(first, asked, "nothing is known yet");
    let photo = PixelCost {
        pixels: 500_000,
        bytes: 100_000,
        lossy_pixels: 500_000,
        lossy_bytes: 100_000,
    };
    for _ in 0..8 {
        control.encoded(now(1), PixelCost::default(), photo);
    }
    let small = once(&mut control, 2, 2.0, 10_000);
    assert_eq!(small, asked, "2 kB are soon there");
    let large = once(&mut control, 2, 2.0, 500_000);
    assert!(large.quality < 79, "{large:?}");
    // The link becomes quicker.
    for ms in 0..1000 {
        once(&mut control, ms, 100.0, 0);
    }
    assert_eq!(once(&mut control, 1000, 100.0, 500_000), asked);
}

#[test]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of a picture"
)]
fn beside_sound_a_picture_takes_the_link_for_no_longer_than_keeps_step() {
    let asked = JpegQuality::of_level(ASKED);
    let cost = |jpeg| (150e3 * relative_cost(jpeg) / relative_cost(asked)) as usize;
    for (beside_sound, longest) in [(false, 60), (true, 30)] {
        let mut control = QualityControl::default();
        let link = Delivery {
            rate: Some(2.5e6),
            queue: Duration::ZERO,
            beside_sound,
        };
        // Eight pictures a second leave half of the link unused.
        let mut took = 0.0;
        for picture in 0..40 {
            let now = LocalTime::from_micros(1_000_000 + picture * 125_000);
            control.painted(now, PIXELS);
            control.choose(now, asked, link, [PIXELS, 0]);
            let [jpeg, _] = control.chosen();
            let bytes = cost(jpeg);
            took = bytes as f64 / 2.5e3;
            let moving = PixelCost {
                pixels: PIXELS,
                bytes,
                lossy_pixels: PIXELS,
                lossy_bytes: bytes,
            };
            control.encoded(now, moving, PixelCost::default());
        }
        let longest = f64::from(longest);
        assert!(took <= longest && took > longest * 0.8, "{took} ms");
    }
}
