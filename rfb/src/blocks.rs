//! Cells of a grid joined to few rectangles.

use std::ops::Range;

use crate::Rect;

/// How far apart in the list, which goes from top to bottom, two rectangles that become one are at most.
const REACH: usize = 24;
/// How often all are looked at.
const ROUNDS: usize = 4;

/// A rectangle of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its columns of cells.
    pub columns: Range<usize>,
    /// Its rows of cells.
    pub rows: Range<usize>,
}

impl Block {
    /// Cells in all.
    #[must_use]
    pub fn area(&self) -> usize {
        self.columns.len() * self.rows.len()
    }
    /// The smallest block that covers both.
    #[must_use]
    pub fn bounding(&self, other: &Self) -> Self {
        let both = |a: &Range<usize>, b: &Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        Self {
            columns: both(&self.columns, &other.columns),
            rows: both(&self.rows, &other.rows),
        }
    }
    /// Its pixels, where a cell has `side` by `side` of them.
    #[must_use]
    pub fn pixels(&self, side: usize) -> Rect {
        let edge = |cell: usize| u32::try_from(cell * side).unwrap_or(u32::MAX);
        Rect::from_edges(
            edge(self.columns.start),
            edge(self.rows.start),
            edge(self.columns.end),
            edge(self.rows.end),
        )
    }
}

/// Blocks from runs of cells: those of a row, and equal ones one above the other as one.
#[derive(Debug, Default)]
pub struct Stack {
    done: Vec<Block>,
    /// Those that reach down to the last row.
    open: Vec<Block>,
}

impl Stack {
    /// Adds the runs of `row`, from left to right. Rows come from top to bottom.
    pub fn row(&mut self, row: usize, runs: impl IntoIterator<Item = Range<usize>>) {
        let mut above = std::mem::take(&mut self.open).into_iter().peekable();
        for columns in runs {
            while let Some(block) = above.next_if(|block| block.columns.start < columns.start) {
                self.done.push(block);
            }
            let same = |block: &Block| block.columns == columns && block.rows.end == row;
            self.open.push(match above.next_if(same) {
                Some(block) => Block {
                    rows: block.rows.start..row + 1,
                    ..block
                },
                None => Block {
                    columns,
                    rows: row..row + 1,
                },
            });
        }
        self.done.extend(above);
    }

    /// All blocks, sorted by top, then left.
    #[must_use]
    pub fn finish(mut self) -> Vec<Block> {
        self.done.append(&mut self.open);
        self.done
            .sort_unstable_by_key(|block| (block.rows.start, block.columns.start));
        self.done
    }
}

/// Makes one of two, where that adds at most `waste` cells that neither has. Blocks may overlap then.
pub fn join(blocks: &mut Vec<Block>, waste: usize) {
    for _ in 0..ROUNDS {
        let before = blocks.len();
        let mut joined: Vec<Block> = Vec::with_capacity(before);
        for block in blocks.drain(..) {
            join_to_one_of(&mut joined, block, waste);
        }
        *blocks = joined;
        if blocks.len() == before {
            return;
        }
    }
}

/// Adds `block` to `joined`, as a part of one of the last ones if it can be.
fn join_to_one_of(joined: &mut Vec<Block>, block: Block, waste: usize) {
    let near = joined.iter_mut().rev().take(REACH);
    for other in near {
        let both = other.bounding(&block);
        if both.area() <= other.area() + block.area() + waste {
            *other = both;
            return;
        }
    }
    joined.push(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(rows: &[&[(usize, usize)]]) -> Vec<Block> {
        let mut stack = Stack::default();
        for (row, runs) in rows.iter().enumerate() {
            stack.row(row, runs.iter().map(|&(start, end)| start..end));
        }
        stack.finish()
    }

    fn block(columns: Range<usize>, rows: Range<usize>) -> Block {
        Block { columns, rows }
    }

    #[test]
    fn equal_runs_one_above_the_other_are_one_block() {
        let found = blocks(&[&[(0, 2), (3, 5)], &[(0, 2), (3, 4)], &[], &[(0, 2)]]);
        assert_eq!(
            found,
            [
                block(0..2, 0..2),
                block(3..5, 0..1),
                block(3..4, 1..2),
                block(0..2, 3..4)
            ]
        );
        assert_eq!(block(1..3, 2..4).pixels(16), Rect::new(16, 32, 32, 32));
    }

    #[test]
    fn neighbours_are_joined_where_little_is_wasted() {
        let corner = || blocks(&[&[(0, 1)], &[(0, 2)]]);
        let (mut kept, mut joined) = (corner(), corner());
        join(&mut kept, 0);
        assert_eq!(kept.len(), 2);
        join(&mut joined, 1);
        assert_eq!(joined, [block(0..2, 0..2)]);
    }
}
