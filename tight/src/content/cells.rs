//! A picture as a grid of cells, and rectangles made of cells that belong together.

use rfb::{Rect, Region, Size};

/// Pixels across and down of a cell.
pub(crate) const CELL: u16 = 16;
const SIDE: usize = CELL as usize;

/// Rectangles looked ahead at for one to join with. They come top to bottom, so that what is near is soon.
const REACH: usize = 24;
/// Times that all rectangles are looked at for joining.
const ROUNDS: usize = 4;

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

/// A rectangle of cells: columns and rows, from first to one past the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    columns: (usize, usize),
    rows: (usize, usize),
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

    /// The pixels of the cells from `columns.0` to `columns.1`, and likewise of `rows`.
    pub(crate) fn pixels(&self, columns: (usize, usize), rows: (usize, usize)) -> Rect {
        pixels(self.size, columns, rows)
    }

    /// The cells of `class` as rectangles of pixels. Two become one where that covers at most `waste` pixels that neither
    /// did, so rectangles may overlap.
    pub(crate) fn rects(&self, class: Class, waste: usize) -> Vec<Rect> {
        let mut blocks = self.blocks(class);
        join(&mut blocks, waste / (SIDE * SIDE));
        blocks
            .into_iter()
            .map(|block| self.pixels(block.columns, block.rows))
            .collect()
    }

    /// Runs of cells of `class`, joined with those below that begin and end where they do.
    fn blocks(&self, class: Class) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        // Those that reach down to the row at hand.
        let mut open: Vec<usize> = Vec::new();
        let (_, down) = self.dimensions();
        for row in 0..down {
            let mut still_open = Vec::new();
            for columns in runs(self.row(row), class) {
                let above = open.iter().copied().find(|&index| {
                    blocks
                        .get(index)
                        .is_some_and(|block| block.columns == columns)
                });
                let index = above.unwrap_or(blocks.len());
                match blocks.get_mut(index) {
                    Some(block) => block.rows.1 = row + 1,
                    None => blocks.push(Block {
                        columns,
                        rows: (row, row + 1),
                    }),
                }
                still_open.push(index);
            }
            open = still_open;
        }
        blocks
    }
}

/// The pixels, on a picture of `size`, of the cells from `columns.0` to `columns.1`, and likewise of `rows`.
pub(crate) fn pixels(size: Size, columns: (usize, usize), rows: (usize, usize)) -> Rect {
    let edge = |cell: usize| u32::try_from(cell * SIDE).unwrap_or(u32::MAX);
    Rect::from_edges(edge(columns.0), edge(rows.0), edge(columns.1), edge(rows.1))
        .intersection(size.into())
}

/// Where cells of `class` stand together in a row: first, and one past the last.
fn runs(row: &[Class], class: Class) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = row.get(at..)?;
        let start = at + rest.iter().position(|own| *own == class)?;
        let rest = row.get(start..)?;
        let length = rest.iter().take_while(|own| **own == class).count();
        at = start + length;
        Some((start, at))
    })
}

impl Block {
    fn area(&self) -> usize {
        (self.columns.1 - self.columns.0) * (self.rows.1 - self.rows.0)
    }
    fn bounding(&self, other: &Self) -> Self {
        let hull = |a: (usize, usize), b: (usize, usize)| (a.0.min(b.0), a.1.max(b.1));
        Self {
            columns: hull(self.columns, other.columns),
            rows: hull(self.rows, other.rows),
        }
    }
}

/// Replaces two blocks by one around both, wherever at most `waste` cells are in neither.
fn join(blocks: &mut Vec<Block>, waste: usize) {
    for _ in 0..ROUNDS {
        let before = blocks.len();
        let mut index = 0;
        while let Some(&(mut block)) = blocks.get(index) {
            let mut other = index + 1;
            while other < index + REACH
                && let Some(near) = blocks.get(other)
            {
                let both = block.bounding(near);
                if both.area() <= block.area() + near.area() + waste {
                    block = both;
                    blocks.remove(other);
                } else {
                    other += 1;
                }
            }
            if let Some(own) = blocks.get_mut(index) {
                *own = block;
            }
            index += 1;
        }
        if blocks.len() == before {
            return;
        }
    }
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
