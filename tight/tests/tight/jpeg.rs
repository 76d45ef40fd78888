//! JPEG rectangles.

use rfb::{EncodeSettings, Framebuffer, PixelFormat, Rect, Region, Size, Subsampling};
use tightrope_tight::TightDecoder;

use crate::support::{FORMATS, Pair, Sent, decode, lossy, paint, photo, psnr, scene};

#[test]
fn each_quality_level_looks_as_good_as_it_should() {
    let size = Size::new(320, 240);
    let picture = photo(size);
    let least = [33.0, 37.0, 38.5, 38.8, 40.0, 41.0, 41.3, 41.7, 42.0, 49.5];
    let (mut last_psnr, mut last_bytes) = (0.0, 0);
    for (level, least) in (0..).zip(least) {
        let mut pair = Pair::new(size);
        let (sent, _) = pair.send(&picture, &lossy(PixelFormat::BGRX, level));
        assert!(sent.iter().all(|sent| sent.body[0] == 0x90));
        let bytes: usize = sent.iter().map(|sent| sent.body.len()).sum();
        let psnr = psnr(&picture, &pair.client);
        assert!(psnr > least, "level {level}: {psnr} dB");
        assert!(
            psnr > last_psnr - 0.2 && bytes > last_bytes,
            "level {level}"
        );
        (last_psnr, last_bytes) = (psnr, bytes);
    }
}

#[test]
fn what_goes_as_jpeg_is_marked_lossy_and_nothing_else() {
    let size = Size::new(400, 300);
    for quality in [0, 8, 9] {
        let mut pair = Pair::new(size);
        let picture = scene("desktop", size);
        let (sent, loss) = pair.send(&picture, &lossy(PixelFormat::BGRX, quality));
        let mut expected = Region::default();
        for Sent { rect, body, .. } in &sent {
            match body[0] {
                0x90 => expected.add(*rect),
                _ => expected = expected.difference(&(*rect).into()),
            }
        }
        assert!(!expected.is_empty() && expected.area() < size.area());
        assert_eq!(loss, expected);
    }
}

#[test]
fn tables_of_its_own_make_a_photograph_smaller_and_change_no_pixel() {
    let size = Size::new(320, 240);
    let picture = photo(size);
    for level in [0, 4, 8] {
        let usual = lossy(PixelFormat::BGRX, level);
        let thrifty = EncodeSettings {
            thrifty: true,
            ..usual.clone()
        };
        let [(bytes, client), (fewer, same)] = [usual, thrifty].map(|settings| {
            let mut pair = Pair::new(size);
            let (sent, _) = pair.send(&picture, &settings);
            let bytes: usize = sent.iter().map(|sent| sent.body.len()).sum();
            (bytes, pair.client)
        });
        assert!(
            fewer * 100 < bytes * 97,
            "level {level}: {fewer} of {bytes}"
        );
        assert!(client == same, "level {level}");
    }
}

#[test]
fn what_moves_is_sent_as_one_where_most_of_it_is_a_photograph() {
    let size = Size::new(256, 256);
    let mut noise = crate::support::Noise(1);
    let icons = paint(size, |_, _| [noise.next() % 40 * 6; 3]);
    let mut film = photo(size);
    let title = Rect::new(0, 0, 256, 64);
    let mut target = film.view_mut(title).unwrap();
    for (to, from) in target.rows_mut().zip(icons.view().rows(title)) {
        to.copy_from_slice(from);
    }
    let settings = EncodeSettings {
        moving: true,
        ..lossy(PixelFormat::BGRX, 8)
    };
    let loss = |picture: &Framebuffer, settings: &EncodeSettings| {
        Pair::new(size).send(picture, settings).1
    };
    assert_eq!(loss(&film, &settings), size.into());
    let still = lossy(PixelFormat::BGRX, 8);
    assert!(!loss(&film, &still).intersects(Rect::new(16, 16, 200, 32)));
    assert!(
        loss(&icons, &settings).is_empty(),
        "text that scrolls stays exact"
    );
}

#[test]
fn text_and_icons_stay_exact_where_jpeg_is_allowed() {
    let size = Size::new(200, 200);
    let mut noise = crate::support::Noise(1);
    let icons = paint(size, |_, _| [noise.next() % 40 * 6; 3]);
    let scenes = ["solid", "text", "three"].map(|name| (name, scene(name, size)));
    for (name, picture) in scenes.into_iter().chain([("icons", icons)]) {
        let mut pair = Pair::new(size);
        let (_, loss) = pair.send(&picture, &lossy(PixelFormat::BGRX, 1));
        assert!(loss.is_empty());
        assert!(psnr(&picture, &pair.client).is_infinite(), "{name}");
    }
}

#[test]
fn sixteen_and_thirty_two_bit_clients_get_jpeg_eight_bit_clients_do_not() {
    let size = Size::new(160, 120);
    let picture = photo(size);
    for format in FORMATS {
        let mut pair = Pair::new(size);
        let (sent, loss) = pair.send(&picture, &lossy(format, 5));
        let jpeg = format.bits_per_pixel > 8;
        assert_eq!(sent[0].body[0] == 0x90, jpeg, "{format:?}");
        assert_eq!(loss.is_empty(), !jpeg);
        if jpeg {
            assert!(psnr(&picture, &pair.client) > 34.0);
        }
    }
}

#[test]
fn unused_bytes_are_zero_after_jpeg() {
    let size = Size::new(64, 48);
    let mut pair = Pair::new(size);
    pair.send(&photo(size), &lossy(PixelFormat::BGRX, 8));
    assert!(
        pair.client
            .bytes()
            .as_chunks::<4>()
            .0
            .iter()
            .all(|pixel| pixel[3] == 0)
    );
}

#[test]
fn an_image_of_another_size_is_refused() {
    let size = Size::new(64, 48);
    let (sent, _) = Pair::new(size).send(&photo(size), &lossy(PixelFormat::BGRX, 8));
    for (other, message) in [
        (Size::new(65, 48), "tight.jpeg.width: invalid value 64"),
        (Size::new(63, 48), "tight.jpeg.width: invalid value 64"),
        (Size::new(64, 47), "tight.jpeg.height: invalid value 48"),
        (Size::new(64, 49), "tight.jpeg.height: invalid value 48"),
    ] {
        let mut decoder = TightDecoder::default();
        let result = decode(&mut decoder, &sent[0].body, &PixelFormat::BGRX, other);
        assert_eq!(result.unwrap_err().to_string(), message);
    }
}

#[test]
fn a_damaged_image_is_refused_and_the_next_one_is_drawn() {
    let size = Size::new(64, 48);
    let (sent, _) = Pair::new(size).send(&photo(size), &lossy(PixelFormat::BGRX, 3));
    let whole = &sent[0].body;
    let mut damaged = whole.clone();
    damaged[3..40].fill(0x55);
    let mut decoder = TightDecoder::default();
    let error = decode(&mut decoder, &damaged, &PixelFormat::BGRX, size).unwrap_err();
    assert!(
        error.to_string().starts_with("tight.jpeg: invalid value"),
        "{error}"
    );
    assert!(decode(&mut decoder, whole, &PixelFormat::BGRX, size).is_ok());
}

#[test]
fn jpeg_for_an_eight_bit_client_is_refused() {
    let mut decoder = TightDecoder::default();
    let body = [/* jpeg */ 0x90, /* length */ 1, 0];
    let error = decode(&mut decoder, &body, &PixelFormat::BGR233, Size::new(1, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tight.jpeg.bits-per-pixel: invalid value 8"
    );
}

/// Quantisation tables, and how often each component is sampled, of a JPEG rectangle.
fn parameters(Sent { body, .. }: &Sent) -> (Vec<u8>, Vec<u8>) {
    let (mut tables, mut sampling) = (Vec::new(), Vec::new());
    // Behind the control byte and the length, of two or three bytes, of a picture as large as these.
    let start = body.iter().position(|&byte| byte == 0xff).unwrap();
    let mut rest = &body[start + 2..];
    while rest[1] != /* scan */ 0xda {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        let segment = &rest[4..2 + length];
        match rest[1] {
            /* tables */ 0xdb => tables.extend_from_slice(segment),
            /* frame */ 0xc0 => sampling.extend(segment[6..].chunks(3).map(|part| part[1])),
            _ => {}
        }
        rest = &rest[2 + length..];
    }
    (tables, sampling)
}

#[test]
fn a_fine_quality_goes_before_that_of_the_level() {
    let size = Size::new(64, 48);
    let tables = |quality, fine_quality| {
        let settings = EncodeSettings {
            quality,
            fine_quality,
            ..EncodeSettings::default()
        };
        let (sent, loss) = Pair::new(size).send(&photo(size), &settings);
        assert_eq!(loss, size.into());
        parameters(&sent[0])
    };
    // The qualities of levels 8 and 0.
    assert_eq!(tables(Some(6), Some(92)).0, tables(Some(8), None).0);
    assert_eq!(tables(None, Some(15)).0, tables(Some(0), None).0);
    assert_eq!(tables(None, Some(15)).1, [0x11, 0x11, 0x11], "4:4:4");
    assert_eq!(
        tables(None, Some(100)).0,
        [[0, 1], [1, 1]].map(ones).concat()
    );
    assert_eq!(tables(None, Some(0)), tables(None, Some(1)));
    assert_eq!(tables(None, Some(255)), tables(None, Some(100)));
}

/// A quantisation table that takes nothing away.
fn ones([number, value]: [u8; 2]) -> Vec<u8> {
    [&[number][..], &[value; 64]].concat()
}

#[test]
fn a_subsampling_goes_before_that_of_the_level() {
    let size = Size::new(64, 48);
    let sampling = |quality, subsampling| {
        let settings = EncodeSettings {
            subsampling,
            ..lossy(PixelFormat::BGRX, quality)
        };
        let (sent, _) = Pair::new(size).send(&photo(size), &settings);
        parameters(&sent[0]).1
    };
    assert_eq!(sampling(8, None), [0x11, 0x11, 0x11]);
    assert_eq!(sampling(4, None), [0x21, 0x11, 0x11]);
    assert_eq!(sampling(0, None), [0x22, 0x11, 0x11]);
    assert_eq!(sampling(0, Some(Subsampling::Yuv444)), [0x11, 0x11, 0x11]);
    assert_eq!(sampling(8, Some(Subsampling::Yuv422)), [0x21, 0x11, 0x11]);
    assert_eq!(sampling(8, Some(Subsampling::Yuv420)), [0x22, 0x11, 0x11]);
    assert_eq!(sampling(8, Some(Subsampling::Gray)).len(), 1);
}

#[test]
fn subsampling_alone_is_no_leave_to_lose_detail() {
    let size = Size::new(64, 48);
    let settings = EncodeSettings {
        subsampling: Some(Subsampling::Gray),
        ..EncodeSettings::default()
    };
    let mut pair = Pair::new(size);
    let picture = photo(size);
    let (_, loss) = pair.send(&picture, &settings);
    assert!(loss.is_empty());
    assert!(psnr(&picture, &pair.client).is_infinite());
}

#[test]
fn no_colour_is_left_where_none_is_wanted() {
    let size = Size::new(300, 200);
    let settings = EncodeSettings {
        subsampling: Some(Subsampling::Gray),
        ..lossy(PixelFormat::BGRX, 9)
    };
    for name in ["solid", "text", "icons", "desktop"] {
        let mut pair = Pair::new(size);
        let picture = scene(name, size);
        let (_, loss) = pair.send(&picture, &settings);
        for (shown, source) in pixels(&pair.client).zip(pixels(&picture)) {
            let [blue, green, red] = source.map(f64::from);
            let light = 0.299 * red + 0.587 * green + 0.114 * blue;
            assert!(
                shown[0] == shown[1] && shown[1] == shown[2],
                "{name} {shown:?}"
            );
            assert!(
                (f64::from(shown[0]) - light).abs() < 12.0,
                "{name} {source:?} {shown:?}"
            );
        }
        assert!(!loss.is_empty(), "{name}");
    }
    // What was grey before loses nothing.
    let mut pair = Pair::new(size);
    let (_, loss) = pair.send(&paint(size, |_, _| [70; 3]), &settings);
    assert!(loss.is_empty());
    assert!(pixels(&pair.client).all(|pixel| pixel == [70; 3]));
}

fn pixels(picture: &Framebuffer) -> impl Iterator<Item = [u8; 3]> {
    let pixels = picture.bytes().as_chunks::<4>().0.iter();
    pixels.map(|&[blue, green, red, _]| [blue, green, red])
}

#[test]
fn a_grey_image_is_drawn_in_grey() {
    let size = Size::new(64, 48);
    let settings = EncodeSettings {
        subsampling: Some(Subsampling::Gray),
        ..lossy(PixelFormat::BGRX, 9)
    };
    let (sent, _) = Pair::new(size).send(&photo(size), &settings);
    assert_eq!(sent[0].rect, Rect::from(size));
    let mut decoder = TightDecoder::default();
    let (picture, _) = decode(&mut decoder, &sent[0].body, &PixelFormat::BGRX, size).unwrap();
    assert!(pixels(&picture).all(|[b, g, r]| b == g && g == r));
    assert!(
        picture
            .bytes()
            .as_chunks::<4>()
            .0
            .iter()
            .all(|pixel| pixel[3] == 0)
    );
}
