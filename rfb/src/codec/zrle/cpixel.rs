//! CPIXEL: a pixel without the byte its format does not use. RFC 6143 7.7.5.

use crate::PixelFormat;

/// How the pixels of one format are compressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct CPixel {
    /// Bytes of one: 1 to 4.
    pub(super) bytes: usize,
    big_endian: bool,
    /// Unused low bits of the pixel's value.
    shift: u32,
}

impl CPixel {
    pub(super) fn new(format: &PixelFormat) -> Self {
        let used = format.compressed_bytes();
        let low_byte_unused = match format.big_endian {
            true => used.end < format.bytes_per_pixel(),
            false => 0 < used.start,
        };
        Self {
            bytes: used.len(),
            big_endian: format.big_endian,
            shift: if low_byte_unused { 8 } else { 0 },
        }
    }

    /// The pixel value that `wire`, [`Self::bytes`] long, stands for.
    pub(super) fn value(self, wire: &[u8]) -> u32 {
        let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        let value = match self.big_endian {
            true => wire.iter().fold(0, fold),
            false => wire.iter().rev().fold(0, fold),
        };
        value << self.shift
    }

    /// Appends a pixel value.
    pub(super) fn put(self, value: u32, out: &mut Vec<u8>) {
        let value = value >> self.shift;
        let wire = match self.big_endian {
            true => (value << (32 - 8 * self.bytes)).to_be_bytes(),
            false => value.to_le_bytes(),
        };
        let [a, b, c, d] = wire;
        match self.bytes {
            1 => out.push(a),
            2 => out.extend([a, b]),
            3 => out.extend([a, b, c]),
            _ => out.extend([a, b, c, d]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unused_byte_is_left_out_on_whichever_side_it_is() {
        let high = [24, 16, 8];
        for (big_endian, shift, value, wire) in [
            (false, [16, 8, 0], 0x0011_2233, [0x33, 0x22, 0x11]),
            (true, [16, 8, 0], 0x0011_2233, [0x11, 0x22, 0x33]),
            (false, high, 0x1122_3300, [0x33, 0x22, 0x11]),
            (true, high, 0x1122_3300, [0x11, 0x22, 0x33]),
        ] {
            let format = PixelFormat {
                big_endian,
                shift,
                ..PixelFormat::BGRX
            };
            let cpixel = CPixel::new(&format);
            let mut out = Vec::new();
            cpixel.put(value, &mut out);
            assert_eq!(out, wire);
            assert_eq!(cpixel.value(&wire), value);
        }
    }

    #[test]
    fn pixels_that_need_all_their_bytes_keep_them() {
        let deep = PixelFormat {
            depth: 30,
            max: [1023; 3],
            shift: [20, 10, 0],
            big_endian: true,
            ..PixelFormat::BGRX
        };
        for (format, value, wire) in [
            (deep, 0x3fed_cba9, &[0x3f, 0xed, 0xcb, 0xa9][..]),
            (PixelFormat::RGB565, 0x1234, &[0x34, 0x12]),
            (PixelFormat::BGR233, 0xc7, &[0xc7]),
        ] {
            let mut out = Vec::new();
            CPixel::new(&format).put(value, &mut out);
            assert_eq!(out, wire);
            assert_eq!(CPixel::new(&format).value(wire), value);
        }
    }
}
