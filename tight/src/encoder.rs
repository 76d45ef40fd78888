//! The encoders of Tight and TightPNG. rfbproto "Tight Encoding", "Tight PNG Encoding".

use rfb::{EncodeSettings, Encoder, Encoding, Rect, RectWriter, Region, View};

use crate::basic::{self, Basic};
use crate::choice;
use crate::control::Method;
use crate::deflate::Stream;
use crate::flow::{Exact, Flow, Picture};
use crate::palette::Palette;
use crate::png::{Effort, PngEncoder};
use crate::smooth;
use crate::tpixel::TpixelWriter;

/// The Tight encoder of one connection: fills, palettes, gradients and full colour through zlib, and JPEG where loss is
/// allowed.
#[derive(Debug, Default)]
pub struct TightEncoder {
    flow: Flow,
    basic: Basic,
}

impl TightEncoder {
    /// An encoder whose zlib streams are at their start.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
        let picture = picture(source, settings, Encoding::TIGHT);
        self.flow.encode(&picture, region, &mut self.basic, out)
    }
}

/// The TightPNG encoder of one connection: fills, PNG, and JPEG where loss is allowed.
///
/// PNG holds red, green and blue of eight bits each. Clients of other pixel formats get Raw instead.
#[derive(Debug, Default)]
pub struct TightPngEncoder {
    flow: Flow,
    png: PngEncoder,
}

impl Encoder for TightPngEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let picture = picture(source, settings, Encoding::TIGHT_PNG);
        self.flow.encode(&picture, region, &mut self.png, out)
    }
}

impl Exact for PngEncoder {
    fn paletted(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        palette: &Palette,
        out: &mut RectWriter<'_>,
    ) {
        if !choice::png_allowed(&picture.settings.format) {
            return basic::raw(picture, rect, out);
        }
        let level = Stream::Indexed.level(picture.settings.compression);
        let image = self.indexed(rect, palette.colours(), palette.indices(), level);
        write_png(picture, rect, image, out);
    }

    fn full(&mut self, picture: &Picture<'_>, rect: Rect, out: &mut RectWriter<'_>) {
        let (source, settings) = (picture.source, picture.settings);
        if !choice::png_allowed(&settings.format) {
            return basic::raw(picture, rect, out);
        }
        let effort = Effort {
            level: Stream::Full.level(settings.compression),
            smooth: smooth::is_smooth(source, rect),
        };
        write_png(picture, rect, self.rgb(source, rect, effort), out);
    }
}

fn write_png(picture: &Picture<'_>, rect: Rect, image: Option<&[u8]>, out: &mut RectWriter<'_>) {
    match image {
        Some(image) => picture.image(rect, Method::Png, image, out),
        None => basic::raw(picture, rect, out),
    }
}

fn picture<'a>(source: View<'a>, settings: &'a EncodeSettings, encoding: Encoding) -> Picture<'a> {
    Picture {
        source,
        settings,
        writer: TpixelWriter::new(&settings.format),
        encoding,
    }
}
