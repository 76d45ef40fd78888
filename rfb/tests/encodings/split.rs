//! However a body is cut, the pixels are the same; and what can be drawn before its end is.

use proptest::prelude::*;
use rfb::codec::{Decoder, Progress, RawDecoder, RreDecoder};
use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{DecodeError, Encoding, Framebuffer, PixelFormat, Rect, Region, Size};

use crate::support::{CODECS, Client, codec, encode, formats, scene, settings};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn cuts_anywhere_change_nothing(
        format in formats(),
        kinds in prop::collection::vec(any::<u8>(), 1..3),
        (width, height) in (1_u16..50, 1_u16..40),
    ) {
        let size = Size::new(width, height);
        for codec in CODECS {
            let mut encoder = (codec.encoder)();
            let mut wire = Vec::new();
            for kind in &kinds {
                let source = scene(*kind, size, 5);
                wire.extend(encode(encoder.as_mut(), &source, &size.into(), &settings(format)));
            }
            let draw = |cuts: &[usize]| {
                let mut client = Client::new(codec, &format, size);
                let drawn = client.draw_cut(&wire, cuts).unwrap();
                (client.screen, drawn)
            };
            let whole = draw(&[]);
            let each: Vec<usize> = (0..wire.len()).collect();
            prop_assert!(draw(&each) == whole, "{:?} byte by byte", codec);
            let step = (wire.len() / 300).max(1);
            for cut in (0..wire.len()).step_by(step) {
                prop_assert!(draw(&[cut]) == whole, "{:?} cut at {}", codec, cut);
            }
        }
    }
}

#[test]
fn half_a_body_is_half_a_picture_unless_it_goes_through_zlib() {
    let size = Size::new(48, 64);
    let source = scene(7, size, 9);
    for encoding in [
        Encoding::RAW,
        Encoding::RRE,
        Encoding::CORRE,
        Encoding::HEXTILE,
        Encoding::TRLE,
    ] {
        let codec = codec(encoding);
        let wire = encode(
            (codec.encoder)().as_mut(),
            &source,
            &size.into(),
            &settings(PixelFormat::BGRX),
        );
        assert_eq!(wire[8..12], encoding.0.to_be_bytes());
        let mut decoder = (codec.decoder)();
        let mut screen = Framebuffer::new(size);
        let target = screen.view_mut(size.into()).unwrap();
        let half = &wire[12..wire.len() / 2];
        let mut r = Reader::new(half);
        let unpacker = Unpacker::new(&PixelFormat::BGRX);
        assert_eq!(
            decoder.decode(&mut r, &unpacker, target),
            Ok(Progress::More)
        );
        assert!(
            half.len() - r.position() < 16 * 16 * 4,
            "a tile or a row at most is left"
        );
        let top = Rect::new(0, 0, 48, 16);
        assert!(
            screen.view().rows(top).flatten().any(|&byte| byte != 0),
            "{encoding:?}"
        );
    }
}

#[test]
fn a_decoder_begins_afresh_after_an_error() {
    let unpacker = Unpacker::new(&PixelFormat::BGR233);
    let mut decoder = RreDecoder::default();
    let size = Size::new(2, 2);
    let mut screen = Framebuffer::new(size);
    let mut decode = |bytes: &[u8]| {
        let target = screen.view_mut(size.into()).unwrap();
        decoder.decode(&mut Reader::new(bytes), &unpacker, target)
    };
    assert_eq!(
        decode(&[0, 0, 0, 2, /* background */ 7]),
        Ok(Progress::More)
    );
    let outside = [1, 0, 1, 0, 0, 0, 2, 0, 1];
    assert!(matches!(
        decode(&outside),
        Err(DecodeError::TooLarge { .. })
    ));
    assert_eq!(decode(&[0, 0, 0, 0, 7]), Ok(Progress::Whole));
}

#[test]
fn an_empty_rectangle_has_the_least_body_there_can_be() {
    let unpacker = Unpacker::new(&PixelFormat::BGRX);
    for (encoding, body) in [
        (Encoding::RAW, &[][..]),
        (Encoding::RRE, &[0, 0, 0, 0, 1, 2, 3, 0]),
        (Encoding::CORRE, &[0, 0, 0, 0, 1, 2, 3, 0]),
        (Encoding::HEXTILE, &[]),
        (Encoding::TRLE, &[]),
        (Encoding::ZLIB, &[0, 0, 0, 0]),
        (Encoding::ZRLE, &[0, 0, 0, 0]),
    ] {
        for (width, height) in [(0, 0), (0, 9), (9, 0)] {
            let mut screen = Framebuffer::new(Size::new(9, 9));
            let target = screen.view_mut(Rect::new(0, 0, width, height)).unwrap();
            let mut r = Reader::new(body);
            let progress = (codec(encoding).decoder)().decode(&mut r, &unpacker, target);
            assert_eq!(progress, Ok(Progress::Whole), "{encoding:?}");
            assert_eq!(r.position(), body.len());
        }
    }
    let nothing = Framebuffer::new(Size::new(9, 9));
    for codec in CODECS {
        let wire = encode(
            (codec.encoder)().as_mut(),
            &nothing,
            &Region::default(),
            &settings(PixelFormat::BGRX),
        );
        assert!(wire.is_empty());
    }
}

#[test]
fn rows_are_drawn_when_they_are_there() {
    let size = Size::new(1, 1000);
    let unpacker = Unpacker::new(&PixelFormat::BGR233);
    let mut decoder = RawDecoder::default();
    let mut screen = Framebuffer::new(size);
    for row in 0..1000 {
        let mut r = Reader::new(&[0xff]);
        let target = screen.view_mut(size.into()).unwrap();
        let progress = decoder.decode(&mut r, &unpacker, target).unwrap();
        assert_eq!(progress == Progress::Whole, row == 999);
        assert_eq!(
            screen.bytes().iter().filter(|&&byte| byte == 255).count(),
            (row + 1) * 3
        );
    }
}
