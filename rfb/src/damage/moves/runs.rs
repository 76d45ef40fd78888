//! In which rows of 16 pixels a movement brings what is to be seen.

use std::ops::Range;

use super::super::segment::WIDTH;
use super::column::Column;
use super::scene::Shift;

/// Pixels in which rows are matched.
pub(super) const LANE: usize = 16;
/// A bit for each of them.
pub(super) const LANE_BITS: u64 = (1 << LANE) - 1;
/// Lanes of a column of 64 pixels.
const LANES: usize = WIDTH / LANE;
/// A run has at least so many rows.
const MIN_ROWS: usize = 16;
/// So many of its rows are brought.
const MIN_BROUGHT: usize = 8;
/// After more rows in a row that the movement does not bring, the run is over.
const MOST_MISSED: usize = 6;

/// Rows of 16 columns that a movement brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first of the 16 columns.
    pub(super) left: usize,
    /// From the first row that it brings to the last.
    pub(super) rows: Range<usize>,
    /// The same, and above and below what would be there without it just as well.
    pub(super) harmless: Range<usize>,
}

/// The runs in `column` for `shift`.
#[inline(always)]
pub(super) fn runs_in(column: &Column<'_>, shift: Shift, runs: &mut Vec<Run>) {
    let mut lanes: [Lane; LANES] = std::array::from_fn(|lane| Lane {
        left: column.base() + lane * LANE,
        missed_before: 0,
        open: None,
    });
    let mut end = 0;
    for span in column.spans() {
        if span.rows.start != end {
            for lane in &mut lanes {
                runs.extend(lane.close(end));
                lane.missed_before = span.rows.start;
            }
        }
        end = span.rows.end;
        for y in span.rows.clone() {
            let left = column.left(y);
            let missed = if span.fresh == u64::MAX && column.brought(y, shift) {
                0
            } else if left == 0 && lanes.iter().all(|lane| lane.open.is_none()) {
                // No run begins here; whether one may reach here is looked at when it does.
                continue;
            } else {
                column.missed(span, y, shift)
            };
            if missed == 0 && left == 0 {
                continue;
            }
            for (index, lane) in lanes.iter_mut().enumerate() {
                let part = |mask: u64| (mask >> (index * LANE)) & LANE_BITS;
                let idle = lane.open.is_none();
                let fresh = part(span.fresh) == LANE_BITS;
                runs.extend(lane.step(y, fresh, part(missed) != 0, part(left) != 0));
                if idle && let Some(open) = &mut lane.open {
                    let harmless = |y: &usize| part(column.missed(span, *y, shift)) == 0;
                    let above = open.harmless_from.max(span.rows.start)..y;
                    open.harmless_from = above.rev().take_while(harmless).last().unwrap_or(y);
                }
            }
        }
    }
    for lane in &mut lanes {
        runs.extend(lane.close(end));
    }
}

/// One row after another of 16 columns.
#[derive(Debug)]
struct Lane {
    left: usize,
    /// One past the last row that was missed.
    missed_before: usize,
    open: Option<Open>,
}

/// A run that is not over.
#[derive(Debug)]
struct Open {
    harmless_from: usize,
    rows: Range<usize>,
    brought: usize,
    /// The first missed row after the last one brought.
    missed_at: Option<usize>,
    missed: usize,
}

impl Lane {
    /// Goes on with row `y`: whether it is all fresh, whether the movement misses a pixel of it, and whether something
    /// is left to be brought.
    #[inline(always)]
    fn step(&mut self, y: usize, fresh: bool, missed: bool, left: bool) -> Option<Run> {
        if !missed && fresh && left {
            let open = self.open.get_or_insert(Open {
                harmless_from: self.missed_before,
                rows: y..y,
                brought: 0,
                missed_at: None,
                missed: 0,
            });
            open.rows.end = y + 1;
            open.brought += 1;
            (open.missed_at, open.missed) = (None, 0);
            return None;
        }
        if !missed && fresh {
            return None;
        }
        self.missed_before = y + 1;
        let open = self.open.as_mut()?;
        open.missed_at.get_or_insert(y);
        open.missed += 1;
        if fresh && open.missed <= MOST_MISSED {
            return None;
        }
        self.close(y)
    }
    /// Ends the run at row `y`; gives it if it is worth it.
    #[inline(always)]
    fn close(&mut self, y: usize) -> Option<Run> {
        let open = self.open.take()?;
        let worth_it = open.brought >= MIN_BROUGHT && open.rows.len() >= MIN_ROWS;
        worth_it.then(|| Run {
            left: self.left,
            harmless: open.harmless_from..open.missed_at.unwrap_or(y),
            rows: open.rows,
        })
    }
}
