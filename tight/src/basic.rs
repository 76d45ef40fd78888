//! Bodies of basic compression: filtered pixels, through zlib or as they are.

use rfb::codec::RawEncoder;
use rfb::{Encoder, Rect, RectWriter};

use crate::MIN_TO_COMPRESS;
use crate::choice;
use crate::control::{GRADIENT_FILTER, Method, PALETTE_FILTER, write_length};
use crate::deflate::{Deflated, Deflaters, Stream};
use crate::flow::{Exact, Picture};
use crate::gradient;
use crate::palette::Palette;
use crate::smooth;

/// Writes bodies of basic compression. Its streams are those of one connection.
#[derive(Debug, Default)]
pub(crate) struct Basic {
    deflaters: Deflaters,
    /// The filter id of the rectangle at hand, with its palette; empty: pixels as they are.
    filter: Vec<u8>,
    /// Its filtered pixels.
    pixels: Vec<u8>,
}

impl Exact for Basic {
    fn paletted(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        palette: &Palette,
        out: &mut RectWriter<'_>,
    ) {
        let colours = palette.colours();
        let last = u8::try_from(colours.len().saturating_sub(1)).unwrap_or(u8::MAX);
        self.filter.clear();
        self.filter.extend([PALETTE_FILTER, last]);
        picture.writer.row(colours.as_flattened(), &mut self.filter);
        self.pixels.clear();
        let stream = if colours.len() == 2 {
            palette.bits(rect.width, &mut self.pixels);
            Stream::Mono
        } else {
            self.pixels.extend_from_slice(palette.indices());
            Stream::Indexed
        };
        self.write(picture, rect, stream, out);
    }

    fn full(&mut self, picture: &Picture<'_>, rect: Rect, out: &mut RectWriter<'_>) {
        let (source, settings) = (picture.source, picture.settings);
        self.filter.clear();
        self.pixels.clear();
        let stream = if choice::gradient_allowed(settings) && smooth::is_smooth(source, rect) {
            self.filter.push(GRADIENT_FILTER);
            let (format, writer) = (&settings.format, &picture.writer);
            gradient::filter(source, rect, format, writer, &mut self.pixels);
            Stream::Gradient
        } else {
            for row in source.rows(rect) {
                picture.writer.row(row, &mut self.pixels);
            }
            Stream::Full
        };
        self.write(picture, rect, stream, out);
    }
}

impl Basic {
    /// Writes the filtered pixels through `stream`, or as they are where zlib would only take time.
    fn write(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        stream: Stream,
        out: &mut RectWriter<'_>,
    ) {
        let settings = picture.settings;
        let filtered = !self.filter.is_empty();
        // Only to clients that say they know it: TigerVNC's viewer and noVNC end the session at it.
        if settings.without_zlib && settings.compression == 0 {
            let method = Method::WithoutZlib { filtered };
            let body = picture.begin(rect, 0, method, out);
            body.extend_from_slice(&self.filter);
            if self.pixels.len() >= MIN_TO_COMPRESS {
                write_length(self.pixels.len(), body);
            }
            return body.extend_from_slice(&self.pixels);
        }
        let number = stream.number();
        let method = Method::Basic {
            stream: number,
            filtered,
        };
        if self.pixels.len() < MIN_TO_COMPRESS {
            let body = picture.begin(rect, 0, method, out);
            body.extend_from_slice(&self.filter);
            return body.extend_from_slice(&self.pixels);
        }
        let deflated = self
            .deflaters
            .deflate(stream, settings.compression, &self.pixels);
        let Some(Deflated { resets, bytes }) = deflated else {
            return raw(picture, rect, out);
        };
        let body = picture.begin(rect, resets, method, out);
        body.extend_from_slice(&self.filter);
        write_length(bytes.len(), body);
        body.extend_from_slice(bytes);
    }
}

/// Writes a rectangle as Raw, which every client understands: zlib failed, or the encoding cannot hold the pixels.
pub(crate) fn raw(picture: &Picture<'_>, rect: Rect, out: &mut RectWriter<'_>) {
    RawEncoder::default().encode(picture.source, &rect.into(), picture.settings, out);
}
