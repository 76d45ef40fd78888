//! How a rectangle is sent. The one place where that is decided.

use rfb::EncodeSettings;

use crate::WIDTH_LIMIT;
use crate::palette::COLOURS_LIMIT;

/// How a rectangle is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One colour.
    Fill,
    /// Two colours, one bit a pixel.
    Mono,
    /// 3 to 256 colours, one byte a pixel.
    Indexed,
    /// Every pixel in full, through zlib.
    Full,
    /// JPEG at this quality level.
    Jpeg(u8),
}

/// Below this many pixels a JPEG's own tables, about 600 bytes, weigh more than what it saves.
const MIN_JPEG_AREA: usize = 1024;

/// How wide, in pixels, the parts of a picture may be that are not of one colour.
///
/// Narrower parts hold fewer colours, so that palettes do for more of them: 3 % fewer bytes over six recorded
/// sessions. Where JPEG is allowed they cost up to 18 % more, because palettes take over smooth areas that JPEG does better.
pub(crate) fn part_width(settings: &EncodeSettings) -> u16 {
    if jpeg_allowed(settings) {
        WIDTH_LIMIT
    } else {
        512
    }
}

/// How many colours of a rectangle of `area` pixels to count before giving up on a palette, 2 to 256.
///
/// Where JPEG is allowed a palette keeps text sharp; beyond these limits it is taken for a photograph. Otherwise a
/// palette must be small against the pixels. The numbers are TigerVNC's.
pub(crate) fn palette_limit(area: usize, settings: &EncodeSettings) -> usize {
    if settings.format.bits_per_pixel == 8 {
        return 2; // an index would be as long as a pixel
    }
    let level = usize::from(settings.compression.min(9));
    match (jpeg_level(area, settings), level) {
        (Some(_), 0 | 1) => 24,
        (Some(_), _) => 96,
        (None, _) => (area / (8 * level).max(4)).clamp(2, COLOURS_LIMIT),
    }
}

/// How to send a rectangle of `area` pixels in which `colours` were found; `None`: too many for a palette.
pub(crate) fn kind(colours: Option<usize>, area: usize, settings: &EncodeSettings) -> Kind {
    match (colours, jpeg_level(area, settings)) {
        (Some(0 | 1), _) => Kind::Fill,
        (Some(2), _) => Kind::Mono,
        (Some(_), _) => Kind::Indexed,
        (None, Some(level)) => Kind::Jpeg(level),
        (None, None) => Kind::Full,
    }
}

/// The quality level at which JPEG may be used; `None` where it may not, or would not pay.
fn jpeg_level(area: usize, settings: &EncodeSettings) -> Option<u8> {
    let allowed = jpeg_allowed(settings) && area >= MIN_JPEG_AREA;
    settings.quality.filter(|_| allowed)
}

/// rfbproto "Tight Encoding": JPEG is for 16 and 32 bits a pixel.
fn jpeg_allowed(settings: &EncodeSettings) -> bool {
    settings.quality.is_some() && settings.format.bits_per_pixel > 8
}
