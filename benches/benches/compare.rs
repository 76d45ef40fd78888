//! Which pixels changed, and what moved.
#![allow(missing_docs)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use tightrope::rfb::damage::Tracker;
use tightrope::{Framebuffer, Point, Rect};

/// Rows that the picture is scrolled by.
const STEP: u16 = 37;

fn compare(criterion: &mut Criterion) {
    for (name, picture) in support::desktops() {
        let mut group = support::group(criterion, &format!("compare/{name}"));
        group.throughput(support::pixels(&picture));
        for (case, other, finds_moves) in [
            ("equal", picture.clone(), true),
            ("scrolled", scrolled(&picture), true),
            ("scrolled, moves not looked for", scrolled(&picture), false),
            ("all else", Framebuffer::new(picture.size()), true),
        ] {
            let pictures = [&other, &picture];
            let mut tracker = Tracker::default();
            let mut screen = picture.clone();
            let mut turns = pictures.iter().cycle();
            group.bench_function(case, |bencher| {
                bencher.iter(|| {
                    let fresh = turns
                        .next()
                        .map(|picture| (Point::default(), picture.view()));
                    tracker.update(&mut screen, fresh.as_slice(), finds_moves)
                });
            });
        }
        group.finish();
    }
}

/// The picture moved up; what comes in from below is what was there.
fn scrolled(picture: &Framebuffer) -> Framebuffer {
    let mut scrolled = picture.clone();
    let size = picture.size();
    let to = Rect::new(0, 0, size.width, size.height - STEP);
    let moved = scrolled.copy_within(Point::new(0, STEP), to);
    assert!(moved.is_some());
    scrolled
}

criterion_group!(benches, compare);
criterion_main!(benches);
