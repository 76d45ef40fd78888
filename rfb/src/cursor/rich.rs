//! Pixels in the client's format and a 1-bit mask. RFC 6143 7.8.1, "Cursor Pseudo-Encoding".

use super::{Cursor, Pixel, bits, is_opaque, mask_bits};
use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{BYTES_PER_PIXEL, DecodeError, PixelFormat, Size};

/// Pixels, then a bit for each, set where alpha is at least 128; rows of bits are whole bytes. Transparent pixels
/// are sent as 0.
pub(super) fn encode(cursor: &Cursor, format: &PixelFormat, out: &mut Vec<u8>) {
    let packer = Packer::new(format);
    let mut mask = Vec::new();
    let mut masked = Vec::new();
    for row in cursor.rows() {
        masked.clear();
        masked.extend(row.iter().map(|pixel| match *pixel {
            [b, g, r, _] if is_opaque(pixel) => [b, g, r, 0],
            _ => Pixel::default(),
        }));
        packer.row(masked.as_flattened(), out);
        mask.extend(row.chunks(8).map(|pixels| bits(pixels, is_opaque)));
    }
    out.extend(mask);
}

pub(super) fn decode(
    r: &mut Reader<'_>,
    unpacker: &Unpacker,
    size: Size,
) -> Result<Vec<u8>, DecodeError> {
    let width = usize::from(size.width);
    let mask_stride = width.div_ceil(8);
    let pixel_bytes = unpacker.format().bytes_per_pixel();
    let wire = r.bytes("cursor.pixels", size.area() * pixel_bytes)?;
    let mask = r.bytes("cursor.bitmask", mask_stride * usize::from(size.height))?;
    let mut pixels = vec![0; size.area() * BYTES_PER_PIXEL];
    unpacker.row(wire, &mut pixels);
    let rows = pixels.as_chunks_mut().0.chunks_mut(width.max(1));
    for (row, mask) in rows.zip(mask.chunks(mask_stride.max(1))) {
        for (pixel, opaque) in row.iter_mut().zip(mask_bits(mask)) {
            let [b, g, r, _] = *pixel;
            *pixel = if opaque { [b, g, r, 255] } else { [0; 4] };
        }
    }
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;
    use crate::cursor::CursorForm;

    #[test]
    fn a_cursor_is_its_pixels_then_a_bit_for_each() {
        let mut pixels = [1, 2, 3, 255].repeat(18);
        pixels[3] = 127; // first pixel
        pixels[17 * 4..].copy_from_slice(&[4, 5, 6, 128]);
        let cursor = Cursor::new(Size::new(9, 2), Point::new(1, 0), pixels).unwrap();
        let mut body = Vec::new();
        encode(&cursor, &PixelFormat::BGRX, &mut body);
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
        let back = Cursor::decode_body(
            CursorForm::Rich,
            &mut reader,
            &Unpacker::new(&PixelFormat::BGRX),
            (size, hotspot),
        )
        .unwrap();
        assert_eq!(reader.position(), body.len());
        assert_eq!((back.size(), back.hotspot()), (size, hotspot));
        assert_eq!(back.pixels()[..8], [0, 0, 0, 0, 1, 2, 3, 255]);
        assert_eq!(back.pixels()[17 * 4..], [4, 5, 6, 255]);
    }

    #[test]
    fn a_hidden_cursor_has_an_empty_body() {
        let mut body = Vec::new();
        encode(&Cursor::default(), &PixelFormat::BGRX, &mut body);
        assert!(body.is_empty());
        for size in [Size::new(0, 0), Size::new(3, 0), Size::new(0, 3)] {
            let cursor = Cursor::decode_body(
                CursorForm::Rich,
                &mut Reader::new(&[]),
                &Unpacker::new(&PixelFormat::RGB565),
                (size, Point::default()),
            );
            assert!(cursor.unwrap().pixels().is_empty());
        }
    }

    #[test]
    fn what_a_transparent_pixel_hides_is_dropped() {
        let body = [0x12, 0x34, 0xff, 0xff, 0b0100_0000];
        let cursor = Cursor::decode_body(
            CursorForm::Rich,
            &mut Reader::new(&body),
            &Unpacker::new(&PixelFormat::RGB565),
            (Size::new(2, 1), Point::new(9, 9)),
        )
        .unwrap();
        assert_eq!(cursor.pixels(), [0, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(cursor.hotspot(), Point::new(9, 9));
    }
}
