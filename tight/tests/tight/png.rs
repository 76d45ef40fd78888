//! TightPNG.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use png::{BitDepth, ColorType, Encoder};
use rfb::{Encoding, Framebuffer, PixelFormat, Size};

use crate::support::{
    BIG_ENDIAN, FORMATS, ODD_SHIFT, Pair, SCENES, as_seen_in, assert_equal, decode, decoder,
    lossless, lossy, paint, photo, psnr, scene,
};

const BGRX: PixelFormat = PixelFormat::BGRX;

fn pair(size: Size) -> Pair {
    Pair::speaking(Encoding::TIGHT_PNG, size)
}

fn refusal(body: &[u8], size: Size) -> String {
    crate::support::refusal(Encoding::TIGHT_PNG, body, &BGRX, size)
}

/// A body that is this PNG image.
fn body(image: &[u8]) -> Vec<u8> {
    let [low, high, top, ..] = image.len().to_le_bytes();
    let length = [
        low | 0x80,
        high << 1 | low >> 7 | 0x80,
        top << 2 | high >> 6,
    ];
    [&[/* PNG */ 0xa0][..], &length, image].concat()
}

/// A PNG image whose pixel data are `data`, filter bytes left out.
fn image(size: Size, colours: ColorType, depth: BitDepth, data: &[u8]) -> Vec<u8> {
    let mut image = Vec::new();
    let mut encoder = Encoder::new(&mut image, size.width.into(), size.height.into());
    encoder.set_color(colours);
    encoder.set_depth(depth);
    if colours == ColorType::Indexed {
        encoder.set_palette(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    image
}

#[test]
fn every_scene_arrives_exactly_in_every_format() {
    let size = Size::new(300, 220);
    for format in FORMATS {
        let mut pair = pair(size);
        for name in SCENES {
            let source = scene(name, size);
            let (_, loss) = pair.send(&source, &lossless(format, 2));
            assert!(loss.is_empty());
            let expected = as_seen_in(&format, &source);
            assert_equal(&pair.client, &expected, &format!("{name} {format:?}"));
        }
    }
}

#[test]
fn only_fills_jpeg_and_png_are_sent_and_raw_where_png_cannot_be_exact() {
    let size = Size::new(300, 220);
    for format in FORMATS {
        let exact = [BGRX, BIG_ENDIAN, ODD_SHIFT].contains(&format);
        let (sent, _) = pair(size).send(&scene("desktop", size), &lossless(format, 2));
        for sent in &sent {
            match sent.encoding {
                Encoding::RAW => assert!(!exact),
                _ => assert!(sent.body[0] == 0x80 || sent.body[0] == 0xa0 && exact),
            }
        }
        assert_eq!(
            exact,
            sent.iter().any(|sent| sent.body[0] == 0xa0),
            "{format:?}"
        );
        let (sent, loss) = pair(size).send(&photo(size), &lossy(format, 8));
        let jpeg = format.bits_per_pixel > 8;
        assert_eq!(
            jpeg,
            sent.iter().any(|sent| sent.body[0] == 0x90),
            "{format:?}"
        );
        assert_eq!(jpeg, !loss.is_empty());
    }
}

#[test]
fn few_colours_take_few_bits() {
    let size = Size::new(64, 64);
    let depth_and_colours = |name, level| {
        let (sent, _) = pair(size).send(&scene(name, size), &lossless(BGRX, level));
        let body = &sent[0].body;
        let header = body.windows(4).position(|word| word == b"IHDR").unwrap();
        (body[header + 12], body[header + 13])
    };
    let (rgb, indexed) = (2, 3);
    assert_eq!(depth_and_colours("text", 2), (1, indexed));
    assert_eq!(depth_and_colours("three", 2), (2, indexed));
    assert_eq!(depth_and_colours("icons", 2), (8, indexed));
    assert_eq!(depth_and_colours("noise", 2), (8, rgb));
    assert_eq!(depth_and_colours("noise", 0), (8, rgb));
}

#[test]
fn compression_levels_and_odd_sizes_arrive_exactly() {
    for (level, width) in (0..=9).zip([1, 2, 3, 7, 8, 9, 17, 31, 130, 2050]) {
        let size = Size::new(width, 5);
        let mut pair = pair(size);
        for name in SCENES {
            let source = scene(name, size);
            pair.send(&source, &lossless(BGRX, level));
            assert_equal(&pair.client, &as_seen_in(&BGRX, &source), name);
        }
    }
}

#[test]
fn jpeg_of_level_eight_is_good() {
    let size = Size::new(320, 240);
    let mut pair = pair(size);
    let picture = photo(size);
    pair.send(&picture, &lossy(BGRX, 8));
    assert!(psnr(&picture, &pair.client) > 35.0);
}

#[test]
fn every_kind_of_png_is_read() {
    let size = Size::new(2, 1);
    let draw = |colours, depth, data: &[u8]| {
        let body = body(&image(size, colours, depth, data));
        let mut decoder = decoder(Encoding::TIGHT_PNG);
        let (picture, read) = decode(decoder.as_mut(), &body, &BGRX, size).unwrap();
        assert_eq!(read, body.len());
        picture.bytes().to_vec()
    };
    use BitDepth::{Eight, One, Sixteen, Two};
    let expected = [3, 2, 1, 0, 6, 5, 4, 0];
    let rgb16 = [1, 99, 2, 99, 3, 99, 4, 99, 5, 99, 6, 99];
    assert_eq!(draw(ColorType::Rgb, Eight, &[1, 2, 3, 4, 5, 6]), expected);
    assert_eq!(
        draw(ColorType::Rgba, Eight, &[1, 2, 3, 0, 4, 5, 6, 9]),
        expected
    );
    assert_eq!(draw(ColorType::Rgb, Sixteen, &rgb16), expected);
    assert_eq!(draw(ColorType::Indexed, Eight, &[0, 1]), expected);
    assert_eq!(draw(ColorType::Indexed, Two, &[0b0001_0000]), expected);
    let grey = [1, 1, 1, 0, 7, 7, 7, 0];
    assert_eq!(draw(ColorType::Grayscale, Eight, &[1, 7]), grey);
    assert_eq!(
        draw(ColorType::GrayscaleAlpha, Eight, &[1, 0, 7, 255]),
        grey
    );
    let black_and_white = [255, 255, 255, 0, 0, 0, 0, 0];
    assert_eq!(
        draw(ColorType::Grayscale, One, &[0b1000_0000]),
        black_and_white
    );
}

#[test]
fn png_is_read_in_every_pixel_format() {
    let size = Size::new(3, 1);
    let body = body(&image(
        size,
        ColorType::Rgb,
        BitDepth::Eight,
        &[1, 2, 3, 4, 5, 6, 7, 8, 9],
    ));
    for format in FORMATS {
        let mut decoder = decoder(Encoding::TIGHT_PNG);
        let (picture, _) = decode(decoder.as_mut(), &body, &format, size).unwrap();
        assert_eq!(picture.bytes()[..4], [3, 2, 1, 0], "{format:?}");
    }
}

#[test]
fn what_is_without_zlib_in_tight_is_png_here() {
    let size = Size::new(1, 1);
    for control in [0xb0, 0xc0, 0xd0, 0xe0, 0xf0_u8] {
        assert_eq!(
            refusal(&[control], size),
            format!("tight.compression-control: invalid value {control}")
        );
    }
    let plain = [/* PNG */ 0xa0, /* length */ 3, 1, 2, 3];
    assert_eq!(refusal(&plain, size), "tight.png: invalid value 3");
}

#[test]
fn basic_compression_is_understood_though_it_is_not_allowed() {
    let mut decoder = decoder(Encoding::TIGHT_PNG);
    let size = Size::new(1, 1);
    let (picture, _) = decode(decoder.as_mut(), &[0x00, 1, 2, 3], &BGRX, size).unwrap();
    assert_eq!(picture.bytes(), [3, 2, 1, 0]);
}

#[test]
fn an_image_of_another_size_is_refused_before_it_is_decoded() {
    let claimed = |width, height| {
        let image = image(Size::new(1, 1), ColorType::Rgb, BitDepth::Eight, &[1, 2, 3]);
        let header = image.windows(4).position(|word| word == b"IHDR").unwrap();
        let mut image = image;
        image[header + 4..header + 8].copy_from_slice(&u32::to_be_bytes(width));
        image[header + 8..header + 12].copy_from_slice(&u32::to_be_bytes(height));
        let checked = &image[header..header + 17];
        let mut crc = flate2::Crc::new();
        crc.update(checked);
        let sum = crc.sum().to_be_bytes();
        image[header + 17..header + 21].copy_from_slice(&sum);
        refusal(&body(&image), Size::new(2, 3))
    };
    assert_eq!(claimed(1, 3), "tight.png.width: invalid value 1");
    assert_eq!(claimed(2, 2), "tight.png.height: invalid value 2");
    assert_eq!(
        claimed(65_535, 65_535),
        "tight.png.width: invalid value 65535"
    );
    assert_eq!(
        claimed(2, 1 << 30),
        "tight.png.height: invalid value 1073741824"
    );
    // Of this size, but without the pixels.
    assert!(claimed(2, 3).starts_with("tight.png: invalid value"));
}

/// A PNG chunk.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

/// An RGB image of `size` made of a header and these chunks.
fn by_hand(size: Size, chunks: &[Vec<u8>]) -> Vec<u8> {
    let (width, height) = (u32::from(size.width), u32::from(size.height));
    let rest = [
        /* depth */ 8, /* RGB */ 2, 0, 0, /* interlaced */ 0,
    ];
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &rest].concat();
    let signature = b"\x89PNG\r\n\x1a\n";
    [&signature[..], &chunk(b"IHDR", &header), &chunks.concat()].concat()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(9));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_image_by_hand_is_drawn_and_a_bomb_is_not_inflated() {
    let size = Size::new(1, 1);
    let end = chunk(b"IEND", &[]);
    let pixel = chunk(b"IDAT", &zlib(&[0, 1, 2, 3]));
    let draw = |image: &[u8]| {
        let mut decoder = decoder(Encoding::TIGHT_PNG);
        decode(decoder.as_mut(), &body(image), &BGRX, size).map(|(picture, _)| picture)
    };
    let drawn = draw(&by_hand(size, &[pixel.clone(), end.clone()])).unwrap();
    assert_eq!(drawn.bytes(), [3, 2, 1, 0]);
    // Beyond its pixels nothing is looked at: neither rows, nor texts, nor colour profiles.
    let nothing = zlib(&vec![0; 64 << 20]);
    let text = [&b"bomb\0\0"[..], &nothing].concat();
    for bomb in [b"zTXt", b"iCCP"] {
        let chunks = [chunk(bomb, &text), pixel.clone(), end.clone()];
        assert_equal(&draw(&by_hand(size, &chunks)).unwrap(), &drawn, "the pixel");
    }
    let rows = by_hand(size, &[chunk(b"IDAT", &nothing), end]);
    assert_equal(
        &draw(&rows).unwrap(),
        &Framebuffer::new(size),
        "the first row",
    );
}

#[test]
fn damaged_and_cut_images_are_refused() {
    let size = Size::new(1, 1);
    let end = chunk(b"IEND", &[]);
    let whole = by_hand(size, &[chunk(b"IDAT", &zlib(&[0, 1, 2, 3])), end.clone()]);
    for image in [
        by_hand(size, &[chunk(b"IDAT", &[1, 2, 3, 4]), end.clone()]),
        by_hand(size, &[chunk(b"IDAT", &zlib(&[0, 1, 2])), end.clone()]),
        by_hand(size, &[end]),
        by_hand(size, &[]),
        whole[..whole.len() - 1].to_vec(),
        Vec::new(),
    ] {
        let expected = format!("tight.png: invalid value {}", image.len());
        assert_eq!(refusal(&body(&image), size), expected);
    }
    let more = [&whole[..], &[0; 5]].concat();
    assert_eq!(
        refusal(&body(&more), size),
        "tight.png.rest: invalid value 5"
    );
}

#[test]
fn an_image_far_larger_than_its_pixels_is_refused_unread() {
    let size = Size::new(1, 1);
    let longest = [/* PNG */ 0xa0, /* length */ 0xff, 0xff, 0xff];
    assert_eq!(
        refusal(&longest, size),
        "tight.png-length: 4194303 is over the limit 1048584"
    );
}

#[test]
fn a_fill_is_one_pixel_as_in_tight() {
    let size = Size::new(500, 400);
    let (sent, _) = pair(size).send(&paint(size, |_, _| [3, 2, 1]), &lossless(BGRX, 2));
    assert_eq!(sent[0].body, [/* fill */ 0x80, 1, 2, 3]);
}
