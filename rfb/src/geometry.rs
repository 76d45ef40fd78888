//! Points, sizes and rectangles on the desktop, in pixels.

/// A width and a height in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
}

impl Size {
    /// `width` by `height` pixels.
    #[must_use]
    pub const fn new(width: u16, height: u16) -> Self {
        Self { width, height }
    }
    /// Pixels in all.
    #[must_use]
    pub fn area(self) -> usize {
        usize::from(self.width) * usize::from(self.height)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A pixel position, from the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: u16,
    /// Pixels from the top edge.
    pub y: u16,
}

impl Point {
    /// The pixel in column `x` of row `y`.
    #[must_use]
    pub const fn new(x: u16, y: u16) -> Self {
        Self { x, y }
    }
}

/// A rectangle in pixels. Edge arithmetic is done in `u32`, so it cannot overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// First column.
    pub left: u16,
    /// First row.
    pub top: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Rect {
    /// The rectangle with its first pixel at (`left`, `top`).
    #[must_use]
    pub const fn new(left: u16, top: u16, width: u16, height: u16) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }
    /// The rectangle from edge to edge, `right` and `bottom` one past the last pixel; empty where edges cross.
    /// Edges beyond 65535 are cut.
    #[must_use]
    pub fn from_edges(left: u32, top: u32, right: u32, bottom: u32) -> Self {
        let cut = |edge: u32| u16::try_from(edge).unwrap_or(u16::MAX);
        let (left, top) = (cut(left), cut(top));
        Self {
            left,
            top,
            width: cut(right).saturating_sub(left),
            height: cut(bottom).saturating_sub(top),
        }
    }
    /// One past the last column.
    #[must_use]
    pub fn right(self) -> u32 {
        u32::from(self.left) + u32::from(self.width)
    }
    /// One past the last row.
    #[must_use]
    pub fn bottom(self) -> u32 {
        u32::from(self.top) + u32::from(self.height)
    }
    /// Whether it covers no pixel.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
    /// Its first pixel.
    #[must_use]
    pub fn origin(self) -> Point {
        Point::new(self.left, self.top)
    }
    /// Its size.
    #[must_use]
    pub fn size(self) -> Size {
        Size::new(self.width, self.height)
    }
    /// Pixels in all.
    #[must_use]
    pub fn area(self) -> usize {
        self.size().area()
    }
    /// Whether every pixel lies inside a desktop of `size`.
    #[must_use]
    pub fn fits(self, size: Size) -> bool {
        self.right() <= u32::from(size.width) && self.bottom() <= u32::from(size.height)
    }
    /// The pixels it shares with `other`; empty if none.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self::from_edges(
            self.left.max(other.left).into(),
            self.top.max(other.top).into(),
            self.right().min(other.right()),
            self.bottom().min(other.bottom()),
        )
    }
    /// Whether the pixel at `point` is one of its own.
    #[must_use]
    pub fn contains(self, point: Point) -> bool {
        (u32::from(self.left)..self.right()).contains(&point.x.into())
            && (u32::from(self.top)..self.bottom()).contains(&point.y.into())
    }
    /// The smallest rectangle that covers both; an empty one adds nothing.
    #[must_use]
    pub fn bounding(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self::from_edges(
            self.left.min(other.left).into(),
            self.top.min(other.top).into(),
            self.right().max(other.right()),
            self.bottom().max(other.bottom()),
        )
    }
}

impl From<Size> for Rect {
    fn from(size: Size) -> Self {
        Self::new(0, 0, size.width, size.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_beyond_the_last_column_are_cut_not_wrapped() {
        assert_eq!(
            Rect::from_edges(65_530, 0, 70_000, 1),
            Rect::new(65_530, 0, 5, 1)
        );
        assert_eq!(Rect::new(65_535, 0, 65_535, 1).right(), 131_070);
    }

    #[test]
    fn rectangles_that_only_touch_share_nothing() {
        let (a, b) = (Rect::new(0, 0, 4, 4), Rect::new(4, 0, 4, 4));
        assert!(a.intersection(b).is_empty());
        assert_eq!(a.bounding(b), Rect::new(0, 0, 8, 4));
        assert_eq!(a.bounding(Rect::default()), a);
    }
}
