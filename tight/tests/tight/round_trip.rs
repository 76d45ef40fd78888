//! What the encoder sends, the decoder shows.

use proptest::prelude::*;
use rfb::{Framebuffer, PixelFormat, Rect, Region, Size};

use crate::support::{FORMATS, Pair, SCENES, as_seen_in, assert_equal, lossless, paint, scene};

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
fn hardly_more_than_the_region_is_sent_and_only_where_there_is_a_picture() {
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
    let region = region.clipped(size);
    assert!(region.difference(&covered).is_empty());
    assert!(covered.area() < region.area() + 3 * 1024, "little else");
    assert_equal(&pair.client, &within(&covered, &source), "the region");
}

/// What a client holds that was black and got `region` of `source`.
fn within(region: &Region, source: &Framebuffer) -> Framebuffer {
    let seen = as_seen_in(&PixelFormat::BGRX, source);
    let mut picture = Framebuffer::new(source.size());
    for &rect in region.rects() {
        let mut target = picture.view_mut(rect).unwrap();
        for (to, from) in target.rows_mut().zip(seen.view().rows(rect)) {
            to.copy_from_slice(from);
        }
    }
    picture
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
        let covered: Region = sent.iter().map(|sent| sent.rect).collect();
        assert!(rest.area() < before && left.difference(&covered).difference(&rest).is_empty());
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

/// A picture of areas of one colour, few colours and many, cut at any place.
fn patchwork() -> impl Strategy<Value = Framebuffer> {
    let patch = (0_u32..250, 0_u32..200, 1_u32..200, 1_u32..200, 0_u8..5);
    prop::collection::vec(patch, 0..8).prop_map(|patches| {
        let mut noise = crate::support::Noise(5);
        paint(Size::new(250, 200), |x, y| {
            let inside = |&&(left, top, width, height, _): &&(u32, u32, u32, u32, u8)| {
                (left..left + width).contains(&x) && (top..top + height).contains(&y)
            };
            let colours = patches.iter().rev().find(inside).map(|patch| patch.4);
            match colours {
                None => [255; 3],
                Some(few @ 0..3) => [noise.next() % (few + 1) * 70, 30, few],
                Some(3) => [noise.next() % 30, 40, 50],
                Some(_) => [noise.next(), noise.next(), noise.next()],
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_region_of_any_picture_is_sent_exactly_or_left_over(
        source in patchwork(),
        rects in prop::collection::vec((0_u16..250, 0_u16..200, 0_u16..250, 0_u16..200), 1..6),
        budget in prop::sample::select(vec![500, 5000, usize::MAX]),
    ) {
        let rects = rects.into_iter().map(|(x, y, w, h)| Rect::new(x, y, w, h));
        let region = rects.collect::<Region>().clipped(source.size());
        let mut pair = Pair::new(source.size());
        let settings = lossless(PixelFormat::BGRX, 2);
        let (sent, _, left) = pair.send_region(&source, &region, &settings, budget);
        let covered: Region = sent.iter().map(|sent| sent.rect).collect();
        prop_assert!(region.difference(&covered).difference(&left).is_empty());
        prop_assert!(left.difference(&region).is_empty());
        prop_assert_eq!(pair.client, within(&covered, &source));
    }
}
