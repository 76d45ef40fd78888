//! A picture as a grid of cells, and rectangles made of cells that belong together.

use std::ops::Range;

use rfb::blocks::{self, Block, Stack};
use rfb::{Rect, Region, Size};

/// Pixels across and down of a cell.
pub(crate) const CELL: u16 = 16;
const SIDE: usize = CELL as usize;

/// What a cell shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing to be sent.
    #[default]
    Unchanged,
    /// What is to be sent without loss: text, line art, whatever has few colours.
    Exact,
    /// One colour.
    Solid,
    /// What JPEG does best.
    Photo,
}

/// A class for each cell of a picture; cells on the right and lower edge may be cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    size: Size,
    across: usize,
    classes: Vec<Class>,
}

impl Cells {
    /// Becomes a grid over a picture of `size` in which every cell that `region` touches is `class`.
    pub(crate) fn mark(&mut self, size: Size, region: &Region, class: Class) {
        self.size = size;
        self.across = usize::from(size.width).div_ceil(SIDE);
        let down = usize::from(size.height).div_ceil(SIDE);
        self.classes.clear();
        self.classes.resize(self.across * down, Class::Unchanged);
        for rect in region.rects() {
            self.set(*rect, class);
        }
    }

    /// Makes every cell that `rect` touches `class`.
    pub(crate) fn set(&mut self, rect: Rect, class: Class) {
        self.edit(rect, |own| *own = class);
    }

    /// Makes every cell that `rect` touches and that is `from` into `to`.
    pub(crate) fn replace(&mut self, rect: Rect, from: Class, to: Class) {
        self.edit(rect, |own| {
            if *own == from {
                *own = to;
            }
        });
    }

    /// How many cells are `class`.
    pub(crate) fn count(&self, class: Class) -> usize {
        self.classes.iter().filter(|own| **own == class).count()
    }

    fn edit(&mut self, rect: Rect, edit: impl Fn(&mut Class)) {
        let rect = rect.intersection(self.size.into());
        if rect.is_empty() {
            return;
        }
        let cells = |from: u16, length: u16| {
            let (from, to) = (usize::from(from), usize::from(from) + usize::from(length));
            from / SIDE..to.div_ceil(SIDE)
        };
        let columns = cells(rect.left, rect.width);
        for row in cells(rect.top, rect.height) {
            if let Some(row) = self.row_mut(row).get_mut(columns.clone()) {
                row.iter_mut().for_each(&edit);
            }
        }
    }

    /// Cells in a row, and rows.
    pub(crate) fn dimensions(&self) -> (usize, usize) {
        (self.across, self.classes.len() / self.across.max(1))
    }

    /// The class at `column` and `row`; beyond the edges nothing is to be sent.
    pub(crate) fn class(&self, column: usize, row: usize) -> Class {
        let found = self.row(row).get(column);
        found.copied().unwrap_or_default()
    }

    pub(crate) fn row(&self, row: usize) -> &[Class] {
        let start = row * self.across;
        self.classes
            .get(start..start + self.across)
            .unwrap_or_default()
    }

    /// The classes, row by row.
    pub(crate) fn classes_mut(&mut self) -> &mut [Class] {
        &mut self.classes
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [Class] {
        let start = row * self.across;
        self.classes
            .get_mut(start..start + self.across)
            .unwrap_or_default()
    }

    /// The pixels of these cells.
    pub(crate) fn pixels(&self, columns: Range<usize>, rows: Range<usize>) -> Rect {
        pixels(self.size, columns, rows)
    }

    /// The cells of `class` as rectangles of pixels. Two become one where that covers at most `waste` pixels that neither
    /// did, so rectangles may overlap.
    pub(crate) fn rects(&self, class: Class, waste: usize) -> Vec<Rect> {
        let mut stack = Stack::default();
        let (_, down) = self.dimensions();
        for row in 0..down {
            stack.row(row, runs(self.row(row), class));
        }
        let mut blocks = stack.finish();
        blocks::join(&mut blocks, waste / (SIDE * SIDE));
        let pixels = blocks.iter().map(|block| block.pixels(SIDE));
        pixels
            .map(|rect| rect.intersection(self.size.into()))
            .collect()
    }
}

/// The pixels, on a picture of `size`, of these cells.
pub(crate) fn pixels(size: Size, columns: Range<usize>, rows: Range<usize>) -> Rect {
    Block { columns, rows }
        .pixels(SIDE)
        .intersection(size.into())
}

/// Where cells of `class` stand together in a row.
fn runs(row: &[Class], class: Class) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = row.get(at..)?;
        let start = at + rest.iter().position(|own| *own == class)?;
        let rest = row.get(start..)?;
        let length = rest.iter().take_while(|own| **own == class).count();
        at = start + length;
        Some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(size: Size, rects: &[Rect]) -> Cells {
        let mut cells = Cells::default();
        cells.mark(size, &rects.iter().copied().collect(), Class::Exact);
        cells
    }

    #[test]
    fn cells_that_are_touched_become_whole_ones_within_the_picture() {
        let cells = cells(Size::new(40, 40), &[Rect::new(17, 31, 2, 3)]);
        assert_eq!(cells.rects(Class::Exact, 0), [Rect::new(16, 16, 16, 24)]);
        assert!(cells.rects(Class::Photo, 0).is_empty());
    }

    #[test]
    fn neighbours_are_joined_where_little_is_wasted() {
        let corners = [Rect::new(0, 0, 16, 32), Rect::new(16, 16, 16, 16)];
        let cells = cells(Size::new(64, 64), &corners);
        assert_eq!(cells.rects(Class::Exact, 255).len(), 2);
        assert_eq!(cells.rects(Class::Exact, 256), [Rect::new(0, 0, 32, 32)]);
    }
}
