//! Pictures that come in parts: all of one before anything of the next, but for what is small and elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use proptest::prelude::*;
use rfb::server::UpdateJob;
use rfb::{ClientConfig, ClientConnection, Framebuffer, Point, Rect, ServerConnection, Size};
use testkit::pair::{Pair, open_server};
use testkit::scenes::{self, Numbers};

const SIZE: Size = Size::new(640, 480);
/// Bytes of an update: far fewer than a picture has.
const BUDGET: usize = 4000;

/// A server that keeps the screen of an unfinished picture, as it has to.
struct World {
    pair: Pair,
    kept: Option<Framebuffer>,
}

impl World {
    fn new(desktop: Framebuffer) -> Self {
        Self::with_quality(desktop, None)
    }

    fn with_quality(desktop: Framebuffer, quality: Option<u8>) -> Self {
        let config = ClientConfig {
            quality,
            ..ClientConfig::default()
        };
        let client = ClientConnection::new(config, tight::decoders());
        let server = ServerConnection::new(open_server(desktop.size()), tight::encoders());
        let mut pair = Pair::of(desktop, client, server);
        pair.drive().unwrap();
        pair.server.set_whole_pictures(true);
        Self { pair, kept: None }
    }

    fn screen_for(&mut self, job: &UpdateJob) -> Framebuffer {
        let newest = self.pair.desktop.clone();
        let shown = match &self.kept {
            Some(kept) if job.continues() => kept.clone(),
            _ => newest,
        };
        if !job.overtakes() {
            self.kept = Some(shown.clone());
        }
        shown
    }

    /// Sends one update, if there is one to send, and lets the client read it; gives whether there was.
    fn update(&mut self, budget: usize) -> bool {
        let pair = &mut self.pair;
        pair.now = pair.now + Duration::from_millis(1);
        let Some(job) = pair.server.begin_update(pair.now, budget) else {
            return false;
        };
        let screen = self.screen_for(&job);
        let pair = &mut self.pair;
        let update = job.run(screen.view());
        pair.server.finish_update(pair.now, update);
        carry(pair);
        if !self.pair.server.is_unfinished() {
            self.kept = None;
        }
        true
    }

    /// The desktop has changed: what differs is damage.
    fn show(&mut self, desktop: Framebuffer) {
        self.pair.show(desktop);
    }
}

fn carry(pair: &mut Pair) {
    loop {
        let mut moved = false;
        while let Some(bytes) = pair.server.poll_output() {
            pair.client.handle_bytes(pair.now, &bytes);
            moved = true;
        }
        while pair.client.poll_event().unwrap().is_some() {}
        while let Some(bytes) = pair.client.poll_output() {
            pair.server.handle_bytes(pair.now, &bytes);
            moved = true;
        }
        while pair.server.poll_event().unwrap().is_some() {}
        if !moved {
            return;
        }
    }
}

fn paint(desktop: &Framebuffer, rect: Rect, shade: u8) -> Framebuffer {
    let mut painted = desktop.clone();
    painted
        .view_mut(rect)
        .unwrap()
        .fill([shade, shade, shade, 0]);
    painted
}

#[test]
fn a_picture_is_finished_before_the_next_begins() {
    let mut world = World::new(scenes::desktop(SIZE));
    let first = scenes::noise(SIZE);
    world.show(first.clone());
    assert!(world.update(BUDGET));
    assert!(world.pair.server.is_unfinished());
    // Everything changes again, and the client still gets the first picture.
    world.show(scenes::icons(SIZE));
    while world.pair.server.is_unfinished() {
        assert!(world.update(BUDGET));
    }
    let held = world.pair.client.framebuffer().clone();
    assert_eq!(held, paint_over(&first), "it holds one picture");
    while world.update(BUDGET) {}
    assert!(world.pair.is_equal());
}

/// The picture as a client holds it.
fn paint_over(picture: &Framebuffer) -> Framebuffer {
    let mut copy = Framebuffer::new(picture.size());
    rfb::damage::refine(&mut copy, Point::default(), picture.view());
    copy
}

#[test]
fn what_is_small_and_elsewhere_overtakes_while_somebody_types() {
    let desktop = scenes::desktop(SIZE);
    let mut world = World::new(desktop.clone());
    let video = Rect::new(0, 0, 640, 300);
    let mut playing = desktop;
    for (to, from) in playing
        .view_mut(video)
        .unwrap()
        .rows_mut()
        .zip(scenes::noise(SIZE).view().rows(video))
    {
        to.copy_from_slice(from);
    }
    world.show(playing.clone());
    assert!(world.update(BUDGET));
    world.pair.client.key(0x61, true).unwrap();
    carry(&mut world.pair);
    let echo = Rect::new(100, 400, 16, 16);
    world.show(paint(&playing, echo, 77));
    assert!(world.update(BUDGET));
    let client = world.pair.client.framebuffer();
    let shown = client
        .view()
        .rows(echo)
        .all(|row| row.chunks_exact(4).all(|pixel| *pixel == [77, 77, 77, 0]));
    assert!(shown, "the echo came with the next update");
    assert!(world.pair.server.is_unfinished());
    while world.update(BUDGET) {}
    assert!(world.pair.is_equal());
}

#[test]
fn an_old_picture_is_not_finished_where_there_is_a_newer_one() {
    let mut world = World::new(scenes::desktop(SIZE));
    world.show(scenes::noise(SIZE));
    assert!(world.update(BUDGET));
    world.show(scenes::icons(SIZE));
    world.pair.now = world.pair.now + Duration::from_secs(3);
    let sent = |world: &World| world.pair.server.sent().pictures;
    let before = sent(&world);
    while world.update(BUDGET) {}
    assert!(world.pair.is_equal());
    let noise = scenes::noise(SIZE).view().size().area() as u64 * 3;
    assert!(
        sent(&world) - before < noise / 2,
        "the rest of the noise was not sent"
    );
}

#[test]
fn another_size_ends_an_unfinished_picture() {
    let mut world = World::new(scenes::desktop(SIZE));
    world.show(scenes::noise(SIZE));
    assert!(world.update(BUDGET));
    let smaller = Size::new(320, 200);
    world.pair.desktop = scenes::icons(smaller);
    let screens = vec![rfb::Screen::whole(smaller)];
    world
        .pair
        .server
        .resize(smaller, screens, rfb::screen::ResizeReason::SERVER);
    world.pair.server.add_damage(&smaller.into());
    while world.update(BUDGET) {}
    assert!(world.pair.is_equal());
    assert!(!world.pair.server.is_unfinished());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_meanwhile_the_client_ends_with_the_desktop(seed in any::<u64>()) {
        let mut numbers = Numbers::new(seed);
        let quality = [None, Some(5)][usize::from(numbers.below(2))];
        let mut world = World::with_quality(scenes::desktop(SIZE), quality);
        for _ in 0..40 {
            match numbers.below(6) {
                0 => {
                    let scene = [scenes::noise(SIZE), scenes::text(SIZE), scenes::icons(SIZE)];
                    world.show(scene[usize::from(numbers.below(3))].clone());
                }
                1 => {
                    let at = Rect::new(numbers.below(600), numbers.below(440), 24, 24);
                    let shade = u8::try_from(numbers.below(200)).unwrap();
                    let painted = paint(&world.pair.desktop, at, shade);
                    world.show(painted);
                }
                2 => scroll(&mut world, &mut numbers),
                3 if numbers.below(2) == 0 => world.pair.client.key(0x61, true).unwrap(),
                3 => world.pair.now = world.pair.now + Duration::from_millis(300),
                _ => {
                    let budget = 500 + usize::from(numbers.below(20_000));
                    world.update(budget);
                }
            }
        }
        for _ in 0..3_000 {
            world.update(20_000);
        }
        prop_assert!(world.pair.is_equal());
        prop_assert!(!world.pair.server.is_unfinished());
    }
}

/// A part of the desktop moves, and the server is told so.
fn scroll(world: &mut World, numbers: &mut Numbers) {
    let to = Rect::new(numbers.below(300), numbers.below(200), 300, 200);
    let from = Point::new(numbers.below(300), numbers.below(200));
    world.pair.desktop.copy_within(from, to).unwrap();
    world.pair.server.add_copy(from, to);
}
