//! How pixels are to be written.

use crate::{PixelFormat, Subsampling};

/// How pixels are to be written: what the client asked for, and what is wanted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeSettings {
    /// The client's pixel format.
    pub format: PixelFormat,
    /// JPEG quality level 0 to 9. Loss is allowed where this or `fine_quality` is given.
    pub quality: Option<u8>,
    /// JPEG quality 0 to 100, instead of what the level stands for.
    pub fine_quality: Option<u8>,
    /// JPEG subsampling, instead of what the level stands for.
    pub subsampling: Option<Subsampling>,
    /// Compression level 0 (fast) to 9 (small).
    pub compression: u8,
    /// Whether the client reads Tight bodies without zlib.
    pub without_zlib: bool,
    /// Whether the client is thought to read Tight's gradient filter.
    pub gradient: bool,
    /// Which picture the source shows: encoders that share their work take what another made of the same number. `None`:
    /// the picture is like no other.
    pub picture: Option<u64>,
}

/// How much of a picture JPEG keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JpegQuality {
    /// 1 to 100.
    pub quality: u8,
    /// How many pixels share a colour.
    pub subsampling: Subsampling,
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

impl EncodeSettings {
    /// Whether the client may get other pixels than those of the source.
    #[must_use]
    pub fn loss_allowed(&self) -> bool {
        self.quality.is_some() || self.fine_quality.is_some()
    }

    /// The JPEG quality asked for; `None` where nothing may be lost. Fine quality and subsampling go before those of the
    /// level, wherever the client lists them.
    #[must_use]
    pub fn jpeg_quality(&self) -> Option<JpegQuality> {
        if !self.loss_allowed() {
            return None;
        }
        let level = self.quality.map(usize::from);
        let of_level = level.and_then(|level| LEVELS.get(level).or(LEVELS.last()));
        let (quality, subsampling) = of_level.copied().unwrap_or((100, Subsampling::Yuv444));
        Some(JpegQuality {
            quality: self.fine_quality.unwrap_or(quality).clamp(1, 100),
            subsampling: self.subsampling.unwrap_or(subsampling),
        })
    }
}

impl Default for EncodeSettings {
    fn default() -> Self {
        Self {
            format: PixelFormat::BGRX,
            quality: None,
            fine_quality: None,
            subsampling: None,
            compression: 2,
            without_zlib: false,
            gradient: true,
            picture: None,
        }
    }
}
