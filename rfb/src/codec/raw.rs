//! Raw: pixels as they are. RFC 6143 7.7.1.

use super::{Decoder, EncodeSettings, Encoder, Progress, RectWriter};
use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{DecodeError, Encoding, Rect, Region, Size, View, ViewMut};

/// Draws Raw bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawDecoder {
    /// Rows of the rectangle drawn so far.
    drawn: u16,
}

impl Decoder for RawDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let Size { width, height } = target.size();
        let row_bytes = usize::from(width) * pixels.format().bytes_per_pixel();
        let rest = Rect::new(0, self.drawn, width, height.saturating_sub(self.drawn));
        if row_bytes > 0
            && let Some(mut target) = target.part(rest)
        {
            let start = self.drawn;
            for row in target.rows_mut() {
                match body.bytes("raw.pixels", row_bytes) {
                    Ok(wire) => pixels.row(wire, row),
                    Err(incomplete) if self.drawn == start => return Err(incomplete),
                    Err(_) => return Ok(Progress::More),
                }
                self.drawn += 1;
            }
        }
        self.drawn = 0;
        Ok(Progress::Whole)
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
            out.end();
        }
        rects.copied().collect()
    }
}
