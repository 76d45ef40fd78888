//! A bit for each pixel of some rows of the desktop.

use std::ops::Range;

use super::segment::WIDTH;
use crate::{Rect, Size};

/// A bit for each pixel of the rows that an update is about: a number for each row of each 64 columns, the leftmost
/// pixel lowest.
#[derive(Debug, Default)]
pub(super) struct Grid {
    rows: Range<usize>,
    columns: usize,
    masks: Vec<u64>,
}

impl Grid {
    /// Becomes one without a bit set, for the rows of `bounds` on a desktop of `size`.
    pub(super) fn reset(&mut self, size: Size, bounds: Rect) {
        let top = usize::from(bounds.top);
        self.rows = top..top + usize::from(bounds.height);
        self.columns = usize::from(size.width).div_ceil(WIDTH);
        self.masks.clear();
        self.masks.resize(self.rows.len() * self.columns, 0);
    }
    /// Becomes like `other`.
    pub(super) fn copy(&mut self, other: &Self) {
        self.rows = other.rows.clone();
        self.columns = other.columns;
        self.masks.clone_from(&other.masks);
    }
    /// The rows of the desktop that it is about.
    pub(super) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
    /// How many numbers a row has.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }
    /// All its numbers, row by row.
    pub(super) fn masks(&self) -> &[u64] {
        &self.masks
    }
    /// All its numbers, row by row.
    pub(super) fn masks_mut(&mut self) -> &mut [u64] {
        &mut self.masks
    }
    /// The numbers of row `y`; none if it is not about that row.
    pub(super) fn row(&self, y: usize) -> &[u64] {
        let start = y.wrapping_sub(self.rows.start).saturating_mul(self.columns);
        let end = start.saturating_add(self.columns);
        self.masks.get(start..end).unwrap_or_default()
    }
    /// The numbers of row `y`; none if it is not about that row.
    pub(super) fn row_mut(&mut self, y: usize) -> &mut [u64] {
        let start = y.wrapping_sub(self.rows.start).saturating_mul(self.columns);
        let end = start.saturating_add(self.columns);
        self.masks.get_mut(start..end).unwrap_or_default()
    }
    /// The numbers of a column of 64 pixels, from the first row on.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = u64> + '_ {
        let masks = self.masks.get(column..).unwrap_or_default();
        masks.iter().step_by(self.columns.max(1)).copied()
    }
}
