//! The gradient filter: each channel is sent as its difference from left + above - corner.
//! rfbproto "Tight Encoding", GradientFilter.

use pulp::{Arch, NullaryFnOnce};
use rfb::pixel::Packer;
use rfb::{BYTES_PER_PIXEL, PixelFormat, Rect, View};

use crate::gradient::{Levels, join, low_half, predict, split};
use crate::tpixel::TpixelWriter;

/// Memory for rows.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// A row of pixels of three bytes.
    row: Vec<u8>,
    above: Vec<u8>,
}

impl Memory {
    /// Appends the differences of the pixels of `rect`, row by row, as TPIXELs of `format`.
    pub(crate) fn filter(
        &mut self,
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
        let start = out.len();
        out.resize(start + rect.area() * 3, 0);
        let wire = out.get_mut(start..).unwrap_or_default();
        self.above.clear();
        self.above.resize(width * 3, 0);
        self.row.resize(width * 3, 0);
        Arch::new().dispatch(Filter {
            memory: self,
            source,
            rect,
            wire,
        });
    }
}

/// Fills `wire` with the differences of the pixels of `rect`, three bytes each.
struct Filter<'a> {
    memory: &'a mut Memory,
    source: View<'a>,
    rect: Rect,
    wire: &'a mut [u8],
}

impl NullaryFnOnce for Filter<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Memory { row: now, above } = self.memory;
        let row_bytes = usize::from(self.rect.width).max(1) * 3;
        let wire = self.wire.chunks_exact_mut(row_bytes);
        for (row, wire) in self.source.rows(self.rect).zip(wire) {
            read_rgb(row, now);
            filter_row(above, now, wire);
            std::mem::swap(now, above);
        }
    }
}

/// Fills a row of red, green and blue bytes from BGRX.
#[inline(always)]
fn read_rgb(bgrx: &[u8], rgb: &mut [u8]) {
    let pixels = bgrx.as_chunks::<BYTES_PER_PIXEL>().0;
    for (rgb, &[b, g, r, _]) in rgb.as_chunks_mut().0.iter_mut().zip(pixels) {
        *rgb = [r, g, b];
    }
}

/// Fills a row of differences, byte by byte. What pixels are compared with is all there already, so many are done at a
/// time.
#[inline(always)]
fn filter_row(above: &[u8], row: &[u8], differences: &mut [u8]) {
    let first = differences.iter_mut().zip(row).zip(above);
    for ((out, &level), &above) in first.take(3) {
        *out = level.wrapping_sub(above);
    }
    let (Some(out), Some(levels), Some(aboves)) =
        (differences.get_mut(3..), row.get(3..), above.get(3..))
    else {
        return;
    };
    for ((((out, &level), &left), &above), &corner) in
        out.iter_mut().zip(levels).zip(row).zip(aboves).zip(above)
    {
        let predicted = i16::from(left) + i16::from(above) - i16::from(corner);
        let [predicted, _] = predicted.clamp(0, 255).to_le_bytes();
        *out = level.wrapping_sub(predicted);
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
