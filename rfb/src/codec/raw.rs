//! Raw: pixels as they are. RFC 6143 7.7.1.

use super::{Decoder, EncodeSettings, Encoder, RectWriter};
use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{DecodeError, Encoding, PixelFormat, Region, View, ViewMut};

/// Draws Raw bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawDecoder {}

impl Decoder for RawDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        format: &PixelFormat,
        mut target: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        let size = target.size();
        let row_bytes = usize::from(size.width) * format.bytes_per_pixel();
        let pixels = body.bytes("raw.pixels", row_bytes * usize::from(size.height))?;
        let unpacker = Unpacker::new(format);
        for (row, wire) in target.rows_mut().zip(pixels.chunks_exact(row_bytes.max(1))) {
            unpacker.row(wire, row);
        }
        Ok(())
    }
}

/// Writes Raw bodies, one a rectangle.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawEncoder {}

impl Encoder for RawEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let packer = Packer::new(&settings.format);
        let region = region.clipped(source.size());
        let mut rects = region.rects().iter();
        while !out.is_full()
            && let Some(&rect) = rects.next()
        {
            let body = out.begin(rect, Encoding::RAW);
            for row in source.rows(rect) {
                packer.row(row, body);
            }
        }
        rects.copied().collect()
    }
}
