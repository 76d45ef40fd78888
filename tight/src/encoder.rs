//! Writes Tight rectangles. rfbproto "Tight Encoding".

use rfb::codec::RawEncoder;
use rfb::wire::Encode;
use rfb::{EncodeSettings, Encoder, Encoding, Rect, RectWriter, Region, View};

use crate::MIN_TO_COMPRESS;
use crate::choice::{self, Kind};
use crate::control::{Control, Method, PALETTE_FILTER, write_length};
use crate::deflate::{Deflated, Deflaters, Stream};
use crate::jpeg::JpegEncoder;
use crate::palette::Palette;
use crate::split::{Piece, Pieces};
use crate::tpixel::TpixelWriter;

/// The encoder of one connection: fills, palettes, full colour through zlib, and JPEG where loss is allowed.
///
/// The gradient filter is never used, nor the fourth zlib stream.
#[derive(Debug, Default)]
pub struct TightEncoder {
    pieces: Pieces,
    palette: Palette,
    deflaters: Deflaters,
    jpeg: JpegEncoder,
    /// The filter of the rectangle at hand, with its palette.
    filter: Vec<u8>,
    /// Its filtered pixels.
    pixels: Vec<u8>,
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
        let picture = Picture {
            source,
            settings,
            writer: TpixelWriter::new(&settings.format),
        };
        let width_limit = choice::part_width(settings);
        self.pieces
            .start(&region.clipped(source.size()), width_limit);
        while !out.is_full()
            && let Some(piece) = self.pieces.next(source)
        {
            match piece {
                Piece::Solid(solid) => picture.fill(solid.rect, &solid.colour, out),
                Piece::Mixed(rect) => self.mixed(&picture, rect, out),
            }
        }
        self.pieces.rest()
    }
}

/// What is encoded, and how it is wanted.
struct Picture<'a> {
    source: View<'a>,
    settings: &'a EncodeSettings,
    writer: TpixelWriter,
}

impl Picture<'_> {
    /// Writes a rectangle of one BGRX colour.
    fn fill(&self, rect: Rect, colour: &[u8], out: &mut RectWriter<'_>) {
        let body = out.begin(rect, Encoding::TIGHT);
        let (resets, method) = (0, Method::Fill);
        Control { resets, method }.encode(body);
        self.writer.row(colour, body);
    }
}

impl TightEncoder {
    /// Writes a rectangle of whatever colours.
    fn mixed(&mut self, picture: &Picture<'_>, rect: Rect, out: &mut RectWriter<'_>) {
        let (source, settings) = (picture.source, picture.settings);
        let limit = choice::palette_limit(rect.area(), settings);
        let colours = self.palette.find(source, rect, limit, &picture.writer);
        match choice::kind(colours, rect.area(), settings) {
            Kind::Fill => picture.fill(rect, self.palette.colours(), out),
            Kind::Mono => self.paletted(picture, rect, Stream::Mono, out),
            Kind::Indexed => self.paletted(picture, rect, Stream::Indexed, out),
            Kind::Full => self.full(picture, rect, out),
            Kind::Jpeg(level) => {
                let Some(image) = self.jpeg.encode(source, rect, level) else {
                    return self.full(picture, rect, out);
                };
                let body = out.begin(rect, Encoding::TIGHT);
                let (resets, method) = (0, Method::Jpeg);
                Control { resets, method }.encode(body);
                write_length(image.len(), body);
                body.extend_from_slice(image);
                out.mark_lossy(rect);
            }
        }
    }

    /// Writes a rectangle by the palette that was found.
    fn paletted(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        stream: Stream,
        out: &mut RectWriter<'_>,
    ) {
        let colours = self.palette.colours();
        let last = (colours.len() / rfb::BYTES_PER_PIXEL).saturating_sub(1);
        self.filter.clear();
        self.filter.push(PALETTE_FILTER);
        self.filter.push(u8::try_from(last).unwrap_or(u8::MAX));
        picture.writer.row(colours, &mut self.filter);
        let data = if stream == Stream::Mono {
            self.pixels.clear();
            self.palette.bits(rect.width, &mut self.pixels);
            &self.pixels
        } else {
            self.palette.indices()
        };
        let basic = Basic {
            stream,
            filter: &self.filter,
            data,
        };
        basic.write(picture, rect, &mut self.deflaters, out);
    }

    /// Writes a rectangle with every pixel in full.
    fn full(&mut self, picture: &Picture<'_>, rect: Rect, out: &mut RectWriter<'_>) {
        self.pixels.clear();
        for row in picture.source.rows(rect) {
            picture.writer.row(row, &mut self.pixels);
        }
        let basic = Basic {
            stream: Stream::Full,
            filter: &[],
            data: &self.pixels,
        };
        basic.write(picture, rect, &mut self.deflaters, out);
    }
}

/// A body of basic compression.
struct Basic<'a> {
    stream: Stream,
    /// Filter id and palette; empty: pixels as they are.
    filter: &'a [u8],
    data: &'a [u8],
}

impl Basic<'_> {
    fn write(
        &self,
        picture: &Picture<'_>,
        rect: Rect,
        deflaters: &mut Deflaters,
        out: &mut RectWriter<'_>,
    ) {
        let method = Method::Basic {
            stream: self.stream.number(),
            filtered: !self.filter.is_empty(),
        };
        if self.data.len() < MIN_TO_COMPRESS {
            let body = out.begin(rect, Encoding::TIGHT);
            Control { resets: 0, method }.encode(body);
            body.extend_from_slice(self.filter);
            body.extend_from_slice(self.data);
            return;
        }
        let compression = picture.settings.compression;
        let Some(Deflated { resets, bytes }) =
            deflaters.deflate(self.stream, compression, self.data)
        else {
            // zlib failed. Every client understands Raw.
            RawEncoder::default().encode(picture.source, &rect.into(), picture.settings, out);
            return;
        };
        let body = out.begin(rect, Encoding::TIGHT);
        Control { resets, method }.encode(body);
        body.extend_from_slice(self.filter);
        write_length(bytes.len(), body);
        body.extend_from_slice(bytes);
    }
}
