//! The rectangles that a movement brings.

use std::ops::Range;

use super::super::grid::Grid;
use super::super::segment::WIDTH;
use super::column::Column;
use super::runs::{LANE, LANE_BITS, Run};
use super::scene::{Scene, Shift};
use crate::Rect;

/// Smaller rectangles are not worth a copy, in pixels.
pub(super) const MIN_AREA: usize = 4096;

/// A rectangle that a movement brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) columns: Range<usize>,
    pub(super) rows: Range<usize>,
}

impl Area {
    /// Pixels in all.
    pub(super) fn area(&self) -> usize {
        self.columns.len() * self.rows.len()
    }
    pub(super) fn rect(&self) -> Rect {
        let edge = |edge: usize| u32::try_from(edge).unwrap_or(u32::MAX);
        Rect::from_edges(
            edge(self.columns.start),
            edge(self.rows.start),
            edge(self.columns.end),
            edge(self.rows.end),
        )
    }
    /// Where it was (`times` 1), or where it comes to (-1); cut where that is outside the desktop.
    pub(super) fn moved(&self, shift: Shift, times: isize) -> Self {
        let moved = |range: &Range<usize>, by: isize| {
            range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by)
        };
        Self {
            columns: moved(&self.columns, shift.x * times),
            rows: moved(&self.rows, shift.y * times),
        }
    }
    /// The largest part of it that shares no pixel with `other`.
    pub(super) fn without(self, other: Rect) -> Self {
        if self.rect().intersection(other).is_empty() {
            return self;
        }
        let (left, top) = (usize::from(other.left), usize::from(other.top));
        let right = left + usize::from(other.width);
        let bottom = top + usize::from(other.height);
        let Range { start, end } = self.columns;
        let beside = [start..left, right..end].map(|columns| Self {
            columns,
            rows: self.rows.clone(),
        });
        let Range { start, end } = self.rows;
        let above_and_below = [start..top, bottom..end].map(|rows| Self {
            columns: self.columns.clone(),
            rows,
        });
        let parts = beside.into_iter().chain(above_and_below);
        parts.max_by_key(Self::area).unwrap_or(self)
    }
}

/// The rectangles of `runs`: neighbours become one if most of the rows of both are harmless in both. In the order in
/// which none overwrites what a later one reads.
pub(super) fn joined(mut runs: Vec<Run>, shift: Shift) -> Vec<Area> {
    runs.sort_unstable_by_key(|run| (run.left, run.rows.start));
    let mut open: Vec<(Run, usize)> = Vec::new();
    let mut areas = Vec::new();
    let mut close = |(run, right): (Run, usize)| {
        let area = Area {
            columns: run.left..right,
            rows: run.rows,
        };
        if area.area() >= MIN_AREA {
            areas.push(area);
        }
    };
    for run in runs {
        while let Some(first) = open.iter().position(|(_, right)| *right < run.left) {
            close(open.swap_remove(first));
        }
        let joined = open.iter_mut().find_map(|(own, right)| {
            let (rows, harmless) = (*right == run.left).then(|| together(own, &run))??;
            (own.rows, own.harmless) = (rows, harmless);
            *right += LANE;
            Some(())
        });
        if joined.is_none() {
            let right = run.left + LANE;
            open.push((run, right));
        }
    }
    open.into_iter().for_each(close);
    areas.sort_unstable_by_key(|area| order(area, shift));
    areas
}

/// The rows, and the harmless ones, of two neighbours as one.
fn together(a: &Run, b: &Run) -> Option<(Range<usize>, Range<usize>)> {
    let harmless = a.harmless.start.max(b.harmless.start)..a.harmless.end.min(b.harmless.end);
    let start = a.rows.start.min(b.rows.start);
    let end = a.rows.end.max(b.rows.end);
    let rows = start.max(harmless.start)..end.min(harmless.end);
    (rows.len() * 8 >= (end - start) * 7).then_some((rows, harmless))
}

/// What moves up is copied from the top on, what moves left from the left on.
fn order(area: &Area, shift: Shift) -> (isize, isize) {
    let key = |range: &Range<usize>, shift: isize| {
        let edge = |edge: usize| isize::try_from(edge).unwrap_or(isize::MAX);
        if shift >= 0 {
            edge(range.start)
        } else {
            -edge(range.end)
        }
    };
    (key(&area.rows, shift.y), key(&area.columns, shift.x))
}

/// Moves the left and right edge of `area` outwards, by less than 16 pixels, to where most is won.
pub(super) fn widen(area: &mut Area, scene: &Scene<'_>, shift: Shift, left: &Grid) {
    let start = area.columns.start;
    if let Some(before) = start.checked_sub(1) {
        let profits = profits(scene, before, &area.rows, shift, left);
        area.columns.start -= best_length(profits.iter().rev());
    }
    if area.columns.end < scene.width {
        let profits = profits(scene, area.columns.end, &area.rows, shift, left);
        area.columns.end += best_length(profits.iter());
    }
}

/// How many of `profits` from the first one on give most together.
fn best_length<'a>(profits: impl Iterator<Item = &'a Option<isize>>) -> usize {
    let mut best = (0, 0);
    let mut sum = 0;
    for (length, profit) in (1..).zip(profits.map_while(|profit| *profit)) {
        sum += profit;
        best = best.max((sum, length));
    }
    best.1
}

/// For each of the 16 columns that `pixel` is one of, how many more pixels of `rows` are brought than spoiled; `None`
/// if not all are fresh.
fn profits(
    scene: &Scene<'_>,
    pixel: usize,
    rows: &Range<usize>,
    shift: Shift,
    left: &Grid,
) -> [Option<isize>; LANE] {
    let lane = pixel % WIDTH / LANE * LANE;
    let any_left = rows.clone().any(|y| {
        let left = left.row(y).get(pixel / WIDTH);
        left.is_some_and(|left| (left >> lane) & LANE_BITS != 0)
    });
    if !any_left {
        return [None; LANE];
    }
    let column = Column::new(scene, pixel / WIDTH, left);
    let mut fresh = LANE_BITS;
    let mut profits = [0_isize; LANE];
    let mut end = rows.start;
    for span in column.spans() {
        let rows = span.rows.start.max(rows.start)..span.rows.end.min(rows.end);
        if rows.start != end || rows.is_empty() {
            continue;
        }
        end = rows.end;
        fresh &= span.fresh >> lane;
        for y in rows {
            let (left, missed) = (
                column.left(y) >> lane,
                column.missed(span, y, shift) >> lane,
            );
            if (left ^ missed) & LANE_BITS == 0 {
                continue;
            }
            for (bit, profit) in profits.iter_mut().enumerate() {
                *profit += isize::from((left & !missed) >> bit & 1 != 0);
                *profit -= isize::from((missed & !left) >> bit & 1 != 0);
            }
        }
    }
    let mut bits = 0..;
    profits.map(|profit| {
        let bit: u32 = bits.next()?;
        (end == rows.end && fresh >> bit & 1 != 0).then_some(profit)
    })
}
