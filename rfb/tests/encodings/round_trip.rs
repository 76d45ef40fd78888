//! What was encoded and decoded is what was there, in every format, wherever it is.

use proptest::prelude::*;
use rfb::codec::EncodeSettings;
use rfb::{Framebuffer, PixelFormat, Rect, Region, Size};

use crate::support::{
    CODECS, Client, Codec, as_seen_in, encode, formats, picture, scene, settings,
};

/// Sends `region` of `source` and checks what `client` holds afterwards.
fn check(
    client: &mut Client,
    encoder: &mut dyn rfb::Encoder,
    source: &Framebuffer,
    region: &Region,
    settings: &EncodeSettings,
) {
    let before = client.screen.clone();
    let wire = encode(encoder, source, region, settings);
    let drawn = client.draw(&wire);
    let whole: Region = source.size().into();
    assert_eq!(drawn, region.intersection(&whole));
    let seen = as_seen_in(&settings.format, source);
    for (expected, area) in [(&seen, drawn.clone()), (&before, whole.difference(&drawn))] {
        for &rect in area.rects() {
            let shown = client.screen.view().rows(rect);
            assert!(
                shown.eq(expected.view().rows(rect)),
                "{rect:?} {:?}",
                settings.format
            );
        }
    }
}

fn rects(size: Size) -> impl Strategy<Value = Rect> {
    let Size { width, height } = size;
    let edges = (0..=width, 0..=width, 0..=height, 0..=height);
    edges.prop_map(|(left, right, top, bottom)| {
        let sorted = |a: u16, b: u16| (u32::from(a.min(b)), u32::from(a.max(b)));
        let ((left, right), (top, bottom)) = (sorted(left, right), sorted(top, bottom));
        Rect::from_edges(left, top, right, bottom)
    })
}

/// A picture's size, its kind and seed, and rectangles of it, one of which may reach beyond it.
fn updates() -> impl Strategy<Value = (Size, Vec<(u8, u32, Vec<Rect>)>)> {
    let side = || prop_oneof![1_u16..20, 60_u16..70, 120_u16..135, 1_u16..200];
    (side(), side()).prop_flat_map(|(width, height)| {
        let size = Size::new(width, height);
        let beyond = Size::new(width + 9, height + 9);
        let rects = prop_oneof![
            Just(vec![size.into()]),
            prop::collection::vec(rects(beyond), 1..4),
        ];
        let update = (any::<u8>(), any::<u32>(), rects);
        (Just(size), prop::collection::vec(update, 1..4))
    })
}

fn comes_back(
    codec: Codec,
    format: PixelFormat,
    compression: u8,
    size: Size,
    updates: &[(u8, u32, Vec<Rect>)],
) {
    let mut client = Client::new(codec, &format, size);
    let mut encoder = (codec.encoder)();
    let settings = EncodeSettings {
        compression,
        ..settings(format)
    };
    for (kind, seed, rects) in updates {
        let source = scene(*kind, size, *seed);
        let region = rects.iter().copied().collect();
        check(&mut client, encoder.as_mut(), &source, &region, &settings);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_session_comes_back_in_every_encoding_and_format(
        format in formats(),
        compression in 0_u8..10,
        (size, updates) in updates(),
    ) {
        for codec in CODECS {
            comes_back(codec, format, compression, size, &updates);
        }
    }
}

#[test]
fn every_kind_of_picture_comes_back_in_every_encoding() {
    let size = Size::new(150, 133);
    for codec in CODECS {
        for format in [
            PixelFormat::BGRX,
            PixelFormat::RGB565,
            PixelFormat::COLOUR_MAPPED,
        ] {
            for kind in 0..9 {
                comes_back(codec, format, 6, size, &[(kind, 77, vec![size.into()])]);
            }
        }
    }
}

#[test]
fn the_edges_of_a_large_picture_come_back() {
    let size = Size::new(4096, 4096);
    let source = picture(size, |x, y| match (x / 64 + y / 64) % 5 {
        0 => x * y / 512,
        shade => shade * 0x0030_2010,
    });
    let region: Region = [
        Rect::new(0, 0, 4096, 33),
        Rect::new(4079, 0, 17, 4096),
        Rect::new(0, 4033, 4096, 63),
        Rect::new(1000, 1000, 300, 300),
    ]
    .into_iter()
    .collect();
    for codec in CODECS {
        let mut client = Client::new(codec, &PixelFormat::BGRX, size);
        let settings = settings(PixelFormat::BGRX);
        check(
            &mut client,
            (codec.encoder)().as_mut(),
            &source,
            &region,
            &settings,
        );
    }
}

#[test]
fn a_whole_large_picture_of_little_content_comes_back_and_takes_few_bytes() {
    let size = Size::new(4096, 4096);
    let source = picture(size, |x, y| {
        if (x ^ y) % 1024 == 0 {
            0x00ff_ffff
        } else {
            0x0020_4060
        }
    });
    let whole = Region::from(size);
    for codec in &CODECS[1..] {
        let mut client = Client::new(*codec, &PixelFormat::BGRX, size);
        let settings = settings(PixelFormat::BGRX);
        let wire = encode((codec.encoder)().as_mut(), &source, &whole, &settings);
        assert!(
            wire.len() < size.area() / 16,
            "{codec:?}: {} bytes",
            wire.len()
        );
        assert_eq!(client.draw(&wire), whole);
        assert!(
            client.screen == as_seen_in(&PixelFormat::BGRX, &source),
            "{codec:?}"
        );
    }
}
