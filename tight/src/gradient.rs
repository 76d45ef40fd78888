//! The gradient filter undone: each channel is sent as its difference from left + above - corner.
//! rfbproto "Tight Encoding", GradientFilter.

use rfb::pixel::Unpacker;
use rfb::{BYTES_PER_PIXEL, PixelFormat};

use crate::tpixel::TpixelReader;

/// Red, green and blue of one pixel, 0 to the format's maximum each.
pub(crate) type Levels = [u16; 3];

/// Undoes the filter row by row, top to bottom.
pub(crate) struct Gradient<'a> {
    format: &'a PixelFormat,
    reader: &'a TpixelReader<'a>,
    /// The row above; black above the first.
    above: &'a mut [Levels],
}

impl<'a> Gradient<'a> {
    /// Starts a rectangle `width` pixels wide; `above` is memory to use.
    pub(crate) fn new(
        format: &'a PixelFormat,
        reader: &'a TpixelReader<'a>,
        above: &'a mut Vec<Levels>,
        width: u16,
    ) -> Self {
        above.clear();
        above.resize(width.into(), [0; 3]);
        Self {
            format,
            reader,
            above,
        }
    }

    /// Fills a row of BGRX pixels from a row of differences.
    pub(crate) fn row(&mut self, wire: &[u8], bgrx: &mut [u8]) {
        match self.reader.unpacker() {
            None => self.rgb_row(wire, bgrx),
            Some(unpacker) => self.packed_row(unpacker, wire, bgrx),
        }
    }

    fn rgb_row(&mut self, wire: &[u8], bgrx: &mut [u8]) {
        let pixels = bgrx.as_chunks_mut::<BYTES_PER_PIXEL>().0;
        let (mut left, mut corner) = ([0; 3], [0; 3]);
        for ((pixel, rgb), above) in pixels
            .iter_mut()
            .zip(wire.as_chunks::<3>().0)
            .zip(self.above.iter_mut())
        {
            let levels = add(rgb.map(u16::from), left, *above, corner, [255; 3]);
            let [red, green, blue] = levels.map(low_byte);
            *pixel = [blue, green, red, 0];
            corner = *above;
            (left, *above) = (levels, levels);
        }
    }

    fn packed_row(&mut self, unpacker: &Unpacker, wire: &[u8], bgrx: &mut [u8]) {
        let PixelFormat { max, shift, .. } = *self.format;
        let pixels = bgrx.as_chunks_mut::<BYTES_PER_PIXEL>().0;
        let wire = wire.chunks_exact(self.format.bytes_per_pixel().max(1));
        let (mut left, mut corner) = ([0; 3], [0; 3]);
        for ((pixel, bytes), above) in pixels.iter_mut().zip(wire).zip(self.above.iter_mut()) {
            let differences = split(unpacker.wire_value(bytes), max, shift);
            let levels = add(differences, left, *above, corner, max);
            let value = join(levels, shift);
            *pixel = unpacker.pixel(value);
            corner = *above;
            (left, *above) = (levels, levels);
        }
    }
}

/// What left, above and corner let expect, within the format's maxima.
pub(crate) fn predict(left: Levels, above: Levels, corner: Levels, max: [u16; 3]) -> Levels {
    let mut predicted = left;
    for (((level, above), corner), max) in predicted.iter_mut().zip(above).zip(corner).zip(max) {
        let sum = i32::from(*level) + i32::from(above) - i32::from(corner);
        *level = low_half(sum.clamp(0, max.into()).unsigned_abs());
    }
    predicted
}

/// The levels that lie `differences` above the prediction. Maxima are powers of two less one, so they are masks.
fn add(differences: Levels, left: Levels, above: Levels, corner: Levels, max: [u16; 3]) -> Levels {
    let mut levels = predict(left, above, corner, max);
    for ((level, difference), max) in levels.iter_mut().zip(differences).zip(max) {
        *level = level.wrapping_add(difference) & max;
    }
    levels
}

/// Red, green and blue of a wire value.
pub(crate) fn split(value: u32, max: [u16; 3], shift: [u8; 3]) -> Levels {
    let mut levels = max;
    for (level, shift) in levels.iter_mut().zip(shift) {
        *level &= low_half(value >> shift);
    }
    levels
}

/// The wire value of red, green and blue.
pub(crate) fn join(levels: Levels, shift: [u8; 3]) -> u32 {
    let levels = levels.into_iter().zip(shift);
    levels.fold(0, |value, (level, shift)| value | u32::from(level) << shift)
}

pub(crate) fn low_half(value: u32) -> u16 {
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}

fn low_byte(value: u16) -> u8 {
    let [low, _] = value.to_le_bytes();
    low
}
