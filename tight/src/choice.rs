//! Which ways of sending a rectangle are open, and the limits they have. The one place where the numbers are.

use rfb::codec::JpegQuality;
use rfb::{EncodeSettings, PixelFormat, Rect, Subsampling};

use crate::WIDTH_LIMIT;
use crate::encoder::{COLOURS_LIMIT, Grain};

/// The quality at which JPEG may be used; `None` where it may not.
///
/// rfbproto "Tight Encoding": JPEG is for 16 and 32 bits a pixel, and for clients that ask for a quality.
pub(crate) fn jpeg(settings: &EncodeSettings) -> Option<JpegQuality> {
    settings
        .jpeg_quality()
        .filter(|_| settings.format.bits_per_pixel > 8)
}

/// Whether the client wants no colours: then everything goes as JPEG, or as a fill of a grey.
pub(crate) fn is_gray(settings: &EncodeSettings) -> bool {
    jpeg(settings).is_some_and(|jpeg| jpeg.subsampling == Subsampling::Gray)
}

/// How wide, and of how many pixels, a JPEG image may be: its length must be below 4 MiB at any quality.
pub(crate) fn jpeg_limits(rect: Rect, quality: JpegQuality, grain: Grain<'_>) -> (u16, usize) {
    const MOST: usize = 1 << 20;
    const MOST_FINE: usize = 1 << 18;
    const LEAST_CUT: usize = 1 << 17;
    let fine = quality.quality > 92 || grain.is_fine();
    let most = if fine { MOST_FINE } else { MOST };
    let share = rect.area().div_ceil(grain.workers.most()).max(LEAST_CUT);
    grain.photo_limit(WIDTH_LIMIT, most.min(share))
}

/// How many colours to count in a rectangle of `area` pixels before giving up on a palette, 2 to 256.
pub(crate) fn palette_limit(area: usize, settings: &EncodeSettings) -> usize {
    match settings.format.bits_per_pixel {
        8 => 2, // an index would be as long as a pixel
        _ => (area / 16).clamp(2, COLOURS_LIMIT),
    }
}

/// Whether a palette of so many colours is small against `area` pixels.
pub(crate) fn palette_pays(colours: usize, area: usize) -> bool {
    colours <= 16 || colours * 12 <= area
}

/// The zlib level of PNG images at compression level `compression`, 0 to 9.
pub(crate) fn zlib_level(compression: u8) -> u32 {
    compression.min(9).into()
}

/// Whether smooth pixels may go through the gradient filter.
///
/// rfbproto "Tight Encoding": for 16 and 32 bits a pixel. Every decoder masks differences with the maxima, which loses
/// nothing only if those are powers of two less one.
pub(crate) fn gradient_allowed(settings: &EncodeSettings) -> bool {
    let PixelFormat {
        bits_per_pixel,
        max,
        ..
    } = settings.format;
    let masks = max.iter().all(|max| max & max.wrapping_add(1) == 0);
    settings.gradient && bits_per_pixel > 8 && masks
}

/// Whether PNG, which holds red, green and blue of 8 bits each, is exactly what the client should hold.
pub(crate) fn png_allowed(format: &PixelFormat) -> bool {
    format.bits_per_pixel == 32 && format.max == [255; 3]
}
