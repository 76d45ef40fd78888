//! Pixels with premultiplied alpha. rfbproto "Cursor With Alpha Pseudo-encoding".

use super::{Cursor, Pixel};
use crate::wire::Reader;
use crate::{BYTES_PER_PIXEL, DecodeError, Encoding, Size};

/// The encoding of the pixels, always Raw, then red, green, blue, alpha of each.
pub(super) fn encode(cursor: &Cursor, out: &mut Vec<u8>) {
    out.extend(Encoding::RAW.0.to_be_bytes());
    for &[b, g, r, alpha] in cursor.rows().flatten() {
        let premultiplied = |level| multiply(level, alpha);
        out.extend([premultiplied(r), premultiplied(g), premultiplied(b), alpha]);
    }
}

/// Every known sender sends the pixels Raw, so another encoding is refused.
pub(super) fn decode(r: &mut Reader<'_>, size: Size) -> Result<Vec<u8>, DecodeError> {
    let encoding = r.i32("cursor.encoding")?;
    if encoding != Encoding::RAW.0 {
        return Err(DecodeError::Invalid {
            field: "cursor.encoding",
            value: encoding.into(),
        });
    }
    let wire = r.bytes("cursor.pixels", size.area() * BYTES_PER_PIXEL)?;
    let pixels = wire.as_chunks().0.iter().flat_map(|&[r, g, b, alpha]| {
        let straight = |level| divide(level, alpha);
        let pixel: Pixel = [straight(b), straight(g), straight(r), alpha];
        pixel
    });
    Ok(pixels.collect())
}

fn multiply(level: u8, alpha: u8) -> u8 {
    let product = u16::from(level) * u16::from(alpha);
    u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
}

/// The level that [`multiply`] made, or one that it makes the same of; 255 for what no level gives.
fn divide(premultiplied: u8, alpha: u8) -> u8 {
    let level = (u16::from(premultiplied) * 255 + u16::from(alpha / 2))
        .checked_div(alpha.into())
        .unwrap_or(0);
    u8::try_from(level).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    #[test]
    fn levels_are_multiplied_by_alpha_on_the_wire_only() {
        let pixels = vec![10, 20, 200, 255, 40, 100, 200, 128];
        let cursor = Cursor::new(Size::new(2, 1), Point::default(), pixels.clone()).unwrap();
        let mut body = Vec::new();
        encode(&cursor, &mut body);
        #[rustfmt::skip]
        assert_eq!(body, [
            /* Raw */ 0, 0, 0, 0, /* RGBA */ 200, 20, 10, 255, 100, 50, 20, 128,
        ]);
        let back = decode(&mut Reader::new(&body), cursor.size()).unwrap();
        assert_eq!(back, [10, 20, 200, 255, 40, 100, 199, 128]);
    }

    #[test]
    fn no_level_breaks_the_arithmetic_and_trips_are_stable() {
        for alpha in 0..=255 {
            for level in 0..=255 {
                let once = divide(multiply(level, alpha), alpha);
                assert_eq!(multiply(once, alpha), multiply(level, alpha));
                divide(level, alpha);
            }
        }
    }

    #[test]
    fn another_encoding_of_the_pixels_is_refused_by_name() {
        let error = decode(&mut Reader::new(&[0, 0, 0, 7]), Size::new(1, 1)).unwrap_err();
        assert_eq!(error.to_string(), "cursor.encoding: invalid value 7");
    }
}
