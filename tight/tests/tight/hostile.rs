//! Bytes that are cut short, or mean nothing.

use proptest::prelude::*;
use rfb::{DecodeError, PixelFormat, Size};
use tightrope_tight::TightDecoder;

use crate::support::{FORMATS, Pair, Sent, decode, lossless, scene};

/// Rectangles of every kind, in the order sent; all of them use what came before.
fn session(format: PixelFormat, size: Size) -> Vec<Sent> {
    let mut pair = Pair::new(size);
    let mut sent = Vec::new();
    for level in [2, 6] {
        for name in ["text", "icons", "gradient", "noise", "text", "solid"] {
            sent.extend(pair.send(&scene(name, size), &lossless(format, level)).0);
        }
    }
    let mut jpeg = lossless(format, 2);
    jpeg.quality = Some(1);
    sent.extend(pair.send(&scene("noise", size), &jpeg).0);
    sent
}

#[test]
fn a_body_cut_anywhere_is_incomplete_and_nothing_is_lost() {
    let size = Size::new(40, 30);
    for format in [PixelFormat::BGRX, PixelFormat::RGB565] {
        let mut whole = TightDecoder::default();
        let mut cut = TightDecoder::default();
        for Sent { rect, body } in session(format, size) {
            for length in 0..body.len() {
                let result = decode(&mut cut, &body[..length], &format, rect.size());
                let Err(DecodeError::Incomplete { needed, .. }) = result else {
                    panic!("{length} of {} bytes: {result:?}", body.len());
                };
                assert!(length < needed && needed <= body.len());
            }
            let expected = decode(&mut whole, &body, &format, rect.size()).unwrap();
            assert_eq!(expected.1, body.len());
            let result = decode(&mut cut, &body, &format, rect.size());
            assert_eq!(result.unwrap(), expected);
        }
    }
}

fn format() -> impl Strategy<Value = PixelFormat> {
    prop::sample::select(FORMATS.to_vec())
}

fn control() -> impl Strategy<Value = u8> {
    prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0, 0x40, 0x50, 0x62, 0x80, 0x90, 0xa0, 0xe0])
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn bytes_of_no_meaning_never_panic(
        format in format(),
        bodies in prop::collection::vec((control(), prop::collection::vec(any::<u8>(), 0..300)), 1..5),
        width in 0_u16..40,
        height in 0_u16..40,
    ) {
        let mut decoder = TightDecoder::default();
        for (control, rest) in bodies {
            let body = [&[control][..], &rest].concat();
            let _ = decode(&mut decoder, &body, &format, Size::new(width, height));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_bodies_never_panic(
        format in format(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let size = Size::new(24, 18);
        let mut sent = session(format, size);
        for (rectangle, place, value) in damage {
            let Sent { body, .. } = rectangle.get_mut(&mut sent);
            let place = place.index(body.len());
            body[place] = value;
        }
        let mut decoder = TightDecoder::default();
        for Sent { rect, body } in sent {
            let _ = decode(&mut decoder, &body, &format, rect.size());
        }
    }
}
