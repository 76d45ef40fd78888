//! Deterministic pictures, one for each kind of content a codec treats differently.

use rfb::{Framebuffer, Rect, Size};

/// A small repeatable source of numbers (xorshift).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    /// The next number.
    pub fn draw(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }
    /// The next number below `limit`.
    pub fn below(&mut self, limit: u16) -> u16 {
        (self.draw() % u32::from(limit.max(1))) as u16
    }
}

fn painted(size: Size, mut pixel: impl FnMut(u32, u32) -> [u8; 3]) -> Framebuffer {
    let mut scene = Framebuffer::new(size);
    let mut view = scene.view_mut(size.into()).unwrap();
    for (y, row) in (0..).zip(view.rows_mut()) {
        for (x, bgrx) in (0..).zip(row.as_chunks_mut::<4>().0) {
            let [b, g, r] = pixel(x, y);
            *bgrx = [b, g, r, 0];
        }
    }
    scene
}

/// One colour.
#[must_use]
pub fn flat(size: Size) -> Framebuffer {
    painted(size, |_, _| [200, 100, 50])
}

/// Two colours, like text.
#[must_use]
pub fn text(size: Size) -> Framebuffer {
    let mut numbers = Numbers::new(2);
    painted(size, |_, y| {
        if y % 16 < 10 && numbers.draw().is_multiple_of(3) {
            [0; 3]
        } else {
            [255; 3]
        }
    })
}

/// A few dozen colours, like icons.
#[must_use]
pub fn icons(size: Size) -> Framebuffer {
    painted(size, |x, y| {
        let shade = ((x / 5 + y / 3) % 40) as u8;
        [shade * 6, 255 - shade, shade]
    })
}

/// Smooth shades, like a photograph.
#[must_use]
pub fn gradient(size: Size) -> Framebuffer {
    painted(size, |x, y| {
        [(x / 2) as u8, (y / 2) as u8, ((x + y) / 3) as u8]
    })
}

/// Nothing that compresses.
#[must_use]
pub fn noise(size: Size) -> Framebuffer {
    let mut numbers = Numbers::new(1);
    painted(size, |_, _| {
        let [b, g, r, _] = numbers.draw().to_le_bytes();
        [b, g, r]
    })
}

/// All of it side by side, like a desktop.
#[must_use]
pub fn desktop(size: Size) -> Framebuffer {
    let scenes = [
        flat(size),
        text(size),
        icons(size),
        gradient(size),
        noise(size),
    ];
    let mut scene = Framebuffer::new(size);
    let strip = size.width.div_ceil(5).max(1);
    for (left, source) in (0..size.width).step_by(strip.into()).zip(&scenes) {
        let rect = Rect::new(left, 0, strip, size.height).intersection(size.into());
        let mut target = scene.view_mut(rect).unwrap();
        for (to, from) in target.rows_mut().zip(source.view().rows(rect)) {
            to.copy_from_slice(from);
        }
    }
    scene
}
