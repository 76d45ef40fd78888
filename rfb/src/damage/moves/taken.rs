//! The moves that are made.

use std::ops::Range;

use super::super::Move;
use super::super::grid::Grid;
use super::super::segment::{self, WIDTH};
use super::areas::Area;
use super::scene::{self, Scene, Shift};
use crate::Rect;

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
        pulp::Arch::new().dispatch(|| self.look(area, to, scene, shift));
        let first = area.columns.start / WIDTH;
        let columns = area.columns.end.div_ceil(WIDTH) - first;
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
    #[inline(always)]
    fn look(&mut self, area: &Area, to: Rect, scene: &Scene<'_>, shift: Shift) {
        let first = area.columns.start / WIDTH;
        let columns = area.columns.end.div_ceil(WIDTH) - first;
        self.missed.clear();
        self.missed.resize(area.rows.len() * columns, 0);
        for patch in scene.patches {
            let part = patch.area.intersection(to);
            let (start, end) = (
                usize::from(part.left),
                usize::from(part.left) + usize::from(part.width),
            );
            let rows = usize::from(part.top)..usize::from(part.top) + usize::from(part.height);
            if part.is_empty() {
                continue;
            }
            for y in rows {
                let line = (y - area.rows.start) * columns;
                for column in start / WIDTH..end.div_ceil(WIDTH) {
                    let pixels = start.max(column * WIDTH)..end.min((column + 1) * WIDTH);
                    if let Some(missed) = self.missed.get_mut(line + column - first) {
                        *missed |= scene.missed(patch, y, pixels, shift);
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
