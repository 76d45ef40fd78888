//! Movement, all the way: what a tracker finds reaches sessions of different speed in order, and every client ends with
//! the desktop's pixels, whatever was lossy, left over or under way meanwhile.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;
use rfb::damage::{Change, Tracker};
use rfb::server::EncodedUpdate;
use rfb::{
    ClientConfig, ClientConnection, Cursor, Framebuffer, Point, Rect, ServerConnection, Size,
    Workers,
};
use testkit::pair::{Pair, open_server};
use testkit::scenes::{self, Numbers};

const SIZE: Size = Size::new(512, 400);
const STILL: Duration = Duration::from_secs(2);

/// What all sessions share.
struct Desk {
    desktop: Framebuffer,
    tracker: Tracker,
    screen: Framebuffer,
    /// Moves found so far.
    moves: usize,
}

impl Desk {
    fn new() -> Self {
        let workers = Workers::new(NonZeroUsize::new(2).unwrap());
        let mut desk = Self {
            desktop: scenes::desktop(SIZE),
            tracker: Tracker::new(workers),
            screen: Framebuffer::new(SIZE),
            moves: 0,
        };
        desk.capture();
        desk
    }

    fn capture(&mut self) -> Change {
        let patch = (Point::default(), self.desktop.view());
        let change = self.tracker.update(&mut self.screen, &[patch], true);
        self.moves += change.moves.len();
        change
    }

    fn paste(&mut self, rect: Rect, picture: &Framebuffer) {
        let mut target = self.desktop.view_mut(rect).unwrap();
        for (to, from) in target.rows_mut().zip(picture.view().rows(rect)) {
            to.copy_from_slice(from);
        }
    }

    /// Something happens.
    fn act(&mut self, numbers: &mut Numbers) {
        let rect = rect(numbers);
        let scene = numbers.below(4);
        let fresh = match scene {
            0 => scenes::text(SIZE),
            1 => scenes::gradient(SIZE),
            2 => scenes::noise(SIZE),
            _ => scenes::icons(SIZE),
        };
        match numbers.below(5) {
            0 => self.paste(rect, &fresh),
            1 | 2 => {
                let by = 1 + numbers.below(rect.height / 3);
                let kept = Rect::new(rect.left, rect.top, rect.width, rect.height - by);
                let strip = Rect::new(rect.left, rect.top + rect.height - by, rect.width, by);
                let from = Point::new(rect.left, rect.top + by);
                self.desktop.copy_within(from, kept).unwrap();
                self.paste(strip, &fresh);
            }
            3 => {
                let by = 1 + numbers.below(rect.width / 3);
                let kept = Rect::new(rect.left + by, rect.top, rect.width - by, rect.height);
                self.desktop.copy_within(rect.origin(), kept).unwrap();
                self.paste(Rect { width: by, ..rect }, &fresh);
            }
            _ => {
                // A window is dragged, and shows what was below it.
                let left = numbers.below(SIZE.width - rect.width);
                let top = numbers.below(SIZE.height - rect.height);
                let to = Rect { left, top, ..rect };
                let before = self.desktop.clone();
                self.paste(rect, &fresh);
                let mut target = self.desktop.view_mut(to).unwrap();
                for (to, from) in target.rows_mut().zip(before.view().rows(rect)) {
                    to.copy_from_slice(from);
                }
            }
        }
    }
}

fn rect(numbers: &mut Numbers) -> Rect {
    let (width, height) = (100 + numbers.below(300), 100 + numbers.below(200));
    let left = numbers.below(SIZE.width - width);
    let top = numbers.below(SIZE.height - height);
    Rect::new(left, top, width, height)
}

/// One client, and what it is still to be told.
struct Session {
    pair: Pair,
    mailbox: Change,
    job: Option<EncodedUpdate>,
    copies: bool,
}

impl Session {
    fn new(config: ClientConfig, budget: usize, desk: &Desk) -> Self {
        let client = ClientConnection::new(config, tight::decoders());
        let server = ServerConnection::new(open_server(SIZE), tight::encoders());
        let mut pair = Pair::of(desk.screen.clone(), client, server);
        pair.drive().unwrap();
        pair.budget = budget;
        Self {
            pair,
            mailbox: Change::default(),
            job: None,
            copies: false,
        }
    }

    /// Looks at the desk: ends the update under way, or begins another.
    fn look(&mut self, desk: &Desk) {
        let pair = &mut self.pair;
        pair.now = pair.now + Duration::from_millis(10);
        pair.server.add_change(&std::mem::take(&mut self.mailbox));
        self.copies |= pair.server.takes_copies();
        match self.job.take() {
            Some(update) => {
                pair.server.finish_update(pair.now, update);
                while let Some(bytes) = pair.server.poll_output() {
                    pair.client.handle_bytes(pair.now, &bytes);
                    while pair.client.poll_event().unwrap().is_some() {}
                }
                while let Some(bytes) = pair.client.poll_output() {
                    pair.server.handle_bytes(pair.now, &bytes);
                    while pair.server.poll_event().unwrap().is_some() {}
                }
            }
            None => {
                let job = pair.server.begin_update(pair.now, pair.budget);
                self.job = job.map(|job| job.run(desk.screen.view()));
            }
        }
    }

    /// Looks until the client holds all of the desktop.
    fn settle(&mut self, desk: &Desk) {
        for _ in 0..2000 {
            let was_under_way = self.job.is_some();
            self.look(desk);
            if was_under_way || self.job.is_some() {
                continue;
            }
            match self.pair.server.poll_timeout() {
                Some(_) => self.pair.now = self.pair.now + STILL,
                None => return,
            }
        }
        panic!("it does not settle");
    }
}

/// Plays `steps` to sessions that look at different times, and checks all of them.
fn play(seed: u64, steps: usize) -> usize {
    let mut numbers = Numbers::new(seed);
    let mut desk = Desk::new();
    let lossless = ClientConfig {
        quality: None,
        ..ClientConfig::default()
    };
    let mut sessions = [
        (1, Session::new(ClientConfig::default(), 20_000, &desk)),
        (3, Session::new(ClientConfig::default(), 3000, &desk)),
        (9, Session::new(lossless, 8000, &desk)),
    ];
    for _ in 0..steps {
        for _ in 0..=numbers.below(2) {
            desk.act(&mut numbers);
        }
        let change = desk.capture();
        assert!(desk.screen == desk.desktop);
        for (slowness, session) in &mut sessions {
            session.mailbox.append(&change);
            while numbers.below(*slowness + 1) == 0 {
                session.look(&desk);
            }
        }
    }
    for (_, session) in &mut sessions {
        session.settle(&desk);
        assert!(session.copies);
        assert!(
            session.pair.client.framebuffer() == &desk.screen,
            "seed {seed}"
        );
    }
    desk.moves
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_client_ends_with_the_desktops_pixels(seed in any::<u64>()) {
        play(seed, 24);
    }
}

#[test]
fn what_is_played_does_move() {
    let moves: usize = (0..4).map(|seed| play(seed, 20)).sum();
    assert!(moves > 20, "{moves} moves in 80 pictures");
}

#[test]
fn a_scroll_is_sent_as_a_copy_and_what_is_new() {
    let mut desk = Desk::new();
    let area = Rect::new(30, 20, 400, 340);
    desk.paste(area, &scenes::noise(SIZE));
    desk.capture();
    let mut session = Session::new(ClientConfig::default(), 1 << 20, &desk);
    session.settle(&desk);
    let (kept, strip) = (Rect::new(30, 20, 400, 323), Rect::new(30, 343, 400, 17));
    desk.desktop.copy_within(Point::new(30, 37), kept).unwrap();
    desk.paste(strip, &scenes::flat(SIZE));
    session.mailbox.append(&desk.capture());
    session.look(&desk);
    let update = session.job.as_ref().unwrap();
    assert!(update.len() < 2000, "{} bytes", update.len());
    session.settle(&desk);
    assert!(session.pair.client.framebuffer() == &desk.screen);
}

#[test]
fn a_pointer_drawn_into_the_picture_is_not_copied_along() {
    let mut numbers = Numbers::new(7);
    let mut desk = Desk::new();
    let plain = ClientConfig {
        plain: true,
        ..ClientConfig::default()
    };
    let mut session = Session::new(plain, 5000, &desk);
    let arrow = Cursor::new(
        Size::new(9, 9),
        Point::new(1, 1),
        [9, 200, 9, 255].repeat(81),
    );
    let arrow = arrow.unwrap();
    let mut at = Point::new(250, 200);
    for step in 0..40 {
        desk.act(&mut numbers);
        session.mailbox.append(&desk.capture());
        session.look(&desk);
        // It comes late, while moves are pending, and then it moves itself.
        if step == 10 {
            session.pair.server.set_cursor(&arrow);
        }
        if step % 7 == 3 {
            at = Point::new(numbers.below(SIZE.width), numbers.below(SIZE.height));
            session.pair.server.set_pointer(at);
        }
    }
    session.settle(&desk);
    assert!(session.copies, "before there was a pointer to draw");
    assert!(!session.pair.server.takes_copies());
    let mut expected = desk.screen.clone();
    let area = arrow.area(at, SIZE);
    arrow.draw(at, area, expected.view_mut(area).unwrap());
    assert!(session.pair.client.framebuffer() == &expected);
}
