//! Areas of one colour, which a fill sends in a few bytes.

use rfb::{BYTES_PER_PIXEL, Rect, View};

use crate::WIDTH_LIMIT;

/// Pixels across and down of the blocks that are looked at first.
const BLOCK: u32 = 16;

/// The least area, in pixels, worth a rectangle of its own. Smaller ones cost little within a palette.
pub(crate) const MIN_AREA: usize = 2048;

/// A rectangle of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Solid {
    pub(crate) rect: Rect,
    /// BGRX, X = 0.
    pub(crate) colour: [u8; BYTES_PER_PIXEL],
}

/// The first area of one colour in `rect` that is large enough, or all of it; at most `WIDTH_LIMIT` wide.
pub(crate) fn find(source: View<'_>, rect: Rect) -> Option<Solid> {
    let mut top = u32::from(rect.top);
    while top < rect.bottom() {
        let bottom = (top + BLOCK).min(rect.bottom());
        let mut left = u32::from(rect.left);
        while left < rect.right() {
            let right = (left + BLOCK).min(rect.right());
            let block = Rect::from_edges(left, top, right, bottom);
            if let Some(colour) = first_colour(source, block)
                && is_solid(source, block, colour)
            {
                let grown = grow(source, rect, block, colour);
                if grown.area() >= MIN_AREA || grown == rect {
                    return Some(Solid {
                        rect: grown,
                        colour,
                    });
                }
            }
            left = right;
        }
        top = bottom;
    }
    None
}

/// The largest area of `colour` found around `block` within `bounds`.
fn grow(source: View<'_>, bounds: Rect, block: Rect, colour: [u8; BYTES_PER_PIXEL]) -> Rect {
    let solid = |rect: Rect| is_solid(source, rect, colour);
    let wide = grow_down(
        grow_right(block, bounds, BLOCK, solid),
        bounds,
        BLOCK,
        solid,
    );
    let tall = grow_right(grow_down(block, bounds, BLOCK, solid), bounds, BLOCK, solid);
    let mut rect = if wide.area() >= tall.area() {
        wide
    } else {
        tall
    };
    rect = grow_right(rect, bounds, 1, solid);
    rect = grow_down(rect, bounds, 1, solid);
    // Up and left only single pixels are missing: whole blocks there were looked at before this one.
    while rect.top > bounds.top
        && solid(Rect {
            top: rect.top - 1,
            height: 1,
            ..rect
        })
    {
        (rect.top, rect.height) = (rect.top - 1, rect.height + 1);
    }
    while rect.left > bounds.left
        && rect.width < WIDTH_LIMIT
        && solid(Rect {
            left: rect.left - 1,
            width: 1,
            ..rect
        })
    {
        (rect.left, rect.width) = (rect.left - 1, rect.width + 1);
    }
    rect
}

fn grow_right(rect: Rect, bounds: Rect, step: u32, solid: impl Fn(Rect) -> bool) -> Rect {
    let limit = bounds
        .right()
        .min(u32::from(rect.left) + u32::from(WIDTH_LIMIT));
    let mut right = rect.right();
    while right < limit {
        let next = (right + step).min(limit);
        if !solid(Rect::from_edges(
            right,
            rect.top.into(),
            next,
            rect.bottom(),
        )) {
            break;
        }
        right = next;
    }
    Rect::from_edges(rect.left.into(), rect.top.into(), right, rect.bottom())
}

fn grow_down(rect: Rect, bounds: Rect, step: u32, solid: impl Fn(Rect) -> bool) -> Rect {
    let limit = bounds.bottom();
    let mut bottom = rect.bottom();
    while bottom < limit {
        let next = (bottom + step).min(limit);
        if !solid(Rect::from_edges(
            rect.left.into(),
            bottom,
            rect.right(),
            next,
        )) {
            break;
        }
        bottom = next;
    }
    Rect::from_edges(rect.left.into(), rect.top.into(), rect.right(), bottom)
}

fn first_colour(source: View<'_>, rect: Rect) -> Option<[u8; BYTES_PER_PIXEL]> {
    let &[blue, green, red, _] = source.bytes_of(rect)?.first_chunk()?;
    Some([blue, green, red, 0])
}

fn is_solid(source: View<'_>, rect: Rect, colour: [u8; BYTES_PER_PIXEL]) -> bool {
    let colour = u32::from_le_bytes(colour);
    source.rows(rect).all(|row| {
        let differing = row.as_chunks().0.iter().fold(0, |bits, &pixel| {
            bits | (u32::from_le_bytes(pixel) ^ colour)
        });
        differing & 0x00ff_ffff == 0 // the X byte says nothing
    })
}
