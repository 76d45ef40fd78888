//! A region cut into the pieces that become rectangles: solid areas, and parts no larger than every decoder takes.

use rfb::{Rect, Region, View};

use crate::WIDTH_LIMIT;
use crate::solid::{self, MIN_AREA, Solid};

/// Pixels of a part that is not solid: what every peer stops at.
const AREA_LIMIT: usize = 65_536;

/// What becomes one rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Solid(Solid),
    /// Pixels of whatever colours.
    Mixed(Rect),
}

/// What of a region is still to be cut, or to be sent.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// A stack: the last is next. Disjoint, none empty.
    pending: Vec<Pending>,
    /// The most pixels across of a part that is not solid.
    width_limit: u16,
}

#[derive(Clone, Copy, Debug)]
enum Pending {
    /// May hold solid areas.
    Unsearched(Rect),
    /// Holds none, or is too small for one.
    Searched(Rect),
    Solid(Solid),
}

impl Pending {
    fn rect(&self) -> Rect {
        match *self {
            Self::Unsearched(rect) | Self::Searched(rect) => rect,
            Self::Solid(solid) => solid.rect,
        }
    }
}

impl Pieces {
    /// Starts on `region`, forgetting what was left of the last. Parts that are not solid are at most `width_limit`
    /// pixels wide.
    pub(crate) fn start(&mut self, region: &Region, width_limit: u16) {
        self.pending.clear();
        self.width_limit = width_limit.clamp(1, WIDTH_LIMIT);
        for &rect in region.rects().iter().rev() {
            self.push(Pending::Unsearched(rect));
        }
    }

    /// Starts on `region` as [`Self::start`] does, but looks for no solid areas.
    pub(crate) fn start_plain(&mut self, region: &Region) {
        self.pending.clear();
        self.width_limit = WIDTH_LIMIT;
        for &rect in region.rects().iter().rev() {
            self.push(Pending::Searched(rect));
        }
    }

    /// The next piece of `source`.
    pub(crate) fn next(&mut self, source: View<'_>) -> Option<Piece> {
        loop {
            match self.pending.pop()? {
                Pending::Solid(solid) => return Some(Piece::Solid(solid)),
                Pending::Searched(rect) => return Some(Piece::Mixed(self.first_part(rect))),
                Pending::Unsearched(rect) if rect.area() < MIN_AREA => {
                    self.pending.push(Pending::Searched(rect));
                }
                Pending::Unsearched(rect) => match solid::find(source, rect) {
                    Some(solid) => self.push_around(rect, solid),
                    None => self.pending.push(Pending::Searched(rect)),
                },
            }
        }
    }

    /// What was not given out.
    pub(crate) fn rest(&self) -> Region {
        self.pending.iter().map(Pending::rect).collect()
    }

    /// Puts `solid` and the parts of `rect` around it on the stack.
    fn push_around(&mut self, rect: Rect, solid: Solid) {
        let (outer, inner) = (Edges::of(rect), Edges::of(solid.rect));
        let above = Rect::from_edges(outer.left, outer.top, outer.right, inner.top);
        let left = Rect::from_edges(outer.left, inner.top, inner.left, inner.bottom);
        let right = Rect::from_edges(inner.right, inner.top, outer.right, inner.bottom);
        let below = Rect::from_edges(outer.left, inner.bottom, outer.right, outer.bottom);
        for pending in [
            Pending::Unsearched(below),
            Pending::Unsearched(right),
            Pending::Solid(solid),
            Pending::Unsearched(left),
            Pending::Searched(above),
        ] {
            self.push(pending);
        }
    }

    fn push(&mut self, pending: Pending) {
        if !pending.rect().is_empty() {
            self.pending.push(pending);
        }
    }

    /// The first part of `rect` within the limits; the rest goes on the stack.
    fn first_part(&mut self, rect: Rect) -> Rect {
        let columns = rect.width.div_ceil(self.width_limit.max(1));
        let width = rect.width.div_ceil(columns.max(1)).max(1);
        let rows = u16::try_from(AREA_LIMIT / usize::from(width)).unwrap_or(u16::MAX);
        let height = rect.height.min(rows);
        let Edges {
            left,
            top,
            right,
            bottom,
        } = Edges::of(rect);
        let (across, down) = (left + u32::from(width), top + u32::from(height));
        self.push(Pending::Searched(Rect::from_edges(
            left, down, right, bottom,
        )));
        self.push(Pending::Searched(Rect::from_edges(
            across, top, right, down,
        )));
        Rect::from_edges(left, top, across, down)
    }
}

/// A rectangle's edges; right and bottom are one past the last pixel.
struct Edges {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Edges {
    fn of(rect: Rect) -> Self {
        Self {
            left: rect.left.into(),
            top: rect.top.into(),
            right: rect.right(),
            bottom: rect.bottom(),
        }
    }
}
