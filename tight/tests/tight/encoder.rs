//! What the encoder writes, byte for byte where it matters.

use rfb::{PixelFormat, Rect, Size};

use crate::support::{FORMATS, Pair, Sent, lossless, paint, scene};

const BGRX: PixelFormat = PixelFormat::BGRX;

/// The first body sent for a picture of `size`.
fn first_body(size: Size, format: PixelFormat, pixel: fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let (sent, _) = Pair::new(size).send(&paint(size, pixel), &lossless(format, 2));
    sent[0].body.clone()
}

#[test]
fn one_colour_is_a_fill_of_one_pixel() {
    let size = Size::new(1000, 900);
    let pixel = |_, _| [3, 2, 1];
    #[rustfmt::skip]
    assert_eq!(first_body(size, BGRX, pixel), [/* fill */ 0x80, /* red, green, blue */ 1, 2, 3]);
    #[rustfmt::skip]
    assert_eq!(first_body(size, PixelFormat::RGB565, |_, _| [255, 0, 0]), [/* fill */ 0x80, /* blue */ 31, 0]);
    #[rustfmt::skip]
    assert_eq!(first_body(Size::new(1, 1), BGRX, pixel), [/* fill */ 0x80, 1, 2, 3]);
}

#[test]
fn colours_that_the_client_cannot_tell_apart_are_one() {
    let body = first_body(Size::new(20, 2), PixelFormat::RGB565, |x, _| {
        [16, 16, 16 + u8::from(x % 2 == 0)]
    });
    assert_eq!(body[0], 0x80);
}

#[test]
fn two_colours_are_one_bit_a_pixel() {
    // Less than 12 bytes: neither zlib nor a length.
    let body = first_body(Size::new(10, 2), BGRX, |x, y| {
        if (x + y) % 10 == 9 {
            [7, 8, 9]
        } else {
            [1, 2, 3]
        }
    });
    #[rustfmt::skip]
    assert_eq!(body, [
        /* stream 1, filter id follows */ 0x50, /* palette */ 1, /* colours - 1 */ 1,
        /* red, green, blue */ 3, 2, 1, 9, 8, 7,
        /* rows */ 0b0000_0000, 0b0100_0000, 0b0000_0000, 0b1000_0000,
    ]);
}

#[test]
fn a_few_colours_are_one_byte_a_pixel() {
    let body = first_body(Size::new(40, 4), BGRX, |x, _| [x.to_le_bytes()[0] % 3; 3]);
    #[rustfmt::skip]
    assert_eq!(body[..12], [
        /* stream 2, filter id follows */ 0x60, /* palette */ 1, /* colours - 1 */ 2,
        0, 0, 0, 1, 1, 1, 2, 2, 2,
    ]);
    assert_eq!(usize::from(body[12]), body.len() - 13, "length");
}

#[test]
fn short_data_is_sent_as_it_is() {
    let pixel = |x: u32, _| {
        let x = x.to_le_bytes()[0];
        [x, x + 1, x + 2]
    };
    #[rustfmt::skip]
    assert_eq!(first_body(Size::new(3, 1), BGRX, pixel), [
        /* stream 0 */ 0x00, /* red, green, blue */ 2, 1, 0, 3, 2, 1, 4, 3, 2,
    ]);
    let longer = first_body(Size::new(4, 1), BGRX, pixel);
    assert_eq!(usize::from(longer[1]), longer.len() - 2, "length");
}

#[test]
fn eight_bit_clients_get_no_palettes_but_of_two_colours() {
    let size = Size::new(64, 64);
    let (sent, _) = Pair::new(size).send(&scene("icons", size), &lossless(PixelFormat::BGR233, 2));
    assert_eq!(sent[0].body[0], 0x00);
    let (sent, _) = Pair::new(size).send(&scene("text", size), &lossless(PixelFormat::BGR233, 2));
    assert_eq!(sent[0].body[0], 0x50);
}

#[test]
fn rectangles_keep_to_the_limits_every_decoder_has() {
    let size = Size::new(5000, 300);
    for name in ["solid", "text", "noise", "desktop"] {
        let (sent, _) = Pair::new(size).send(&scene(name, size), &lossless(BGRX, 2));
        for Sent { rect, body, .. } in sent {
            assert!(rect.width <= 2048, "{rect:?}");
            assert!(rect.area() <= 65_536 || body[0] == 0x80, "{rect:?}");
        }
    }
}

#[test]
fn a_solid_area_within_a_picture_is_one_fill() {
    let size = Size::new(400, 300);
    let inner = Rect::new(37, 41, 211, 133);
    let noise = scene("noise", size);
    let picture = paint(size, |x, y| {
        let (x, y) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
        let pixel = noise.view().rows(Rect::new(x, y, 1, 1)).next().unwrap();
        match inner.contains(rfb::Point::new(x, y)) {
            true => [250, 251, 252],
            false => [pixel[0], pixel[1], pixel[2]],
        }
    });
    let (sent, _) = Pair::new(size).send(&picture, &lossless(BGRX, 2));
    let fills: Vec<Rect> = sent
        .iter()
        .filter(|sent| sent.body[0] == 0x80)
        .map(|sent| sent.rect)
        .collect();
    assert_eq!(fills, [inner]);
}

#[test]
fn only_a_changed_level_resets_a_stream_and_only_that_stream() {
    let size = Size::new(64, 64);
    let mut pair = Pair::new(size);
    let mut control = |name, level| {
        let (sent, _) = pair.send(&scene(name, size), &lossless(BGRX, level));
        sent[0].body[0]
    };
    let (full, mono, indexed) = (0x00, 0x50, 0x60);
    assert_eq!(control("noise", 2), full);
    assert_eq!(control("text", 2), mono);
    // Levels 2 and 3 are the same to full colour, but not to the others.
    assert_eq!(control("noise", 3), full);
    assert_eq!(control("text", 3), mono | 0b0010);
    assert_eq!(control("text", 3), mono);
    // Not used before: the client's stream is still at its start.
    assert_eq!(control("icons", 3), indexed);
    assert_eq!(control("icons", 9), indexed | 0b0100);
    assert_eq!(control("noise", 9), full | 0b0001);
    assert_eq!(control("noise", 9), full);
}

#[test]
fn streams_go_on_from_one_rectangle_to_the_next() {
    let size = Size::new(80, 80); // within the 32 KiB that zlib looks back, at 4 bytes a pixel
    for format in FORMATS {
        let mut pair = Pair::new(size);
        let picture = scene("noise", size);
        let mut length = || {
            let (sent, _) = pair.send(&picture, &lossless(format, 6));
            sent.iter().map(|sent| sent.body.len()).sum::<usize>()
        };
        let (first, second) = (length(), length());
        assert!(second * 2 < first, "{first} {second} {format:?}");
    }
}
