//! Made desktops: windows of text, and a photograph.

use tightrope::{Framebuffer, Rect, Size};

/// What is shown.
pub(super) const SIZE: Size = Size::new(1920, 1080);

/// A text is made of cells of this size, in pixels.
const CELL: usize = 12;

/// A desktop, another for each `seed`.
pub(super) fn desktop(size: Size, seed: u32) -> Framebuffer {
    paint(size, |x, y| {
        let photograph = x > usize::from(size.width) / 2 && y > usize::from(size.height) / 2;
        if photograph {
            return shade(x, y, seed);
        }
        let (column, row) = (x / CELL, y / CELL);
        let letter = mixed(column, row, seed);
        let bit = (x % CELL / 2) + 6 * (y % CELL / 2);
        let is_ink = !letter.is_multiple_of(5) && bit < 30 && (letter >> bit) & 1 == 1;
        if is_ink {
            [20, 30, 40, 0]
        } else {
            [250, 248, 245, 0]
        }
    })
}

/// Pixels that are all different from those of another `seed`, and nowhere alike.
pub(super) fn noise(size: Size, seed: u32) -> Framebuffer {
    paint(size, |x, y| {
        let [blue, green, red, _] = mixed(x, y, seed).to_le_bytes();
        [blue, green, red, 0]
    })
}

fn paint(size: Size, pixel: impl Fn(usize, usize) -> [u8; 4]) -> Framebuffer {
    let mut picture = Framebuffer::new(size);
    let whole = Rect::new(0, 0, size.width, size.height);
    if let Some(mut view) = picture.view_mut(whole) {
        for (y, row) in view.rows_mut().enumerate() {
            for (x, target) in row.chunks_exact_mut(4).enumerate() {
                target.copy_from_slice(&pixel(x, y));
            }
        }
    }
    picture
}

/// A pixel of something smooth with a little noise.
fn shade(x: usize, y: usize, seed: u32) -> [u8; 4] {
    let [noise, ..] = mixed(x, y, seed).to_le_bytes();
    let level = |value: usize| u8::try_from(value % 200).unwrap_or_default() + noise % 8;
    [level(x / 5), level(y / 4), level((x + y) / 9), 0]
}

/// A number that looks as if it were drawn at random for this place.
fn mixed(x: usize, y: usize, seed: u32) -> u32 {
    let place = u32::try_from(x * 0x9e37 + y * 0x0001_0001).unwrap_or_default();
    let mut value = place.wrapping_add(seed.wrapping_mul(0x9e37_79b9)) | 1;
    for _ in 0..3 {
        value ^= value << 13;
        value ^= value >> 17;
        value ^= value << 5;
        value = value.wrapping_mul(0x85eb_ca6b);
    }
    value
}
