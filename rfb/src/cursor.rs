//! The pointer's shape.

use crate::{BYTES_PER_PIXEL, Error, Point, Size};

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
}
