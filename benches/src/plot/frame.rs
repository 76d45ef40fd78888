//! A panel: axes, grid and labels around the place for points.

use super::axis::Axis;
use super::svg::{Anchor, Canvas, Style};
use super::theme::{GRID, SOFT};

/// What a panel takes with all that is around it.
pub(super) const OUTER_WIDTH: f64 = 372.0;
pub(super) const OUTER_HEIGHT: f64 = 330.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 54.0;

/// Where a panel lies, and its axes.
pub(super) struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
}

impl Frame {
    /// A panel whose upper left corner, labels included, is at `corner`.
    pub(super) fn new(corner: (f64, f64), x: Axis, y: Axis) -> Self {
        Self::sized(corner, (OUTER_WIDTH, OUTER_HEIGHT), x, y)
    }

    /// A panel of this size, labels included, at `corner`.
    pub(super) fn sized(corner: (f64, f64), (width, height): (f64, f64), x: Axis, y: Axis) -> Self {
        Self {
            left: corner.0 + LEFT,
            top: corner.1 + TOP,
            width: width - LEFT - RIGHT,
            height: height - TOP - BOTTOM,
            x,
            y,
        }
    }

    /// Where the point with these values is drawn.
    pub(super) fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (across, up) = (self.x.place(x), self.y.place(y));
        (
            self.left + across * self.width,
            self.top + (1.0 - up) * self.height,
        )
    }

    /// Whether what reaches from `left` to `right` is inside.
    pub(super) fn holds(&self, left: f64, right: f64) -> bool {
        left >= self.left && right <= self.left + self.width
    }

    /// Draws all but the points.
    pub(super) fn draw(&self, canvas: &mut Canvas, title: &str, [x, y]: [&str; 2]) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        for (value, label) in self.x.ticks() {
            let place = self.left + self.x.place(value) * self.width;
            canvas.line((place, self.top), (place, bottom), Style::thin(GRID));
            canvas.text((place, bottom + 15.0), &label, 10.0, Anchor::Middle);
        }
        for (value, label) in self.y.ticks() {
            let place = bottom - self.y.place(value) * self.height;
            canvas.line((self.left, place), (right, place), Style::thin(GRID));
            canvas.text((self.left - 6.0, place + 3.5), &label, 10.0, Anchor::End);
        }
        let corner = (self.left, bottom);
        canvas.line(corner, (right, bottom), Style::thin(SOFT));
        canvas.line(corner, (self.left, self.top), Style::thin(SOFT));
        let middle = (self.left + self.width / 2.0, self.top + self.height / 2.0);
        if !title.is_empty() {
            canvas.text((middle.0, self.top - 10.0), title, 13.0, Anchor::Middle);
        }
        canvas.text((middle.0, bottom + 33.0), x, 11.0, Anchor::Middle);
        canvas.upright((self.left - 44.0, middle.1), y, 11.0);
    }
}
