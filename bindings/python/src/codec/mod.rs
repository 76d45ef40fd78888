//! Encodings on their own: arrays in and bytes out, and back. `tightrope/codec.py` is what Python sees of it.

mod decoder;
mod encoder;
mod named;

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tightrope::Rect;

pub(crate) use decoder::RectDecoder;
pub(crate) use encoder::RectEncoder;
pub(crate) use named::subsampling;

/// A rectangle as Python gets it: left, top, width, height, encoding, kind, bytes, seconds, JPEG quality.
type Row = (
    u16,
    u16,
    u16,
    u16,
    &'static str,
    &'static str,
    usize,
    f64,
    Option<u8>,
);

/// A rectangle: left, top, width, height.
pub(crate) type RectTuple = (u16, u16, u16, u16);

/// As Python gets it.
pub(crate) fn tuple(rect: Rect) -> RectTuple {
    (rect.left, rect.top, rect.width, rect.height)
}

/// Time since the first look at it.
fn clock() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
