//! Zlib: Raw pixels in one zlib stream. rfbproto "zlib Encoding".

use super::grid::bands;
use super::zlib_stream::{Deflater, Inflater};
use super::{Decoder, EncodeSettings, Encoder, Progress, RectWriter};
use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{DecodeError, Encoding, Region, View, ViewMut};

/// Draws Zlib bodies.
#[derive(Debug)]
pub struct ZlibDecoder {
    inflater: Inflater,
}

impl Default for ZlibDecoder {
    fn default() -> Self {
        Self {
            inflater: Inflater::new("zlib.zlib-data"),
        }
    }
}

impl Decoder for ZlibDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let size = target.size();
        let row_bytes = usize::from(size.width) * pixels.format().bytes_per_pixel();
        let raw = row_bytes * usize::from(size.height);
        let mut input = self.inflater.take(body, "zlib.length", raw)?;
        for (row, number) in target.rows_mut().zip(0..) {
            self.inflater.fill(&mut input, row_bytes)?;
            let Some(wire) = self.inflater.ahead().get(..row_bytes) else {
                let inflated = number * row_bytes + self.inflater.ahead().len();
                return Err(DecodeError::Invalid {
                    field: "zlib.inflated-length",
                    value: i64::try_from(inflated).unwrap_or(i64::MAX),
                });
            };
            pixels.row(wire, row);
            self.inflater.advance(row_bytes);
        }
        self.inflater.finish(input)?;
        Ok(Progress::Whole)
    }
}

/// Writes Zlib bodies. Rectangles of many rows are cut.
#[derive(Debug, Default)]
pub struct ZlibEncoder {
    deflater: Deflater,
    /// The pixels of a rectangle, before zlib.
    plain: Vec<u8>,
}

impl Encoder for ZlibEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let packer = Packer::new(&settings.format);
        let region = region.clipped(source.size());
        let mut bands = region.rects().iter().flat_map(|&rect| bands(rect, 1));
        while !out.is_full()
            && let Some(band) = bands.next()
        {
            self.plain.clear();
            for row in source.rows(band) {
                packer.row(row, &mut self.plain);
            }
            let body = out.begin(band, Encoding::ZLIB);
            self.deflater
                .deflate(settings.compression, &self.plain, body);
            out.end();
        }
        bands.collect()
    }
}
