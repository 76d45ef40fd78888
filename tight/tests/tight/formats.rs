//! What the encoders send, the decoders show: in any pixel format, of any size, at any edge.

use proptest::prelude::*;
use rfb::{EncodeSettings, Encoding, Framebuffer, PixelFormat, Rect, Region, Size};

use crate::support::{Noise, Pair, SCENES, as_seen_in, assert_equal, lossless, paint, scene};

/// Any pixel format: channels of any widths and maxima in any order, with gaps between them.
fn format() -> impl Strategy<Value = PixelFormat> {
    let layout = (
        prop::sample::select(vec![8_u8, 16, 32]),
        prop::array::uniform3(1_u32..=16),
        prop::array::uniform3(any::<u16>()),
        prop::array::uniform4(0_u32..=3),
        prop::sample::select(vec![
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ]),
        any::<[bool; 2]>(),
    );
    let known = crate::support::FORMATS.to_vec();
    prop_oneof![
        1 => prop::sample::select(known),
        3 => layout.prop_map(|(bits, widths, maxima, gaps, order, [masks, big_endian])| {
            channels(bits, widths, order, gaps, if masks { [u16::MAX; 3] } else { maxima }, big_endian)
        }),
    ]
}

/// A format of `bits` whose channels are about `widths` bits wide, from the lowest in `order`, `gaps` before each.
fn channels(
    bits: u8,
    widths: [u32; 3],
    order: [usize; 3],
    gaps: [u32; 4],
    maxima: [u16; 3],
    big_endian: bool,
) -> PixelFormat {
    let (mut max, mut shift) = ([0; 3], [0; 3]);
    let mut used = 0;
    for (place, channel) in order.into_iter().enumerate() {
        // Every channel that follows needs a bit.
        let left = u32::from(bits) - used - u32::try_from(2 - place).unwrap();
        let width = widths[channel].min(left);
        let gap = gaps[place].min(left - width);
        let mask = u16::try_from((1_u32 << width) - 1).unwrap();
        max[channel] = (maxima[channel] & mask).max(1);
        shift[channel] = u8::try_from(used + gap).unwrap();
        used += gap + width;
    }
    PixelFormat {
        bits_per_pixel: bits,
        depth: u8::try_from(used).unwrap(),
        big_endian,
        true_colour: true,
        max,
        shift,
    }
}

fn size() -> impl Strategy<Value = Size> {
    let side = || prop_oneof![1_u16..20, 1_u16..200, Just(1), Just(512), Just(513)];
    let wide = (2000_u16..2100, 1_u16..12);
    prop_oneof![
        4 => (side(), side()),
        1 => wide.clone(),
        1 => wide.prop_map(|(width, height)| (height, width)),
    ]
    .prop_map(|(width, height)| Size::new(width, height))
}

/// A rectangle within `size`, often at its edges.
fn part(size: Size, [left, top, right, bottom]: [u16; 4]) -> Rect {
    let edge = |value: u16, limit: u16| u32::from(value % (limit + 1));
    let (a, b) = (edge(left, size.width), edge(right, size.width));
    let (c, d) = (edge(top, size.height), edge(bottom, size.height));
    Rect::from_edges(a.min(b), c.min(d), a.max(b), c.max(d))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_picture_arrives_exactly(
        encoding in prop::sample::select(vec![Encoding::TIGHT, Encoding::TIGHT_PNG]),
        format in format(),
        size in size(),
        names in prop::collection::vec(prop::sample::select(SCENES.to_vec()), 1..4),
        edges in any::<[u16; 4]>(),
        compression in 0_u8..=9,
        without_zlib: bool,
    ) {
        let mut pair = Pair::speaking(encoding, size);
        let settings = EncodeSettings { without_zlib, ..lossless(format, compression) };
        let mut expected = Framebuffer::new(size);
        for name in names {
            let source = scene(name, size);
            let region = Region::from(part(size, edges)).union(&Rect::new(0, 0, 1, 1).into());
            let (sent, loss, left) = pair.send_region(&source, &region, &settings, usize::MAX);
            prop_assert!(loss.is_empty() && left.is_empty());
            let covered: Region = sent.iter().map(|sent| sent.rect).collect();
            prop_assert!(region.difference(&covered).is_empty());
            let seen = as_seen_in(&format, &source);
            for &rect in covered.rects() {
                let mut target = expected.view_mut(rect).unwrap();
                for (to, from) in target.rows_mut().zip(seen.view().rows(rect)) {
                    to.copy_from_slice(from);
                }
            }
            assert_equal(&pair.client, &expected, &format!("{name} {format:?}"));
        }
    }
}

#[test]
fn a_large_desktop_arrives_exactly() {
    let size = Size::new(4096, 4096);
    let mut noise = Noise(11);
    let source = paint(size, |x, y| match (x / 512 + y / 1024) % 4 {
        0 => [noise.next(), 1, 2],
        1 => [
            (x / 3).to_le_bytes()[0],
            (y / 3).to_le_bytes()[0],
            ((x + y) / 2).to_le_bytes()[0],
        ],
        _ => [200, 100, 50],
    });
    let expected = as_seen_in(&PixelFormat::BGRX, &source);
    for encoding in [Encoding::TIGHT, Encoding::TIGHT_PNG] {
        let mut pair = Pair::speaking(encoding, size);
        pair.send(&source, &lossless(PixelFormat::BGRX, 1));
        assert_equal(&pair.client, &expected, "the desktop");
    }
}
