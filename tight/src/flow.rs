//! What the Tight and the TightPNG encoder have in common: a region cut into pieces, each sent as what suits it.

use rfb::wire::Encode;
use rfb::{BYTES_PER_PIXEL, EncodeSettings, Encoding, Rect, RectWriter, Region, View};

use crate::choice::{self, JpegQuality, Kind};
use crate::control::{Control, Method, write_length};
use crate::jpeg::JpegWriter;
use crate::palette::Palette;
use crate::split::{Piece, Pieces};
use crate::tpixel::TpixelWriter;

/// What is encoded, and how it is wanted.
pub(crate) struct Picture<'a> {
    pub(crate) source: View<'a>,
    pub(crate) settings: &'a EncodeSettings,
    pub(crate) writer: TpixelWriter,
    /// What its rectangles are headed.
    pub(crate) encoding: Encoding,
}

/// How an encoding sends pixels without loss that are not of one colour.
pub(crate) trait Exact {
    /// Writes a rectangle of the 2 to 256 colours that were found.
    fn paletted(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        palette: &Palette,
        out: &mut RectWriter<'_>,
    );

    /// Writes a rectangle with every pixel in full.
    fn full(&mut self, picture: &Picture<'_>, rect: Rect, out: &mut RectWriter<'_>);
}

/// The way from a region to rectangles. Its memory lives as long as the connection.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pieces: Pieces,
    palette: Palette,
    jpeg: JpegWriter,
}

impl Flow {
    /// Writes `region` until `out` is full; gives what is left over.
    pub(crate) fn encode(
        &mut self,
        picture: &Picture<'_>,
        region: &Region,
        exact: &mut impl Exact,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let width_limit = choice::part_width(picture.settings);
        let region = region.clipped(picture.source.size());
        self.pieces.start(&region, width_limit);
        while !out.is_full()
            && let Some(piece) = self.pieces.next(picture.source)
        {
            match piece {
                Piece::Solid(solid) => picture.fill(solid.rect, solid.colour, out),
                Piece::Mixed(rect) => self.mixed(picture, rect, exact, out),
            }
        }
        self.pieces.rest()
    }

    /// Writes a rectangle of whatever colours.
    fn mixed(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        exact: &mut impl Exact,
        out: &mut RectWriter<'_>,
    ) {
        let settings = picture.settings;
        let limit = choice::palette_limit(rect.area(), settings);
        let colours = self
            .palette
            .find(picture.source, rect, limit, &picture.writer);
        match choice::kind(colours, rect.area(), settings) {
            Kind::Fill => {
                let colour = self.palette.colours().first();
                picture.fill(rect, colour.copied().unwrap_or_default(), out);
            }
            Kind::Palette => exact.paletted(picture, rect, &self.palette, out),
            Kind::Full => exact.full(picture, rect, out),
            Kind::Jpeg(quality) => {
                if self.jpeg(picture, rect, quality, out).is_none() {
                    exact.full(picture, rect, out);
                }
            }
        }
    }

    /// Writes a rectangle as JPEG; `None` if that failed.
    fn jpeg(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        quality: JpegQuality,
        out: &mut RectWriter<'_>,
    ) -> Option<()> {
        let image = self.jpeg.encode(picture.source, rect, quality)?;
        picture.image(rect, Method::Jpeg, image, out);
        out.mark_lossy(rect, quality.quality);
        Some(())
    }
}

impl Picture<'_> {
    /// Writes a rectangle of one BGRX colour.
    fn fill(&self, rect: Rect, colour: [u8; BYTES_PER_PIXEL], out: &mut RectWriter<'_>) {
        let mut shown = colour;
        if choice::is_gray(self.settings) {
            shown = gray(colour);
            if shown != colour {
                out.mark_lossy(rect, 1);
            }
        }
        let body = self.begin(rect, 0, Method::Fill, out);
        self.writer.row(&shown, body);
    }

    /// Writes a rectangle that is an image file.
    pub(crate) fn image(&self, rect: Rect, method: Method, image: &[u8], out: &mut RectWriter<'_>) {
        let body = self.begin(rect, 0, method, out);
        write_length(image.len(), body);
        body.extend_from_slice(image);
    }

    /// Begins a rectangle; the rest of its body is to be appended to what this gives.
    pub(crate) fn begin<'b>(
        &self,
        rect: Rect,
        resets: u8,
        method: Method,
        out: &'b mut RectWriter<'_>,
    ) -> &'b mut Vec<u8> {
        let body = out.begin(rect, self.encoding);
        Control { resets, method }.encode(body);
        body
    }
}

/// The grey that JPEG makes of a BGRX colour (JFIF: Y = 0.299 R + 0.587 G + 0.114 B).
fn gray([blue, green, red, unused]: [u8; BYTES_PER_PIXEL]) -> [u8; BYTES_PER_PIXEL] {
    let sum = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    let level = u8::try_from((sum + 32_768) >> 16).unwrap_or(u8::MAX);
    [level, level, level, unused]
}
