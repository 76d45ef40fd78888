//! Hand-made bodies, byte for byte. Pixels are of one byte: BGR233, red in its low bits.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use rfb::codec::Progress;
use rfb::pixel::{Packer, Unpacker};
use rfb::wire::Reader;
use rfb::{DecodeError, Encoding, Framebuffer, PixelFormat, Size};

use crate::support::codec;

/// Draws one body that begins on a black screen; the pixels, and how many bytes were read.
pub(crate) fn decode(
    encoding: Encoding,
    format: &PixelFormat,
    size: Size,
    body: &[u8],
) -> Result<(Framebuffer, usize), DecodeError> {
    let mut decoder = (codec(encoding).decoder)();
    let unpacker = Unpacker::new(format);
    let mut screen = Framebuffer::new(size);
    let mut start = 0;
    loop {
        let mut r = Reader::new(&body[start..]);
        let target = screen.view_mut(size.into()).unwrap();
        let progress = decoder.decode(&mut r, &unpacker, target)?;
        start += r.position();
        if progress == Progress::Whole {
            return Ok((screen, start));
        }
    }
}

/// The pixels of a body, one byte each.
pub(crate) fn reds(
    encoding: Encoding,
    width: u16,
    height: u16,
    body: &[u8],
) -> Result<Vec<u8>, DecodeError> {
    let (screen, read) = decode(
        encoding,
        &PixelFormat::BGR233,
        Size::new(width, height),
        body,
    )?;
    assert_eq!(read, body.len());
    let mut wire = Vec::new();
    Packer::new(&PixelFormat::BGR233).row(screen.bytes(), &mut wire);
    Ok(wire)
}

/// A length, and `plain` in a zlib stream of its own.
pub(crate) fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(plain).unwrap();
    zlib.flush().unwrap();
    let zlib = zlib.get_ref();
    let length = u32::try_from(zlib.len()).unwrap();
    [&length.to_be_bytes()[..], zlib].concat()
}

#[test]
fn rre_is_a_background_and_rectangles_on_it() {
    #[rustfmt::skip]
    let body = [
        /* sub-rectangles */ 0, 0, 0, 2, /* background */ 1,
        7, /* left */ 0, 1, /* top */ 0, 0, /* width */ 0, 2, /* height */ 0, 2,
        5, 0, 2, 0, 1, 0, 1, 0, 1,
    ];
    #[rustfmt::skip]
    assert_eq!(reds(Encoding::RRE, 4, 3, &body).unwrap(), [
        1, 7, 7, 1,
        1, 7, 5, 1,
        1, 1, 1, 1,
    ]);
}

#[test]
fn corre_has_coordinates_of_one_byte() {
    let body = [
        0, 0, 0, 1, 1, 7, /* left */ 3, /* top */ 0, /* width */ 1,
        /* height */ 2,
    ];
    assert_eq!(
        reds(Encoding::CORRE, 4, 2, &body).unwrap(),
        [1, 1, 1, 7, 1, 1, 1, 7]
    );
}

#[test]
fn hextile_carries_its_colours_from_tile_to_tile() {
    #[rustfmt::skip]
    let body = [
        /* background, foreground, sub-rectangles */ 2 | 4 | 8, 1, 7, 2,
        /* x, y */ 0x00, /* width - 1, height - 1 */ 0x10, 0xf0, 0x00,
        /* the same colours, nothing on them */ 0,
        /* another background, the same foreground */ 2 | 8, 2, 1, 0x00, 0x00,
        /* coloured */ 8 | 16, 1, 5, 0x00, 0x10,
        /* Raw, whatever else is set */ 1 | 0xfe, 3, 4, 5,
    ];
    let pixels = reds(Encoding::HEXTILE, 67, 1, &body).unwrap();
    let mut expected = vec![1; 32];
    expected[..2].fill(7);
    expected[15] = 7;
    expected.extend([7, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    expected.extend([5, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    expected.extend([3, 4, 5]);
    assert_eq!(pixels, expected);
}

#[test]
fn hextile_tiles_go_left_to_right_then_down_and_are_cut_at_the_edges() {
    let body = [2, 1, 2, 2, /* 1 wide */ 1, 3, 2, 4];
    assert!(reds(Encoding::HEXTILE, 17, 17, &body).is_err());
    let mut body = vec![2, 1, /* Raw, 1 wide */ 1];
    body.extend([3; 16]);
    body.extend([/* Raw, 1 high */ 1]);
    body.extend([4; 16]);
    body.extend([2, 5]);
    let pixels = reds(Encoding::HEXTILE, 17, 17, &body).unwrap();
    let place = |x: usize, y: usize| pixels[y * 17 + x];
    assert_eq!(
        [place(0, 0), place(15, 15), place(16, 0), place(16, 15)],
        [1, 1, 3, 3]
    );
    assert_eq!([place(0, 16), place(15, 16), place(16, 16)], [4, 4, 5]);
}

#[test]
fn some_servers_carry_hextile_colours_across_a_raw_tile() {
    let mut body = vec![2 | 4 | 8, 1, 7, 1, 0, 0, /* Raw */ 1];
    body.extend([3; 16]);
    body.extend([8, 1, 0, 0]);
    let pixels = reds(Encoding::HEXTILE, 40, 1, &body).unwrap();
    assert_eq!(
        (pixels[0], pixels[1], pixels[16], pixels[32], pixels[33]),
        (7, 1, 3, 7, 1)
    );
}

#[test]
fn zlib_is_raw_pixels_in_one_stream() {
    let pixels: Vec<u8> = (0..60).collect();
    assert_eq!(
        reds(Encoding::ZLIB, 6, 10, &deflated(&pixels)).unwrap(),
        pixels
    );
}

#[test]
fn trle_tiles_are_written_as_those_of_zrle() {
    #[rustfmt::skip]
    let body = [
        /* one colour */ 1, 6,
        /* Raw, 3 wide */ 0, 1, 2, 3,
    ];
    let pixels = reds(Encoding::TRLE, 19, 1, &body).unwrap();
    assert_eq!(
        (pixels[0], pixels[15], &pixels[16..]),
        (6, 6, &[1, 2, 3][..])
    );
    let runs = [
        /* runs */ 128, 3, /* 4 pixels */ 3, 1, /* 12 */ 11,
    ];
    assert_eq!(
        reds(Encoding::TRLE, 4, 4, &runs).unwrap(),
        [&[3; 4][..], &[1; 12]].concat()
    );
}

#[test]
fn a_trle_tile_may_use_the_palette_of_the_one_before() {
    #[rustfmt::skip]
    let body = [
        /* three colours */ 3, 7, 6, 5, /* indices */ 0b0001_1000, 0, 0, 0,
        /* the same, packed */ 127, 0b1001_0000, 0, 0, 0,
        /* the same, in runs */ 129, 2, 0x81, /* 15 */ 14,
        /* a palette of runs */ 130, 1, 2, 0x81, 15,
        /* that one, packed */ 127, 0b1000_0000, 0,
    ];
    let pixels = reds(Encoding::TRLE, 80, 1, &body).unwrap();
    assert_eq!(pixels[..4], [7, 6, 5, 7]);
    assert_eq!(pixels[16..20], [5, 6, 7, 7]);
    assert_eq!(pixels[32..34], [5, 6]);
    assert_eq!(pixels[48..64], [2; 16]);
    assert_eq!(pixels[64..66], [2, 1]);
}
