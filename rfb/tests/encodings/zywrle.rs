//! ZYWRLE as LibVNCServer writes it: the pixels are those that LibVNCClient shows.
//!
//! The bodies in `zywrle/` are the first rectangle of a connection to LibVNCServer 0.9.14 by a client that announced
//! ZYWRLE, compression level 9 and a quality level, for BGRX pixels: 77x21, one tile 64 pixels wide and one of 13,
//! neither of which has a height that the transform divides. The checksums are CRC-32 of LibVNCClient 0.9.14's BGRX
//! pixels, X = 0.

use rfb::codec::{Decoder, Progress, ZywrleDecoder};
use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{DecodeError, Framebuffer, PixelFormat, Size};

use crate::wire::deflated;

fn decode(format: &PixelFormat, quality: u8, size: Size, body: &[u8]) -> Framebuffer {
    let mut decoder = ZywrleDecoder::default();
    decoder.set_quality(Some(quality));
    let mut screen = Framebuffer::new(size);
    let unpacker = Unpacker::new(format);
    let mut draw = |bytes: &[u8]| {
        let target = screen.view_mut(size.into()).unwrap();
        decoder.decode(&mut Reader::new(bytes), &unpacker, target)
    };
    for end in [0, 3, 4, body.len() - 1] {
        let waits = draw(&body[..end]);
        assert!(
            matches!(waits, Err(DecodeError::Incomplete { .. })),
            "{waits:?}"
        );
    }
    assert_eq!(draw(body), Ok(Progress::Whole));
    screen
}

#[test]
fn the_pixels_are_those_of_another_client() {
    for (quality, body, checksum) in [
        (1, &include_bytes!("zywrle/quality-1.body")[..], 0xb65b_b700),
        (4, include_bytes!("zywrle/quality-4.body"), 0x0214_9e29),
        (7, include_bytes!("zywrle/quality-7.body"), 0x9ad4_f3f7),
    ] {
        let screen = decode(&PixelFormat::BGRX, quality, Size::new(77, 21), body);
        let mut crc = flate2::Crc::new();
        crc.update(screen.bytes());
        assert_eq!(crc.sum(), checksum, "quality {quality}");
    }
}

/// Quality 7: transformed once.
fn square(format: &PixelFormat, tile: &[u8]) -> Framebuffer {
    decode(format, 7, Size::new(2, 2), &deflated(tile))
}

#[test]
fn coefficients_of_sixteen_bits_are_the_highest_bits_of_bytes() {
    #[rustfmt::skip]
    let tile = [
        /* coefficients */ 0, /* Raw */ 0, /* no differences */ 0, 0, 0, 0, 0, 0,
        // Red - green 24 (five bits: 3), luma 64 (six bits: 16), blue - green -16 (five bits: 30).
        0b0001_1110, 0b0001_1010,
    ];
    let screen = square(&PixelFormat::RGB565, &tile);
    // Green 188, blue 156, red 236; of those the highest six and five bits.
    assert_eq!(screen.bytes(), [156, 190, 239, 0].repeat(4));
}

#[test]
fn a_tile_that_is_not_raw_holds_pixels_as_in_zrle() {
    let one_colour = [1, 10, 20, 30];
    let screen = square(&PixelFormat::BGRX, &one_colour);
    assert_eq!(screen.bytes(), [10, 20, 30, 0].repeat(4));
    let palette = [2, 10, 20, 30, 1, 2, 3, 0b0100_0000, 0];
    let screen = square(&PixelFormat::BGRX, &palette);
    assert_eq!(screen.bytes()[..8], [10, 20, 30, 0, 1, 2, 3, 0]);
}

#[test]
fn eight_bits_are_not_transformed() {
    let raw = [0, 0, 7, 7, 0];
    let screen = square(&PixelFormat::BGR233, &raw);
    assert_eq!(
        screen.bytes(),
        [0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 0]
    );
}
