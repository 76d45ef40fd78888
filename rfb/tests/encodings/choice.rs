//! What the encoders choose to send.

use rfb::{Encoding, Framebuffer, PixelFormat, Rect, Region, Size};

use crate::support::{CODECS, Client, codec, encode, noise, picture, scene, settings};
use crate::wire::reds;

/// A picture of one row for each of `rows`, of BGR233 pixels.
fn rows<const N: usize>(rows: &[[u8; N]]) -> Framebuffer {
    let size = Size::new(N as u16, rows.len() as u16);
    let unpacker = rfb::pixel::Unpacker::new(&PixelFormat::BGR233);
    let mut picture = Framebuffer::new(size);
    let mut view = picture.view_mut(size.into()).unwrap();
    for (row, pixels) in view.rows_mut().zip(rows) {
        unpacker.row(pixels, row);
    }
    picture
}

/// All of `source` in BGR233.
fn bytes(encoding: Encoding, source: &Framebuffer) -> Vec<u8> {
    let mut encoder = (codec(encoding).encoder)();
    encode(
        encoder.as_mut(),
        source,
        &source.size().into(),
        &settings(PixelFormat::BGR233),
    )
}

/// The rectangles of all of `source` in BGRX.
fn rects(encoding: Encoding, source: &Framebuffer) -> Vec<(Rect, Encoding)> {
    let codec = codec(encoding);
    let format = PixelFormat::BGRX;
    let wire = encode(
        (codec.encoder)().as_mut(),
        source,
        &source.size().into(),
        &settings(format),
    );
    Client::new(codec, &format, source.size())
        .draw_cut(&wire, &[])
        .unwrap()
}

#[test]
fn one_colour_is_one_rectangle_however_large() {
    let source = scene(0, Size::new(600, 300), 0);
    assert_eq!(
        rects(Encoding::RRE, &source),
        [(source.size().into(), Encoding::RRE)]
    );
    let corre = rects(Encoding::CORRE, &source);
    assert!(
        corre
            .iter()
            .all(|(rect, _)| rect.width.max(rect.height) <= 255),
        "{corre:?}"
    );
    assert!(corre.len() <= 8, "{corre:?}");
}

#[test]
fn what_rectangles_would_make_larger_is_sent_raw() {
    let size = Size::new(192, 64);
    let source = picture(size, |x, y| if x < 64 { noise(x, y) } else { 0 });
    for encoding in [Encoding::RRE, Encoding::CORRE] {
        let rects = rects(encoding, &source);
        assert_eq!(rects[0], (Rect::new(0, 0, 64, 64), Encoding::RAW));
        assert!(
            rects[1..].iter().all(|(_, own)| *own == encoding),
            "{rects:?}"
        );
    }
    for codec in &CODECS[1..] {
        let wire = encode(
            (codec.encoder)().as_mut(),
            &source,
            &size.into(),
            &settings(PixelFormat::BGRX),
        );
        let (raw, headers) = (size.area() * 4, 4096);
        assert!(
            wire.len() < raw / 3 + headers,
            "{codec:?} {} bytes",
            wire.len()
        );
    }
}

#[test]
fn hextile_says_only_what_changes() {
    let mut wide = [1; 80];
    // A dot, another of the same colour, two colours, one again.
    wide[3] = 7;
    wide[20] = 7;
    wide[40] = 5;
    wide[44] = 6;
    wide[50] = 6;
    let wire = bytes(Encoding::HEXTILE, &rows(&[wide]));
    #[rustfmt::skip]
    assert_eq!(wire[12..], [
        2 | 4 | 8, 1, 7, 1, 0x30, 0,
        8, 1, 0x40, 0,
        8 | 16, 2, 5, 0x80, 0, 6, 0xc0, 0,
        /* said again: a coloured tile ends it */ 4 | 8, 6, 1, 0x20, 0,
        /* nothing on the background */ 0,
    ]);
}

#[test]
fn hextile_carries_nothing_over_a_raw_tile() {
    let mut wide = [1; 48];
    for (pixel, index) in wide[16..32].iter_mut().zip(0..) {
        *pixel = 2 + index;
    }
    let wire = bytes(Encoding::HEXTILE, &rows(&[wide]));
    assert_eq!(wire[12..15], [2, 1, /* Raw */ 1]);
    assert_eq!(wire[15 + 16..], [/* background again */ 2, 1]);
}

#[test]
fn trle_uses_a_palette_again_where_that_is_all_it_needs() {
    let mut tall = [[1; 16]; 48];
    for (y, row) in tall.iter_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            // Four colours in every tile, but for the last, which has three of them.
            let colours = if y < 32 { 4 } else { 3 };
            *pixel = 1 + (noise(x as u32, y as u32) % colours) as u8;
        }
    }
    let wire = bytes(Encoding::TRLE, &rows(&tall));
    let packed = 16 * 4;
    assert_eq!(wire.len(), 12 + (1 + 4 + packed) + 2 * (1 + packed));
    assert_eq!(wire[12], 4);
    assert_eq!(wire[12 + 5 + packed], 127);
    let pixels = reds(Encoding::TRLE, 16, 48, &wire[12..]).unwrap();
    assert_eq!(pixels, tall.as_flattened());
}

#[test]
fn trle_forgets_the_palette_with_the_rectangle_and_after_a_tile_without_one() {
    let mut wide = [[9; 48]; 16];
    for (y, row) in wide.iter_mut().enumerate() {
        for x in (0..16).chain(32..48) {
            row[x] = 1 + (noise(x as u32, y as u32) % 3) as u8;
        }
    }
    let source = rows(&wide);
    let wire = bytes(Encoding::TRLE, &source);
    let packed = 16 * 4;
    assert_eq!(wire[12], 3);
    assert_eq!(
        wire[12 + 4 + packed..][..3],
        [/* one colour */ 1, 9, /* a palette again */ 3]
    );
    let two: Region = [Rect::new(0, 0, 16, 16), Rect::new(32, 0, 16, 16)]
        .into_iter()
        .collect();
    let mut encoder = (codec(Encoding::TRLE).encoder)();
    let wire = encode(
        encoder.as_mut(),
        &source,
        &two,
        &settings(PixelFormat::BGR233),
    );
    assert_eq!([wire[12], wire[12 + 4 + packed + 12]], [3, 3]);
}

#[test]
fn a_full_writer_leaves_the_rest_over_in_every_encoding() {
    let size = Size::new(300, 900);
    let source = scene(5, size, 3);
    for codec in CODECS {
        let mut client = Client::new(codec, &PixelFormat::BGRX, size);
        let mut encoder = (codec.encoder)();
        let mut left = Region::from(size);
        let mut updates = 0;
        while !left.is_empty() {
            let mut wire = Vec::new();
            let mut out = rfb::RectWriter::new(&mut wire, 1000);
            let rest = encoder.encode(source.view(), &left, &settings(PixelFormat::BGRX), &mut out);
            let drawn = client.draw(&wire);
            assert_eq!(rest, left.difference(&drawn), "{codec:?}");
            assert!(
                drawn.area() <= 1 << 17 || codec.encoding == Encoding::RAW,
                "{codec:?}"
            );
            left = rest;
            updates += 1;
        }
        assert!(
            updates > 3 || codec.encoding == Encoding::RAW,
            "{codec:?} {updates}"
        );
        assert!(client.screen == crate::support::as_seen_in(&PixelFormat::BGRX, &source));
    }
}
