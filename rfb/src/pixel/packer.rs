//! BGRX to the wire.

use super::{ColourMap, PixelFormat, low_byte, low_half};
use crate::BYTES_PER_PIXEL;

/// Writes BGRX pixels in a wire format. Build one per update: it holds tables.
///
/// A level becomes the nearest one the format has. A colour-mapped pixel becomes an index of
/// [`ColourMap::rgb332`].
pub struct Packer {
    format: PixelFormat,
    /// Where blue, green and red go, if all have 256 levels.
    shifts: Option<[u32; 3]>,
    /// What blue, green and red of each value contribute to the wire value.
    tables: [[u32; 256]; 3],
}

impl Packer {
    /// A packer for `format`.
    #[must_use]
    pub fn new(format: &PixelFormat) -> Self {
        let (max, shift) = match format.true_colour {
            true => (format.max, format.shift),
            false => (ColourMap::MAX, ColourMap::SHIFT),
        };
        let mut tables = [[0; 256]; 3];
        let layout = max.into_iter().zip(shift).rev();
        for (table, (max, shift)) in tables.iter_mut().zip(layout) {
            for (value, entry) in (0_u32..).zip(table) {
                *entry = ((value * u32::from(max) + 127) / 255) << shift;
            }
        }
        let [red, green, blue] = shift.map(u32::from);
        Self {
            format: *format,
            shifts: (max == [255; 3]).then_some([blue, green, red]),
            tables,
        }
    }

    /// The wire value of one pixel.
    #[must_use]
    pub fn value(&self, [blue, green, red]: [u8; 3]) -> u32 {
        let [blues, greens, reds] = &self.tables;
        let pick = |table: &[u32; 256], value: u8| table.get(usize::from(value)).copied();
        pick(blues, blue).unwrap_or(0)
            | pick(greens, green).unwrap_or(0)
            | pick(reds, red).unwrap_or(0)
    }

    /// Appends the wire values of a row of BGRX pixels.
    pub fn values(&self, bgrx: &[u8], out: &mut Vec<u32>) {
        let pixels = bgrx.as_chunks::<BYTES_PER_PIXEL>().0.iter();
        match self.shifts {
            Some([0, 8, 16]) => {
                out.extend(pixels.map(|&[b, g, r, _]| u32::from_le_bytes([b, g, r, 0])));
            }
            Some(shifts) => out.extend(pixels.map(|&[b, g, r, _]| shifted([b, g, r], shifts))),
            None => out.extend(pixels.map(|&[b, g, r, _]| self.value([b, g, r]))),
        }
    }

    /// Appends a row of BGRX pixels, `format.bytes_per_pixel()` bytes each. The X bytes are sent as they are or as 0.
    pub fn row(&self, bgrx: &[u8], out: &mut Vec<u8>) {
        if self.format == PixelFormat::BGRX {
            out.extend_from_slice(bgrx);
            return;
        }
        match (self.format.bits_per_pixel, self.format.big_endian) {
            (8, _) => self.write(bgrx, out, |value| [low_byte(value)]),
            (16, true) => self.write(bgrx, out, |value| low_half(value).to_be_bytes()),
            (16, false) => self.write(bgrx, out, |value| low_half(value).to_le_bytes()),
            (_, true) => self.write(bgrx, out, u32::to_be_bytes),
            (_, false) => self.write(bgrx, out, u32::to_le_bytes),
        }
    }

    fn write<const N: usize>(
        &self,
        bgrx: &[u8],
        out: &mut Vec<u8>,
        bytes: impl Fn(u32) -> [u8; N],
    ) {
        let pixels = bgrx.as_chunks::<BYTES_PER_PIXEL>().0;
        let start = out.len();
        out.resize(start + pixels.len() * N, 0);
        let wire = out
            .get_mut(start..)
            .unwrap_or_default()
            .as_chunks_mut::<N>()
            .0;
        let pairs = wire.iter_mut().zip(pixels);
        match self.shifts {
            Some(shifts) => {
                for (wire, &[b, g, r, _]) in pairs {
                    *wire = bytes(shifted([b, g, r], shifts));
                }
            }
            None => {
                for (wire, &[b, g, r, _]) in pairs {
                    *wire = bytes(self.value([b, g, r]));
                }
            }
        }
    }
}

fn shifted(levels: [u8; 3], shifts: [u32; 3]) -> u32 {
    let ([b, g, r], [to_b, to_g, to_r]) = (levels.map(u32::from), shifts);
    b << to_b | g << to_g | r << to_r
}
