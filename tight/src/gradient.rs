//! The gradient filter, done and undone: each channel is sent as its difference from left + above - corner.
//! rfbproto "Tight Encoding", GradientFilter.

use rfb::pixel::{Packer, Unpacker};
use rfb::{BYTES_PER_PIXEL, PixelFormat, Rect, View};

use crate::tpixel::{TpixelReader, TpixelWriter};

/// Red, green and blue of one pixel, 0 to the format's maximum each.
type Levels = [u16; 3];

/// Appends the differences of the pixels of `rect`, row by row, as TPIXELs of `format`.
pub(crate) fn filter(
    source: View<'_>,
    rect: Rect,
    format: &PixelFormat,
    writer: &TpixelWriter,
    out: &mut Vec<u8>,
) {
    let width = usize::from(rect.width);
    if let Some(packer) = writer.packer() {
        let mut above = vec![[0; 3]; width];
        for row in source.rows(rect) {
            filter_packed_row(row, format, packer, &mut above, out);
        }
        return;
    }
    let black = vec![0; width * BYTES_PER_PIXEL];
    let mut above = black.as_slice();
    let mut differences = black.clone();
    for row in source.rows(rect) {
        filter_row(above, row, &mut differences);
        writer.row(&differences, out);
        above = row;
    }
}

/// Fills a row of differences, byte by byte. What pixels are compared with is all there already, so many are done at
/// a time.
fn filter_row(above: &[u8], row: &[u8], differences: &mut [u8]) {
    let difference = |level: u8, left: u8, above: u8, corner: u8| {
        let predicted = i16::from(left) + i16::from(above) - i16::from(corner);
        level.wrapping_sub(u8::try_from(predicted.clamp(0, 255)).unwrap_or(0))
    };
    let first = differences.iter_mut().zip(row).zip(above);
    for ((out, &level), &above) in first.take(BYTES_PER_PIXEL) {
        *out = difference(level, 0, above, 0);
    }
    let (Some(out), Some(levels), Some(aboves)) = (
        differences.get_mut(BYTES_PER_PIXEL..),
        row.get(BYTES_PER_PIXEL..),
        above.get(BYTES_PER_PIXEL..),
    ) else {
        return;
    };
    for ((((out, &level), &left), &above), &corner) in
        out.iter_mut().zip(levels).zip(row).zip(aboves).zip(above)
    {
        *out = difference(level, left, above, corner);
    }
}

fn filter_packed_row(
    row: &[u8],
    format: &PixelFormat,
    packer: &Packer,
    above: &mut [Levels],
    out: &mut Vec<u8>,
) {
    let PixelFormat { max, shift, .. } = *format;
    let (mut left, mut corner) = ([0; 3], [0; 3]);
    let pixels = row.as_chunks::<BYTES_PER_PIXEL>().0;
    for (&[b, g, r, _], above) in pixels.iter().zip(above) {
        let levels = split(packer.value([b, g, r]), max, shift);
        let mut differences = levels;
        let predicted = predict(left, *above, corner, max);
        for ((level, predicted), max) in differences.iter_mut().zip(predicted).zip(max) {
            *level = level.wrapping_sub(predicted) & max;
        }
        push_value(join(differences, shift), format, out);
        corner = *above;
        (left, *above) = (levels, levels);
    }
}

/// Appends a wire pixel of two or four bytes.
fn push_value(value: u32, format: &PixelFormat, out: &mut Vec<u8>) {
    match (format.bits_per_pixel, format.big_endian) {
        (16, true) => out.extend(low_half(value).to_be_bytes()),
        (16, false) => out.extend(low_half(value).to_le_bytes()),
        (_, true) => out.extend(value.to_be_bytes()),
        (_, false) => out.extend(value.to_le_bytes()),
    }
}

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
fn predict(left: Levels, above: Levels, corner: Levels, max: [u16; 3]) -> Levels {
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
fn split(value: u32, max: [u16; 3], shift: [u8; 3]) -> Levels {
    let mut levels = max;
    for (level, shift) in levels.iter_mut().zip(shift) {
        *level &= low_half(value >> shift);
    }
    levels
}

/// The wire value of red, green and blue.
fn join(levels: Levels, shift: [u8; 3]) -> u32 {
    let levels = levels.into_iter().zip(shift);
    levels.fold(0, |value, (level, shift)| value | u32::from(level) << shift)
}

fn low_half(value: u32) -> u16 {
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}

fn low_byte(value: u16) -> u8 {
    let [low, _] = value.to_le_bytes();
    low
}
