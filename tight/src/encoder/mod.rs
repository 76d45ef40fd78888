//! The encoders of Tight and TightPNG. rfbproto "Tight Encoding", "Tight PNG Encoding".
//!
//! ```text
//!   Region ─► plan (content) ─► parts ─► exact: strips ─► palette ─► basic │ png ─┐
//!                                   │    photo ─────────► jpeg ───────────────────┼─► sheets ─► streams ─► RectWriter
//!                                   └── solid: fill ──────────────────────────────┘
//! ```

mod basic;
mod exact;
mod flow;
mod gradient;
mod palette;
mod picture;
mod plan;
mod png;
mod shared;
mod sheet;

pub(crate) use palette::COLOURS_LIMIT;
pub(crate) use plan::Grain;
pub use shared::Shared;

use rfb::{EncodeSettings, Encoder, Encoding, RectWriter, Region, View};

use crate::encoder::basic::Basic;
use crate::encoder::flow::Flow;
use crate::encoder::picture::Picture;
use crate::png::PngEncoder;

/// The Tight encoder of one connection: fills, palettes, gradients and full colour through zlib, and JPEG where loss is
/// allowed and a photograph is shown.
#[derive(Debug, Default)]
pub struct TightEncoder {
    flow: Flow<Basic>,
}

impl TightEncoder {
    /// An encoder for itself, whose zlib streams are at their start.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, sharing threads and work with others.
    #[must_use]
    pub fn sharing(shared: &Shared) -> Self {
        Self {
            flow: Flow::sharing(shared),
        }
    }
}

impl Encoder for TightEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let picture = Picture::new(source, settings, Encoding::TIGHT);
        self.flow.encode(&picture, region, out)
    }
}

/// The TightPNG encoder of one connection: fills, PNG, and JPEG where loss is allowed and a photograph is shown.
///
/// PNG holds red, green and blue of eight bits each. Clients of other pixel formats get Raw instead.
#[derive(Debug, Default)]
pub struct TightPngEncoder {
    flow: Flow<PngEncoder>,
}

impl TightPngEncoder {
    /// An encoder that shares threads and work with others.
    #[must_use]
    pub fn sharing(shared: &Shared) -> Self {
        Self {
            flow: Flow::sharing(shared),
        }
    }
}

impl Encoder for TightPngEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let picture = Picture::new(source, settings, Encoding::TIGHT_PNG);
        self.flow.encode(&picture, region, out)
    }
}
