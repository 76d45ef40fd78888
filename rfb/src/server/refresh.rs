//! When and where a client is sent again, without loss, what it holds with loss.
//!
//! Only when there is nothing else to send, and little at a time, so that what changes meanwhile never waits long. An area
//! that has just changed is left alone for a while, and one that keeps changing for longer than it takes to change again:
//! a video is not refreshed between its pictures.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::loss::Loss;
use crate::region::multiples;
use crate::{LocalTime, Point, Rect, Region, Size};

/// How long an area must be still before it is refreshed.
const SETTLE: Duration = Duration::from_millis(200);
/// How long at most, however often it changed before.
const LONGEST_SETTLE: Duration = Duration::from_secs(1);
/// Changes further apart have nothing to do with each other.
const APART: Duration = Duration::from_secs(1);
/// So many pictures in a row make what changes a video, or something like it.
const MOVING: u8 = 4;
/// Changes nearer than this are pieces of one picture.
const ONE_PICTURE: Duration = Duration::from_millis(8);
/// Pixels refreshed at once, at most: those of a block.
const PIXELS: usize = 1 << 16;
/// Bytes after which a refresh leaves the rest for later.
pub(super) const BYTES: usize = 1 << 16;
/// Side of a block, in pixels: blocks are refreshed one after the other.
const BLOCK: u16 = 256;
/// Side of the cells that changes are noted by, in pixels; a power of two.
const CELL: u16 = 64;
/// Cells across and down, at most: larger desktops have larger cells.
const CELLS: u16 = 64;

/// How often the parts of the desktop change.
#[derive(Debug)]
pub(super) struct Refresh {
    /// Side of a cell in pixels, a power of two.
    side: u16,
    /// Cells in a row.
    columns: usize,
    cells: Vec<Cell>,
    /// We are told of every picture, not only of those that are sent.
    is_told: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    changed: LocalTime,
    /// How long it must be still.
    settle: Duration,
    /// Pictures in a row that changed it, none long after the one before; no more than [`MOVING`] are counted.
    run: u8,
    /// When the last of them came.
    painted: LocalTime,
}

impl Cell {
    fn change(&mut self, now: LocalTime) {
        let gap = now.since(self.changed);
        if gap.is_zero() && !self.settle.is_zero() {
            return;
        }
        let expected = if gap < APART { gap * 2 } else { Duration::ZERO };
        // A picture that comes in pieces is no sign of haste: what was learnt fades slowly.
        let learnt = if gap < APART {
            self.settle * 7 / 8
        } else {
            Duration::ZERO
        };
        self.settle = expected.max(learnt).clamp(SETTLE, LONGEST_SETTLE);
        self.changed = now;
    }

    fn paint(&mut self, now: LocalTime) {
        let gap = now.since(self.painted);
        self.run = match gap {
            _ if gap >= APART / 2 => 1,
            _ if gap < ONE_PICTURE => self.run.max(1),
            _ => self.run.saturating_add(1).min(MOVING),
        };
        self.painted = now;
    }

    fn is_moving(&self, now: LocalTime) -> bool {
        self.run >= MOVING && now.since(self.painted) < APART / 2
    }

    fn due(&self) -> LocalTime {
        self.changed + self.settle
    }
}

/// What could be refreshed in one block.
#[derive(Default)]
struct Block {
    parts: Vec<Rect>,
    pixels: usize,
    /// Some of it is of a lower quality than what is asked for now.
    is_poor: bool,
}

impl Refresh {
    pub(super) fn new(size: Size) -> Self {
        let mut side = CELL;
        while size.width.max(size.height).div_ceil(side) > CELLS {
            side *= 2;
        }
        let columns = usize::from(size.width.div_ceil(side));
        let rows = usize::from(size.height.div_ceil(side));
        Self {
            side,
            columns,
            cells: vec![Cell::default(); columns * rows],
            is_told: false,
        }
    }

    /// Notes that a picture of the desktop changed `damage`, whether it is sent or not.
    pub(super) fn painted(&mut self, damage: &Region, now: LocalTime) {
        self.is_told = true;
        for part in damage
            .rects()
            .iter()
            .flat_map(|rect| grid_parts(*rect, self.side))
        {
            let index = self.index(part);
            if let Some(cell) = self.cells.get_mut(index) {
                cell.paint(now);
            }
        }
    }

    /// Notes that the client is sent changes of `rects`.
    pub(super) fn changed(&mut self, rects: impl IntoIterator<Item = Rect>, now: LocalTime) {
        for rect in rects {
            for part in grid_parts(rect, self.side) {
                let index = self.index(part);
                if let Some(cell) = self.cells.get_mut(index) {
                    cell.change(now);
                    if !self.is_told {
                        cell.paint(now);
                    }
                }
            }
        }
    }

    /// What of `damage` keeps changing.
    pub(super) fn moving(&self, damage: &Region, now: LocalTime) -> Region {
        let is_moving = |index: usize| {
            let cell = self.cells.get(index);
            cell.is_some_and(|cell| cell.is_moving(now))
        };
        if !(0..self.cells.len()).any(is_moving) {
            return Region::default();
        }
        let parts = damage.rects().iter();
        let parts = parts.flat_map(|rect| grid_parts(*rect, self.side));
        parts.filter(|part| is_moving(self.index(*part))).collect()
    }

    /// When the first of what the client holds with loss inside `area` is to be refreshed.
    pub(super) fn due(&self, loss: &Loss, area: &Region) -> Option<LocalTime> {
        let rects = loss.layers().flat_map(|(_, region)| region.rects());
        let parts = rects.flat_map(|rect| grid_parts(*rect, self.side));
        let cells = parts
            .filter(|part| area.intersects(*part))
            .filter_map(|part| self.cells.get(self.index(part)));
        cells.map(Cell::due).min()
    }

    /// What to send now without loss, of what the client holds with loss inside `area`: first where the quality is
    /// below `asked`, near `pointer` before far from it, and then where there is most.
    pub(super) fn choose(
        &self,
        loss: &Loss,
        area: &Region,
        asked: Option<u8>,
        pointer: Option<Point>,
        now: LocalTime,
    ) -> Region {
        let mut blocks: BTreeMap<(u16, u16), Block> = BTreeMap::new();
        for (quality, region) in loss.layers() {
            let region = region.intersection(area);
            let parts = region
                .rects()
                .iter()
                .flat_map(|rect| grid_parts(*rect, self.side.min(BLOCK)));
            for part in parts {
                let cell = self.cells.get(self.index(part));
                if cell.is_some_and(|cell| cell.due() <= now) {
                    let place = (part.top / BLOCK, part.left / BLOCK);
                    let block = blocks.entry(place).or_default();
                    block.parts.push(part);
                    block.pixels += part.area();
                    block.is_poor |= asked.is_some_and(|asked| quality < asked);
                }
            }
        }
        let mut blocks: Vec<((u16, u16), Block)> = blocks.into_iter().collect();
        blocks.sort_by_key(|(place, block)| {
            let far = pointer.map_or(0, |pointer| distance(*place, pointer));
            (!block.is_poor, far, Reverse(block.pixels))
        });
        let mut pixels = 0;
        let fitting = blocks.into_iter().take_while(|(_, block)| {
            pixels += block.pixels;
            pixels <= PIXELS
        });
        fitting.flat_map(|(_, block)| block.parts).collect()
    }

    /// The cell of a part of it.
    fn index(&self, part: Rect) -> usize {
        usize::from(part.top / self.side) * self.columns + usize::from(part.left / self.side)
    }
}

/// How many blocks from one block, row and column, to that of a point.
fn distance((row, column): (u16, u16), point: Point) -> u16 {
    row.abs_diff(point.y / BLOCK)
        .max(column.abs_diff(point.x / BLOCK))
}

/// `rect` cut at the multiples of `side`.
fn grid_parts(rect: Rect, side: u16) -> impl Iterator<Item = Rect> {
    let starts = move |start, end| multiples(start, end, side);
    starts(rect.top, rect.bottom()).flat_map(move |top| {
        starts(rect.left, rect.right())
            .map(move |left| rect.intersection(Rect::new(left, top, side, side)))
    })
}
