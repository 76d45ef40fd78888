//! What is found in updates that were written by hand.

use lab::measure::{Kind, Kinds};
use testkit::scenes;
use tightrope::rfb::codec::{EncodeSettings, Encoder};
use tightrope::rfb::{DecodeError, RectWriter};
use tightrope::tight::TightEncoder;
use tightrope::{Encoding, Rect, Size};

/// An update of rectangles with these encodings and bodies.
fn update(rects: &[(Rect, Encoding, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0, 0];
    bytes.extend(u16::try_from(rects.len()).unwrap().to_be_bytes());
    let mut out = RectWriter::new(&mut bytes, usize::MAX);
    for (rect, encoding, body) in rects {
        out.begin(*rect, *encoding).extend_from_slice(body);
    }
    bytes
}

#[rustfmt::skip]
const BODIES: &[(Kind, Encoding, &[u8])] = &[
    (Kind::Fill, Encoding::TIGHT, &[0x80, /* pixel */ 1, 2, 3]),
    (Kind::Jpeg, Encoding::TIGHT, &[0x90, /* length */ 2, 0xff, 0xd8]),
    (Kind::Full, Encoding::TIGHT, &[0x00, /* length */ 1, 7]),
    (Kind::Full, Encoding::TIGHT, &[0x40, /* filter */ 0, /* length */ 1, 7]),
    (Kind::Mono, Encoding::TIGHT, &[0x50, /* filter */ 1, /* colours */ 1, 0, 0, 0, 1, 1, 1, /* rows */ 3, 5]),
    (Kind::Palette, Encoding::TIGHT, &[0x60, 1, /* colours */ 2, 0, 0, 0, 1, 1, 1, 2, 2, 2, /* length */ 1, 7]),
    (Kind::Gradient, Encoding::TIGHT, &[0x70, /* filter */ 2, /* length */ 1, 7]),
    (Kind::Full, Encoding::TIGHT, &[0xa0, /* without zlib */ 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    (Kind::Copy, Encoding::COPY_RECT, &[0, 1, 0, 2]),
    (Kind::Raw, Encoding::RAW, &[0; 64]),
];

#[test]
fn each_kind_is_known_by_its_head() {
    for (kind, encoding, body) in BODIES {
        let bytes = update(&[(Rect::new(3, 4, 8, 2), *encoding, body)]);
        let mut kinds = Kinds::default();
        kinds.add(&bytes).unwrap();
        let share = kinds.share(*kind);
        assert_eq!((share.rects, share.pixels), (1, 16), "{kind:?}");
        assert_eq!(share.bytes, 12 + body.len() as u64, "{kind:?}");
        assert_eq!(kinds.rects(), 1);
    }
}

#[test]
fn an_update_may_end_with_last_rect() {
    let mut bytes = update(&[
        (Rect::new(0, 0, 1, 1), Encoding::COPY_RECT, &[0; 4]),
        (Rect::default(), Encoding::LAST_RECT, &[]),
    ]);
    bytes[2..4].fill(0xff);
    let mut kinds = Kinds::default();
    kinds.add(&bytes).unwrap();
    assert_eq!(kinds.rects(), 1);
}

#[test]
fn an_update_that_was_cut_is_incomplete_at_every_offset() {
    let rects: Vec<_> = BODIES
        .iter()
        .map(|(_, encoding, body)| (Rect::new(0, 0, 8, 2), *encoding, *body))
        .collect();
    let bytes = update(&rects);
    for length in 0..bytes.len() {
        let error = Kinds::default().add(&bytes[..length]).unwrap_err();
        assert!(matches!(error, DecodeError::Incomplete { .. }), "{length}");
    }
}

#[test]
fn what_is_no_such_update_is_refused_by_field_and_value() {
    let one = |encoding, body: &[u8]| update(&[(Rect::new(0, 0, 8, 2), encoding, body)]);
    for (bytes, said) in [
        (vec![2], "message-type: invalid value 2"),
        (
            one(Encoding::ZRLE, &[0; 4]),
            "encoding-type: invalid value 16",
        ),
        (
            one(Encoding::TIGHT, &[0xc0]),
            "tight.compression-control: invalid value 192",
        ),
        (
            one(Encoding::TIGHT, &[0x40, 3]),
            "tight.filter-id: invalid value 3",
        ),
    ] {
        let error = Kinds::default().add(&bytes).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn every_byte_of_what_our_encoder_writes_belongs_to_a_kind() {
    let scene = scenes::desktop(Size::new(300, 200));
    for quality in [None, Some(5)] {
        let settings = EncodeSettings {
            quality,
            ..EncodeSettings::default()
        };
        let mut bytes = vec![0; 4];
        let mut out = RectWriter::new(&mut bytes, usize::MAX);
        let region = scene.size().into();
        let left = TightEncoder::default().encode(scene.view(), &region, &settings, &mut out);
        let count = u16::try_from(out.count()).unwrap();
        assert!(left.is_empty());
        bytes[2..4].copy_from_slice(&count.to_be_bytes());
        let mut kinds = Kinds::default();
        kinds.add(&bytes).unwrap();
        let (sizes, pixels): (Vec<u64>, Vec<u64>) = kinds
            .shares()
            .map(|(_, share)| (share.bytes, share.pixels))
            .unzip();
        assert_eq!(sizes.iter().sum::<u64>() + 4, bytes.len() as u64);
        // Photographs may reach a little under what is sent exactly after them.
        let pixels: u64 = pixels.iter().sum();
        assert!((300 * 200..300 * 220).contains(&pixels), "{pixels}");
        assert_eq!(kinds.rects(), u64::from(count));
    }
}
