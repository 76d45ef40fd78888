//! Pixels with alpha, or an AND and an XOR mask. rfbproto "VMware Cursor Pseudo-encoding".

use super::{Cursor, Pixel};
use crate::pixel::Unpacker;
use crate::wire::Reader;
use crate::{BYTES_PER_PIXEL, DecodeError, Size};

const MASKS: u8 = 0;
const ALPHA: u8 = 1;

/// The kind, always pixels with alpha, then red, green, blue, alpha of each, not premultiplied.
pub(super) fn encode(cursor: &Cursor, out: &mut Vec<u8>) {
    out.extend([ALPHA, 0]);
    for &[b, g, r, alpha] in cursor.rows().flatten() {
        out.extend([r, g, b, alpha]);
    }
}

pub(super) fn decode(
    r: &mut Reader<'_>,
    unpacker: &Unpacker,
    size: Size,
) -> Result<Vec<u8>, DecodeError> {
    let kind = r.u8("cursor.type")?;
    r.bytes("cursor.padding", 1)?;
    match kind {
        MASKS => {
            let pixel_bytes = unpacker.format().bytes_per_pixel();
            let and = r.bytes("cursor.and-mask", size.area() * pixel_bytes)?;
            let xor = r.bytes("cursor.xor-mask", size.area() * pixel_bytes)?;
            let mut colours = vec![0; size.area() * BYTES_PER_PIXEL];
            unpacker.row(xor, &mut colours);
            let and = and.chunks_exact(pixel_bytes.max(1));
            let pixels = colours.as_chunks().0.iter().zip(and);
            Ok(pixels.flat_map(|(&xor, and)| masked(and, xor)).collect())
        }
        ALPHA => {
            let wire = r.bytes("cursor.pixels", size.area() * BYTES_PER_PIXEL)?;
            let pixels = wire.as_chunks().0.iter();
            Ok(pixels
                .flat_map(|&[r, g, b, alpha]| [b, g, r, alpha])
                .collect())
        }
        value => Err(DecodeError::Invalid {
            field: "cursor.type",
            value: value.into(),
        }),
    }
}

/// What the desktop, masked and inverted, comes to: a colour, or the desktop, or its inverse, which is shown as black.
fn masked(and: &[u8], [b, g, r, _]: Pixel) -> Pixel {
    let covers = and.iter().all(|&byte| byte == 0);
    match (covers, [b, g, r]) {
        (true, _) => [b, g, r, 255],
        (false, [0, 0, 0]) => Pixel::default(),
        (false, _) => [0, 0, 0, 255],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PixelFormat, Point};

    #[test]
    fn alpha_is_sent_as_it_is() {
        let cursor = Cursor::new(Size::new(1, 1), Point::default(), vec![1, 2, 3, 77]).unwrap();
        let mut body = Vec::new();
        encode(&cursor, &mut body);
        assert_eq!(body, [/* type */ 1, /* padding */ 0, 3, 2, 1, 77]);
    }

    #[test]
    fn masks_give_colours_holes_and_black_where_the_desktop_would_be_inverted() {
        #[rustfmt::skip]
        let body = [
            /* type */ 0, 0,
            /* and */ 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
            /* xor */ 1, 2, 3, 0, 0, 0, 0, 0, 255, 255, 255, 0,
        ];
        let unpacker = Unpacker::new(&PixelFormat::BGRX);
        let pixels = decode(&mut Reader::new(&body), &unpacker, Size::new(3, 1)).unwrap();
        assert_eq!(pixels, [1, 2, 3, 255, 0, 0, 0, 0, 0, 0, 0, 255]);
    }

    #[test]
    fn an_unknown_kind_is_refused_by_name() {
        let unpacker = Unpacker::new(&PixelFormat::BGRX);
        let error = decode(&mut Reader::new(&[2, 0]), &unpacker, Size::new(1, 1)).unwrap_err();
        assert_eq!(error.to_string(), "cursor.type: invalid value 2");
    }
}
