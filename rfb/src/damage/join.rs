//! Few rectangles that cover all bits of a grid.

use std::ops::Range;

use super::grid::Grid;
use super::segment::{self, WIDTH};
use crate::{Rect, Region, Size};

/// Width and height of a cell.
const CELL: usize = 16;
/// Two rectangles become one if that adds no more than so many cells that neither has.
const MOST_WASTE: usize = 2;
/// How far apart in the list, which goes from top to bottom, two rectangles that become one are at most.
const REACH: usize = 24;
/// How often all are looked at.
const ROUNDS: usize = 4;
/// With more rectangles, operations on a region become dear.
const MOST_RECTS: usize = 512;

/// A rectangle, in cells.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    columns: Range<usize>,
    rows: Range<usize>,
}

/// A region that has every pixel with a bit in `grid`, on a desktop of `size`.
pub(super) fn region(grid: &Grid, size: Size) -> Region {
    let mut joined = blocks(grid, CELL);
    join(&mut joined);
    let trimmed = joined.iter().map(|block| trimmed(block, grid));
    if let Some(region) = small_region(trimmed) {
        return region;
    }
    let mut side = CELL;
    loop {
        let blocks = blocks(grid, side);
        let rects = blocks.iter().map(|block| block.rect(side));
        if let Some(region) = small_region(rects.map(|rect| rect.intersection(size.into()))) {
            return region;
        }
        side *= 2;
    }
}

/// The region of `rects`, unless it has too many.
fn small_region(rects: impl ExactSizeIterator<Item = Rect>) -> Option<Region> {
    if rects.len() > MOST_RECTS {
        return None;
    }
    let region: Region = rects.collect();
    (region.rects().len() <= MOST_RECTS).then_some(region)
}

impl Block {
    fn area(&self) -> usize {
        self.columns.len() * self.rows.len()
    }
    fn bounding(&self, other: &Self) -> Self {
        let both = |a: &Range<usize>, b: &Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        Self {
            columns: both(&self.columns, &other.columns),
            rows: both(&self.rows, &other.rows),
        }
    }
    /// In pixels, of cells with `side` pixels.
    fn rect(&self, side: usize) -> Rect {
        rect(
            self.columns.start * side..self.columns.end * side,
            self.rows.start * side..self.rows.end * side,
        )
    }
}

fn rect(columns: Range<usize>, rows: Range<usize>) -> Rect {
    let edge = |edge: usize| u32::try_from(edge).unwrap_or(u32::MAX);
    Rect::from_edges(
        edge(columns.start),
        edge(rows.start),
        edge(columns.end),
        edge(rows.end),
    )
}

/// The cells of `side` pixels, at least 16 and a power of two, that have a bit: runs of them in a row, and equal runs
/// one above the other as one. Sorted by top, then left.
fn blocks(grid: &Grid, side: usize) -> Vec<Block> {
    let rows = grid.rows();
    let mut done = Vec::new();
    let mut open: Vec<Block> = Vec::new();
    for row in rows.start / side..rows.end.div_ceil(side) {
        let masks = any_of(grid, &(row * side..(row + 1) * side));
        let mut above = std::mem::take(&mut open).into_iter().peekable();
        for columns in runs(&masks, side) {
            while let Some(block) = above.next_if(|block| block.columns.start < columns.start) {
                done.push(block);
            }
            open.push(match above.next_if(|block| block.columns == columns) {
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
        done.extend(above);
    }
    done.append(&mut open);
    done.sort_unstable_by_key(|block| (block.rows.start, block.columns.start));
    done
}

/// For each column of 64 pixels, the bits of all `rows` together.
fn any_of(grid: &Grid, rows: &Range<usize>) -> Vec<u64> {
    let mut all = vec![0; grid.columns()];
    for y in rows.start.max(grid.rows().start)..rows.end.min(grid.rows().end) {
        for (all, mask) in all.iter_mut().zip(grid.row(y)) {
            *all |= mask;
        }
    }
    all
}

/// The runs of cells of `side` pixels with a bit.
fn runs(masks: &[u64], side: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut note = |cell: usize| match runs.last_mut() {
        Some(run) if run.end == cell => run.end += 1,
        Some(run) if run.end > cell => {}
        _ => runs.push(cell..cell + 1),
    };
    for (column, &mask) in masks.iter().enumerate() {
        if mask == 0 {
            continue;
        }
        for start in (0..WIDTH).step_by(side.min(WIDTH)) {
            if mask & segment::bits(start, start + side.min(WIDTH)) != 0 {
                note((column * WIDTH + start) / side);
            }
        }
    }
    runs
}

/// Makes one of two where that wastes little.
fn join(blocks: &mut Vec<Block>) {
    for _ in 0..ROUNDS {
        let before = blocks.len();
        let mut joined: Vec<Block> = Vec::with_capacity(before);
        for block in blocks.drain(..) {
            join_to_one_of(&mut joined, block);
        }
        *blocks = joined;
        if blocks.len() == before {
            return;
        }
    }
}

/// Adds `block` to `joined`, as a part of one of the last ones if it can be.
fn join_to_one_of(joined: &mut Vec<Block>, block: Block) {
    let near = joined.iter_mut().rev().take(REACH);
    for other in near {
        let both = other.bounding(&block);
        if both.area() <= other.area() + block.area() + MOST_WASTE {
            *other = both;
            return;
        }
    }
    joined.push(block);
}

/// The smallest rectangle that has every bit of `block`.
fn trimmed(block: &Block, grid: &Grid) -> Rect {
    let pixels = block.columns.start * CELL..block.columns.end * CELL;
    let first = pixels.start / WIDTH;
    let mut all = vec![0; pixels.end.div_ceil(WIDTH) - first];
    let mut rows: Option<Range<usize>> = None;
    let last = all.len() - 1;
    for y in block.rows.start * CELL..block.rows.end * CELL {
        let masks = grid.row(y).get(first..).unwrap_or_default();
        let mut any = 0;
        for (column, (all, mask)) in all.iter_mut().zip(masks).enumerate() {
            let mut mask = *mask;
            if column == 0 {
                mask &= segment::bits(pixels.start % WIDTH, WIDTH);
            }
            if column == last {
                mask &= segment::bits(0, pixels.end - (first + last) * WIDTH);
            }
            *all |= mask;
            any |= mask;
        }
        if any != 0 {
            rows = Some(rows.map_or(y, |rows| rows.start)..y + 1);
        }
    }
    let set = || all.iter().enumerate().filter(|(_, mask)| **mask != 0);
    let bit = |bits: u32| usize::try_from(bits).unwrap_or(0);
    let left = set()
        .next()
        .map(|(column, mask)| column * WIDTH + bit(mask.trailing_zeros()));
    let right = set()
        .next_back()
        .map(|(column, mask)| (column + 1) * WIDTH - bit(mask.leading_zeros()));
    match (left, right, rows) {
        (Some(left), Some(right), Some(rows)) => {
            rect(first * WIDTH + left..first * WIDTH + right, rows)
        }
        _ => Rect::default(),
    }
}
