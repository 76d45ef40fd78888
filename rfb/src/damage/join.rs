//! Few rectangles that cover all bits of a grid.

use std::ops::Range;

use super::grid::Grid;
use super::segment::{self, WIDTH};
use crate::blocks::{self, Block, Stack};
use crate::{Rect, Region, Size};

/// Width and height of a cell.
const CELL: usize = 16;
/// Two rectangles become one if that adds no more than so many cells that neither has.
const MOST_WASTE: usize = 2;
/// With more rectangles, operations on a region become dear.
const MOST_RECTS: usize = 512;

/// A region that has every pixel with a bit in `grid`, on a desktop of `size`: cells with a bit joined to rectangles,
/// each trimmed to the bits in it; if these are too many, cells as they are, as large as need be.
pub(super) fn region(grid: &Grid, size: Size) -> Region {
    let mut joined = blocks_of(grid, CELL);
    blocks::join(&mut joined, MOST_WASTE);
    let trimmed = joined.iter().map(|block| trimmed(block, grid));
    if let Some(region) = small_region(trimmed) {
        return region;
    }
    let mut side = CELL;
    loop {
        let blocks = blocks_of(grid, side);
        let rects = blocks.iter().map(|block| block.pixels(side));
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

/// The cells of `side` pixels, a power of two and at least 16, that have a bit, as blocks.
fn blocks_of(grid: &Grid, side: usize) -> Vec<Block> {
    let rows = grid.rows();
    let mut stack = Stack::default();
    for row in rows.start / side..rows.end.div_ceil(side) {
        let masks = any_of(grid, &(row * side..(row + 1) * side));
        stack.row(row, runs(&masks, side));
    }
    stack.finish()
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
            let first = first * WIDTH;
            let columns = first + left..first + right;
            Block { columns, rows }.pixels(1)
        }
        _ => Rect::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: Size, pixels: impl IntoIterator<Item = (usize, usize)>) -> Grid {
        let mut grid = Grid::default();
        grid.reset(size, size.into());
        for (x, y) in pixels {
            grid.row_mut(y)[x / WIDTH] |= 1 << (x % WIDTH);
        }
        grid
    }

    #[test]
    fn rectangles_are_trimmed_to_the_bits_in_them() {
        let size = Size::new(200, 130);
        let pixels = [(3, 5), (10, 2), (63, 70), (64, 70), (199, 129)];
        let found = region(&grid(size, pixels), size);
        assert_eq!(
            found.rects(),
            [
                Rect::new(3, 2, 8, 4),
                Rect::new(63, 70, 2, 1),
                Rect::new(199, 129, 1, 1)
            ]
        );
    }

    #[test]
    fn many_scattered_bits_become_a_region_that_is_cheap() {
        for (size, step) in [
            (Size::new(1920, 1080), 37),
            (Size::new(16384, 700), 33),
            (Size::new(65535, 40), 35),
        ] {
            let (width, height) = (usize::from(size.width), usize::from(size.height));
            let rows = (0..height).step_by(step);
            let pixels = || {
                rows.clone()
                    .flat_map(|y| (0..width).step_by(step).map(move |x| (x, y)))
            };
            let found = region(&grid(size, pixels()), size);
            assert!(found.rects().len() <= MOST_RECTS);
            assert!(found.bounds().fits(size));
            let all = grid(size, pixels());
            let covered: usize = found.rects().iter().map(|rect| bits_in(&all, *rect)).sum();
            assert_eq!(covered, pixels().count());
        }
    }

    fn bits_in(grid: &Grid, rect: Rect) -> usize {
        let set = |x: usize, y: usize| grid.row(y)[x / WIDTH] >> (x % WIDTH) & 1 != 0;
        let (right, bottom) = (rect.right() as usize, rect.bottom() as usize);
        let rows = usize::from(rect.top)..bottom;
        rows.map(|y| {
            (usize::from(rect.left)..right)
                .filter(|x| set(*x, y))
                .count()
        })
        .sum()
    }

    #[test]
    fn no_bits_are_no_region() {
        let size = Size::new(1, 1);
        assert!(region(&grid(size, []), size).is_empty());
    }
}
