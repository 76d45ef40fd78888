//! How close pictures are: PSNR and SSIM over what changed.

use tightrope::{Framebuffer, Rect};

/// Side of a window of SSIM, in pixels.
const WINDOW: usize = 8;
const WINDOW_PIXELS: f64 = 64.0;
const BYTES_PER_PIXEL: usize = 4;
const WINDOW_BYTES: usize = WINDOW * BYTES_PER_PIXEL;
/// The luma of BT.601: parts of blue, green and red.
const LUMA: [f64; 3] = [0.114, 0.587, 0.299];
/// The constants of SSIM for values up to 255: (0.01 * 255)^2 and (0.03 * 255)^2.
const STEADY_MEAN: f64 = 6.5025;
const STEADY_VARIANCE: f64 = 58.5225;
/// Stands for equal pictures, whose PSNR has no bound.
const EQUAL_DB: f64 = 99.0;

/// The quality of the pictures of a session, which are added one by one.
///
/// PSNR is over red, green and blue of the changed tiles, their squared errors pooled over the session. SSIM is the mean
/// over windows of 8x8 pixels of their luma, which lie side by side from each tile's origin; those cut by an edge do not
/// count.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    squares: u64,
    samples: u64,
    similarity: f64,
    windows: u64,
    /// Of the picture that came out worst.
    worst_db: Option<f64>,
}

impl Quality {
    /// Adds a picture: `shown` should be `wanted`, of which `tiles` changed. Tiles outside either do not count.
    pub fn add(&mut self, wanted: &Framebuffer, shown: &Framebuffer, tiles: &[Rect]) {
        let (mut squares, mut samples) = (0, 0);
        for &tile in tiles {
            if !(tile.fits(wanted.size()) && tile.fits(shown.size())) {
                continue;
            }
            samples += tile.area() as u64 * 3;
            squares += self.add_tile(wanted, shown, tile);
        }
        self.squares += squares;
        self.samples += samples;
        if samples > 0 {
            let decibels = decibels(squares, samples);
            self.worst_db = Some(self.worst_db.map_or(decibels, |worst| worst.min(decibels)));
        }
    }

    /// PSNR in dB; 99.0 if all is equal.
    #[must_use]
    pub fn psnr_db(&self) -> f64 {
        decibels(self.squares, self.samples)
    }
    /// The PSNR of the picture that came out worst, in dB; 99.0 if all are equal.
    #[must_use]
    pub fn worst_psnr_db(&self) -> f64 {
        self.worst_db.unwrap_or(EQUAL_DB)
    }
    /// The mean SSIM; 1.0 if all is equal.
    #[must_use]
    pub fn ssim(&self) -> f64 {
        match self.windows {
            0 => 1.0,
            windows => self.similarity / real(windows),
        }
    }
    /// Whether every pixel that counts is equal.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.squares == 0
    }

    /// Adds the windows of `tile`; gives its squared errors.
    fn add_tile(&mut self, wanted: &Framebuffer, shown: &Framebuffer, tile: Rect) -> u64 {
        let wanted: Vec<&[u8]> = wanted.view().rows(tile).collect();
        let shown: Vec<&[u8]> = shown.view().rows(tile).collect();
        let windows = usize::from(tile.width) / WINDOW;
        let mut squares = 0;
        for (wanted, shown) in wanted.chunks(WINDOW).zip(shown.chunks(WINDOW)) {
            if wanted == shown {
                if wanted.len() == WINDOW {
                    self.similarity += real(windows as u64);
                    self.windows += windows as u64;
                }
                continue;
            }
            squares += wanted
                .iter()
                .zip(shown)
                .map(|(wanted, shown)| squared_error(wanted, shown))
                .sum::<u64>();
            if let (Some(wanted), Some(shown)) = (wanted.first_chunk(), shown.first_chunk()) {
                self.add_windows(wanted, shown);
            }
        }
        squares
    }

    fn add_windows(&mut self, wanted: &[&[u8]; WINDOW], shown: &[&[u8]; WINDOW]) {
        let mut wanted = wanted.map(|row| row.as_chunks::<WINDOW_BYTES>().0.iter());
        let mut shown = shown.map(|row| row.as_chunks::<WINDOW_BYTES>().0.iter());
        loop {
            let (next_wanted, next_shown) = (
                wanted.each_mut().map(Iterator::next),
                shown.each_mut().map(Iterator::next),
            );
            let (Some(wanted), Some(shown)) = (all(next_wanted), all(next_shown)) else {
                return;
            };
            self.similarity += similarity(wanted, shown);
            self.windows += 1;
        }
    }
}

fn decibels(squares: u64, samples: u64) -> f64 {
    match squares {
        0 => EQUAL_DB,
        squares => 10.0 * (255.0 * 255.0 * real(samples) / real(squares)).log10(),
    }
}

/// Below 2^53, which is beyond what a session has, nothing is lost.
#[expect(clippy::cast_precision_loss, reason = "counts of pixels are far below")]
fn real(count: u64) -> f64 {
    count as f64
}

/// The squared differences of blue, green and red, summed.
fn squared_error(a: &[u8], b: &[u8]) -> u64 {
    let pixels = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
    let square = |a: u8, b: u8| u64::from(a.abs_diff(b)).pow(2);
    pixels
        .map(|(a, b)| square(a[0], b[0]) + square(a[1], b[1]) + square(a[2], b[2]))
        .sum()
}

type Window<'a> = [&'a [u8; WINDOW_BYTES]; WINDOW];

fn all<'a>(rows: [Option<&'a [u8; WINDOW_BYTES]>; WINDOW]) -> Option<Window<'a>> {
    let mut window = [&[0; WINDOW_BYTES]; WINDOW];
    for (to, row) in window.iter_mut().zip(rows) {
        *to = row?;
    }
    Some(window)
}

/// SSIM of one window.
fn similarity(a: Window<'_>, b: Window<'_>) -> f64 {
    if a == b {
        return 1.0;
    }
    let (mut sum_a, mut sum_b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        for (a, b) in a.as_chunks().0.iter().zip(b.as_chunks().0) {
            let (a, b) = (luma(*a), luma(*b));
            sum_a += a;
            sum_b += b;
            aa += a * a;
            bb += b * b;
            ab += a * b;
        }
    }
    let (mean_a, mean_b) = (sum_a / WINDOW_PIXELS, sum_b / WINDOW_PIXELS);
    let (variance_a, variance_b) = (
        aa / WINDOW_PIXELS - mean_a * mean_a,
        bb / WINDOW_PIXELS - mean_b * mean_b,
    );
    let covariance = ab / WINDOW_PIXELS - mean_a * mean_b;
    let means =
        (2.0 * mean_a * mean_b + STEADY_MEAN) / (mean_a * mean_a + mean_b * mean_b + STEADY_MEAN);
    means * (2.0 * covariance + STEADY_VARIANCE) / (variance_a + variance_b + STEADY_VARIANCE)
}

fn luma([blue, green, red, _]: [u8; BYTES_PER_PIXEL]) -> f64 {
    let [of_blue, of_green, of_red] = LUMA;
    of_blue * f64::from(blue) + of_green * f64::from(green) + of_red * f64::from(red)
}
