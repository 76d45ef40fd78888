//! Pixel formats on the wire (RFC 6143 7.4). In memory every pixel is BGRX, four bytes.

use std::ops::Range;

use crate::wire::{Decode, Encode, Reader};
use crate::{BYTES_PER_PIXEL, DecodeError};

/// How a pixel value is laid out on the wire. True colour only.
///
/// INVARIANT (kept by [`Decode`]): 8, 16 or 32 bits; maxima at least 1; every channel inside the pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    /// 8, 16 or 32.
    pub bits_per_pixel: u8,
    /// Useful bits of those.
    pub depth: u8,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// Largest value of red, green and blue.
    pub max: [u16; 3],
    /// Bits to shift right to reach red, green and blue.
    pub shift: [u8; 3],
}

impl PixelFormat {
    /// Blue, green, red, unused: one byte each, which is the in-memory layout.
    pub const BGRX: Self = Self {
        bits_per_pixel: 32,
        depth: 24,
        big_endian: false,
        max: [255; 3],
        shift: [16, 8, 0],
    };
    /// Sixteen bits, least significant byte first: five red, six green, five blue.
    pub const RGB565: Self = Self {
        bits_per_pixel: 16,
        depth: 16,
        big_endian: false,
        max: [31, 63, 31],
        shift: [11, 5, 0],
    };
    /// Eight bits: three red, three green, two blue, red lowest.
    pub const BGR233: Self = Self {
        bits_per_pixel: 8,
        depth: 8,
        big_endian: false,
        max: [7, 7, 3],
        shift: [0, 3, 6],
    };

    /// Bytes of one pixel on the wire: 1, 2 or 4.
    #[must_use]
    pub fn bytes_per_pixel(&self) -> usize {
        usize::from(self.bits_per_pixel / 8)
    }

    /// Whether Tight sends this format as three bytes red, green, blue (rfbproto "Tight Encoding", TPIXEL).
    #[must_use]
    pub fn is_tight_rgb(&self) -> bool {
        self.bits_per_pixel == 32 && self.depth == 24 && self.max == [255; 3]
    }

    /// The bytes of a wire pixel that ZRLE and TRLE send (RFC 6143 7.7.5, CPIXEL): three where three suffice.
    #[must_use]
    pub fn compressed_bytes(&self) -> Range<usize> {
        let used = (0..3).fold(0_u32, |used, channel| used | self.mask(channel));
        if self.bits_per_pixel != 32 || self.depth > 24 {
            return 0..self.bytes_per_pixel();
        }
        let (low, high) = (used & 0xff00_0000 == 0, used & 0xff == 0);
        match (low, high, self.big_endian) {
            (true, _, false) | (false, true, true) => 0..3,
            (true, _, true) | (false, true, false) => 1..4,
            (false, false, _) => 0..4,
        }
    }

    fn mask(&self, channel: usize) -> u32 {
        let (max, shift) = (self.max.get(channel), self.shift.get(channel));
        u32::from(max.copied().unwrap_or(0)) << shift.copied().unwrap_or(0)
    }
}

impl Encode for PixelFormat {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([self.bits_per_pixel, self.depth, self.big_endian.into(), 1]);
        for max in self.max {
            out.extend(max.to_be_bytes());
        }
        out.extend(self.shift);
        out.extend([0; 3]); // padding
    }
}

impl Decode for PixelFormat {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let invalid = |field, value| Err(DecodeError::Invalid { field, value });
        let bits_per_pixel = r.u8("pixel-format.bits-per-pixel")?;
        let depth = r.u8("pixel-format.depth")?;
        let big_endian = r.u8("pixel-format.big-endian-flag")? != 0;
        let true_colour = r.u8("pixel-format.true-colour-flag")?;
        let max = [
            r.u16("pixel-format.red-max")?,
            r.u16("pixel-format.green-max")?,
            r.u16("pixel-format.blue-max")?,
        ];
        let shift = [
            r.u8("pixel-format.red-shift")?,
            r.u8("pixel-format.green-shift")?,
            r.u8("pixel-format.blue-shift")?,
        ];
        r.bytes("pixel-format.padding", 3)?;
        if !matches!(bits_per_pixel, 8 | 16 | 32) {
            return invalid("pixel-format.bits-per-pixel", bits_per_pixel.into());
        }
        if !(1..=bits_per_pixel).contains(&depth) {
            return invalid("pixel-format.depth", depth.into());
        }
        if true_colour == 0 {
            return invalid("pixel-format.true-colour-flag", 0);
        }
        for (max, shift) in max.into_iter().zip(shift) {
            if max == 0 {
                return invalid("pixel-format.max", 0);
            }
            let bits = u32::from(bits_per_pixel);
            if u32::from(shift) >= bits || u64::from(max) << shift >> bits != 0 {
                return invalid("pixel-format.shift", shift.into());
            }
        }
        Ok(Self {
            bits_per_pixel,
            depth,
            big_endian,
            max,
            shift,
        })
    }
}

/// Writes BGRX pixels in a wire format. Build one per update: it holds tables.
pub struct Packer {
    format: PixelFormat,
    /// What blue, green and red of each value contribute to the wire value.
    tables: [[u32; 256]; 3],
}

impl Packer {
    /// A packer for `format`.
    #[must_use]
    pub fn new(format: &PixelFormat) -> Self {
        let mut tables = [[0; 256]; 3];
        for ((table, max), shift) in tables
            .iter_mut()
            .zip(format.max.into_iter().rev())
            .zip(format.shift.into_iter().rev())
        {
            for (value, entry) in (0_u32..).zip(table) {
                *entry = ((value * u32::from(max) + 127) / 255) << shift;
            }
        }
        Self {
            format: *format,
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

    /// Appends a row of BGRX pixels, `format.bytes_per_pixel()` bytes each. The X bytes are sent as they are or as 0.
    pub fn row(&self, bgrx: &[u8], out: &mut Vec<u8>) {
        if self.format == PixelFormat::BGRX {
            out.extend_from_slice(bgrx);
            return;
        }
        let values = bgrx
            .as_chunks::<BYTES_PER_PIXEL>()
            .0
            .iter()
            .map(|&[b, g, r, _]| self.value([b, g, r]));
        match (self.format.bits_per_pixel, self.format.big_endian) {
            (8, _) => out.extend(values.map(low_byte)),
            (16, true) => values.for_each(|value| out.extend(low_half(value).to_be_bytes())),
            (16, false) => values.for_each(|value| out.extend(low_half(value).to_le_bytes())),
            (_, true) => values.for_each(|value| out.extend(value.to_be_bytes())),
            (_, false) => values.for_each(|value| out.extend(value.to_le_bytes())),
        }
    }
}

fn low_byte(value: u32) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

fn low_half(value: u32) -> u16 {
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Reads pixels of a wire format as BGRX with X = 0.
#[derive(Clone, Copy, Debug)]
pub struct Unpacker {
    format: PixelFormat,
}

impl Unpacker {
    /// An unpacker for `format`.
    #[must_use]
    pub fn new(format: &PixelFormat) -> Self {
        Self { format: *format }
    }

    /// The format it reads.
    #[must_use]
    pub fn format(&self) -> &PixelFormat {
        &self.format
    }

    /// The pixel of one wire value.
    #[must_use]
    pub fn pixel(&self, value: u32) -> [u8; BYTES_PER_PIXEL] {
        let channel = |max: u16, shift: u8| {
            let max = u32::from(max);
            let level = (value >> shift) & max;
            low_byte((level * 255 + max / 2) / max.max(1))
        };
        let ([red, green, blue], [red_shift, green_shift, blue_shift]) =
            (self.format.max, self.format.shift);
        [
            channel(blue, blue_shift),
            channel(green, green_shift),
            channel(red, red_shift),
            0,
        ]
    }

    /// Fills a BGRX row from wire pixels of `format.bytes_per_pixel()` bytes each, as far as both reach.
    pub fn row(&self, wire: &[u8], bgrx: &mut [u8]) {
        let pixels = bgrx.as_chunks_mut::<BYTES_PER_PIXEL>().0;
        if self.format == PixelFormat::BGRX {
            for (pixel, &[b, g, r, _]) in pixels.iter_mut().zip(wire.as_chunks::<4>().0) {
                *pixel = [b, g, r, 0];
            }
            return;
        }
        for (pixel, wire) in pixels
            .iter_mut()
            .zip(wire.chunks_exact(self.format.bytes_per_pixel().max(1)))
        {
            *pixel = self.pixel(self.wire_value(wire));
        }
    }

    /// The wire value of the bytes of one pixel, in the format's byte order.
    #[must_use]
    pub fn wire_value(&self, wire: &[u8]) -> u32 {
        let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        if self.format.big_endian {
            wire.iter().fold(0, fold)
        } else {
            wire.iter().rev().fold(0, fold)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pixel_format_is_sixteen_bytes() {
        let mut bytes = Vec::new();
        PixelFormat::BGRX.encode(&mut bytes);
        #[rustfmt::skip]
        assert_eq!(bytes, [
            32, /* depth */ 24, /* big-endian */ 0, /* true-colour */ 1,
            /* maxima */ 0, 255, 0, 255, 0, 255, /* shifts */ 16, 8, 0, /* padding */ 0, 0, 0,
        ]);
        assert_eq!(
            PixelFormat::decode(&mut Reader::new(&bytes)),
            Ok(PixelFormat::BGRX)
        );
    }

    #[test]
    fn a_channel_outside_the_pixel_is_refused_by_name() {
        let mut bytes = Vec::new();
        let format = PixelFormat {
            shift: [25, 8, 0],
            ..PixelFormat::BGRX
        };
        format.encode(&mut bytes);
        let error = PixelFormat::decode(&mut Reader::new(&bytes)).unwrap_err();
        assert_eq!(error.to_string(), "pixel-format.shift: invalid value 25");
    }

    #[test]
    fn three_bytes_are_sent_where_three_suffice() {
        let big = PixelFormat {
            big_endian: true,
            ..PixelFormat::BGRX
        };
        let high = PixelFormat {
            shift: [24, 16, 8],
            ..PixelFormat::BGRX
        };
        assert_eq!(PixelFormat::BGRX.compressed_bytes(), 0..3);
        assert_eq!(big.compressed_bytes(), 1..4);
        assert_eq!(high.compressed_bytes(), 1..4);
        assert_eq!(PixelFormat::RGB565.compressed_bytes(), 0..2);
    }

    fn format() -> impl Strategy<Value = PixelFormat> {
        let layouts = [
            (32, 24, [255; 3], [0, 8, 16]),
            (32, 24, [255; 3], [8, 16, 24]),
            (32, 30, [1023; 3], [20, 10, 0]),
            (16, 15, [31; 3], [10, 5, 0]),
            (16, 16, [31, 63, 31], [11, 5, 0]),
            (8, 8, [7, 7, 3], [0, 3, 6]),
            (8, 6, [3; 3], [4, 2, 0]),
        ];
        (prop::sample::select(layouts.to_vec()), any::<bool>()).prop_map(
            |((bits_per_pixel, depth, max, shift), big_endian)| PixelFormat {
                bits_per_pixel,
                depth,
                big_endian,
                max,
                shift,
            },
        )
    }

    proptest! {
        #[test]
        fn a_pixel_comes_back_within_half_a_step(format in format(), pixels in prop::collection::vec(any::<u8>(), 4..64)) {
            let pixels: Vec<u8> = pixels.as_chunks::<4>().0.as_flattened().to_vec();
            let mut wire = Vec::new();
            Packer::new(&format).row(&pixels, &mut wire);
            prop_assert_eq!(wire.len(), pixels.len() / 4 * format.bytes_per_pixel());
            let mut back = vec![1; pixels.len()];
            Unpacker::new(&format).row(&wire, &mut back);
            for (before, after) in pixels.as_chunks::<4>().0.iter().zip(back.as_chunks::<4>().0) {
                for channel in 0..3 {
                    let step = 255 / i32::from(format.max[2 - channel].min(255));
                    let error = i32::from(before[channel]) - i32::from(after[channel]);
                    prop_assert!(error.abs() <= step / 2 + 1, "{before:?} {after:?}");
                }
                prop_assert_eq!(after[3], 0);
            }
            let mut again = Vec::new();
            Packer::new(&format).row(&back, &mut again);
            if format != PixelFormat::BGRX {
                prop_assert_eq!(again, wire);
            }
        }
    }
}
