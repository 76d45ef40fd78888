//! The pixels a client shows.

use std::sync::{PoisonError, RwLock};

use tightrope::{Framebuffer, Rect, Region, Size, View};

/// A desktop's picture, in memory that never moves. A desktop of another size gets another picture.
pub struct Picture {
    size: Size,
    address: usize,
    pixels: RwLock<Framebuffer>,
}

impl Picture {
    /// A black one.
    pub(crate) fn new(size: Size) -> Self {
        let pixels = Framebuffer::new(size);
        Self {
            size,
            address: pixels.bytes().as_ptr().expose_provenance(),
            pixels: RwLock::new(pixels),
        }
    }

    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Lets `look` at the pixels; the picture does not change meanwhile.
    pub fn read<R>(&self, look: impl FnOnce(View<'_>) -> R) -> R {
        look(
            self.pixels
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .view(),
        )
    }

    /// Where the first pixel lies; all of them follow row by row, `size().width * 4` bytes each (BGRX), as long as the
    /// picture lives. For other languages: whoever reads there sees changes while they are made.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        std::ptr::with_exposed_provenance(self.address)
    }

    /// Takes the pixels of `damage` over from `source`.
    pub(crate) fn copy(&self, source: View<'_>, damage: &Region) {
        let mut pixels = self.pixels.write().unwrap_or_else(PoisonError::into_inner);
        let both = |rect: &&Rect| source.bytes_of(**rect).is_some();
        for rect in damage.rects().iter().filter(both) {
            let Some(mut part) = pixels.view_mut(*rect) else {
                continue;
            };
            for (row, fresh) in part.rows_mut().zip(source.rows(*rect)) {
                row.copy_from_slice(fresh);
            }
        }
    }
}
