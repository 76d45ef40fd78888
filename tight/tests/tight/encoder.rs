//! What the encoder writes, byte for byte where it matters.

use rfb::{EncodeSettings, PixelFormat, Rect, Size};
use tightrope_tight::TightEncoder;

use crate::support::{
    FORMATS, Pair, Sent, as_seen_in, assert_equal, lossless, lossy, paint, psnr, scene,
};

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
fn a_flat_area_within_a_photograph_is_one_fill_of_whole_cells() {
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
    let (sent, _) = Pair::new(size).send(&picture, &lossy(BGRX, 8));
    let fills: Vec<Rect> = sent
        .iter()
        .filter(|sent| sent.body[0] == 0x80)
        .map(|sent| sent.rect)
        .collect();
    assert_eq!(fills, [Rect::new(48, 48, 192, 112)]);
}

#[test]
fn flat_areas_cost_next_to_nothing() {
    let size = Size::new(1920, 1080);
    for settings in [lossless(BGRX, 2), lossy(BGRX, 8)] {
        let (sent, loss) = Pair::new(size).send(&scene("solid", size), &settings);
        let bytes: usize = sent.iter().map(|sent| 12 + sent.body.len()).sum();
        assert!(bytes < 1000, "{bytes}");
        assert!(loss.is_empty());
    }
}

#[test]
fn each_stream_begins_once_and_is_never_reset() {
    let size = Size::new(64, 64);
    let mut pair = Pair::new(size);
    let mut begun = [false; 4];
    for (round, level) in [2, 3, 9, 1, 0, 2].into_iter().enumerate() {
        for name in ["noise", "text", "icons", "gradient"] {
            let (sent, _) = pair.send(&scene(name, size), &lossless(BGRX, level));
            for Sent { body, .. } in sent {
                assert_eq!(body[0] & 0x0f, 0, "no resets");
                if body[0] < 0x80 {
                    let stream = usize::from(body[0] >> 4 & 3);
                    assert_eq!(begun[stream], round > 0, "{name}");
                    begun[stream] = true;
                }
            }
        }
    }
    assert_eq!(begun, [true; 4]);
}

#[test]
fn a_rectangle_costs_the_same_whatever_was_sent_before() {
    let size = Size::new(80, 80);
    for format in FORMATS {
        let mut pair = Pair::new(size);
        let picture = scene("noise", size);
        let mut bodies = |_| {
            let (sent, _) = pair.send(&picture, &lossless(format, 6));
            sent.into_iter().map(|sent| sent.body).collect::<Vec<_>>()
        };
        let [_, second, third] = [(), (), ()].map(&mut bodies);
        assert_eq!(second, third, "{format:?}");
    }
}

#[test]
fn any_number_of_threads_sends_the_same_without_loss_and_as_good_with_it() {
    let size = Size::new(1400, 900);
    let picture = paint(size, |x, y| {
        let photo = x > 600 && y > 200;
        let [b, g, r] = [x * y / 700, x + y * 3, x / 3 + y].map(|value| value.to_le_bytes()[0]);
        match (photo, ((x / 3) ^ (y / 5)) % 7) {
            (true, _) => [b / 4, g / 8, r],
            (false, 0) => [20, 20, 20],
            (false, _) => [250, 250, 250],
        }
    });
    for settings in [lossless(BGRX, 2), lossy(BGRX, 6)] {
        let mut results = Vec::new();
        for threads in [1, 2, 3] {
            let workers = rfb::Workers::new(threads.try_into().unwrap());
            let shared = tightrope_tight::Shared::new(workers);
            let mut pair = Pair::with(TightEncoder::sharing(&shared), size);
            let (first, _) = pair.send(&picture, &settings);
            let shown = pair.client.clone();
            let (second, _) = pair.send(&picture, &settings);
            assert_eq!(first.len(), second.len(), "it does not depend on chance");
            let rects: Vec<Rect> = first.iter().map(|sent| sent.rect).collect();
            results.push((rects, shown));
        }
        for (rects, shown) in &results[1..] {
            if settings.quality.is_none() {
                assert_eq!(*rects, results[0].0);
                assert_equal(shown, &results[0].1, "the same picture");
            } else {
                let loss = psnr(&picture, &results[0].1) - psnr(&picture, shown);
                assert!(loss.abs() < 0.5, "{loss}");
            }
        }
    }
}

#[test]
fn clients_who_see_the_same_get_it_from_one_encoding() {
    let size = Size::new(300, 200);
    let shared = tightrope_tight::Shared::default();
    let mut first = Pair::with(TightEncoder::sharing(&shared), size);
    let mut second = Pair::with(TightEncoder::sharing(&shared), size);
    let settings = |picture| EncodeSettings {
        picture: Some(picture),
        ..lossless(BGRX, 2)
    };
    let (one, other) = (scene("desktop", size), scene("icons", size));
    first.send(&one, &settings(1));
    // The same number means the same picture: that another is shown instead proves that nothing was encoded.
    second.send(&other, &settings(1));
    assert_equal(&second.client, &first.client, "the shared picture");
    second.send(&other, &settings(2));
    first.send(&other, &settings(2));
    assert_equal(&second.client, &first.client, "the next picture");
    // Who comes late with an old picture gets it all the same.
    first.send(&one, &settings(1));
    second.send(&one, &settings(3));
    assert_equal(&second.client, &first.client, "an old picture");
    // Other settings are another encoding.
    let small = EncodeSettings {
        compression: 9,
        ..settings(3)
    };
    first.send(&other, &small);
    assert_equal(
        &first.client,
        &as_seen_in(&BGRX, &other),
        "another encoding",
    );
}
