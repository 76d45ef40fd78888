//! How close pictures are, against what the formulas give by hand.

use lab::measure::Quality;
use testkit::scenes;
use tightrope::{Framebuffer, Rect, Size};

use crate::support::fill;

const SIZE: Size = Size::new(20, 12);

/// The formulas as they are written, pixel by pixel: PSNR and SSIM.
fn by_hand(wanted: &Framebuffer, shown: &Framebuffer, tile: Rect) -> (f64, f64) {
    let sample = |picture: &Framebuffer, x: u16, y: u16, channel: usize| {
        let at = (usize::from(y) * usize::from(picture.size().width) + usize::from(x)) * 4;
        f64::from(picture.bytes()[at + channel])
    };
    let luma = |picture: &Framebuffer, x, y| {
        let [b, g, r] = [0, 1, 2].map(|channel| sample(picture, x, y, channel));
        0.114 * b + 0.587 * g + 0.299 * r
    };
    let (right, bottom) = (tile.left + tile.width, tile.top + tile.height);
    let mut squares = 0.0;
    for y in tile.top..bottom {
        for x in tile.left..right {
            for channel in 0..3 {
                let error = sample(wanted, x, y, channel) - sample(shown, x, y, channel);
                squares += error * error;
            }
        }
    }
    let (mut sum, mut windows) = (0.0, 0.0);
    for top in (tile.top..bottom)
        .step_by(8)
        .filter(|top| top + 8 <= bottom)
    {
        for left in (tile.left..right)
            .step_by(8)
            .filter(|left| left + 8 <= right)
        {
            let pixels = || (0..64).map(|index| (left + index % 8, top + index / 8));
            let mean = |value: &dyn Fn(u16, u16) -> f64| {
                pixels().map(|(x, y)| value(x, y)).sum::<f64>() / 64.0
            };
            let (a, b) = (
                mean(&|x, y| luma(wanted, x, y)),
                mean(&|x, y| luma(shown, x, y)),
            );
            let aa = mean(&|x, y| (luma(wanted, x, y) - a).powi(2));
            let bb = mean(&|x, y| (luma(shown, x, y) - b).powi(2));
            let ab = mean(&|x, y| (luma(wanted, x, y) - a) * (luma(shown, x, y) - b));
            sum += (2.0 * a * b + 6.5025) * (2.0 * ab + 58.5225)
                / ((a * a + b * b + 6.5025) * (aa + bb + 58.5225));
            windows += 1.0;
        }
    }
    let samples = 3.0 * f64::from(tile.width) * f64::from(tile.height);
    (10.0 * (65025.0 * samples / squares).log10(), sum / windows)
}

fn measured(wanted: &Framebuffer, shown: &Framebuffer, tiles: &[Rect]) -> Quality {
    let mut quality = Quality::default();
    quality.add(wanted, shown, tiles);
    quality
}

#[test]
fn the_measures_are_those_of_the_formulas() {
    let wanted = scenes::desktop(SIZE);
    let shown = scenes::noise(SIZE);
    for tile in [SIZE.into(), Rect::new(3, 1, 8, 8), Rect::new(2, 3, 17, 9)] {
        let quality = measured(&wanted, &shown, &[tile]);
        let (psnr, ssim) = by_hand(&wanted, &shown, tile);
        assert!((quality.psnr_db() - psnr).abs() < 1e-9, "{tile:?}");
        assert!((quality.ssim() - ssim).abs() < 1e-9, "{tile:?}");
        assert!(!quality.is_equal());
    }
}

#[test]
fn equal_pictures_are_ninety_nine_decibels_whatever_their_unused_bytes() {
    let wanted = scenes::flat(SIZE);
    let mut shown = wanted.clone();
    fill(&mut shown, Rect::new(0, 0, 9, 9), [200, 100, 50, 255]);
    let quality = measured(&wanted, &shown, &[SIZE.into()]);
    assert_eq!(
        (quality.psnr_db(), quality.worst_psnr_db(), quality.ssim()),
        (99.0, 99.0, 1.0)
    );
    assert!(quality.is_equal());
    let nothing = Quality::default();
    assert_eq!(
        (nothing.psnr_db(), nothing.worst_psnr_db(), nothing.ssim()),
        (99.0, 99.0, 1.0)
    );
}

#[test]
fn errors_are_pooled_over_pictures_and_the_worst_one_is_known() {
    let black = Framebuffer::new(SIZE);
    let mut grey = black.clone();
    fill(&mut grey, SIZE.into(), [1, 1, 1, 0]);
    let mut quality = measured(&black, &grey, &[SIZE.into()]);
    quality.add(&black, &black, &[SIZE.into()]);
    quality.add(&black, &grey, &[]);
    assert!((quality.worst_psnr_db() - 48.1308).abs() < 1e-4);
    assert!((quality.psnr_db() - 51.1411).abs() < 1e-4);
}

#[test]
fn only_the_tiles_count_and_only_where_both_pictures_have_them() {
    let black = Framebuffer::new(SIZE);
    let mut shown = black.clone();
    fill(&mut shown, Rect::new(0, 0, 8, 8), [9, 9, 9, 0]);
    let quality = measured(
        &black,
        &shown,
        &[Rect::new(8, 0, 12, 12), Rect::new(0, 8, 8, 8)],
    );
    assert!(quality.is_equal());
}
