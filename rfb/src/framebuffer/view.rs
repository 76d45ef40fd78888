//! Borrowed pixels, to read.

use super::BYTES_PER_PIXEL;
use crate::{Error, Rect, Size};

/// Borrowed pixels, to read. Wraps captured memory without copying it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    size: Size,
    /// Bytes from one row to the next.
    stride: usize,
    bytes: &'a [u8],
}

impl<'a> View<'a> {
    /// Wraps `bytes`, holding rows of `size.width` BGRX pixels that start `stride` bytes apart.
    pub fn new(bytes: &'a [u8], size: Size, stride: usize) -> Result<Self, Error> {
        let row = usize::from(size.width) * BYTES_PER_PIXEL;
        let needed = match usize::from(size.height).checked_sub(1) {
            None => 0,
            Some(above) => above.saturating_mul(stride).saturating_add(row),
        };
        if !(row <= stride && needed <= bytes.len()) {
            return Err(Error::Misuse(
                "view: bytes shorter than size and stride say",
            ));
        }
        Ok(Self {
            size,
            stride,
            bytes,
        })
    }
    /// All of a picture of `size` without gaps.
    pub(super) fn whole(bytes: &'a [u8], size: Size) -> Self {
        let stride = usize::from(size.width) * BYTES_PER_PIXEL;
        Self {
            size,
            stride,
            bytes,
        }
    }
    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
    /// Bytes from one row to the next.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride
    }
    /// The rows of `rect` as `rect.width * 4` bytes each, top to bottom; none if it does not fit.
    pub fn rows(&self, rect: Rect) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Self { stride, .. } = *self;
        let length = usize::from(rect.width) * BYTES_PER_PIXEL;
        let (bytes, rows) = match self.bytes_of(rect) {
            Some(bytes) => (bytes, rect.height),
            None => (&[][..], 0),
        };
        (0..usize::from(rows)).filter_map(move |row| bytes.get(row * stride..row * stride + length))
    }
    /// The bytes from the first pixel of `rect` to its last, rows [`Self::stride`] bytes apart; `None` if it
    /// does not fit. For codecs that take a pointer and a stride.
    #[must_use]
    pub fn bytes_of(&self, rect: Rect) -> Option<&'a [u8]> {
        if !rect.fits(self.size) || rect.is_empty() {
            return None;
        }
        let start = usize::from(rect.top) * self.stride + usize::from(rect.left) * BYTES_PER_PIXEL;
        let length = (usize::from(rect.height) - 1) * self.stride
            + usize::from(rect.width) * BYTES_PER_PIXEL;
        self.bytes.get(start..start + length)
    }
}
