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
    /// Whether bytes are dearer than time: JPEG images then have Huffman tables of their own, which takes a second look at
    /// them and makes them 7 % (level 8) to 20 % (level 2) smaller.
    pub thrifty: bool,
    /// Whether what is encoded keeps changing, as videos do: where most of it is a photograph, all of it is sent as one.
    pub moving: bool,
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
        let level = JpegQuality::of_level(self.quality.unwrap_or(u8::MAX));
        Some(JpegQuality {
            quality: self.fine_quality.unwrap_or(level.quality).clamp(1, 100),
            subsampling: self.subsampling.unwrap_or(level.subsampling),
        })
    }

    /// The same, but of `most` at most, where loss is allowed at all: neither a higher quality nor finer colours.
    #[must_use]
    pub fn at_most(mut self, most: JpegQuality) -> Self {
        if let Some(asked) = self.jpeg_quality() {
            let least = asked.at_most(most);
            if least != asked {
                self.fine_quality = Some(least.quality);
                self.subsampling = Some(least.subsampling);
            }
        }
        self
    }
}

impl JpegQuality {
    /// What quality `level` stands for, 0 to 9; higher ones are the highest.
    #[must_use]
    pub fn of_level(level: u8) -> Self {
        let (quality, subsampling) = LEVELS
            .get(usize::from(level))
            .or(LEVELS.last())
            .copied()
            .unwrap_or((100, Subsampling::Yuv444));
        Self {
            quality,
            subsampling,
        }
    }

    /// The lower quality and the coarser colours of both.
    #[must_use]
    pub fn at_most(self, most: Self) -> Self {
        let coarseness = |subsampling| match subsampling {
            Subsampling::Yuv444 => 0,
            Subsampling::Yuv422 => 1,
            Subsampling::Yuv420 => 2,
            Subsampling::Gray => 3,
        };
        let is_coarser = coarseness(most.subsampling) > coarseness(self.subsampling);
        Self {
            quality: self.quality.min(most.quality),
            subsampling: match is_coarser {
                true => most.subsampling,
                false => self.subsampling,
            },
        }
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
            thrifty: false,
            moving: false,
            picture: None,
        }
    }
}
