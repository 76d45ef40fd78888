//! ZRLE in both directions, against each other and against hand-made bytes.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;

use rfb::codec::{
    Decoder, EncodeSettings, Encoder, Progress, RectWriter, ZrleDecoder, ZrleEncoder,
};
use rfb::pixel::{Packer, Unpacker};
use rfb::wire::Reader;
use rfb::{DecodeError, Encoding, Framebuffer, PixelFormat, Rect, Region, Size};

const BIG: PixelFormat = PixelFormat {
    big_endian: true,
    ..PixelFormat::BGRX
};
const HIGH: PixelFormat = PixelFormat {
    shift: [24, 16, 8],
    ..PixelFormat::BGRX
};
const DEEP: PixelFormat = PixelFormat {
    depth: 30,
    max: [1023; 3],
    shift: [20, 10, 0],
    ..PixelFormat::BGRX
};
const RGB565_BIG: PixelFormat = PixelFormat {
    big_endian: true,
    ..PixelFormat::RGB565
};
const HIGH_BIG: PixelFormat = PixelFormat {
    big_endian: true,
    ..HIGH
};
const FORMATS: [PixelFormat; 8] = [
    PixelFormat::BGRX,
    BIG,
    HIGH,
    HIGH_BIG,
    DEEP,
    PixelFormat::RGB565,
    RGB565_BIG,
    PixelFormat::BGR233,
];

/// A picture whose pixel at (x, y) is `colour(x, y)`, its X byte noise.
fn picture(size: Size, colour: impl Fn(u32, u32) -> u32) -> Framebuffer {
    let mut picture = Framebuffer::new(size);
    for y in 0..size.height {
        for x in 0..size.width {
            let [b, g, r, _] = colour(x.into(), y.into()).to_le_bytes();
            let x_byte = x.to_le_bytes()[0];
            let one = Rect::new(x, y, 1, 1);
            picture.view_mut(one).unwrap().fill([b, g, r, x_byte]);
        }
    }
    picture
}

fn noise(x: u32, y: u32) -> u32 {
    (x + 1)
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(y.wrapping_mul(0x85eb_ca6b))
        .wrapping_mul(0xc2b2_ae35)
        >> 8
}

/// Pictures that together need every sub-encoding.
fn scenes() -> Vec<Framebuffer> {
    let size = Size::new(150, 133);
    let mut scenes = vec![
        picture(size, noise),
        picture(size, |_, _| 0x00ab_cdef),
        picture(size, |x, _| x / 3 * 0x0004_0201),
        picture(size, |x, y| (x / 40 + y / 40) * 0x0011_1111),
    ];
    for colours in [2, 3, 4, 5, 16, 17, 127, 128] {
        let shade = move |n: u32| n % colours * 0x0001_f1ff;
        scenes.push(picture(size, move |x, y| shade(noise(x, y))));
        scenes.push(picture(size, move |x, y| shade(x / 9 + y)));
    }
    scenes
}

/// What remains of `picture` after it was sent in `format`.
fn through(picture: &Framebuffer, format: &PixelFormat) -> Framebuffer {
    let mut after = picture.clone();
    let mut wire = Vec::new();
    Packer::new(format).row(picture.bytes(), &mut wire);
    let whole = after.size().into();
    let row_bytes = usize::from(after.size().width) * format.bytes_per_pixel();
    let mut view = after.view_mut(whole).unwrap();
    for (row, wire) in view.rows_mut().zip(wire.chunks(row_bytes)) {
        Unpacker::new(format).row(wire, row);
    }
    after
}

fn settings(format: PixelFormat) -> EncodeSettings {
    EncodeSettings {
        format,
        ..EncodeSettings::default()
    }
}

/// Draws every rectangle of `wire`; gives where they were.
fn draw(
    decoder: &mut ZrleDecoder,
    format: &PixelFormat,
    wire: &[u8],
    screen: &mut Framebuffer,
) -> Region {
    let mut reader = Reader::new(wire);
    let mut drawn = Region::default();
    while reader.position() < wire.len() {
        let mut field = || reader.u16("rectangle").unwrap();
        let rect = Rect::new(field(), field(), field(), field());
        assert_eq!(reader.i32("encoding"), Ok(Encoding::ZRLE.0));
        assert!(!drawn.intersects(rect));
        drawn.add(rect);
        let target = screen.view_mut(rect).unwrap();
        let drawn_all = decoder.decode(&mut reader, &Unpacker::new(format), target);
        assert_eq!(drawn_all, Ok(Progress::Whole));
    }
    drawn
}

#[test]
fn every_scene_comes_back_in_every_format() {
    for format in FORMATS {
        let (mut encoder, mut decoder) = (ZrleEncoder::default(), ZrleDecoder::default());
        for scene in scenes() {
            let mut wire = Vec::new();
            let mut out = RectWriter::new(&mut wire, usize::MAX);
            let whole = scene.size().into();
            let left = encoder.encode(scene.view(), &whole, &settings(format), &mut out);
            assert!(left.is_empty());
            let mut screen = Framebuffer::new(scene.size());
            assert_eq!(draw(&mut decoder, &format, &wire, &mut screen), whole);
            assert!(screen == through(&scene, &format), "{format:?}");
        }
    }
}

#[test]
fn a_session_of_many_regions_at_every_level_stays_in_step() {
    for compression in 0..=9 {
        let size = Size::new(300, 200);
        let mut screen = Framebuffer::new(size);
        let (mut encoder, mut decoder) = (ZrleEncoder::default(), ZrleDecoder::default());
        for step in 0_u16..20 {
            let next = picture(size, |x, y| noise(x / 8, y / 8 + u32::from(step)));
            let region: Region = [
                Rect::new(step * 7, step, 100, 64 + step),
                Rect::new(290, 0, 10, 200),
                Rect::new(step, 190, 1, 1),
            ]
            .into_iter()
            .collect();
            let settings = EncodeSettings {
                compression: (compression + u8::try_from(step).unwrap()) % 10,
                ..EncodeSettings::default()
            };
            let mut wire = Vec::new();
            let mut out = RectWriter::new(&mut wire, usize::MAX);
            let left = encoder.encode(next.view(), &region, &settings, &mut out);
            assert!(left.is_empty());
            let drawn = draw(&mut decoder, &PixelFormat::BGRX, &wire, &mut screen);
            assert_eq!(drawn, region);
            let next = through(&next, &PixelFormat::BGRX);
            for &rect in region.rects() {
                assert!(screen.view().rows(rect).eq(next.view().rows(rect)));
            }
        }
    }
}

#[test]
fn a_full_writer_leaves_the_rest_over() {
    let scene = picture(Size::new(600, 700), noise);
    let (mut encoder, mut decoder) = (ZrleEncoder::default(), ZrleDecoder::default());
    let mut screen = Framebuffer::new(scene.size());
    let mut left: Region = scene.size().into();
    let mut updates = 0;
    while !left.is_empty() {
        let mut wire = Vec::new();
        let mut out = RectWriter::new(&mut wire, 1000);
        let settings = EncodeSettings::default();
        let rest = encoder.encode(scene.view(), &left, &settings, &mut out);
        assert_eq!(out.count(), 1);
        let drawn = draw(&mut decoder, &PixelFormat::BGRX, &wire, &mut screen);
        assert!(drawn.area() <= 1 << 16);
        assert_eq!(rest, left.difference(&drawn));
        left = rest;
        updates += 1;
    }
    assert_eq!(updates, 11, "rows of tiles, 600 pixels wide, one at a time");
    assert_eq!(screen, through(&scene, &PixelFormat::BGRX));
}

#[test]
fn nothing_outside_the_source_is_sent() {
    let scene = picture(Size::new(20, 10), noise);
    let mut wire = Vec::new();
    let mut out = RectWriter::new(&mut wire, usize::MAX);
    let region = Rect::new(15, 5, 100, 100).into();
    let settings = EncodeSettings::default();
    let left = ZrleEncoder::default().encode(scene.view(), &region, &settings, &mut out);
    assert!(left.is_empty());
    let mut screen = Framebuffer::new(scene.size());
    let mut decoder = ZrleDecoder::default();
    let drawn = draw(&mut decoder, &PixelFormat::BGRX, &wire, &mut screen);
    assert_eq!(drawn, Rect::new(15, 5, 5, 5).into());
}

/// One body holding `tiles` in a zlib stream of its own.
fn body(tiles: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(tiles).unwrap();
    zlib.flush().unwrap();
    let zlib = zlib.get_ref();
    let length = u32::try_from(zlib.len()).unwrap();
    [&length.to_be_bytes()[..], zlib].concat()
}

fn decode_body(
    format: &PixelFormat,
    size: Size,
    bytes: &[u8],
) -> Result<(Framebuffer, usize), DecodeError> {
    let mut screen = Framebuffer::new(size);
    let target = screen.view_mut(size.into()).unwrap();
    let mut reader = Reader::new(bytes);
    let progress = ZrleDecoder::default().decode(&mut reader, &Unpacker::new(format), target)?;
    assert_eq!(progress, Progress::Whole);
    Ok((screen, reader.position()))
}

/// The pixels of one tile of `width` by `height`, one byte each: BGR233's red in its low bits.
fn reds(width: u16, height: u16, tile: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let size = Size::new(width, height);
    let (screen, _) = decode_body(&PixelFormat::BGR233, size, &body(tile))?;
    let mut wire = Vec::new();
    Packer::new(&PixelFormat::BGR233).row(screen.bytes(), &mut wire);
    Ok(wire)
}

#[test]
fn each_sub_encoding_is_read_as_specified() {
    let raw = [/* raw */ 0, 1, 2, 3, 4, 5, 6];
    assert_eq!(reds(3, 2, &raw).unwrap(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(reds(3, 2, &[/* solid */ 1, 7]).unwrap(), [7; 6]);
    let two = [/* colours */ 2, 4, 5, 0b0101_1111, 0b1000_0000];
    assert_eq!(reds(9, 1, &two).unwrap(), [4, 5, 4, 5, 5, 5, 5, 5, 5]);
    let three = [/* colours */ 3, 7, 6, 5, 0b0001_1000, 0b1001_0000];
    assert_eq!(reds(3, 2, &three).unwrap(), [7, 6, 5, 5, 6, 7]);
    let five = [/* colours */ 5, 1, 2, 3, 4, 5, 0x43, 0x20, 0x01, 0x20];
    assert_eq!(reds(3, 2, &five).unwrap(), [5, 4, 3, 1, 2, 3]);
    let plain = [
        128, 3, /* 4 pixels */ 3, 1, /* 1 */ 0, 2, /* 256 */ 255, 0,
    ];
    let expected = [&[3; 4][..], &[1], &[2; 256]].concat();
    assert_eq!(reds(29, 9, &plain).unwrap(), expected);
    #[rustfmt::skip]
    let palette = [
        /* two colours */ 130, 6, 7,
        /* once the second */ 1, /* 3 of the first */ 0x80, 2, /* 257 of the second */ 0x81, 255, 1,
    ];
    let expected = [&[7][..], &[6; 3], &[7; 257]].concat();
    assert_eq!(reds(29, 9, &palette).unwrap(), expected);
}

#[test]
fn tiles_go_left_to_right_then_down_and_are_cut_at_the_edges() {
    let tiles = [1, 1, 1, 2, /* 1 pixel wide */ 0, 3, 1, 4, 1, 5, 0, 6];
    let wire = reds(129, 65, &[&tiles[..4], &[1, 3], &tiles[7..]].concat());
    assert!(wire.is_err(), "the grid is three across: a tile is missing");
    let tiles = [1, 1, 1, 2, 1, 3, 1, 4, 1, 5, 0, 6];
    let wire = reds(129, 65, &tiles).unwrap();
    assert_eq!((wire[0], wire[63], wire[64], wire[128]), (1, 1, 2, 3));
    let last = &wire[64 * 129..];
    assert_eq!((last[0], last[64], last[128]), (4, 5, 6));
}

#[test]
fn a_colour_of_three_bytes_leaves_out_the_unused_one() {
    let size = Size::new(1, 1);
    for (format, cpixel) in [
        (PixelFormat::BGRX, [0x33, 0x22, 0x11]),
        (BIG, [0x11, 0x22, 0x33]),
        (HIGH, [0x33, 0x22, 0x11]),
        (HIGH_BIG, [0x11, 0x22, 0x33]),
    ] {
        let bytes = body(&[&[1][..], &cpixel].concat());
        let (screen, _) = decode_body(&format, size, &bytes).unwrap();
        assert_eq!(screen.bytes(), [0x33, 0x22, 0x11, 0]);
    }
}

#[test]
fn what_the_specification_does_not_allow_is_refused_by_name() {
    for (tile, message) in [
        (&[17_u8, 0][..], "zrle.subencoding: invalid value 17"),
        (&[127], "zrle.subencoding: invalid value 127"),
        (&[129], "zrle.subencoding: invalid value 129"),
        (
            &[3, 1, 2, 3, 0b1100_0000, 0],
            "zrle.palette-index: invalid value 3",
        ),
        (&[130, 1, 2, 2], "zrle.palette-index: invalid value 2"),
        (&[128, 1, 4], "zrle.run-length: invalid value 5"),
        (&[128, 1, 2, 1], "zrle.run-length: invalid value 5"),
        (&[0, 1, 2, 3], "zrle.pixels: invalid value 5"),
        (&[1, 1, 9, 9], "zrle.zlib-data: invalid value 2"),
        (&[], "zrle.subencoding: invalid value 1"),
    ] {
        let error = reds(2, 2, tile).unwrap_err();
        assert_eq!(error.to_string(), message, "{tile:?}");
    }
    let garbage = [0, 0, 0, 3, 1, 2, 3];
    let error = decode_body(&PixelFormat::BGRX, Size::new(2, 2), &garbage).unwrap_err();
    assert_eq!(error.to_string(), "zrle.zlib-data: invalid value 3");
}

#[test]
fn a_length_no_rectangle_needs_is_refused_at_once() {
    let bytes = 0x0100_0000_u32.to_be_bytes();
    let error = decode_body(&PixelFormat::BGRX, Size::new(10, 10), &bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zrle.length: 16777216 is over the limit 66336"
    );
}

#[test]
fn a_bomb_is_refused_without_inflating_it() {
    let bomb = body(&vec![1; 4 << 20]);
    let error = decode_body(&PixelFormat::BGR233, Size::new(8, 8), &bomb).unwrap_err();
    let DecodeError::Invalid { field, value } = error else {
        panic!("{error}");
    };
    assert_eq!(field, "zrle.zlib-data");
    assert!(value < 1 << 18, "{value}");
}

#[test]
fn a_body_cut_anywhere_waits_and_leaves_the_stream_alone() {
    let scene = picture(Size::new(70, 20), |x, y| noise(x / 2, y) % 40);
    let (mut encoder, mut decoder) = (ZrleEncoder::default(), ZrleDecoder::default());
    for at in 0_u16..3 {
        let mut wire = Vec::new();
        let mut out = RectWriter::new(&mut wire, usize::MAX);
        let rect = Rect::new(at, 0, 64, 20);
        let settings = EncodeSettings::default();
        let left = encoder.encode(scene.view(), &rect.into(), &settings, &mut out);
        assert!(left.is_empty());
        let body = &wire[12..];
        let mut screen = Framebuffer::new(rect.size());
        for end in 0..body.len() {
            let target = screen.view_mut(rect.size().into()).unwrap();
            let mut reader = Reader::new(&body[..end]);
            let result = decoder.decode(&mut reader, &Unpacker::new(&PixelFormat::BGRX), target);
            assert!(matches!(result, Err(DecodeError::Incomplete { .. })));
        }
        assert_eq!(screen, Framebuffer::new(rect.size()), "nothing was drawn");
        let target = screen.view_mut(rect.size().into()).unwrap();
        let mut reader = Reader::new(body);
        let progress = decoder.decode(&mut reader, &Unpacker::new(&PixelFormat::BGRX), target);
        assert_eq!(progress, Ok(Progress::Whole));
        let expected = through(&scene, &PixelFormat::BGRX);
        let whole = Rect::from(rect.size());
        assert!(screen.view().rows(whole).eq(expected.view().rows(rect)));
    }
}

#[test]
fn the_smallest_sub_encoding_is_chosen() {
    for (size, colour, choice) in [
        (64, (|_, _| 5) as fn(u32, u32) -> u32, 1),
        (64, |x, _| x % 2, 2),
        (64, |x, _| x % 5, 5),
        (64, |x, _| x / 32, 130),
        (64, |x, y| (x + y * 64) % 100, 128 + 100),
        (64, |x, y| (x / 16 + y * 4) * 0x10, 128),
        (64, noise, 0),
        (1, noise, 0),
        (2, noise, 0),
    ] {
        let scene = picture(Size::new(size, size), colour);
        let mut wire = Vec::new();
        let mut out = RectWriter::new(&mut wire, usize::MAX);
        let settings = EncodeSettings::default();
        let whole = scene.size().into();
        let _ = ZrleEncoder::default().encode(scene.view(), &whole, &settings, &mut out);
        let mut first = [0];
        let mut zlib = flate2::read::ZlibDecoder::new(&wire[16..]);
        std::io::Read::read_exact(&mut zlib, &mut first).unwrap();
        assert_eq!(first, [choice]);
    }
}

proptest! {
    #[test]
    fn random_tiles_never_panic(
        tiles in prop::collection::vec(any::<u8>(), 0..400),
        (width, height) in (0_u16..130, 0_u16..70),
        format in prop::sample::select(FORMATS.to_vec()),
    ) {
        let result = decode_body(&format, Size::new(width, height), &body(&tiles));
        let waits = matches!(result, Err(DecodeError::Incomplete { .. }));
        prop_assert!(!waits, "a whole body waits for more");
    }

    #[test]
    fn random_streams_never_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 4..200),
        header in any::<bool>(),
    ) {
        let length = u32::try_from(bytes.len() - 4).unwrap();
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        if header && bytes.len() > 6 {
            bytes[4..6].copy_from_slice(&[0x78, 0x01]);
        }
        let result = decode_body(&PixelFormat::BGRX, Size::new(100, 100), &bytes);
        let waits = matches!(result, Err(DecodeError::Incomplete { .. }));
        prop_assert!(!waits, "a whole body waits for more");
    }

    #[test]
    fn any_small_picture_comes_back(
        (width, height) in (1_u16..140, 1_u16..70),
        colours in prop::collection::vec(any::<u32>(), 1..140),
        run in 1_usize..300,
        format in prop::sample::select(FORMATS.to_vec()),
    ) {
        let size = Size::new(width, height);
        let scene = picture(size, |x, y| {
            let index = (y * u32::from(width) + x) as usize / run;
            colours[(noise(index.try_into().unwrap(), 7) as usize) % colours.len()]
        });
        let mut wire = Vec::new();
        let mut out = RectWriter::new(&mut wire, usize::MAX);
        let whole = size.into();
        let left = ZrleEncoder::default().encode(scene.view(), &whole, &settings(format), &mut out);
        prop_assert!(left.is_empty());
        let mut screen = Framebuffer::new(size);
        let drawn = draw(&mut ZrleDecoder::default(), &format, &wire, &mut screen);
        prop_assert_eq!(drawn, whole);
        prop_assert!(screen == through(&scene, &format));
    }
}
