//! Pictures, and what is in a recording.

use std::path::Path;
use std::time::Duration;

use lab::vtz::{Reader, Writer};
use testkit::scenes;
use tightrope::{Framebuffer, Point, Rect, Region, Size};

pub(crate) const SIZE: Size = Size::new(150, 100);

/// A frame of a recording, without its tiles.
pub(crate) type Shown = (Duration, Framebuffer);

/// Draws one colour on `rect`.
pub(crate) fn fill(picture: &mut Framebuffer, rect: Rect, colour: [u8; 4]) {
    picture.view_mut(rect).unwrap().fill(colour);
}

/// Pictures that differ a little, a lot and not at all.
pub(crate) fn session() -> Vec<Shown> {
    let mut picture = scenes::desktop(SIZE);
    let mut shown = vec![(Duration::from_millis(5), picture.clone())];
    fill(&mut picture, Rect::new(60, 60, 10, 10), [1, 2, 3, 0]);
    shown.push((Duration::from_millis(25), picture.clone()));
    fill(&mut picture, Rect::new(149, 99, 1, 1), [9, 9, 9, 0]);
    shown.push((Duration::from_millis(45), picture));
    shown.push((Duration::from_millis(65), scenes::gradient(SIZE)));
    shown
}

pub(crate) fn write(path: &Path, session: &[Shown]) {
    let mut writer = Writer::create(path, session[0].1.size(), 3).unwrap();
    for (time, picture) in session {
        writer.take(picture.view(), &picture.size().into());
        assert!(writer.write(*time).unwrap());
    }
    writer.finish().unwrap();
}

/// Every picture of the recording at `path`, and whether it ended as it should.
pub(crate) fn read(path: &Path) -> (Vec<Shown>, bool) {
    let mut reader = Reader::open(path).unwrap();
    let mut shown = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        shown.push((frame.time, frame.picture.clone()));
    }
    (shown, !reader.is_cut_short())
}

/// `session` with times that count from its first picture.
pub(crate) fn from_start(session: &[Shown]) -> Vec<Shown> {
    let shift = |(time, picture): &Shown| (*time - session[0].0, picture.clone());
    session.iter().map(shift).collect()
}

/// The pixels of `rect`, everywhere else black.
pub(crate) fn differing(a: &Framebuffer, b: &Framebuffer) -> Region {
    let mut a = a.clone();
    tightrope::rfb::damage::refine(&mut a, Point::default(), b.view())
}
