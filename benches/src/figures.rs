//! What is measured of one recording.

use std::collections::BTreeMap;
use std::time::Duration;

use lab::measure::{Kind, Kinds, Quality, Share};
use lab::vtz::Frame;
use serde::Serialize;
use tightrope::Framebuffer;

/// A line of figures. Names and units of the fields are relied on from outside.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) session: String,
    pub(crate) frames: u32,
    /// Of the changed tiles.
    pub(crate) changed_mpx: f64,
    pub(crate) bytes: u64,
    /// Null where another encoded.
    pub(crate) encode_cpu_s: Option<f64>,
    pub(crate) decode_cpu_s: f64,
    pub(crate) psnr_db: f64,
    pub(crate) ssim: f64,
    /// Every pixel is equal.
    pub(crate) lossless: bool,
    pub(crate) threads: usize,
    /// -1 for lossless; null where another encoded.
    pub(crate) quality: Option<i16>,
    pub(crate) compress: Option<u8>,
    /// Of encoding, or where another encoded, of decoding.
    pub(crate) wall_s: f64,
    pub(crate) worst_psnr_db: f64,
    pub(crate) copied_mpx: f64,
    pub(crate) rects: u64,
    pub(crate) kinds: BTreeMap<&'static str, KindFigures>,
}

/// What one kind of rectangles has of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct KindFigures {
    pub(crate) rects: u64,
    pub(crate) mpx: f64,
    pub(crate) bytes: u64,
}

/// What a pass over a recording took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
}

impl Cost {
    /// The lesser of each.
    pub(crate) fn best(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.min(other.cpu),
            wall: self.wall.min(other.wall),
        }
    }

    /// Runs `work`, adds what it took and gives its result.
    pub(crate) fn add<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = std::time::Instant::now();
        let (result, cpu) = lab::measure::cpu::timed(work);
        self.wall += start.elapsed();
        self.cpu += cpu;
        result
    }
}

/// What decoding a stream showed of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) frames: u32,
    pub(crate) changed_pixels: u64,
    pub(crate) bytes: u64,
    pub(crate) cost: Cost,
    pub(crate) quality: Quality,
    pub(crate) kinds: Kinds,
}

impl Decoded {
    /// Adds a picture: `shown` is what `update` made of it.
    pub(crate) fn add(&mut self, frame: &Frame<'_>, update: &[u8], shown: &Framebuffer) {
        self.frames += 1;
        self.bytes += update.len() as u64;
        let areas = frame.tiles.iter().map(|tile| tile.area() as u64);
        self.changed_pixels += areas.sum::<u64>();
        self.quality.add(frame.picture, shown, frame.tiles);
    }
}

impl Figures {
    /// The figures of a stream that another encoded.
    pub(crate) fn new(session: String, decoded: &Decoded, threads: usize) -> Self {
        let Decoded { quality, kinds, .. } = decoded;
        Self {
            session,
            frames: decoded.frames,
            changed_mpx: mpx(decoded.changed_pixels),
            bytes: decoded.bytes,
            encode_cpu_s: None,
            decode_cpu_s: seconds(decoded.cost.cpu),
            psnr_db: rounded(quality.psnr_db(), 2),
            ssim: rounded(quality.ssim(), 5),
            lossless: quality.is_equal(),
            threads,
            quality: None,
            compress: None,
            wall_s: seconds(decoded.cost.wall),
            worst_psnr_db: rounded(quality.worst_psnr_db(), 2),
            copied_mpx: mpx(kinds.share(Kind::Copy).pixels),
            rects: kinds.rects(),
            kinds: kinds.shares().map(kind_figures).collect(),
        }
    }

    /// Bytes for a pixel of the changed tiles.
    pub(crate) fn bytes_per_pixel(&self) -> f64 {
        crate::table::megabytes(self.bytes) / self.changed_mpx
    }
}

fn kind_figures((kind, share): (Kind, Share)) -> (&'static str, KindFigures) {
    let figures = KindFigures {
        rects: share.rects,
        mpx: mpx(share.pixels),
        bytes: share.bytes,
    };
    (kind.name(), figures)
}

/// `value` with `digits` behind the point.
pub(crate) fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (value * unit).round() / unit
}

/// In 10^6 bits.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn megabits(bits: u64) -> f64 {
    rounded(bits as f64 / 1e6, 4)
}

pub(crate) fn seconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64(), 4)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(crate) fn mpx(pixels: u64) -> f64 {
    rounded(pixels as f64 / 1e6, 3)
}
