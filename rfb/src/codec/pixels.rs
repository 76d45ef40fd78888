//! Pixels in their wire form: whole (PIXEL), or without the byte their format does not use (CPIXEL).
//! RFC 6143 7.4, 7.7.5.

use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{BYTES_PER_PIXEL, DecodeError, PixelFormat, Rect, View};

/// BGRX with X = 0.
pub(super) type Pixel = [u8; BYTES_PER_PIXEL];

/// How pixel values of one format are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct WirePixel {
    /// Bytes of one: 1 to 4.
    pub(super) bytes: usize,
    big_endian: bool,
    /// Unused low bits of the pixel's value.
    shift: u32,
}

impl WirePixel {
    /// PIXEL: every byte.
    pub(super) fn whole(format: &PixelFormat) -> Self {
        Self {
            bytes: format.bytes_per_pixel(),
            big_endian: format.big_endian,
            shift: 0,
        }
    }

    /// CPIXEL: three bytes where three suffice.
    pub(super) fn compressed(format: &PixelFormat) -> Self {
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

    /// Appends a pixel value.
    pub(super) fn put(self, value: u32, out: &mut Vec<u8>) {
        self.put_all(&[value], out);
    }

    /// Appends pixel values.
    pub(super) fn put_all(self, values: &[u32], out: &mut Vec<u8>) {
        match self.bytes {
            1 => self.write::<1>(values, out),
            2 => self.write::<2>(values, out),
            3 => self.write::<3>(values, out),
            _ => self.write::<4>(values, out),
        }
    }

    fn write<const N: usize>(self, values: &[u32], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + values.len() * N, 0);
        let wire = out.get_mut(start..).unwrap_or_default();
        for (wire, value) in wire.as_chunks_mut::<N>().0.iter_mut().zip(values) {
            let value = value >> self.shift;
            let bytes = match self.big_endian {
                true => value.to_be_bytes().last_chunk().copied(),
                false => value.to_le_bytes().first_chunk().copied(),
            };
            *wire = bytes.unwrap_or([0; N]);
        }
    }

    /// The pixel value that `wire` stands for.
    fn value<const N: usize>(self, wire: [u8; N]) -> u32 {
        let mut bytes = [0; 4];
        let value = if self.big_endian {
            if let Some(low) = bytes.last_chunk_mut() {
                *low = wire;
            }
            u32::from_be_bytes(bytes)
        } else {
            if let Some(low) = bytes.first_chunk_mut() {
                *low = wire;
            }
            u32::from_le_bytes(bytes)
        };
        value << self.shift
    }
}

/// Reads the pixels of one format.
#[derive(Clone, Copy)]
pub(super) struct PixelReader<'a> {
    wire: WirePixel,
    unpacker: &'a Unpacker,
}

impl<'a> PixelReader<'a> {
    /// Reads PIXELs.
    pub(super) fn whole(unpacker: &'a Unpacker) -> Self {
        let wire = WirePixel::whole(unpacker.format());
        Self { wire, unpacker }
    }

    /// Reads CPIXELs.
    pub(super) fn compressed(unpacker: &'a Unpacker) -> Self {
        let wire = WirePixel::compressed(unpacker.format());
        Self { wire, unpacker }
    }

    pub(super) fn format(&self) -> &PixelFormat {
        self.unpacker.format()
    }

    /// Bytes of one pixel: 1 to 4.
    pub(super) fn bytes(&self) -> usize {
        self.wire.bytes
    }

    /// The first pixel of `wire`; black if there is none.
    pub(super) fn pixel(&self, wire: &[u8]) -> Pixel {
        let mut pixel = Pixel::default();
        self.row(wire, std::slice::from_mut(&mut pixel));
        pixel
    }

    /// Fills `pixels` from `wire`, as far as both reach.
    pub(super) fn row(&self, wire: &[u8], pixels: &mut [Pixel]) {
        if self.wire.bytes == self.format().bytes_per_pixel() {
            return self.unpacker.row(wire, pixels.as_flattened_mut());
        }
        let pairs = pixels.iter_mut().zip(wire.as_chunks::<3>().0);
        if *self.format() == PixelFormat::BGRX {
            for (pixel, &[b, g, r]) in pairs {
                *pixel = [b, g, r, 0];
            }
        } else {
            for (pixel, &wire) in pairs {
                *pixel = self.unpacker.pixel(self.wire.value(wire));
            }
        }
    }

    /// Reads one pixel.
    pub(super) fn read(
        &self,
        r: &mut Reader<'_>,
        field: &'static str,
    ) -> Result<Pixel, DecodeError> {
        Ok(self.pixel(r.bytes(field, self.wire.bytes)?))
    }

    /// Reads as many as `pixels` holds.
    pub(super) fn read_many(
        &self,
        r: &mut Reader<'_>,
        field: &'static str,
        pixels: &mut [Pixel],
    ) -> Result<(), DecodeError> {
        let wire = r.bytes(field, pixels.len() * self.wire.bytes)?;
        self.row(wire, pixels);
        Ok(())
    }
}

/// Fills `values` with what the pixels of `rect` are on the wire, row after row.
pub(super) fn read_values(source: View<'_>, rect: Rect, packer: &Packer, values: &mut Vec<u32>) {
    values.clear();
    for row in source.rows(rect) {
        packer.values(row, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &PixelFormat, wire: WirePixel, value: u32, bytes: &[u8]) {
        let mut out = Vec::new();
        wire.put(value, &mut out);
        assert_eq!(out, bytes);
        let unpacker = Unpacker::new(format);
        let reader = PixelReader {
            wire,
            unpacker: &unpacker,
        };
        assert_eq!(reader.pixel(bytes), unpacker.pixel(value));
    }

    #[test]
    fn the_unused_byte_is_left_out_on_whichever_side_it_is() {
        let high = [24, 16, 8];
        for (big_endian, shift, value, bytes) in [
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
            check(&format, WirePixel::compressed(&format), value, &bytes);
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
        for (format, value, bytes) in [
            (deep, 0x3fed_cba9, &[0x3f, 0xed, 0xcb, 0xa9][..]),
            (PixelFormat::RGB565, 0x1234, &[0x34, 0x12]),
            (PixelFormat::BGR233, 0xc7, &[0xc7]),
            (PixelFormat::COLOUR_MAPPED, 0xc7, &[0xc7]),
        ] {
            check(&format, WirePixel::compressed(&format), value, bytes);
            check(&format, WirePixel::whole(&format), value, bytes);
        }
        let bgrx = PixelFormat::BGRX;
        check(
            &bgrx,
            WirePixel::whole(&bgrx),
            0x11_2233,
            &[0x33, 0x22, 0x11, 0],
        );
    }
}
