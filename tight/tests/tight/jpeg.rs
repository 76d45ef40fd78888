//! JPEG rectangles.

use rfb::{EncodeSettings, Framebuffer, PixelFormat, Region, Size};
use tightrope_tight::TightDecoder;

use crate::support::{FORMATS, Pair, decode, paint, scene};

fn settings(format: PixelFormat, quality: u8) -> EncodeSettings {
    EncodeSettings {
        format,
        quality: Some(quality),
        ..EncodeSettings::default()
    }
}

/// Smooth, with some texture: what JPEG is for.
fn photo(size: Size) -> Framebuffer {
    let mut noise = crate::support::Noise(3);
    let wave = |x: u32, scale: f64| (f64::from(x) / scale).sin().mul_add(90.0, 120.0);
    paint(size, |x, y| {
        let light = (wave(x, 31.0) + wave(y, 23.0)) / 2.0;
        let grain = u32::from(noise.next() % 8);
        let level = (0..255).find(|&level| f64::from(level) >= light).unwrap();
        let byte = |value: u32| value.min(255).to_le_bytes()[0];
        [
            byte(level + grain),
            byte(200 - level / 2),
            byte(x / 4 + y / 4 + grain),
        ]
    })
}

/// Over blue, green and red of all pixels, in dB.
fn psnr(a: &Framebuffer, b: &Framebuffer) -> f64 {
    let pixels = a.bytes().as_chunks::<4>().0.iter();
    let mut sum = 0.0;
    for (a, b) in pixels.zip(b.bytes().as_chunks::<4>().0) {
        sum += (0..3)
            .map(|channel| (f64::from(a[channel]) - f64::from(b[channel])).powi(2))
            .sum::<f64>();
    }
    let values = f64::from(u32::try_from(a.size().area() * 3).unwrap());
    10.0 * (65_025.0 * values / sum).log10()
}

#[test]
fn each_quality_level_looks_as_good_as_it_should() {
    let size = Size::new(320, 240);
    let picture = photo(size);
    let least = [33.0, 37.0, 38.5, 38.8, 40.0, 41.0, 41.3, 41.7, 42.0, 49.5];
    let (mut last_psnr, mut last_bytes) = (0.0, 0);
    for (level, least) in (0..).zip(least) {
        let mut pair = Pair::new(size);
        let (sent, _) = pair.send(&picture, &settings(PixelFormat::BGRX, level));
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
        let (sent, lossy) = pair.send(&picture, &settings(PixelFormat::BGRX, quality));
        let jpegs = sent.iter().filter(|sent| sent.body[0] == 0x90);
        let jpegs: Region = jpegs.map(|sent| sent.rect).collect();
        assert!(!jpegs.is_empty() && jpegs.area() < size.area());
        assert_eq!(lossy, jpegs);
    }
}

#[test]
fn text_and_icons_stay_exact_where_jpeg_is_allowed() {
    let size = Size::new(200, 200);
    for name in ["solid", "text", "three", "icons"] {
        let mut pair = Pair::new(size);
        let picture = scene(name, size);
        let (_, lossy) = pair.send(&picture, &settings(PixelFormat::BGRX, 1));
        assert!(lossy.is_empty());
        assert!(psnr(&picture, &pair.client).is_infinite(), "{name}");
    }
}

#[test]
fn sixteen_and_thirty_two_bit_clients_get_jpeg_eight_bit_clients_do_not() {
    let size = Size::new(160, 120);
    let picture = photo(size);
    for format in FORMATS {
        let mut pair = Pair::new(size);
        let (sent, lossy) = pair.send(&picture, &settings(format, 5));
        let jpeg = format.bits_per_pixel > 8;
        assert_eq!(sent[0].body[0] == 0x90, jpeg, "{format:?}");
        assert_eq!(lossy.is_empty(), !jpeg);
        if jpeg {
            assert!(psnr(&picture, &pair.client) > 34.0);
        }
    }
}

#[test]
fn unused_bytes_are_zero_after_jpeg() {
    let size = Size::new(64, 48);
    let mut pair = Pair::new(size);
    pair.send(&photo(size), &settings(PixelFormat::BGRX, 8));
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
    let (sent, _) = Pair::new(size).send(&photo(size), &settings(PixelFormat::BGRX, 8));
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
    let (sent, _) = Pair::new(size).send(&photo(size), &settings(PixelFormat::BGRX, 3));
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
