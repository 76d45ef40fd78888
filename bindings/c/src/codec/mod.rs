//! Encodings alone: rectangles without a connection, for research, recordings and other ways to carry them.

mod decoder;
mod encoder;

pub use decoder::*;
pub use encoder::*;

use std::time::{Duration, Instant};

use tightrope::Rect;
use tightrope::rfb::wire::{Decode as _, Reader};
use tightrope::rfb::{Encoding, PixelFormat};
use tightrope::tight::Kind;

use crate::error::Fault;
use crate::memory::{slice, tr_rect};

/// Pixels as they are.
pub const TR_ENCODING_RAW: i32 = 0;
/// A copy from elsewhere in the picture. Decoded only: encoders find no movement.
pub const TR_ENCODING_COPY_RECT: i32 = 1;
/// One-coloured rectangles on a background.
pub const TR_ENCODING_RRE: i32 = 2;
/// The same, in parts of at most 255 by 255.
pub const TR_ENCODING_CORRE: i32 = 4;
/// One-coloured rectangles in tiles of 16 by 16.
pub const TR_ENCODING_HEXTILE: i32 = 5;
/// Raw through zlib.
pub const TR_ENCODING_ZLIB: i32 = 6;
/// Fills, palettes, gradients, full colour through zlib, and JPEG: whichever suits.
pub const TR_ENCODING_TIGHT: i32 = 7;
/// Run-length coded tiles of 16 by 16.
pub const TR_ENCODING_TRLE: i32 = 15;
/// Run-length coded tiles of 64 by 64 through zlib.
pub const TR_ENCODING_ZRLE: i32 = 16;
/// ZRLE with wavelets. Decoded only.
pub const TR_ENCODING_ZYWRLE: i32 = 17;
/// JPEG images alone.
pub const TR_ENCODING_JPEG: i32 = 21;
/// Tight with PNG instead of zlib.
pub const TR_ENCODING_TIGHT_PNG: i32 = -260;

/// How a rectangle was coded, where its encoding has several ways. Later versions know more.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tr_coding {
    /// The encoding has only one way.
    TR_CODING_ONLY = 0,
    /// All pixels have one colour.
    TR_CODING_FILL = 1,
    /// Pixels are numbers of at most 256 colours: see `colours`.
    TR_CODING_PALETTE = 2,
    /// Pixels are differences from what their neighbours make likely.
    TR_CODING_GRADIENT = 3,
    /// Pixels are what they are.
    TR_CODING_FULL_COLOUR = 4,
    /// A JPEG image.
    TR_CODING_JPEG = 5,
    /// A PNG image.
    TR_CODING_PNG = 6,
}

/// What one rectangle took.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_coded_rect {
    /// Which pixels.
    pub rect: tr_rect,
    /// TR_ENCODING_*: Tight writes some rectangles as Raw.
    pub encoding: i32,
    /// How it was coded.
    pub coding: tr_coding,
    /// Of a palette: how many colours it has.
    pub colours: u32,
    /// JPEG quality, 1 to 100; 0 if it was written without loss, or read.
    pub quality: u32,
    /// Bytes of it, its header of 12 among them.
    pub bytes: usize,
    /// Nanoseconds that a thread wrote it for; 0 if it was read.
    pub time_ns: u64,
}

impl tr_coded_rect {
    fn new(rect: Rect, encoding: Encoding, head: &[u8]) -> Self {
        use tr_coding as coding;
        let mut colours = 0;
        let coding = match Kind::of(encoding, head) {
            Some(Kind::Fill) => coding::TR_CODING_FILL,
            Some(Kind::Palette { colours: count }) => {
                colours = count.into();
                coding::TR_CODING_PALETTE
            }
            Some(Kind::Gradient) => coding::TR_CODING_GRADIENT,
            Some(Kind::FullColour) => coding::TR_CODING_FULL_COLOUR,
            Some(Kind::Jpeg) => coding::TR_CODING_JPEG,
            Some(Kind::Png) => coding::TR_CODING_PNG,
            _ => coding::TR_CODING_ONLY,
        };
        Self {
            rect: rect.into(),
            encoding: encoding.0,
            coding,
            colours,
            quality: 0,
            bytes: 0,
            time_ns: 0,
        }
    }
}

/// How pixels are laid out on the wire, as RFB has it (RFC 6143 7.4). In memory they are always BGRX.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_pixel_format {
    /// 8, 16 or 32.
    pub bits_per_pixel: u8,
    /// Useful bits of those.
    pub depth: u8,
    /// 1 if the most significant byte comes first, else 0.
    pub big_endian: u8,
    /// 1 if pixels are red, green and blue; 0 if they are indices of a colour map.
    pub true_colour: u8,
    /// Largest value of red.
    pub red_max: u16,
    /// Largest value of green.
    pub green_max: u16,
    /// Largest value of blue.
    pub blue_max: u16,
    /// Bits to shift right to reach red.
    pub red_shift: u8,
    /// Bits to shift right to reach green.
    pub green_shift: u8,
    /// Bits to shift right to reach blue.
    pub blue_shift: u8,
}

/// The format at `format`; BGRX if it is null.
///
/// The caller promises one there, unless it is null.
unsafe fn pixel_format(format: *const tr_pixel_format) -> Result<PixelFormat, Fault> {
    if format.is_null() {
        return Ok(PixelFormat::BGRX);
    }
    // SAFETY: the caller promises a format.
    match unsafe { slice(format, 1, "format") }? {
        [format, ..] => checked(format),
        [] => Ok(PixelFormat::BGRX),
    }
}

fn checked(format: &tr_pixel_format) -> Result<PixelFormat, Fault> {
    let [red, more_red] = format.red_max.to_be_bytes();
    let [green, more_green] = format.green_max.to_be_bytes();
    let [blue, more_blue] = format.blue_max.to_be_bytes();
    // What the wire may not say, a caller may not say either.
    let wire = [
        format.bits_per_pixel,
        format.depth,
        format.big_endian,
        format.true_colour,
        red,
        more_red,
        green,
        more_green,
        blue,
        more_blue,
        format.red_shift,
        format.green_shift,
        format.blue_shift,
        0,
        0,
        0,
    ];
    PixelFormat::decode(&mut Reader::new(&wire)).map_err(|error| Fault::argument("format", error))
}

/// The time since the process first asked.
fn clock() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_format_that_rfb_does_not_know_is_refused_by_name() {
        let bgrx = tr_pixel_format {
            bits_per_pixel: 32,
            depth: 24,
            big_endian: 0,
            true_colour: 1,
            red_max: 255,
            green_max: 255,
            blue_max: 255,
            red_shift: 16,
            green_shift: 8,
            blue_shift: 0,
        };
        assert_eq!(checked(&bgrx).unwrap(), PixelFormat::BGRX);
        let odd = tr_pixel_format {
            bits_per_pixel: 24,
            ..bgrx
        };
        assert_eq!(
            checked(&odd).unwrap_err().message,
            "format: pixel-format.bits-per-pixel: invalid value 24"
        );
    }
}
