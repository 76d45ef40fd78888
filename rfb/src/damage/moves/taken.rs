//! The moves that are made.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::super::Move;
use super::super::grid::Grid;
use super::super::segment::{self, WIDTH};
use super::areas::Area;
use super::scene::{self, Scene, Shift};

/// A move that wins fewer pixels is not made.
const MIN_PROFIT: usize = 1024;

/// The moves that are made, in order.
#[derive(Debug, Default)]
pub(super) struct Taken {
    moves: Vec<Move>,
    /// The pixels of a move that it does not bring, row by row of its columns of 64 pixels.
    missed: Vec<u64>,
}

impl Taken {
    pub(super) fn count(&self) -> usize {
        self.moves.len()
    }
    pub(super) fn moves(self) -> Vec<Move> {
        self.moves
    }

    /// Makes the move to `area` if it wins enough. Every pixel of it is fresh.
    ///
    /// The screen is never moved for that: where a move made before wrote, none is read. So its source is on the
    /// screen as it was, whatever order the rows are looked at.
    pub(super) fn take(&mut self, area: &Area, scene: &Scene<'_>, shift: Shift, left: &mut Grid) {
        let to = scene::rect(&area.columns, &area.rows);
        let from = scene::rect(&moved(&area.columns, shift.x), &moved(&area.rows, shift.y));
        let overwritten = |taken: &Move| !taken.to.intersection(from).is_empty();
        if from.size() != to.size() || self.moves.iter().any(overwritten) {
            return;
        }
        let first = area.columns.start / WIDTH;
        let columns = area.columns.end.div_ceil(WIDTH) - first;
        self.look(area, columns, scene, shift);
        let inside = |column: usize| {
            let base = (first + column) * WIDTH;
            let start = area.columns.start.saturating_sub(base);
            segment::bits(start, (area.columns.end - base).min(WIDTH))
        };
        let (mut won, mut lost) = (0, 0);
        for (y, missed) in area.rows.clone().zip(self.missed.chunks_exact(columns)) {
            let left = left.row(y).get(first..).unwrap_or_default();
            for (column, (left, missed)) in left.iter().zip(missed).enumerate() {
                won += (left & inside(column) & !missed).count_ones();
                lost += (!left & missed).count_ones();
            }
        }
        let profit = won.saturating_sub(lost);
        if usize::try_from(profit).unwrap_or(0) < MIN_PROFIT {
            return;
        }
        for (y, missed) in area.rows.clone().zip(self.missed.chunks_exact(columns)) {
            let left = left.row_mut(y).get_mut(first..).unwrap_or_default();
            for (column, (left, missed)) in left.iter_mut().zip(missed).enumerate() {
                *left = *left & !inside(column) | missed;
            }
        }
        self.moves.push(Move {
            from: from.origin(),
            to,
        });
    }

    /// Notes which pixels of `area` the move does not bring.
    fn look(&mut self, area: &Area, columns: usize, scene: &Scene<'_>, shift: Shift) {
        self.missed.clear();
        self.missed.resize(area.rows.len() * columns, 0);
        let shares = scene.shares(area.columns.len() * area.rows.len());
        let height = area.rows.len().div_ceil(shares);
        let tops = area.rows.clone().step_by(height);
        let items = tops.zip(self.missed.chunks_mut(height * columns));
        let look = |(): &mut (), (top, missed): (usize, &mut [u64])| {
            pulp::Arch::new().dispatch(Looking {
                missed,
                columns: area.columns.clone(),
                rows: top..(top + height).min(area.rows.end),
                scene,
                shift,
            });
        };
        scene
            .workers
            .map(&mut vec![()], || (), items.collect(), look);
    }
}

/// The work of noting which pixels a move to `columns` and `rows` does not bring.
struct Looking<'a> {
    /// Row by row, a number for each 64 columns.
    missed: &'a mut [u64],
    columns: Range<usize>,
    rows: Range<usize>,
    scene: &'a Scene<'a>,
    shift: Shift,
}

impl WithSimd for Looking<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let first = self.columns.start / WIDTH;
        let length = self.columns.end.div_ceil(WIDTH) - first;
        for patch in self.scene.patches {
            let start = patch.left().max(self.columns.start);
            let end = patch.right().min(self.columns.end);
            if start >= end {
                continue;
            }
            for y in patch.top().max(self.rows.start)..patch.bottom().min(self.rows.end) {
                let line = (y - self.rows.start) * length;
                for column in start / WIDTH..end.div_ceil(WIDTH) {
                    let pixels = start.max(column * WIDTH)..end.min((column + 1) * WIDTH);
                    if let Some(missed) = self.missed.get_mut(line + column - first) {
                        *missed |= self.scene.missed(patch, y, pixels, self.shift);
                    }
                }
            }
        }
    }
}

/// Where `range` was; cut if that was outside the desktop.
fn moved(range: &Range<usize>, shift: isize) -> Range<usize> {
    range.start.saturating_add_signed(shift)..range.end.saturating_add_signed(shift)
}
