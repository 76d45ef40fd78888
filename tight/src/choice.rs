//! How a rectangle is sent. The one place where that is decided.

use rfb::{EncodeSettings, PixelFormat, Subsampling};

use crate::WIDTH_LIMIT;
use crate::palette::COLOURS_LIMIT;

/// How a rectangle is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One colour.
    Fill,
    /// 2 to 256 colours.
    Palette,
    /// Every pixel in full, without loss.
    Full,
    Jpeg(JpegQuality),
}

/// How much of a picture JPEG keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JpegQuality {
    /// 1 to 100.
    pub(crate) quality: u8,
    pub(crate) subsampling: Subsampling,
}

/// JPEG quality and subsampling by quality level, as TigerVNC and TurboVNC have them: the same level looks the same.
const LEVELS: [(u8, Subsampling); 10] = [
    (15, Subsampling::Yuv420),
    (29, Subsampling::Yuv420),
    (41, Subsampling::Yuv420),
    (42, Subsampling::Yuv422),
    (62, Subsampling::Yuv422),
    (77, Subsampling::Yuv422),
    (79, Subsampling::Yuv444),
    (86, Subsampling::Yuv444),
    (92, Subsampling::Yuv444),
    (100, Subsampling::Yuv444),
];

/// Below this many pixels a JPEG's own tables, about 600 bytes, weigh more than what it saves.
const MIN_JPEG_AREA: usize = 1024;

/// The quality at which JPEG may be used; `None` where it may not. Fine quality and subsampling go before those of
/// the level, wherever the client lists them.
///
/// rfbproto "Tight Encoding": JPEG is for 16 and 32 bits a pixel, and for clients that ask for a quality.
pub(crate) fn jpeg(settings: &EncodeSettings) -> Option<JpegQuality> {
    if !settings.loss_allowed() || settings.format.bits_per_pixel <= 8 {
        return None;
    }
    let level = settings.quality.map(usize::from);
    let of_level = level.and_then(|level| LEVELS.get(level).or(LEVELS.last()));
    let (quality, subsampling) = of_level.copied().unwrap_or((100, Subsampling::Yuv444));
    Some(JpegQuality {
        quality: settings.fine_quality.unwrap_or(quality).clamp(1, 100),
        subsampling: settings.subsampling.unwrap_or(subsampling),
    })
}

/// Whether the client wants no colours: then everything goes as JPEG, or as a fill of a grey.
pub(crate) fn is_gray(settings: &EncodeSettings) -> bool {
    jpeg(settings).is_some_and(|jpeg| jpeg.subsampling == Subsampling::Gray)
}

/// How wide, in pixels, the parts of a picture may be that are not of one colour.
///
/// Narrower parts hold fewer colours, so that palettes do for more of them: 3 % fewer bytes over six recorded
/// sessions. Where JPEG is allowed they cost up to 18 % more, because palettes take over smooth areas that JPEG does
/// better.
pub(crate) fn part_width(settings: &EncodeSettings) -> u16 {
    if jpeg(settings).is_some() {
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
    match (worthwhile_jpeg(area, settings), level) {
        (Some(_), 0 | 1) => 24,
        (Some(_), _) => 96,
        (None, _) => (area / (8 * level).max(4)).clamp(2, COLOURS_LIMIT),
    }
}

/// How to send a rectangle of `area` pixels in which `colours` were found; `None`: too many for a palette.
pub(crate) fn kind(colours: Option<usize>, area: usize, settings: &EncodeSettings) -> Kind {
    match (colours, worthwhile_jpeg(area, settings)) {
        (Some(0 | 1), _) => Kind::Fill,
        (_, Some(jpeg)) if jpeg.subsampling == Subsampling::Gray => Kind::Jpeg(jpeg),
        (Some(_), _) => Kind::Palette,
        (None, Some(jpeg)) => Kind::Jpeg(jpeg),
        (None, None) => Kind::Full,
    }
}

/// The quality at which JPEG may be used, and pays.
fn worthwhile_jpeg(area: usize, settings: &EncodeSettings) -> Option<JpegQuality> {
    jpeg(settings).filter(|_| area >= MIN_JPEG_AREA || is_gray(settings))
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
