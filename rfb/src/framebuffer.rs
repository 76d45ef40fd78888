//! Pixels in memory: BGRX, four bytes each, row by row.

mod view;
mod view_mut;

pub use view::View;
pub use view_mut::ViewMut;

use crate::{Point, Rect, Size};

/// Bytes of one pixel in memory.
pub const BYTES_PER_PIXEL: usize = 4;

/// An owned desktop image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Framebuffer {
    size: Size,
    /// `size.height` rows of `size.width * 4` bytes.
    bytes: Vec<u8>,
}

impl Framebuffer {
    /// A black image of `size`.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let bytes = vec![0; size.area() * BYTES_PER_PIXEL];
        Self { size, bytes }
    }
    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
    /// Every pixel, row by row, four bytes each: blue, green, red, unused.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The whole image.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::whole(&self.bytes, self.size)
    }
    /// The pixels of `rect`, to write to; `None` if it does not fit.
    pub fn view_mut(&mut self, rect: Rect) -> Option<ViewMut<'_>> {
        ViewMut::new(&mut self.bytes, self.size, rect)
    }
    /// The pixels of each of `rects`, to write to from several threads; `None` if one does not fit or two share a pixel.
    pub fn views_mut(&mut self, rects: &[Rect]) -> Option<Vec<ViewMut<'_>>> {
        ViewMut::split(&mut self.bytes, self.size, rects)
    }
    /// Changes the size, keeping what both sizes show; what is new is black.
    pub fn resize(&mut self, size: Size) {
        let mut resized = Self::new(size);
        let kept = Rect::from(self.size).intersection(size.into());
        if let Some(mut target) = resized.view_mut(kept) {
            for (to, from) in target.rows_mut().zip(self.view().rows(kept)) {
                to.copy_from_slice(from);
            }
        }
        *self = resized;
    }
    /// Copies the pixels at `from` to `to`, overlapping or not; `None` if either does not fit.
    pub fn copy_within(&mut self, from: Point, to: Rect) -> Option<()> {
        self.view_mut(self.size.into())?.copy_within(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(size: Size) -> Framebuffer {
        let mut scene = Framebuffer::new(size);
        for (value, byte) in (0_u32..).zip(&mut scene.bytes) {
            *byte = u8::try_from(value % 251).unwrap();
        }
        scene
    }

    #[test]
    fn an_overlapping_copy_reads_before_it_writes() {
        for (from, to) in [
            ((0, 0), (1, 1)),
            ((1, 1), (0, 0)),
            ((1, 0), (0, 0)),
            ((0, 1), (1, 0)),
        ] {
            let before = scene(Size::new(9, 7));
            let mut after = before.clone();
            let target = Rect::new(to.0, to.1, 8, 6);
            after
                .copy_within(Point::new(from.0, from.1), target)
                .unwrap();
            let source = Rect::new(from.0, from.1, 8, 6);
            assert!(after.view().rows(target).eq(before.view().rows(source)));
            // Nor does it matter whether others draw beside it.
            let mut alone = before.clone();
            let mut views = alone.views_mut(&[Rect::new(0, 0, 9, 7)]).unwrap();
            let view = views.first_mut().unwrap();
            view.copy_within(Point::new(from.0, from.1), target)
                .unwrap();
            assert_eq!(alone, after);
        }
    }

    #[test]
    fn a_copy_that_does_not_fit_is_refused() {
        let mut scene = scene(Size::new(9, 7));
        assert_eq!(
            scene.copy_within(Point::new(2, 0), Rect::new(0, 0, 8, 6)),
            None
        );
    }

    #[test]
    fn a_resize_keeps_what_both_sizes_show() {
        let before = scene(Size::new(5, 4));
        let mut after = before.clone();
        after.resize(Size::new(7, 2));
        let kept = Rect::new(0, 0, 5, 2);
        assert!(after.view().rows(kept).eq(before.view().rows(kept)));
        assert!(
            after
                .view()
                .rows(Rect::new(5, 0, 2, 2))
                .flatten()
                .all(|&byte| byte == 0)
        );
    }

    #[test]
    fn a_view_of_too_few_bytes_is_misuse() {
        assert!(View::new(&[0; 31], Size::new(2, 4), 8).is_err());
        assert!(View::new(&[0; 32], Size::new(2, 4), 8).is_ok());
        assert!(View::new(&[], Size::new(0, 0), 0).is_ok());
    }
}
