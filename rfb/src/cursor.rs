//! The pointer's shape (RFC 6143 7.8.1, "Cursor Pseudo-Encoding").

use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{BYTES_PER_PIXEL, DecodeError, Error, PixelFormat, Point, Size};

/// The least alpha that counts as opaque where there is only a mask.
const OPAQUE: u8 = 128;

/// A pointer shape: BGRA pixels, and the pixel of them that points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    size: Size,
    hotspot: Point,
    pixels: Vec<u8>,
}

impl Cursor {
    /// A shape of `size` whose `pixels` are rows of blue, green, red, alpha (not premultiplied), top to bottom.
    ///
    /// An empty `size` hides the pointer. Misuse if `pixels` is not `size.area() * 4` bytes long.
    pub fn new(size: Size, hotspot: Point, pixels: Vec<u8>) -> Result<Self, Error> {
        if pixels.len() != size.area() * BYTES_PER_PIXEL {
            return Err(Error::Misuse(
                "cursor: pixels are not width * height * 4 bytes",
            ));
        }
        Ok(Self {
            size,
            hotspot,
            pixels,
        })
    }
    /// Its size; empty if the pointer is hidden.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
    /// The pixel that points, from the shape's top left.
    #[must_use]
    pub fn hotspot(&self) -> Point {
        self.hotspot
    }
    /// Rows of blue, green, red, alpha (not premultiplied), top to bottom.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Appends the body of a Cursor rectangle: pixels in `format`, then a bit for each, set where alpha is at
    /// least 128; rows of bits are whole bytes, the leftmost highest. Transparent pixels are sent as 0.
    pub fn encode_body(&self, format: &PixelFormat, out: &mut Vec<u8>) {
        let packer = Packer::new(format);
        let mut mask = Vec::new();
        let mut masked = Vec::new();
        for row in self.rows() {
            masked.clear();
            masked.extend(row.iter().map(|&[b, g, r, alpha]| match alpha {
                OPAQUE.. => [b, g, r, 0],
                _ => [0; BYTES_PER_PIXEL],
            }));
            packer.row(masked.as_flattened(), out);
            mask.extend(row.chunks(8).map(mask_byte));
        }
        out.extend(mask);
    }

    /// Reads the body of a Cursor rectangle of `size` whose position is `hotspot`. Alpha becomes 255 or 0;
    /// transparent pixels are black. The caller bounds `size`.
    pub fn decode_body(
        r: &mut Reader<'_>,
        format: &PixelFormat,
        size: Size,
        hotspot: Point,
    ) -> Result<Self, DecodeError> {
        let width = usize::from(size.width);
        let mask_stride = width.div_ceil(8);
        let wire = r.bytes("cursor.pixels", size.area() * format.bytes_per_pixel())?;
        let mask = r.bytes("cursor.bitmask", mask_stride * usize::from(size.height))?;
        let mut pixels = vec![0; size.area() * BYTES_PER_PIXEL];
        Unpacker::new(format).row(wire, &mut pixels);
        let rows = pixels.as_chunks_mut().0.chunks_mut(width.max(1));
        for (row, mask) in rows.zip(mask.chunks(mask_stride.max(1))) {
            let bits = mask
                .iter()
                .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 != 0));
            for (pixel, opaque) in row.iter_mut().zip(bits) {
                let [b, g, r, _] = *pixel;
                *pixel = if opaque { [b, g, r, 255] } else { [0; 4] };
            }
        }
        Ok(Self {
            size,
            hotspot,
            pixels,
        })
    }

    fn rows(&self) -> impl Iterator<Item = &[[u8; BYTES_PER_PIXEL]]> {
        let pixels = self.pixels.as_chunks().0;
        pixels.chunks(usize::from(self.size.width).max(1))
    }
}

/// The mask of at most eight pixels, the leftmost highest.
fn mask_byte(pixels: &[[u8; BYTES_PER_PIXEL]]) -> u8 {
    (0..8)
        .rev()
        .zip(pixels)
        .filter(|(_, [.., alpha])| *alpha >= OPAQUE)
        .fold(0, |byte, (bit, _)| byte | 1 << bit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_is_its_pixels_then_a_bit_for_each() {
        let mut pixels = [1, 2, 3, 255].repeat(18);
        pixels[3] = 127; // first pixel
        pixels[17 * 4..].copy_from_slice(&[4, 5, 6, 128]);
        let cursor = Cursor::new(Size::new(9, 2), Point::new(1, 0), pixels).unwrap();
        let mut body = Vec::new();
        cursor.encode_body(&PixelFormat::BGRX, &mut body);
        let mut expected = vec![0; 4];
        expected.extend([1, 2, 3, 0].repeat(16));
        expected.extend([4, 5, 6, 0]);
        #[rustfmt::skip]
        expected.extend([
            /* row 0 */ 0b0111_1111, 0b1000_0000, /* row 1 */ 0b1111_1111, 0b1000_0000,
        ]);
        assert_eq!(body, expected);

        let mut reader = Reader::new(&body);
        let (size, hotspot) = (cursor.size(), cursor.hotspot());
        let back = Cursor::decode_body(&mut reader, &PixelFormat::BGRX, size, hotspot).unwrap();
        assert_eq!(reader.position(), body.len());
        assert_eq!((back.size(), back.hotspot()), (size, hotspot));
        assert_eq!(back.pixels()[..8], [0, 0, 0, 0, 1, 2, 3, 255]);
        assert_eq!(back.pixels()[17 * 4..], [4, 5, 6, 255]);
    }

    #[test]
    fn a_hidden_cursor_has_an_empty_body() {
        let mut body = Vec::new();
        Cursor::default().encode_body(&PixelFormat::BGRX, &mut body);
        assert!(body.is_empty());
        for size in [Size::new(0, 0), Size::new(3, 0), Size::new(0, 3)] {
            let cursor = Cursor::decode_body(
                &mut Reader::new(&[]),
                &PixelFormat::RGB565,
                size,
                Point::default(),
            );
            assert!(cursor.unwrap().pixels().is_empty());
        }
    }

    #[test]
    fn what_a_transparent_pixel_hides_is_dropped() {
        let body = [0x12, 0x34, 0xff, 0xff, 0b0100_0000];
        let cursor = Cursor::decode_body(
            &mut Reader::new(&body),
            &PixelFormat::RGB565,
            Size::new(2, 1),
            Point::new(9, 9),
        )
        .unwrap();
        assert_eq!(cursor.pixels(), [0, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(cursor.hotspot(), Point::new(9, 9));
    }

    proptest! {
        #[test]
        fn any_shape_comes_back_and_waits_for_its_last_byte(
            (width, height) in (0_u16..20, 0_u16..20),
            seed in prop::collection::vec(any::<u8>(), 4..64),
        ) {
            let size = Size::new(width, height);
            let pixels: Vec<u8> = seed.iter().copied().cycle().take(size.area() * 4).collect();
            let cursor = Cursor::new(size, Point::default(), pixels.clone()).unwrap();
            let mut body = Vec::new();
            cursor.encode_body(&PixelFormat::BGRX, &mut body);
            let decode = |body| {
                let mut reader = Reader::new(body);
                Cursor::decode_body(&mut reader, &PixelFormat::BGRX, size, Point::default())
            };
            for end in 0..body.len() {
                let waits = matches!(decode(&body[..end]), Err(DecodeError::Incomplete { .. }));
                prop_assert!(waits);
            }
            let expected: Vec<u8> = pixels.as_chunks::<4>().0.iter().flat_map(|&[b, g, r, alpha]| {
                if alpha >= 128 { [b, g, r, 255] } else { [0; 4] }
            }).collect();
            let back = decode(&body).unwrap();
            prop_assert_eq!(back.pixels(), &expected[..]);
        }
    }
}
