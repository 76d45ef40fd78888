//! Fresh pixels of a part of the desktop.

use super::segment::WIDTH;
use crate::{BYTES_PER_PIXEL, Framebuffer, Point, Rect, Region, Size, View};

/// `region` widened to whole columns of 64 pixels of a desktop of `size`: the patches to look for movement in.
#[must_use]
pub fn whole_columns(region: &Region, size: Size) -> Region {
    let side = u32::try_from(WIDTH).unwrap_or(1);
    let widened = region.rects().iter().map(|rect| {
        let (left, right) = (u32::from(rect.left), rect.right());
        let (left, right) = (left / side * side, right.next_multiple_of(side));
        Rect::from_edges(left, rect.top.into(), right, rect.bottom()).intersection(size.into())
    });
    widened.collect()
}

/// Fresh pixels that lie on the desktop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch<'a> {
    /// Where they lie; not empty.
    pub(super) area: Rect,
    stride: usize,
    bytes: &'a [u8],
}

/// What of `patches` lies on a desktop of `size`.
pub(super) fn on_desktop<'a>(patches: &[(Point, View<'a>)], size: Size) -> Vec<Patch<'a>> {
    let patch = |&(at, view): &(Point, View<'a>)| {
        let fresh = view.size();
        let area = Rect::new(at.x, at.y, fresh.width, fresh.height).intersection(size.into());
        let bytes = view.bytes_of(Rect::new(0, 0, area.width, area.height))?;
        Some(Patch {
            area,
            stride: view.stride(),
            bytes,
        })
    };
    patches.iter().filter_map(patch).collect()
}

impl<'a> Patch<'a> {
    /// The first column.
    pub(super) fn left(&self) -> usize {
        self.area.left.into()
    }
    /// One past the last column.
    pub(super) fn right(&self) -> usize {
        self.left() + usize::from(self.area.width)
    }
    /// The first row.
    pub(super) fn top(&self) -> usize {
        self.area.top.into()
    }
    /// One past the last row.
    pub(super) fn bottom(&self) -> usize {
        self.top() + usize::from(self.area.height)
    }
    /// Its pixels in row `y` of the desktop; none if it has none there.
    #[inline(always)]
    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        let start = y.wrapping_sub(self.top()).saturating_mul(self.stride);
        let end = start.saturating_add(usize::from(self.area.width) * BYTES_PER_PIXEL);
        self.bytes.get(start..end).unwrap_or_default()
    }
    /// The pixels of `screen` where it has its own in row `y` of the desktop.
    #[inline(always)]
    pub(super) fn row_of<'b>(&self, screen: &'b Framebuffer, y: usize) -> &'b [u8] {
        let start = y * usize::from(screen.size().width) + self.left();
        let bytes =
            start * BYTES_PER_PIXEL..(start + usize::from(self.area.width)) * BYTES_PER_PIXEL;
        screen.bytes().get(bytes).unwrap_or_default()
    }
    /// Its pixels in the columns `start..end` of row `y` of the desktop; none if it has not all of them.
    #[inline(always)]
    pub(super) fn pixels(&self, y: usize, start: usize, end: usize) -> &'a [u8] {
        let start = start
            .wrapping_sub(self.left())
            .saturating_mul(BYTES_PER_PIXEL);
        let end = end
            .wrapping_sub(self.left())
            .saturating_mul(BYTES_PER_PIXEL);
        self.row(y).get(start..end).unwrap_or_default()
    }
}
