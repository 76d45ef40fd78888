//! What the encoder sends, the decoder shows.

use rfb::{Framebuffer, PixelFormat, Rect, Region, Size};

use crate::support::{FORMATS, Pair, SCENES, as_seen_in, lossless, scene};

fn assert_equal(client: &Framebuffer, expected: &Framebuffer, what: &str) {
    let mut differing = client.bytes().iter().zip(expected.bytes());
    let place = differing.position(|(a, b)| a != b).map(|byte| byte / 4);
    let width = usize::from(client.size().width);
    let place = place.map(|pixel| (pixel % width, pixel / width));
    assert_eq!(place, None, "first wrong pixel of {what}");
}

#[test]
fn every_scene_arrives_exactly_in_every_format() {
    let size = Size::new(300, 220);
    for format in FORMATS {
        let mut pair = Pair::new(size);
        for name in SCENES {
            let source = scene(name, size);
            pair.send(&source, &lossless(format, 2));
            let expected = as_seen_in(&format, &source);
            assert_equal(&pair.client, &expected, &format!("{name} {format:?}"));
        }
    }
}

#[test]
fn compression_levels_may_change_in_mid_session() {
    let size = Size::new(150, 90);
    for format in [PixelFormat::BGRX, PixelFormat::RGB565] {
        let mut pair = Pair::new(size);
        for level in [2, 0, 9, 1, 1, 6, 3, 0, 4, 5, 7, 8, 2, 255] {
            for name in ["text", "icons", "noise"] {
                let source = scene(name, size);
                pair.send(&source, &lossless(format, level));
                let expected = as_seen_in(&format, &source);
                assert_equal(&pair.client, &expected, &format!("{name} level {level}"));
            }
        }
    }
}

#[test]
fn small_and_odd_sizes_arrive_exactly() {
    let widths = (1..=17).chain([2047, 2048, 2049, 4100]);
    for size in widths.flat_map(|width| [1, 2, 3, 40].map(|height| Size::new(width, height))) {
        for format in [PixelFormat::BGRX, PixelFormat::RGB565, PixelFormat::BGR233] {
            let mut pair = Pair::new(size);
            for name in ["solid", "text", "three", "noise"] {
                let source = scene(name, size);
                pair.send(&source, &lossless(format, 2));
                let expected = as_seen_in(&format, &source);
                assert_equal(&pair.client, &expected, &format!("{name} {size}"));
            }
        }
    }
}

#[test]
fn only_the_region_is_sent_and_only_where_there_is_a_picture() {
    let size = Size::new(200, 160);
    let source = scene("desktop", size);
    let region: Region = [
        Rect::new(3, 5, 90, 70),
        Rect::new(80, 60, 50, 50),
        Rect::new(190, 150, 500, 500),
    ]
    .into_iter()
    .collect();
    let mut pair = Pair::new(size);
    let settings = lossless(PixelFormat::BGRX, 2);
    let (sent, _, left) = pair.send_region(&source, &region, &settings, usize::MAX);
    assert!(left.is_empty());
    let covered: Region = sent.iter().map(|sent| sent.rect).collect();
    assert_eq!(covered, region.clipped(size));
    let area: usize = sent.iter().map(|sent| sent.rect.area()).sum();
    assert_eq!(area, covered.area(), "no pixel is sent twice");

    let mut expected = Framebuffer::new(size);
    for &rect in covered.rects() {
        let seen = as_seen_in(&PixelFormat::BGRX, &source);
        let mut target = expected.view_mut(rect).unwrap();
        for (to, from) in target.rows_mut().zip(seen.view().rows(rect)) {
            to.copy_from_slice(from);
        }
    }
    assert_equal(&pair.client, &expected, "the region");
}

#[test]
fn what_a_small_budget_leaves_over_follows_later() {
    let size = Size::new(640, 400);
    let source = scene("desktop", size);
    let settings = lossless(PixelFormat::BGRX, 2);
    let mut pair = Pair::new(size);
    let mut left: Region = size.into();
    let mut updates = 0;
    while !left.is_empty() {
        let before = left.area();
        let (sent, _, rest) = pair.send_region(&source, &left, &settings, 3000);
        let area: usize = sent.iter().map(|sent| sent.rect.area()).sum();
        assert!(area > 0 && before == area + rest.area());
        left = rest;
        updates += 1;
    }
    assert!(updates > 3, "the budget was heeded");
    let expected = as_seen_in(&PixelFormat::BGRX, &source);
    assert_equal(&pair.client, &expected, "the desktop");
}

#[test]
fn no_budget_sends_nothing_and_leaves_all() {
    let size = Size::new(64, 64);
    let mut pair = Pair::new(size);
    let settings = lossless(PixelFormat::BGRX, 2);
    let region = size.into();
    let (sent, _, left) = pair.send_region(&scene("noise", size), &region, &settings, 0);
    assert!(sent.is_empty());
    assert_eq!(left, region);
}
