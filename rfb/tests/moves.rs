//! What a tracker finds: whatever it says, it must lead from the old picture to the new one.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::num::NonZeroUsize;

use proptest::prelude::*;
use rfb::damage::{Change, Tracker};
use rfb::{BYTES_PER_PIXEL, Framebuffer, Point, Rect, Size, View, Workers};
use testkit::scenes::Numbers;

const DESKTOP: Size = Size::new(700, 500);

fn tracker(threads: usize) -> Tracker {
    Tracker::new(Workers::new(NonZeroUsize::new(threads).unwrap()))
}

fn part(picture: &Framebuffer, rect: Rect) -> (Point, View<'_>) {
    let bytes = picture.view().bytes_of(rect).unwrap();
    let stride = usize::from(picture.size().width) * BYTES_PER_PIXEL;
    (
        rect.origin(),
        View::new(bytes, rect.size(), stride).unwrap(),
    )
}

fn paste(screen: &mut Framebuffer, rect: Rect, picture: &Framebuffer) {
    let mut view = screen.view_mut(rect).unwrap();
    for (to, from) in view.rows_mut().zip(picture.view().rows(rect)) {
        to.copy_from_slice(from);
    }
}

/// What one gets who has `old`, follows `change`, and takes the damage from `new`.
fn follow(old: &Framebuffer, change: &Change, new: &Framebuffer) -> Framebuffer {
    let mut screen = old.clone();
    for step in &change.moves {
        screen.copy_within(step.from, step.to).unwrap();
    }
    for rect in change.damage.rects() {
        paste(&mut screen, *rect, new);
    }
    screen
}

/// What is found when `new` follows `old`, checked to lead there.
fn change(old: &Framebuffer, new: &Framebuffer) -> Change {
    let whole = Rect::from(old.size());
    let mut tracker = tracker(1);
    let mut screen = Framebuffer::new(old.size());
    tracker.update(&mut screen, &[part(old, whole)], true);
    assert!(screen == *old);
    let change = tracker.update(&mut screen, &[part(new, whole)], true);
    assert!(screen == *new);
    assert!(follow(old, &change, new) == *new);
    change
}

/// Lines of letters of `height` pixels, the first one `scrolled` pixels above the top of `rect`, `aside` to the left.
fn text(picture: &mut Framebuffer, rect: Rect, height: u32, scrolled: u32, aside: u32) {
    let mut view = picture.view_mut(rect).unwrap();
    for (y, row) in (scrolled..).zip(view.rows_mut()) {
        for (x, pixel) in (aside..).zip(row.as_chunks_mut::<4>().0) {
            let (line, letter) = (y / height, x / 8);
            let length = 20 + line * 37 % 61;
            let seed = u64::from(line) << 40 | u64::from(letter) << 20;
            let inked = y % height > 3 && x % 8 > 0 && letter < length;
            let ink = inked
                && Numbers::new(seed | u64::from(y % height) << 4 | u64::from(x % 8))
                    .draw()
                    .is_multiple_of(3);
            *pixel = if ink {
                [20, 30, 40, 0]
            } else {
                [250, 250, 250, 0]
            };
        }
    }
}

fn noise(picture: &mut Framebuffer, rect: Rect, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let mut view = picture.view_mut(rect).unwrap();
    for pixel in view.rows_mut().flat_map(|row| row.as_chunks_mut::<4>().0) {
        let [b, g, r, _] = numbers.draw().to_le_bytes();
        *pixel = [b, g, r, 0];
    }
}

/// A desktop with a pattern, and a window at odd coordinates.
fn desktop() -> Framebuffer {
    let mut picture = Framebuffer::new(DESKTOP);
    let mut view = picture.view_mut(DESKTOP.into()).unwrap();
    for (y, row) in (0_u32..).zip(view.rows_mut()) {
        for (x, pixel) in (0_u32..).zip(row.as_chunks_mut::<4>().0) {
            let [a, b, ..] = (x * 3 + y * 5 + x * y / 64).to_le_bytes();
            *pixel = [a, b, 90, 0];
        }
    }
    picture
}

const WINDOW: Rect = Rect::new(37, 51, 523, 391);

/// The window's text, so many pixels further down and to the right.
fn scrolled(down: u32, right: u32) -> Framebuffer {
    let mut picture = desktop();
    text(&mut picture, WINDOW, 17, 1000 + down, right);
    picture
}

/// Asserts that the change from `old` to `new`, and back, is moves and little more damage than `exposed` pixels.
fn assert_moved(old: &Framebuffer, new: &Framebuffer, exposed: usize, what: &str) {
    for (old, new) in [(old, new), (new, old)] {
        let change = change(old, new);
        assert!(!change.moves.is_empty(), "{what}: no move");
        let damage = change.damage.area();
        assert!(
            damage <= exposed + 4096,
            "{what}: {damage} of {exposed} pixels"
        );
    }
}

#[test]
fn text_that_scrolls_up_or_down_is_moved() {
    let old = scrolled(0, 0);
    for rows in 1..=200_u16 {
        let exposed = usize::from(WINDOW.width) * usize::from(rows);
        assert_moved(
            &old,
            &scrolled(rows.into(), 0),
            exposed,
            &format!("{rows} rows"),
        );
    }
}

#[test]
fn text_that_scrolls_sideways_is_moved() {
    let old = scrolled(0, 0);
    for columns in [1_u16, 2, 3, 7, 16, 31, 33, 64, 101, 150] {
        let exposed = usize::from(WINDOW.height) * usize::from(columns);
        assert_moved(
            &old,
            &scrolled(0, columns.into()),
            exposed,
            &format!("{columns} columns"),
        );
    }
}

#[test]
fn a_window_that_is_dragged_is_moved() {
    let windows = |at: Point| {
        let mut picture = desktop();
        text(&mut picture, Rect::new(at.x, at.y, 350, 250), 19, 50, 0);
        picture
    };
    let old = windows(Point::new(101, 77));
    for (x, y) in [
        (102, 77),
        (101, 80),
        (115, 93),
        (80, 70),
        (230, 201),
        (301, 3),
    ] {
        let uncovered = Rect::new(101, 77, 350, 250);
        let uncovered = uncovered.area() - uncovered.intersection(Rect::new(x, y, 350, 250)).area();
        assert_moved(
            &old,
            &windows(Point::new(x, y)),
            uncovered,
            &format!("to {x}, {y}"),
        );
    }
}

#[test]
fn two_windows_may_scroll_at_a_time() {
    let windows = |left: u32, right: u32| {
        let mut picture = desktop();
        text(&mut picture, Rect::new(5, 20, 310, 450), 16, left, 0);
        text(&mut picture, Rect::new(371, 33, 300, 440), 21, right, 0);
        picture
    };
    let exposed = 310 * 32 + 300 * 13;
    assert_moved(
        &windows(100, 300),
        &windows(132, 287),
        exposed,
        "two windows",
    );
}

#[test]
fn a_window_that_scrolls_does_not_keep_its_neighbour_from_scrolling() {
    let windows = |below: u32, above: u32| {
        let mut picture = desktop();
        text(&mut picture, Rect::new(31, 20, 400, 460), 13, below, 0);
        text(&mut picture, Rect::new(301, 60, 380, 400), 23, above, 0);
        picture
    };
    // The lower one is too small for a move above and below the upper one.
    let exposed = 400 * 13 + 380 * 23 + 130 * (40 + 20);
    assert_moved(
        &windows(100, 1023),
        &windows(113, 1000),
        exposed,
        "above another",
    );
}

#[test]
fn noise_is_not_moved() {
    let mut old = desktop();
    noise(&mut old, WINDOW, 1);
    let mut new = desktop();
    noise(&mut new, WINDOW, 2);
    let change = change(&old, &new);
    assert_eq!(change.moves, []);
    assert_eq!(change.damage, WINDOW.into());
}

#[test]
fn without_leave_nothing_is_moved() {
    let (old, new) = (scrolled(0, 0), scrolled(40, 0));
    let mut screen = old.clone();
    let mut tracker = tracker(1);
    tracker.update(&mut screen, &[part(&old, DESKTOP.into())], true);
    let change = tracker.update(&mut screen, &[part(&new, DESKTOP.into())], false);
    assert_eq!(change.moves, []);
    assert!(follow(&old, &change, &new) == new);
}

#[test]
fn movement_is_found_in_patches_that_only_cover_what_changed() {
    let (old, new) = (scrolled(0, 0), scrolled(24, 0));
    let mut screen = Framebuffer::new(DESKTOP);
    let mut tracker = tracker(1);
    tracker.update(&mut screen, &[part(&old, DESKTOP.into())], true);
    let halves = [(0, 200), (200, WINDOW.height - 200)].map(|(top, height)| {
        part(
            &new,
            Rect::new(WINDOW.left, WINDOW.top + top, WINDOW.width, height),
        )
    });
    let change = tracker.update(&mut screen, &halves, true);
    assert!(screen == new);
    assert!(follow(&old, &change, &new) == new);
    assert!(change.damage.area() <= usize::from(WINDOW.width) * 24 + 4096);
}

#[test]
fn desktops_may_be_tiny_or_wide() {
    for size in [
        Size::new(1, 1),
        Size::new(63, 3),
        Size::new(65, 200),
        Size::new(16384, 70),
    ] {
        let whole = Rect::from(size);
        let (mut old, mut new) = (Framebuffer::new(size), Framebuffer::new(size));
        noise(&mut old, whole, 1);
        noise(&mut new, whole, 2);
        assert_eq!(change(&old, &new).damage, whole.into());
        assert_eq!(change(&new, &new), Change::default());
    }
}

#[test]
fn pixels_outside_the_desktop_are_ignored() {
    let mut screen = Framebuffer::new(Size::new(70, 70));
    let mut picture = Framebuffer::new(Size::new(10, 10));
    noise(&mut picture, Rect::new(0, 0, 10, 10), 3);
    let mut tracker = tracker(1);
    for (at, expected) in [
        (Point::new(65, 66), Rect::new(65, 66, 5, 4)),
        (Point::new(70, 0), Rect::default()),
        (Point::new(u16::MAX, u16::MAX), Rect::default()),
    ] {
        let change = tracker.update(&mut screen, &[(at, picture.view())], true);
        assert_eq!(change.damage, expected.into());
    }
    assert!(tracker.update(&mut screen, &[], true).damage.is_empty());
}

#[test]
fn x_bytes_count_for_nothing() {
    let size = Size::new(200, 130);
    let mut screen = Framebuffer::new(size);
    let bytes = [0, 0, 0, 0xff].repeat(size.area());
    let stride = usize::from(size.width) * BYTES_PER_PIXEL;
    let fresh = View::new(&bytes, size, stride).unwrap();
    let change = tracker(1).update(&mut screen, &[(Point::default(), fresh)], true);
    assert_eq!(change, Change::default());
    assert!(screen == Framebuffer::new(size));
}

#[test]
fn any_number_of_threads_finds_the_same() {
    let size = Size::new(1500, 960);
    // Large enough for everything that threads share.
    let picture = |scrolled: u16, seed: u64| {
        let mut picture = Framebuffer::new(size);
        noise(&mut picture, size.into(), 5);
        let kept = Rect::new(0, 0, size.width, size.height - scrolled);
        picture.copy_within(Point::new(0, scrolled), kept).unwrap();
        noise(&mut picture, Rect::new(1250, 100, 90, 300), seed);
        picture
    };
    let pictures = [
        picture(0, 1),
        picture(51, 1),
        picture(20, 2),
        picture(21, 2),
    ];
    let changes = |threads| {
        let mut screen = Framebuffer::new(size);
        let mut tracker = tracker(threads);
        pictures.each_ref().map(|picture| {
            let whole = part(picture, size.into());
            let change = tracker.update(&mut screen, &[whole], true);
            assert!(screen == *picture);
            change
        })
    };
    let alone = changes(1);
    assert!(alone.iter().any(|change| !change.moves.is_empty()));
    for threads in 2..=4 {
        assert_eq!(changes(threads), alone);
    }
}

/// One thing that happens on a desktop.
#[derive(Clone, Debug)]
enum Event {
    Copy { from: Point, to: Rect },
    Noise { rect: Rect, seed: u64 },
    Text { rect: Rect, scrolled: u32 },
    Resize { size: Size },
}

fn event() -> impl Strategy<Value = Event> {
    let point = || (0_u16..600, 0_u16..500).prop_map(|(x, y)| Point::new(x, y));
    let rect = || {
        (point(), 1_u16..500, 1_u16..400)
            .prop_map(|(at, width, height)| Rect::new(at.x, at.y, width, height))
    };
    prop_oneof![
        6 => (point(), rect()).prop_map(|(from, to)| Event::Copy { from, to }),
        3 => (rect(), 0_u32..200).prop_map(|(rect, scrolled)| Event::Text { rect, scrolled }),
        1 => (rect(), any::<u64>()).prop_map(|(rect, seed)| Event::Noise { rect, seed }),
        1 => (1_u16..600, 1_u16..500).prop_map(|(w, h)| Event::Resize { size: Size::new(w, h) }),
    ]
}

/// Lets it happen, as far as it fits; gives what it may have changed.
fn happen(desktop: &mut Framebuffer, event: &Event) -> Option<Rect> {
    let size = desktop.size();
    match *event {
        Event::Copy { from, to } => desktop.copy_within(from, to).map(|()| to),
        Event::Noise { rect, seed } => rect.fits(size).then(|| {
            noise(desktop, rect, seed);
            rect
        }),
        Event::Text { rect, scrolled } => rect.fits(size).then(|| {
            text(desktop, rect, 15, scrolled, 0);
            rect
        }),
        Event::Resize { size } => {
            desktop.resize(size);
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_happens_the_change_leads_there(
        steps in prop::collection::vec((prop::collection::vec(event(), 1..4), any::<bool>(), 1_usize..4), 1..8),
    ) {
        let mut desktop = scrolled(0, 0);
        let mut screen = Framebuffer::new(Size::new(1, 1));
        let mut tracker = tracker(1);
        for (events, find_moves, bands) in steps {
            let touched: Vec<Rect> = events.iter().filter_map(|event| happen(&mut desktop, event)).collect();
            let size = desktop.size();
            let rects = if screen.size() == size {
                // Disjoint, as a region has them.
                touched.into_iter().map(|rect| rect.intersection(size.into())).collect::<rfb::Region>().rects().to_vec()
            } else {
                screen.resize(size);
                let height = size.height.div_ceil(u16::try_from(bands).unwrap());
                (0..size.height).step_by(height.into())
                    .map(|top| Rect::new(0, top, size.width, height).intersection(size.into()))
                    .collect()
            };
            let before = screen.clone();
            let patches: Vec<_> = rects.iter().map(|rect| part(&desktop, *rect)).collect();
            let change = tracker.update(&mut screen, &patches, find_moves);
            prop_assert!(screen == desktop);
            prop_assert!(follow(&before, &change, &desktop) == desktop);
            prop_assert!(find_moves || change.moves.is_empty());
        }
    }
}
