//! In virtual time, with a framebuffer of which every change makes pixels newer by one.

use super::*;
use proptest::prelude::*;
use rfb::{Framebuffer, Point, Rect};

const SIZE: Size = Size::new(640, 480);
const FILM: Rect = Rect::new(64, 64, 320, 256);
const LETTER: Rect = Rect::new(500, 400, 8, 16);
/// How long after a picture came its sound is heard.
const DELAY: Duration = Duration::from_millis(80);
const FRAME: Duration = Duration::from_millis(40);

/// A desktop, and a screen that shows what it is told to.
struct Stage {
    now: LocalTime,
    presentation: Presentation,
    desktop: Framebuffer,
    screen: Framebuffer,
    /// How often the desktop changed.
    changes: u32,
}

impl Stage {
    fn new(size: Size) -> Self {
        let mut stage = Self {
            now: LocalTime::from_micros(1_000_000),
            presentation: Presentation::new(size),
            desktop: Framebuffer::new(size),
            screen: Framebuffer::new(size),
            changes: 0,
        };
        // Somebody is there, and did something a while ago.
        stage.presentation.note_input(stage.now);
        stage.wait(SOON + FRAME);
        stage
    }
    /// Changes `rect`; gives the value of its pixels.
    fn change(&mut self, rect: Rect, due: Option<LocalTime>) -> u32 {
        self.changes += 1;
        let mut view = self.desktop.view_mut(rect).unwrap();
        view.fill(self.changes.to_le_bytes());
        let change = Change {
            damage: &rect.into(),
            due,
            framebuffer: self.desktop.view(),
        };
        self.presentation.handle_update(self.now, &change);
        self.changes
    }
    /// Draws all there is to draw.
    fn draw(&mut self) {
        while let Some(show) = self.presentation.poll(self.now) {
            match show {
                Show::Live(region) => {
                    for &rect in region.rects() {
                        let mut target = self.screen.view_mut(rect).unwrap();
                        let rows = self.desktop.view().rows(rect);
                        target
                            .rows_mut()
                            .zip(rows)
                            .for_each(|(to, from)| to.copy_from_slice(from));
                    }
                }
                Show::Held(patch) => {
                    patch.draw(&mut self.screen);
                    self.presentation.recycle(patch);
                }
            }
        }
    }
    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.draw();
    }
    /// What the screen shows there.
    fn shown(&self, at: Rect) -> u32 {
        let pixel = self
            .screen
            .view()
            .rows(Rect::new(at.left, at.top, 1, 1))
            .next()
            .unwrap();
        u32::from_le_bytes(pixel.try_into().unwrap())
    }
    /// Changes `rect` as a film does, until it moves; the last picture of it, whose sound is not heard yet.
    fn play(&mut self, rect: Rect) -> u32 {
        for _ in 0..CHANGES {
            let picture = self.change(rect, Some(self.now + DELAY));
            self.draw();
            assert_eq!(self.shown(rect), picture, "what does not move yet is shown");
            self.wait(FRAME);
        }
        let picture = self.change(rect, Some(self.now + DELAY));
        self.draw();
        assert_eq!(self.shown(rect), picture - 1, "what moves is held");
        picture
    }
    fn is_all_shown(&self) -> bool {
        self.screen == self.desktop
    }
}

#[test]
fn a_film_is_shown_exactly_when_its_sound_is_heard() {
    let mut stage = Stage::new(SIZE);
    let mut due = VecDeque::from([(stage.play(FILM), stage.now + DELAY)]);
    for _ in 0..100 {
        let next = stage.now + FRAME;
        while let Some((picture, due)) = due.pop_front_if(|&mut (_, due)| due < next) {
            assert_eq!(stage.presentation.poll_timeout(), Some(due));
            stage.now = LocalTime::from_micros(due.as_micros() - 1);
            stage.draw();
            assert_eq!(stage.shown(FILM), picture - 1);
            stage.wait(Duration::from_micros(1));
            assert_eq!(stage.shown(FILM), picture);
        }
        stage.now = next;
        // The clock is corrected a little with every picture.
        let jitter = Duration::from_micros(u64::from(stage.changes * 37 % 1000));
        let heard = stage.now + DELAY + jitter;
        due.push_back((stage.change(FILM, Some(heard)), heard));
    }
    stage.wait(DELAY * 2);
    assert!(stage.is_all_shown());
    assert_eq!(stage.presentation.poll_timeout(), None);
}

#[test]
fn a_letter_is_shown_at_once_while_a_film_is_held() {
    let mut stage = Stage::new(SIZE);
    let picture = stage.play(FILM);
    for _ in 0..10 {
        stage.presentation.note_input(stage.now);
        let letter = stage.change(LETTER, Some(stage.now + DELAY));
        stage.draw();
        assert_eq!(stage.shown(LETTER), letter);
        assert!(stage.shown(FILM) < picture);
    }
    stage.wait(DELAY);
    assert_eq!(stage.shown(FILM), picture);
    // Without input too: it does not move.
    let letter = stage.change(LETTER, Some(stage.now + DELAY));
    stage.draw();
    assert_eq!(stage.shown(LETTER), letter);
}

#[test]
fn what_a_person_does_again_and_again_is_never_held() {
    let mut stage = Stage::new(SIZE);
    for _ in 0..60 {
        stage.presentation.note_input(stage.now);
        stage.wait(Duration::from_millis(15));
        let picture = stage.change(FILM, Some(stage.now + DELAY));
        stage.draw();
        assert_eq!(stage.shown(FILM), picture);
        stage.wait(Duration::from_millis(35));
    }
}

#[test]
fn a_click_on_a_film_does_not_make_it_jump_but_a_game_does_not_wait() {
    let mut stage = Stage::new(SIZE);
    stage.play(FILM);
    let start = stage.now;
    let mut held_for = Duration::ZERO;
    while stage.now.since(start) < INSISTING * 2 {
        stage.presentation.note_input(stage.now);
        let picture = stage.change(FILM, Some(stage.now + DELAY));
        stage.draw();
        if stage.shown(FILM) != picture {
            held_for = stage.now.since(start);
        }
        stage.wait(FRAME);
    }
    assert!(
        held_for > INSISTING - 2 * FRAME && held_for < INSISTING,
        "{held_for:?}"
    );
    // Who stops gets it in step again, with the first picture that is not soon after.
    stage.wait(SOON);
    let picture = stage.change(FILM, Some(stage.now + DELAY));
    stage.draw();
    assert_ne!(stage.shown(FILM), picture);
}

#[test]
fn a_part_of_a_film_that_was_at_rest_is_held_with_it() {
    let mut stage = Stage::new(SIZE);
    let (left, right) = (Rect::new(64, 64, 160, 256), Rect::new(256, 64, 128, 256));
    for _ in 0..=CHANGES {
        for side in [left, right] {
            stage.change(side, Some(stage.now + DELAY));
        }
        stage.wait(FRAME);
    }
    stage.wait(DELAY);
    let seam = stage.change(Rect::new(230, 160, 8, 8), Some(stage.now + DELAY));
    stage.draw();
    assert_ne!(stage.shown(Rect::new(230, 160, 1, 1)), seam);
    stage.wait(DELAY);
    assert!(stage.is_all_shown());
}

#[test]
fn while_nobody_does_anything_a_single_change_is_shown_when_its_sound_is_heard() {
    let mut stage = Stage::new(SIZE);
    stage.wait(IDLE);
    let message = stage.change(LETTER, Some(stage.now + DELAY));
    stage.draw();
    assert_ne!(stage.shown(LETTER), message);
    stage.wait(DELAY);
    assert_eq!(stage.shown(LETTER), message);
    // Who is back sees what it brings at once.
    stage.presentation.note_input(stage.now);
    let letter = stage.change(LETTER, Some(stage.now + DELAY));
    stage.draw();
    assert_eq!(stage.shown(LETTER), letter);
}

#[test]
fn without_sound_nothing_is_ever_held() {
    let mut stage = Stage::new(SIZE);
    for _ in 0..50 {
        let past = LocalTime::from_micros(stage.now.as_micros() - 1);
        for due in [None, Some(stage.now), Some(past)] {
            stage.change(FILM, due);
            assert_eq!(stage.presentation.poll_timeout(), None);
            stage.draw();
            assert!(stage.is_all_shown());
        }
        stage.wait(Duration::from_millis(10));
    }
}

#[test]
fn when_the_sound_ends_what_is_held_gives_way_to_what_is_newer() {
    let mut stage = Stage::new(SIZE);
    stage.play(FILM);
    let picture = stage.change(FILM, None);
    stage.draw();
    assert_eq!(stage.shown(FILM), picture);
    assert_eq!(stage.presentation.poll_timeout(), None);
    stage.wait(DELAY);
    assert!(stage.is_all_shown());
}

#[test]
fn when_no_more_changes_come_what_is_held_is_shown_at_once() {
    let mut stage = Stage::new(SIZE);
    stage.play(FILM);
    stage.change(FILM, Some(stage.now + DELAY));
    stage.presentation.release();
    stage.draw();
    assert!(stage.is_all_shown());
    assert_eq!(stage.presentation.poll_timeout(), None);
}

#[test]
fn another_size_shows_everything_and_forgets_what_was_held() {
    let mut stage = Stage::new(SIZE);
    stage.play(FILM);
    let size = Size::new(320, 200);
    stage.desktop = Framebuffer::new(size);
    stage.screen = Framebuffer::new(size);
    stage.desktop.view_mut(size.into()).unwrap().fill([7; 4]);
    // The change that comes with it may be larger than the desktop is now.
    let change = Change {
        damage: &SIZE.into(),
        due: Some(stage.now + DELAY),
        framebuffer: stage.desktop.view(),
    };
    stage.presentation.handle_update(stage.now, &change);
    assert_eq!(stage.presentation.poll_timeout(), None);
    stage.draw();
    assert!(stage.is_all_shown());
}

#[test]
fn nothing_is_held_longer_than_half_a_second_whatever_the_clock_says() {
    let mut stage = Stage::new(SIZE);
    let picture = stage.play(FILM);
    stage.change(FILM, Some(LocalTime::from_micros(u64::MAX)));
    stage.wait(DELAY);
    assert_eq!(stage.shown(FILM), picture);
    assert_eq!(
        stage.presentation.poll_timeout(),
        Some(stage.now + (MAX_HOLD - DELAY))
    );
    // A clock that is set back makes what came before it due as well.
    let due = stage.now + Duration::from_millis(5);
    stage.change(FILM, Some(due));
    assert_eq!(stage.presentation.poll_timeout(), Some(due));
    stage.wait(Duration::from_millis(5));
    assert!(stage.is_all_shown());
}

#[test]
fn of_too_many_pictures_the_oldest_is_shown_early() {
    let mut stage = Stage::new(SIZE);
    let first = stage.play(FILM);
    let due = stage.now + MAX_HOLD;
    for _ in 1..MOST_PICTURES {
        stage.change(FILM, Some(due));
        stage.draw();
        assert!(stage.shown(FILM) < first);
    }
    stage.change(FILM, Some(due));
    stage.draw();
    assert_eq!(stage.shown(FILM), first);
    stage.change(FILM, Some(due));
    stage.draw();
    assert_eq!(stage.shown(FILM), first + 1);
}

#[test]
fn a_window_that_never_draws_costs_no_more_memory() {
    let size = Size::new(2048, 2048);
    let mut stage = Stage::new(size);
    let whole = Rect::from(size);
    let mut most = 0;
    for round in 0..200_u16 {
        let rect = Rect::new(0, round % 64, whole.width, whole.height - 64);
        stage.change(rect, Some(stage.now + DELAY));
        stage.now = stage.now + Duration::from_millis(16);
        let held = &stage.presentation.held;
        most = most.max(held.iter().map(|held| held.patch.bytes()).sum());
        assert!(held.len() <= 2 * MOST_PICTURES + 1);
    }
    assert!(
        most > MOST_BYTES && most <= 2 * MOST_BYTES + (16 << 20),
        "{most}"
    );
    stage.wait(MAX_HOLD);
    assert!(stage.is_all_shown());
}

#[test]
fn damage_of_countless_dots_is_held_and_shown() {
    let mut stage = Stage::new(SIZE);
    stage.play(FILM);
    stage.wait(DELAY);
    let dots: Region = (0..60)
        .flat_map(|y| (0..60).map(move |x| Rect::new(70 + x * 4, 70 + y * 4, 1, 1)))
        .collect();
    for &dot in dots.rects() {
        stage.desktop.view_mut(dot).unwrap().fill([9; 4]);
    }
    let change = Change {
        damage: &dots,
        due: Some(stage.now + DELAY),
        framebuffer: stage.desktop.view(),
    };
    stage.presentation.handle_update(stage.now, &change);
    stage.draw();
    assert!(!stage.is_all_shown());
    stage.wait(DELAY);
    assert!(stage.is_all_shown());
}

#[test]
fn a_desktop_of_any_size_is_watched() {
    for size in [
        Size::new(0, 0),
        Size::new(1, 1),
        Size::new(33, 1),
        Size::new(u16::MAX, 3),
    ] {
        let mut presentation = Presentation::new(size);
        let framebuffer = Framebuffer::new(size);
        for round in 0..10 {
            let change = Change {
                damage: &Rect::new(0, 0, u16::MAX, u16::MAX).into(),
                due: Some(LocalTime::from_micros(round * 1000 + 500)),
                framebuffer: framebuffer.view(),
            };
            presentation.handle_update(LocalTime::from_micros(round * 1000), &change);
        }
        let shown = std::iter::from_fn(|| presentation.poll(LocalTime::from_micros(1 << 40)));
        let shown = shown.map(|show| match show {
            Show::Live(region) => region,
            Show::Held(patch) => patch.region().clone(),
        });
        let shown = shown.fold(Region::default(), |all, region| all.union(&region));
        assert_eq!(shown, size.into());
    }
}

/// One thing that happens: a change (two corners, and after how many ms its sound is heard), a key, or time that passes.
#[derive(Clone, Debug)]
enum Step {
    Change(Point, Point, Option<u64>),
    Input,
    Wait(u64),
    WaitWithoutDrawing(u64),
}

const SMALL: Size = Size::new(160, 128);

fn step() -> impl Strategy<Value = Step> {
    // Few places, so that some of them move.
    let corner = || (0..4_u16, 0..4_u16).prop_map(|(x, y)| Point::new(x * 40, y * 40));
    let change = (corner(), corner(), prop::option::weighted(0.8, 0..200_u64));
    prop_oneof![
        6 => change.prop_map(|(a, b, due)| Step::Change(a, b, due)),
        1 => Just(Step::Input),
        4 => (0..60_u64).prop_map(Step::Wait),
        1 => (0..60_u64).prop_map(Step::WaitWithoutDrawing),
    ]
}

proptest! {
    /// Against the simplest model there is: each change has a higher number than the one before, so a screen on which
    /// no number ever falls shows every pixel in order; and when all is due, it shows the desktop.
    #[test]
    fn every_pixel_is_shown_in_the_order_of_its_changes(steps in prop::collection::vec(step(), 1..150)) {
        let mut stage = Stage::new(SMALL);
        let mut last_change_due = stage.now;
        for step in steps {
            let before = stage.screen.clone();
            match step {
                Step::Change(a, b, due) => {
                    let (left, right) = (a.x.min(b.x), a.x.max(b.x) + 40);
                    let (top, bottom) = (a.y.min(b.y), a.y.max(b.y) + 40);
                    let rect = Rect::new(left, top, right - left, bottom - top);
                    let rect = rect.intersection(SMALL.into());
                    let due = due.map(|due| stage.now + Duration::from_millis(due));
                    let number = stage.change(rect, due);
                    last_change_due = last_change_due.max(due.unwrap_or(stage.now));
                    stage.draw();
                    if due.is_none_or(|due| due <= stage.now) {
                        prop_assert_eq!(stage.shown(rect), number, "without sound it is shown at once");
                    }
                }
                Step::Input => stage.presentation.note_input(stage.now),
                Step::Wait(time) => stage.wait(Duration::from_millis(time)),
                Step::WaitWithoutDrawing(time) => stage.now = stage.now + Duration::from_millis(time),
            }
            for (before, after) in before.bytes().chunks_exact(4).zip(stage.screen.bytes().chunks_exact(4)) {
                let number = |pixel: &[u8]| u32::from_le_bytes(pixel.try_into().unwrap());
                prop_assert!(number(before) <= number(after));
            }
        }
        stage.now = stage.now.max(last_change_due);
        stage.draw();
        prop_assert!(stage.is_all_shown());
        prop_assert_eq!(stage.presentation.poll_timeout(), None);
    }
}

impl Stage {
    /// Changes `rect` as a part of a picture; gives the value of its pixels.
    fn part(&mut self, rect: Rect, captured: MediaTime) -> u32 {
        self.changes += 1;
        let mut view = self.desktop.view_mut(rect).unwrap();
        view.fill(self.changes.to_le_bytes());
        let change = Change {
            damage: &rect.into(),
            due: None,
            framebuffer: self.desktop.view(),
        };
        self.presentation.handle_part(self.now, &change, captured);
        self.draw();
        self.changes
    }
    fn end(&mut self, captured: MediaTime) {
        self.presentation.handle_picture_end(self.now, captured);
        self.draw();
    }
}

const PARTS: [Rect; 2] = [Rect::new(0, 0, 300, 200), Rect::new(0, 200, 300, 200)];

fn picture(number: u64) -> MediaTime {
    MediaTime::from_micros(number)
}

#[test]
fn the_parts_of_a_picture_are_seen_together() {
    let mut stage = Stage::new(SIZE);
    stage.end(picture(1));
    let first = stage.part(PARTS[0], picture(2));
    assert_eq!(stage.shown(PARTS[0]), 0, "the rest has not come");
    stage.wait(MAX_WAIT / 2);
    let second = stage.part(PARTS[1], picture(2));
    assert_eq!(stage.shown(PARTS[0]), 0);
    stage.end(picture(2));
    assert_eq!(PARTS.map(|part| stage.shown(part)), [first, second]);
    assert_eq!(stage.presentation.poll_timeout(), None);
}

#[test]
fn a_part_waits_no_longer_than_it_may_and_later_ones_do_not_wait_again() {
    let mut stage = Stage::new(SIZE);
    stage.end(picture(1));
    let first = stage.part(PARTS[0], picture(2));
    let due = stage.presentation.poll_timeout().unwrap();
    assert_eq!(due.since(stage.now), MAX_WAIT);
    stage.wait(MAX_WAIT);
    assert_eq!(stage.shown(PARTS[0]), first);
    let second = stage.part(PARTS[1], picture(2));
    assert_eq!(stage.shown(PARTS[1]), second);
}

#[test]
fn parts_do_not_wait_where_nobody_tells_of_ends_or_somebody_did_something() {
    let mut stage = Stage::new(SIZE);
    let first = stage.part(PARTS[0], picture(1));
    assert_eq!(stage.shown(PARTS[0]), first);
    stage.end(picture(1));
    stage.presentation.note_input(stage.now);
    stage.wait(SOON / 2);
    let answer = stage.part(PARTS[1], picture(2));
    assert_eq!(stage.shown(PARTS[1]), answer);
}

#[test]
fn an_answer_is_seen_though_what_was_there_waits() {
    let mut stage = Stage::new(SIZE);
    stage.end(picture(1));
    stage.part(PARTS[0], picture(2));
    stage.presentation.note_input(stage.now);
    let answer = stage.part(PARTS[0], picture(3));
    assert_eq!(stage.shown(PARTS[0]), answer);
    stage.end(picture(3));
    assert_eq!(stage.shown(PARTS[0]), answer);
}

#[test]
fn a_picture_is_presented_once_when_all_of_it_is_seen() {
    let mut stage = Stage::new(SIZE);
    stage.end(picture(1));
    assert_eq!(
        stage.presentation.poll_presented(stage.now),
        Some(picture(1))
    );
    stage.part(PARTS[0], picture(2));
    assert_eq!(stage.presentation.poll_presented(stage.now), None);
    stage.end(picture(2));
    stage.end(picture(3));
    assert_eq!(
        stage.presentation.poll_presented(stage.now),
        Some(picture(3))
    );
    assert_eq!(stage.presentation.poll_presented(stage.now), None);
}

#[test]
fn ends_without_pictures_take_no_memory() {
    let mut stage = Stage::new(SIZE);
    for number in 0..10_000 {
        stage.end(picture(number));
    }
    assert_eq!(
        stage.presentation.poll_presented(stage.now),
        Some(picture(9_999))
    );
}
