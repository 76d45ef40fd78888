//! Bodies nobody should send: an error that names field and value, no panic, no memory.

use proptest::prelude::*;
use rfb::codec::ZywrleDecoder;
use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{DecodeError, Decoder, Encoding, Framebuffer, PixelFormat, Size};

use crate::support::{CODECS, formats};
use crate::wire::{decode, deflated, reds};

fn check(encoding: Encoding, width: u16, height: u16, body: &[u8], message: &str) {
    let error = reds(encoding, width, height, body).unwrap_err();
    assert_eq!(error.to_string(), message, "{encoding:?} {body:?}");
}

#[test]
#[rustfmt::skip]
fn rre_rectangles_stay_inside_and_have_an_end() {
    let rre = |body: &[u8], message: &str| check(Encoding::RRE, 4, 3, body, message);
    rre(&[0, 0, 0, 13, 1], "rre.number-of-subrectangles: 13 is over the limit 12");
    rre(&[255, 255, 255, 255, 1], "rre.number-of-subrectangles: 4294967295 is over the limit 12");
    rre(&[0, 0, 0, 1, 1, 7, 0, 3, 0, 0, 0, 2, 0, 1], "rre.subrectangle-right: 5 is over the limit 4");
    rre(&[0, 0, 0, 1, 1, 7, 0, 0, 0, 3, 0, 1, 0, 1], "rre.subrectangle-bottom: 4 is over the limit 3");
    rre(&[0, 0, 0, 1, 1, 7, 255, 255, 0, 0, 255, 255, 0, 1], "rre.subrectangle-right: 131070 is over the limit 4");
    let corre = |body: &[u8], message: &str| check(Encoding::CORRE, 4, 3, body, message);
    corre(&[0, 0, 0, 13, 1], "rre.number-of-subrectangles: 13 is over the limit 12");
    corre(&[0, 0, 0, 1, 1, 7, 255, 0, 255, 1], "rre.subrectangle-right: 510 is over the limit 4");
    corre(&[0, 0, 0, 1, 1, 7, 0, 2, 1, 2], "rre.subrectangle-bottom: 4 is over the limit 3");
}

#[test]
fn few_bytes_cannot_draw_many_pixels() {
    let mut body = vec![0, 0, 0, 100, 1];
    for _ in 0..100 {
        body.extend([7, 0, 0, 50, 50]);
    }
    let message = "rre.subrectangle-area: 2500 is over the limit 0";
    check(Encoding::CORRE, 50, 50, &body, message);
}

#[test]
#[rustfmt::skip]
fn hextile_tiles_say_what_they_need_and_stay_inside() {
    let hextile = |body: &[u8], message: &str| check(Encoding::HEXTILE, 20, 5, body, message);
    hextile(&[0x20], "hextile.subencoding: invalid value 32");
    hextile(&[0x80 | 2, 1], "hextile.subencoding: invalid value 130");
    hextile(&[/* no background yet */ 0], "hextile.subencoding: invalid value 0");
    hextile(&[/* no foreground yet */ 2 | 8, 1, 1, 0, 0], "hextile.subencoding: invalid value 10");
    hextile(&[2, 1, /* 4 wide */ 4 | 8, 7, 1, 0x30, 0x10], "hextile.subrectangle-right: invalid value 5");
    hextile(&[2 | 4 | 8, 1, 7, 1, 0xf0, 0x10], "hextile.subrectangle-right: invalid value 17");
    hextile(&[2 | 8 | 16, 1, 1, 7, 0x04, 0x01], "hextile.subrectangle-bottom: invalid value 6");
}

#[test]
#[rustfmt::skip]
fn trle_tiles_have_a_palette_before_they_use_it() {
    let trle = |body: &[u8], message: &str| check(Encoding::TRLE, 2, 2, body, message);
    for unused in [17, 126] {
        trle(&[unused], &format!("trle.subencoding: invalid value {unused}"));
    }
    trle(&[127, 0, 0], "trle.subencoding: invalid value 127");
    trle(&[129, 0, 0, 0, 0], "trle.subencoding: invalid value 129");
    trle(&[3, 1, 2, 3, 0b1100_0000, 0], "trle.palette-index: invalid value 3");
    trle(&[130, 1, 2, 2], "trle.palette-index: invalid value 2");
    trle(&[128, 1, 4], "trle.run-length: invalid value 5");
    trle(&[&[128, 1][..], &[255; 40]].concat(), "trle.run-length: invalid value 4336");
    let mut large = vec![128 + 17];
    large.extend(0..17);
    large.extend([0x80, 255, 0]);
    large.extend([127, 0]);
    check(Encoding::TRLE, 17, 16, &large, "trle.subencoding: invalid value 127");
}

#[test]
#[rustfmt::skip]
fn zlib_gives_exactly_the_pixels() {
    let zlib = |body: &[u8], message: &str| check(Encoding::ZLIB, 4, 3, body, message);
    zlib(&deflated(&[1; 11]), "zlib.inflated-length: invalid value 11");
    zlib(&deflated(&[1; 13]), "zlib.zlib-data: invalid value 1");
    zlib(&[0, 0, 0, 3, 1, 2, 3], "zlib.zlib-data: invalid value 3");
    zlib(&[0, 2, 0, 0], "zlib.length: 131072 is over the limit 65560");
    let bomb = decode(Encoding::ZLIB, &PixelFormat::BGR233, Size::new(8, 8), &deflated(&vec![1; 4 << 20]));
    let Err(DecodeError::Invalid { field: "zlib.zlib-data", value }) = bomb else {
        panic!("{bomb:?}");
    };
    assert!(value < 1 << 18, "{value}");
}

fn zywrle(format: &PixelFormat, size: Size, body: &[u8]) -> Result<Framebuffer, DecodeError> {
    let mut screen = Framebuffer::new(size);
    let target = screen.view_mut(size.into()).unwrap();
    let progress =
        ZywrleDecoder::default().decode(&mut Reader::new(body), &Unpacker::new(format), target);
    progress.map(|_| screen)
}

#[test]
#[rustfmt::skip]
fn zywrle_needs_channels_it_knows_and_a_whole_tile() {
    let check = |format: &PixelFormat, tile: &[u8], message: &str| {
        let error = zywrle(format, Size::new(2, 2), &deflated(tile)).unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    let bgrx = PixelFormat::BGRX;
    for shift in [[24, 16, 8], [0, 16, 8]] {
        let message = "zywrle: pixel-format.green-shift: invalid value 16";
        check(&PixelFormat { shift, ..bgrx }, &[1, 0, 0, 0], message);
    }
    check(&bgrx, &[17], "zywrle.subencoding: invalid value 17");
    check(&bgrx, &[/* coefficients */ 0, 17], "zywrle.subencoding: invalid value 17");
    check(&bgrx, &[0], "zywrle.subencoding: invalid value 2");
    check(&bgrx, &[1, 0, 0, 0, 9], "zywrle.zlib-data: invalid value 1");
    let error = zywrle(&bgrx, Size::new(2, 2), &[1, 0, 0, 0]).unwrap_err();
    assert_eq!(error.to_string(), "zywrle.length: 16777216 is over the limit 65568");
}

proptest! {
    #[test]
    fn random_bodies_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        (width, height) in (0_u16..90, 0_u16..70),
        format in formats(),
    ) {
        let size = Size::new(width, height);
        for codec in CODECS {
            for body in [bytes.clone(), deflated(&bytes)] {
                // A body that is drawn or refused; or waits, where it may be longer.
                let _ = decode(codec.encoding, &format, size, &body);
            }
        }
        let result = zywrle(&format, size, &deflated(&bytes));
        let waits = matches!(result, Err(DecodeError::Incomplete { .. }));
        prop_assert!(!waits, "a whole body waits for more");
    }
}
