//! Two colours, a bit for each pixel and a 1-bit mask. rfbproto "X Cursor Pseudo-encoding".

use super::{Cursor, Pixel, bits, is_opaque, mask_bits};
use crate::wire::Reader;
use crate::{DecodeError, Size};

/// The colours of the darker and the lighter half of the pixels, a bit for each pixel, set where it is in the darker
/// half, then a bit for each, set where it is opaque. Nothing at all if the pointer is hidden.
pub(super) fn encode(cursor: &Cursor, out: &mut Vec<u8>) {
    if cursor.size.area() == 0 {
        return;
    }
    let opaque = || cursor.rows().flatten().filter(|pixel| is_opaque(pixel));
    let darkest = opaque().map(brightness).min().unwrap_or(0);
    let lightest = opaque().map(brightness).max().unwrap_or(0);
    let middle = darkest + (lightest - darkest) / 2;
    let is_dark = |pixel: &Pixel| is_opaque(pixel) && brightness(pixel) <= middle;
    out.extend(mean(opaque().filter(|pixel| is_dark(pixel))));
    out.extend(mean(opaque().filter(|pixel| !is_dark(pixel))));
    for is_set in [&is_dark as &dyn Fn(&Pixel) -> bool, &is_opaque] {
        for row in cursor.rows() {
            out.extend(row.chunks(8).map(|pixels| bits(pixels, is_set)));
        }
    }
}

pub(super) fn decode(r: &mut Reader<'_>, size: Size) -> Result<Vec<u8>, DecodeError> {
    if size.area() == 0 {
        return Ok(Vec::new());
    }
    let mut colour = |field| {
        let levels = r.bytes(field, 3)?;
        Ok(match levels {
            &[r, g, b] => [b, g, r, 255],
            _ => Pixel::default(),
        })
    };
    let (primary, secondary) = (
        colour("cursor.primary-colour")?,
        colour("cursor.secondary-colour")?,
    );
    let width = usize::from(size.width);
    let stride = width.div_ceil(8);
    let length = stride * usize::from(size.height);
    let bitmap = r.bytes("cursor.bitmap", length)?;
    let mask = r.bytes("cursor.bitmask", length)?;
    let rows = bitmap.chunks(stride).zip(mask.chunks(stride));
    let pixels = rows.flat_map(|(bitmap, mask)| mask_bits(bitmap).zip(mask_bits(mask)).take(width));
    let pixels = pixels.flat_map(|(is_primary, is_opaque)| match (is_opaque, is_primary) {
        (true, true) => primary,
        (true, false) => secondary,
        (false, _) => Pixel::default(),
    });
    Ok(pixels.collect())
}

/// Roughly what the eye makes of it.
fn brightness(&[b, g, r, _]: &Pixel) -> u16 {
    u16::from(b) + 4 * u16::from(g) + 2 * u16::from(r)
}

/// The mean colour: red, green, blue; black of none.
fn mean<'a>(pixels: impl Iterator<Item = &'a Pixel>) -> [u8; 3] {
    let (mut sums, mut count) = ([0_u32; 3], 0_u32);
    for &[b, g, r, _] in pixels {
        count += 1;
        for (sum, level) in sums.iter_mut().zip([r, g, b]) {
            *sum += u32::from(level);
        }
    }
    sums.map(|sum| u8::try_from(sum.checked_div(count).unwrap_or(0)).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    #[test]
    fn a_black_arrow_with_a_white_rim_keeps_both_colours() {
        let (black, white, none) = ([0, 0, 0, 255], [255, 255, 255, 255], [0; 4]);
        let pixels = [black, white, none, white, white, none].concat();
        let cursor = Cursor::new(Size::new(3, 2), Point::default(), pixels.clone()).unwrap();
        let mut body = Vec::new();
        encode(&cursor, &mut body);
        #[rustfmt::skip]
        assert_eq!(body, [
            /* primary */ 0, 0, 0, /* secondary */ 255, 255, 255,
            /* bitmap */ 0b1000_0000, 0, /* mask */ 0b1100_0000, 0b1100_0000,
        ]);
        assert_eq!(decode(&mut Reader::new(&body), cursor.size()), Ok(pixels));
    }

    #[test]
    fn a_hidden_pointer_has_no_colours() {
        let mut body = Vec::new();
        encode(&Cursor::default(), &mut body);
        assert!(body.is_empty());
        assert_eq!(decode(&mut Reader::new(&[]), Size::new(0, 3)), Ok(vec![]));
    }
}
