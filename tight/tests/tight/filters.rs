//! Which filters and methods the encoder uses, and for whom.

use rfb::{EncodeSettings, Framebuffer, PixelFormat, Size};

use crate::support::{
    FORMATS, ODD_MAXIMA, Pair, Sent, as_seen_in, assert_equal, lossless, paint, scene,
};

/// Smooth, of too many colours for a palette.
fn sky(size: Size) -> Framebuffer {
    let mut noise = crate::support::Noise(9);
    paint(size, |x, y| {
        let byte = |value: u32| value.to_le_bytes()[0];
        let grain = noise.next() % 4;
        [
            byte(x / 2 + y) / 2 + grain,
            byte(x + y / 3) / 2 + grain,
            byte(y / 2),
        ]
    })
}

fn is_gradient(sent: &Sent) -> bool {
    sent.body[..2]
        == [
            /* stream 3, filter id follows */ 0x70, /* gradient */ 2,
        ]
}

#[test]
fn smooth_pixels_go_through_the_gradient_filter_and_others_do_not() {
    let size = Size::new(200, 150);
    let (sent, loss) = Pair::new(size).send(&sky(size), &EncodeSettings::default());
    assert!(loss.is_empty());
    assert!(sent.iter().all(is_gradient));
    for name in ["text", "icons", "noise", "full palette"] {
        let (sent, _) = Pair::new(size).send(&scene(name, size), &EncodeSettings::default());
        assert!(!sent.iter().any(is_gradient), "{name}");
    }
}

#[test]
fn gradients_take_fewer_bytes_where_they_are_used() {
    let size = Size::new(400, 300);
    let bytes = |gradient| {
        let settings = EncodeSettings {
            gradient,
            ..EncodeSettings::default()
        };
        let (sent, _) = Pair::new(size).send(&sky(size), &settings);
        sent.iter().map(|sent| sent.body.len()).sum::<usize>()
    };
    assert!(bytes(true) * 3 < bytes(false) * 2);
}

#[test]
fn gradients_arrive_exactly_and_go_only_to_who_can_undo_them() {
    let size = Size::new(130, 90);
    for format in FORMATS {
        let mut pair = Pair::new(size);
        let picture = sky(size);
        let (sent, _) = pair.send(&picture, &lossless(format, 2));
        let expected = as_seen_in(&format, &picture);
        assert_equal(&pair.client, &expected, &format!("{format:?}"));
        let used = sent.iter().any(is_gradient);
        // Coarse channels make steps of it, of few colours.
        if format.bits_per_pixel == 32 {
            assert!(used, "{format:?}");
        }
        if format.bits_per_pixel == 8 || format == ODD_MAXIMA {
            assert!(!used, "{format:?}");
        }
    }
    let settings = EncodeSettings {
        gradient: false,
        ..EncodeSettings::default()
    };
    let (sent, _) = Pair::new(size).send(&sky(size), &settings);
    assert!(!sent.iter().any(is_gradient));
}

#[test]
fn gradients_of_sixteen_bits_arrive_exactly() {
    let size = Size::new(512, 256);
    let byte = |value: u32| value.to_le_bytes()[0];
    let picture = paint(size, |x, y| {
        [byte(x + y), byte(x * 3 + y), byte(x / 2 + y * 4)]
    });
    for format in [PixelFormat::RGB565, crate::support::RGB555_BIG] {
        for level in [1, 9] {
            let mut pair = Pair::new(size);
            let (sent, _) = pair.send(&picture, &lossless(format, level));
            assert!(sent.iter().any(is_gradient));
            assert_equal(&pair.client, &as_seen_in(&format, &picture), "the picture");
        }
    }
}

#[test]
fn zlib_is_left_out_for_clients_that_said_so_and_want_no_compression() {
    let size = Size::new(64, 48);
    let controls = |without_zlib, compression| {
        let settings = EncodeSettings {
            without_zlib,
            ..lossless(PixelFormat::BGRX, compression)
        };
        ["noise", "text", "icons"].map(|name| {
            let mut pair = Pair::new(size);
            let picture = scene(name, size);
            let (sent, _) = pair.send(&picture, &settings);
            assert_equal(&pair.client, &as_seen_in(&settings.format, &picture), name);
            sent[0].body[0]
        })
    };
    assert_eq!(controls(true, 0), [0xa0, 0xe0, 0xe0]);
    assert_eq!(controls(true, 1), [0x00, 0x50, 0x60]);
    assert_eq!(controls(false, 0), [0x00, 0x50, 0x60]);
}

#[test]
fn without_zlib_every_picture_arrives_in_every_format() {
    let settings = |format| EncodeSettings {
        without_zlib: true,
        ..lossless(format, 0)
    };
    for size in [
        Size::new(1, 1),
        Size::new(3, 1),
        Size::new(4, 1),
        Size::new(90, 70),
    ] {
        for format in FORMATS {
            let mut pair = Pair::new(size);
            for name in ["noise", "text", "icons", "desktop"] {
                let picture = scene(name, size);
                pair.send(&picture, &settings(format));
                let expected = as_seen_in(&format, &picture);
                assert_equal(
                    &pair.client,
                    &expected,
                    &format!("{name} {size} {format:?}"),
                );
            }
        }
    }
}
