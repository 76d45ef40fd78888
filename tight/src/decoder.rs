//! Draws Tight and TightPNG bodies. rfbproto "Tight Encoding", "Tight PNG Encoding".

use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{BYTES_PER_PIXEL, DecodeError, Decoder, Progress, ViewMut};

use crate::body::{Body, Content, Data, Filter};
use crate::control::{Flavour, invalid};
use crate::gradient::Gradient;
use crate::inflate::{Inflaters, Source};
use crate::jpeg::{Fields, JpegReader};
use crate::png::PngDecoder;
use crate::tpixel::{TpixelReader, tpixel_bytes};

/// Bytes of filtered pixels inflated at a time: they stay in the cache until they are drawn.
const STRIP_BYTES: usize = 32 << 10;

const JPEG_FIELDS: Fields = Fields {
    image: "tight.jpeg",
    width: "tight.jpeg.width",
    height: "tight.jpeg.height",
};

/// The Tight decoder of one connection: everything a server may send, on any of the four zlib streams.
#[derive(Debug, Default)]
pub struct TightDecoder {
    painter: Painter,
}

/// The TightPNG decoder of one connection.
#[derive(Debug, Default)]
pub struct TightPngDecoder {
    painter: Painter,
}

impl Decoder for TightDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        self.painter.draw(body, Flavour::Tight, pixels, target)
    }
}

impl Decoder for TightPngDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        self.painter.draw(body, Flavour::TightPng, pixels, target)
    }
}

/// What both hold.
#[derive(Debug, Default)]
struct Painter {
    inflaters: Inflaters,
    jpeg: JpegReader,
    png: PngDecoder,
    /// Filtered rows.
    strip: Vec<u8>,
    /// The gradient filter's row above.
    above: Vec<[u16; 3]>,
}

impl Painter {
    fn draw(
        &mut self,
        body: &mut Reader<'_>,
        flavour: Flavour,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let body = Body::take(body, flavour, pixels.format(), target.size())?;
        self.inflaters.reset(body.resets);
        match body.content {
            Content::Fill(wire) => {
                target.fill(TpixelReader::new(pixels).pixel(wire));
            }
            Content::Jpeg(image) => self.jpeg.decode(image, &JPEG_FIELDS, target)?,
            Content::Png(image) => self.png.decode(image, target)?,
            Content::Basic { filter, data } => self.basic(filter, data, pixels, target)?,
        }
        Ok(Progress::Whole)
    }

    fn basic(
        &mut self,
        filter: Filter<'_>,
        data: Data<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        let format = pixels.format();
        let width = target.size().width;
        let rows = Rows {
            source: self.inflaters.open(data),
            row_bytes: filter.row_bytes(width, tpixel_bytes(format)),
            strip: &mut self.strip,
        };
        let reader = TpixelReader::new(pixels);
        match filter {
            Filter::Copy => rows.draw(target, |wire, row| {
                reader.row(wire, row);
                Ok(())
            }),
            Filter::Mono(palette) => {
                let (zero, one) = palette.split_at(palette.len() / 2);
                let colours = [reader.pixel(zero), reader.pixel(one)];
                rows.draw(target, |bits, row| {
                    mono_row(&colours, bits, row);
                    Ok(())
                })
            }
            Filter::Indexed(palette) => {
                let mut colours = [[0; BYTES_PER_PIXEL]; 256];
                reader.row(palette, colours.as_flattened_mut());
                let last = palette.len() / tpixel_bytes(format).max(1) - 1;
                rows.draw(target, |indices, row| {
                    indexed_row(&colours, last, indices, row)
                })
            }
            Filter::Gradient => {
                let mut gradient = Gradient::new(format, &reader, &mut self.above, width);
                rows.draw(target, |wire, row| {
                    gradient.row(wire, row);
                    Ok(())
                })
            }
        }
    }
}

/// The filtered rows of one rectangle.
struct Rows<'a> {
    source: Source<'a>,
    row_bytes: usize,
    /// Memory for some rows.
    strip: &'a mut Vec<u8>,
}

impl Rows<'_> {
    /// Gives every filtered row to `draw` with the BGRX row it is for; then checks that nothing is left.
    fn draw(
        mut self,
        mut target: ViewMut<'_>,
        mut draw: impl FnMut(&[u8], &mut [u8]) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let row_bytes = self.row_bytes.max(1);
        let at_once = (STRIP_BYTES / row_bytes).max(1);
        let mut left = match self.row_bytes {
            0 => 0,
            _ => usize::from(target.size().height),
        };
        let mut rows = target.rows_mut();
        while left > 0 {
            let count = at_once.min(left);
            let filtered = self.source.take(count * row_bytes, self.strip)?;
            for (row, wire) in rows
                .by_ref()
                .take(count)
                .zip(filtered.chunks_exact(row_bytes))
            {
                draw(wire, row)?;
            }
            left -= count;
        }
        self.source.finish()
    }
}

fn mono_row(colours: &[[u8; BYTES_PER_PIXEL]; 2], bits: &[u8], row: &mut [u8]) {
    let [zero, one] = *colours;
    let pixels = row.as_chunks_mut::<BYTES_PER_PIXEL>().0;
    for (eight, &byte) in pixels.chunks_mut(8).zip(bits) {
        for (pixel, bit) in eight.iter_mut().zip((0..8).rev()) {
            *pixel = if byte >> bit & 1 == 0 { zero } else { one };
        }
    }
}

fn indexed_row(
    colours: &[[u8; BYTES_PER_PIXEL]; 256],
    last: usize,
    indices: &[u8],
    row: &mut [u8],
) -> Result<(), DecodeError> {
    let largest = indices.iter().copied().max().unwrap_or(0);
    if usize::from(largest) > last {
        return Err(invalid("tight.palette-index", largest));
    }
    let pixels = row.as_chunks_mut::<BYTES_PER_PIXEL>().0;
    for (pixel, &index) in pixels.iter_mut().zip(indices) {
        if let Some(colour) = colours.get(usize::from(index)) {
            *pixel = *colour;
        }
    }
    Ok(())
}
