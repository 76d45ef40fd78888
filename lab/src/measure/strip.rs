//! The strip that carries a picture's number: 16 cells of 16x16 pixels, black or white, in the upper left corner.
//!
//! ```text
//! cells 0 to 11    the number modulo 4096, highest bit first; white is 1
//! cells 12 to 15   a check: the three groups of four bits before and 1010, exclusive or
//! ```
//!
//! What JPEG loses leaves black and white apart, and of a strip that shows a part of one number and a part of another
//! few are taken for a third one: whoever reads it looks at the rest of the picture too.

use tightrope::{Framebuffer, Rect, Size, View};

/// Cells of a strip.
const CELLS: u16 = 16;
/// Side of a cell, in pixels.
const CELL: u16 = 16;
/// As many numbers can be told apart.
const NUMBERS: u32 = 1 << 12;
/// So much of a cell counts: its middle, as JPEG blurs edges.
const MIDDLE: u16 = 8;
const CHECK: u32 = 0b1010;
/// Luma up to which a cell is black, and from which it is white.
const BLACK: u64 = 80;
const WHITE: u64 = 175;

/// Where it is.
pub const AREA: Rect = Rect {
    left: 0,
    top: 0,
    width: CELLS * CELL,
    height: CELL,
};

/// The strip with `number`, of the size of [`AREA`].
#[must_use]
pub fn pixels(number: u32) -> Framebuffer {
    let mut strip = Framebuffer::new(Size::new(AREA.width, AREA.height));
    paint(number, &mut strip);
    strip
}

/// Paints the strip with `number` over the corner of `picture`, as far as it reaches.
pub fn paint(number: u32, picture: &mut Framebuffer) {
    let code = code(number);
    for cell in 0..CELLS {
        let shade = match code >> (CELLS - 1 - cell) & 1 {
            0 => 0,
            _ => 255,
        };
        let area = Rect::new(cell * CELL, 0, CELL, CELL);
        if let Some(mut area) = picture.view_mut(area.intersection(picture.size().into())) {
            area.fill([shade, shade, shade, 0]);
        }
    }
}

/// The number on `picture`, modulo 4096; `None` if there is none.
#[must_use]
pub fn read(picture: View<'_>) -> Option<u32> {
    let mut code = 0;
    for cell in 0..CELLS {
        let middle = Rect::new(
            cell * CELL + (CELL - MIDDLE) / 2,
            (CELL - MIDDLE) / 2,
            MIDDLE,
            MIDDLE,
        );
        if !middle.fits(picture.size()) {
            return None;
        }
        code = code << 1 | u32::from(is_white(picture, middle)?);
    }
    let number = code >> 4;
    (self::code(number) == code).then_some(number)
}

/// The first number after `last`, or from 0 on, that reads as `number`.
#[must_use]
pub fn after(last: Option<u32>, number: u32) -> u32 {
    let first = last.map_or(0, |last| last.wrapping_add(1));
    first.wrapping_add(number.wrapping_sub(first) % NUMBERS)
}

/// The cells of `number` as bits, the first the highest.
fn code(number: u32) -> u32 {
    let number = number % NUMBERS;
    let check = (number ^ number >> 4 ^ number >> 8) & 0xf ^ CHECK;
    number << 4 | check
}

/// Whether `area` is white; `None` if it is neither that nor black.
fn is_white(picture: View<'_>, area: Rect) -> Option<bool> {
    let pixels = picture.rows(area).flat_map(|row| row.as_chunks::<4>().0);
    let sum: u64 = pixels
        .map(|[blue, green, red, _]| u64::from(*blue) + 2 * u64::from(*green) + u64::from(*red))
        .sum();
    match sum / (4 * area.area() as u64) {
        luma if luma <= BLACK => Some(false),
        luma if luma >= WHITE => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_painted_is_read() {
        for number in [0, 1, 2, 4095, 4096, 5000, u32::MAX] {
            let strip = pixels(number);
            assert_eq!(read(strip.view()), Some(number % NUMBERS));
        }
    }

    #[test]
    fn what_loses_a_quarter_of_its_contrast_is_still_read() {
        for number in 0..NUMBERS {
            let mut strip = pixels(number);
            let mut noise = number;
            for row in strip.view_mut(AREA).unwrap().rows_mut() {
                for value in row {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let off = (noise >> 26) as u8;
                    *value = if *value < 128 { off } else { 255 - off };
                }
            }
            assert_eq!(read(strip.view()), Some(number));
        }
    }

    #[test]
    fn where_nothing_was_painted_nothing_is_read() {
        assert_eq!(read(Framebuffer::new(Size::new(300, 100)).view()), None);
        assert_eq!(read(Framebuffer::new(Size::new(200, 100)).view()), None);
        let mut grey = pixels(77);
        grey.view_mut(Rect::new(16, 0, 16, 16))
            .unwrap()
            .fill([128, 128, 128, 0]);
        assert_eq!(read(grey.view()), None);
    }

    #[test]
    fn numbers_go_on_beyond_what_is_told_apart() {
        assert_eq!(after(None, 0), 0);
        assert_eq!(after(None, 7), 7);
        assert_eq!(after(Some(7), 9), 9);
        assert_eq!(after(Some(7), 7), 7 + NUMBERS);
        assert_eq!(after(Some(4095), 0), 4096);
        assert_eq!(after(Some(5000), 5000 % NUMBERS - 1), 4999 + NUMBERS);
    }
}
