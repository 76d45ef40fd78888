//! Pace and quality together, with real pictures, on a link in virtual time.

use std::time::Duration;

use rfb::server::{EncodedUpdate, UpdateJob};
use rfb::{
    ClientConfig, ClientEvent, EncodeSettings, Encoder, Framebuffer, LocalTime, Rect, RectWriter,
    Region, ServerEvent, Size,
};
use testkit::link::{LinkSettings, Linked, Rates, Sending};

use super::{Pace, QualityControl};

const SIZE: Size = Size::new(512, 384);
const FPS: u32 = 32;

/// What a session does with both.
#[derive(Default)]
struct Paced {
    pace: Pace,
    quality: QualityControl,
    /// The lowest quality that was chosen.
    lowest: Option<u8>,
}

impl Sending for Paced {
    fn room(&mut self, now: LocalTime) -> Option<usize> {
        let room = self.pace.room(now);
        if room.is_none() {
            self.quality.held(now);
        }
        room
    }

    fn job(&mut self, now: LocalTime, job: UpdateJob) -> UpdateJob {
        let job = self.quality.fit(now, job, self.pace.delivery(false));
        let [moving, _] = self.quality.chosen();
        self.lowest = Some(self.lowest.unwrap_or(100).min(moving.quality));
        job.thrifty()
    }

    fn encoded(&mut self, now: LocalTime, update: EncodedUpdate) -> EncodedUpdate {
        self.quality.note(now, &update);
        let number = self.pace.sent(now, update.len());
        update.numbered(number)
    }

    fn event(&mut self, now: LocalTime, event: &ServerEvent) {
        if let ServerEvent::Read(number) = event {
            self.pace.acknowledged(now, *number);
        }
    }
}

fn link(mbit: u64) -> LinkSettings {
    LinkSettings {
        rate: Rates::steady(mbit * 1_000_000),
        rtt: Duration::from_millis(40),
        ..LinkSettings::default()
    }
}

/// A photograph that moves: waves with some grain.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "light is clamped to a sample"
)]
fn photo(moment: u32) -> Framebuffer {
    let mut shown = Framebuffer::new(SIZE);
    let mut grain = moment;
    let wave = |at: f64, length: f64| (at / length).sin() * 50.0;
    for (y, row) in (0_u32..).zip(shown.view_mut(SIZE.into()).unwrap().rows_mut()) {
        for (x, pixel) in (0_u32..).zip(row.chunks_exact_mut(4)) {
            let (x, y) = (f64::from(x + 3 * moment), f64::from(y));
            grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = f64::from(grain >> 29) - 4.0;
            for (sample, length) in pixel.iter_mut().take(3).zip([31.0, 43.0, 57.0]) {
                let light = 128.0 + wave(x, length) + wave(y + x / 3.0, 29.0) + grain;
                *sample = light.clamp(0.0, 255.0) as u8;
            }
        }
    }
    shown
}

struct Playing {
    linked: Linked,
    paced: Paced,
    picture: u32,
}

impl Playing {
    fn new(mbit: u64) -> Self {
        let linked = Linked::new(photo(0), ClientConfig::default(), &link(mbit));
        let mut playing = Self {
            linked,
            paced: Paced::default(),
            picture: 0,
        };
        playing.wait(Duration::from_secs(1));
        playing
    }

    fn wait(&mut self, time: Duration) -> usize {
        let learnt = self.linked.advance(time, &mut self.paced).unwrap();
        let is_end = |event: &&ClientEvent| matches!(event, ClientEvent::PictureEnded { .. });
        learnt.client.iter().filter(is_end).count()
    }

    /// Plays so many pictures; how many of them came whole meanwhile.
    fn play(&mut self, pictures: u32) -> usize {
        let pause = Duration::from_secs(1) / FPS;
        (0..pictures)
            .map(|_| {
                self.picture += 1;
                let shown = photo(self.picture);
                let now = self.linked.now;
                self.linked.server.set_captured(now);
                let changed = Region::from(SIZE);
                self.linked.server.painted(&changed, now);
                let moving = self.linked.server.moving(&changed, now);
                self.paced.quality.painted(now, moving.area());
                self.linked.show(shown);
                self.wait(pause)
            })
            .sum()
    }
}

/// Bytes of all of the desktop without loss, in one piece.
fn lossless_bytes(desktop: &Framebuffer) -> usize {
    let mut bytes = Vec::new();
    let mut out = RectWriter::new(&mut bytes, usize::MAX);
    let settings = EncodeSettings::default();
    let all = Region::from(Rect::from(SIZE));
    tight::TightEncoder::default().encode(desktop.view(), &all, &settings, &mut out);
    bytes.len()
}

#[test]
fn as_many_pictures_come_as_are_painted_though_the_link_is_too_slow_for_the_quality_asked_for() {
    let mut playing = Playing::new(8);
    playing.play(3 * FPS);
    let came = playing.play(3 * FPS);
    assert!(came >= 3 * 30, "{came} of {}", 3 * FPS);
    let lowest = playing.paced.lowest.unwrap();
    assert!((20..92).contains(&lowest), "{lowest}");
}

#[test]
fn what_was_a_video_is_exact_about_as_soon_as_the_link_can_bring_it() {
    const MBIT: u64 = 20;
    let mut playing = Playing::new(MBIT);
    playing.play(2 * FPS);
    let begin = playing.linked.now;
    while !(playing.linked.is_equal() && playing.linked.server.lossy().is_empty()) {
        playing.wait(Duration::from_millis(5));
    }
    let took = playing.linked.now.since(begin).as_secs_f64();
    let bytes = lossless_bytes(&playing.linked.desktop) as f64;
    let least = bytes * 8.0 / (MBIT * 1_000_000) as f64;
    assert!(took <= least * 1.25 + 0.3, "{took} s for {least} s");
}
