//! The moves that are made.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::super::Move;
use super::super::grid::Grid;
use super::super::segment::{self, WIDTH};
use super::areas::{Area, MIN_AREA};
use super::scene::{Scene, Shift};

/// A move that wins fewer pixels is not made.
const MIN_PROFIT: u32 = 1024;
/// Nor one that does not bring so many times as many pixels as it misses: it would stand in the way of a better one.
const MIN_WON: u32 = 2;

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

    /// Makes the move to `area`, or to the part of it that reads nothing that a move before has written, if it wins
    /// enough. Every pixel of it is fresh.
    ///
    /// So all that is read is on the screen as it was: nothing need be moved there to know what the moves bring.
    pub(super) fn take(&mut self, area: Area, scene: &Scene<'_>, shift: Shift, left: &mut Grid) {
        let area = self.moves.iter().fold(area, |area, taken| {
            area.moved(shift, 1).without(taken.to).moved(shift, -1)
        });
        let to = area.rect();
        let from = area.moved(shift, 1).rect();
        if from.size() != to.size() || area.area() < MIN_AREA {
            return;
        }
        let first = area.columns.start / WIDTH;
        let columns = area.columns.end.div_ceil(WIDTH) - first;
        self.look(&area, columns, scene, shift);
        let inside = |column: usize| {
            let base = (first + column) * WIDTH;
            let start = area.columns.start.saturating_sub(base);
            segment::bits(start, (area.columns.end - base).min(WIDTH))
        };
        let (mut won, mut spoiled, mut missed) = (0, 0, 0);
        for (y, not_brought) in area.rows.clone().zip(self.missed.chunks_exact(columns)) {
            let left = left.row(y).get(first..).unwrap_or_default();
            for (column, (left, not_brought)) in left.iter().zip(not_brought).enumerate() {
                won += (left & inside(column) & !not_brought).count_ones();
                spoiled += (!left & not_brought).count_ones();
                missed += not_brought.count_ones();
            }
        }
        if won < spoiled + MIN_PROFIT || won < MIN_WON * missed {
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
