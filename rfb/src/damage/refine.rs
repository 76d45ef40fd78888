//! Which pixels truly changed.

use std::iter;

use crate::{BYTES_PER_PIXEL, Framebuffer, Point, Rect, Region, View};

/// Width and height of a tile. At most 64: a row of a tile is one bit a column.
const TILE: u16 = 64;
const TILE_BYTES: usize = TILE as usize * BYTES_PER_PIXEL;
/// Blue, green and red of a pixel read in little-endian order.
const COLOUR: u32 = 0x00ff_ffff;

/// Finds which pixels of `new` differ from `shadow`, and brings `shadow` up to date.
///
/// `new` holds fresh pixels of the desktop, its first one at `at`; what lies outside `shadow` is ignored, and so
/// are its X bytes. The answer is in desktop coordinates: in each changed tile of the desktop's 64x64 grid, the
/// smallest rectangle that covers what changed there. Written pixels get X = 0.
pub fn refine(shadow: &mut Framebuffer, at: Point, new: View<'_>) -> Region {
    let size = new.size();
    let area = Rect::new(at.x, at.y, size.width, size.height).intersection(shadow.size().into());
    let mut band: Vec<Tile> = spans(area.left.into(), area.right())
        .map(|(left, _)| Tile::unchanged(left))
        .collect();
    let mut changed = Vec::new();
    for (top, bottom) in spans(area.top.into(), area.bottom()) {
        let rows = Rect::from_edges(area.left.into(), top, area.right(), bottom);
        let fresh = Rect::new(0, rows.top.saturating_sub(at.y), rows.width, rows.height);
        let Some(mut known) = shadow.view_mut(rows) else {
            break;
        };
        for (y, (known, fresh)) in (top..).zip(known.rows_mut().zip(new.rows(fresh))) {
            if differ(known, fresh) {
                update_row(&mut band, y, known, fresh);
            }
        }
        for tile in &mut band {
            push_joined(&mut changed, tile.bounds());
            *tile = Tile::unchanged(tile.left);
        }
    }
    changed.into_iter().collect()
}

/// What changed in one tile.
#[derive(Clone, Copy, Debug)]
struct Tile {
    /// The desktop column of the lowest bit of `columns`.
    left: u32,
    columns: u64,
    top: u32,
    /// One past the last changed row.
    bottom: u32,
}

impl Tile {
    fn unchanged(left: u32) -> Self {
        Self {
            left,
            columns: 0,
            top: 0,
            bottom: 0,
        }
    }
    fn add(&mut self, columns: u64, y: u32) {
        if self.columns == 0 {
            self.top = y;
        }
        self.columns |= columns;
        self.bottom = y + 1;
    }
    /// The smallest rectangle that covers it; empty if nothing changed.
    fn bounds(&self) -> Rect {
        let left = self.left + self.columns.trailing_zeros();
        let right = self.left + u64::BITS - self.columns.leading_zeros();
        Rect::from_edges(left, self.top, right, self.bottom)
    }
}

/// `start..end` cut at the multiples of [`TILE`], as pairs from edge to edge.
fn spans(start: u32, end: u32) -> impl Iterator<Item = (u32, u32)> {
    let next_edge = |edge: u32| (edge / u32::from(TILE) + 1) * u32::from(TILE);
    iter::successors(Some(start), move |&edge| Some(next_edge(edge)))
        .take_while(move |&edge| edge < end)
        .map(move |edge| (edge, next_edge(edge).min(end)))
}

/// Notes in `band` what row `y` changes, and copies it.
fn update_row(band: &mut [Tile], y: u32, known: &mut [u8], fresh: &[u8]) {
    let first = band.first().map_or(0, |tile| tile.left);
    let before = usize::try_from(first).unwrap_or(0) * BYTES_PER_PIXEL % TILE_BYTES;
    let head = known.len().min(fresh.len()).min(TILE_BYTES - before);
    let (known_head, known) = known.split_at_mut(head);
    let (fresh_head, fresh) = fresh.split_at(head);
    let known = iter::once(known_head).chain(known.chunks_mut(TILE_BYTES));
    let fresh = iter::once(fresh_head).chain(fresh.chunks(TILE_BYTES));
    for (tile, (known, fresh)) in band.iter_mut().zip(known.zip(fresh)) {
        if differ(known, fresh) {
            tile.add(changed_columns(known, fresh), y);
            copy(known, fresh);
        }
    }
}

fn pixel_pairs<'a>(a: &'a [u8], b: &'a [u8]) -> impl DoubleEndedIterator<Item = (u32, u32)> + 'a {
    let value = |pixel: &[u8; BYTES_PER_PIXEL]| u32::from_le_bytes(*pixel);
    let (a, b) = (a.as_chunks().0, b.as_chunks().0);
    iter::zip(a, b).map(move |(a, b)| (value(a), value(b)))
}

/// Whether the colour of any pixel differs. No branch in the loop, so that it becomes vector code.
fn differ(a: &[u8], b: &[u8]) -> bool {
    pixel_pairs(a, b).fold(0, |bits, (a, b)| bits | (a ^ b)) & COLOUR != 0
}

/// A bit for each pixel of a row of a tile that differs, the leftmost lowest.
fn changed_columns(a: &[u8], b: &[u8]) -> u64 {
    pixel_pairs(a, b).rev().fold(0, |columns, (a, b)| {
        columns << 1 | u64::from((a ^ b) & COLOUR != 0)
    })
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in iter::zip(to.as_chunks_mut().0, from.as_chunks().0) {
        *to = (u32::from_le_bytes(*from) & COLOUR).to_le_bytes();
    }
}

/// Adds `rect` to `rects`, joined with the last one if that is its left half.
fn push_joined(rects: &mut Vec<Rect>, rect: Rect) {
    if rect.is_empty() {
        return;
    }
    match rects.last_mut() {
        Some(last)
            if last.right() == u32::from(rect.left)
                && (last.top, last.height) == (rect.top, rect.height) =>
        {
            *last = last.bounding(rect);
        }
        _ => rects.push(rect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Size;
    use proptest::prelude::*;

    fn refine_bytes(shadow: &mut Framebuffer, at: Point, size: Size, bytes: &[u8]) -> Region {
        let stride = usize::from(size.width) * BYTES_PER_PIXEL;
        refine(shadow, at, View::new(bytes, size, stride).unwrap())
    }

    fn pixel(shadow: &Framebuffer, x: u32, y: u32) -> [u8; 4] {
        let start = (y as usize * usize::from(shadow.size().width) + x as usize) * BYTES_PER_PIXEL;
        shadow.bytes()[start..start + 4].try_into().unwrap()
    }

    /// The same, pixel by pixel.
    fn naive(shadow: &Framebuffer, at: Point, size: Size, bytes: &[u8]) -> (Region, Framebuffer) {
        let mut after = shadow.clone();
        let mut tiles = std::collections::BTreeMap::new();
        for (index, fresh) in (0_u32..).zip(bytes.as_chunks::<4>().0) {
            let x = u32::from(at.x) + index % u32::from(size.width);
            let y = u32::from(at.y) + index / u32::from(size.width);
            let one = Rect::from_edges(x, y, x + 1, y + 1);
            if one.is_empty() || !one.fits(shadow.size()) {
                continue;
            }
            if pixel(shadow, x, y)[..3] != fresh[..3] {
                let [b, g, r, _] = *fresh;
                after.view_mut(one).unwrap().fill([b, g, r, 0]);
                let tile: &mut Rect = tiles.entry((y / 64, x / 64)).or_default();
                *tile = tile.bounding(one);
            }
        }
        (tiles.into_values().collect(), after)
    }

    #[test]
    fn an_equal_picture_is_no_damage_whatever_its_x_bytes() {
        let size = Size::new(200, 130);
        let mut shadow = Framebuffer::new(size);
        let bytes = [0, 0, 0, 0xff].repeat(size.area());
        assert!(refine_bytes(&mut shadow, Point::default(), size, &bytes).is_empty());
        assert_eq!(shadow, Framebuffer::new(size));
    }

    #[test]
    fn each_tile_is_trimmed_to_what_changed_in_it() {
        let size = Size::new(200, 130);
        let mut bytes = vec![0; size.area() * BYTES_PER_PIXEL];
        for (x, y) in [(3, 5), (10, 2), (63, 70), (64, 70), (199, 129)] {
            bytes[(y * 200 + x) * BYTES_PER_PIXEL] = 1;
        }
        let mut shadow = Framebuffer::new(size);
        let region = refine_bytes(&mut shadow, Point::default(), size, &bytes);
        assert_eq!(
            region.rects(),
            [
                Rect::new(3, 2, 8, 4),
                Rect::new(63, 70, 2, 1),
                Rect::new(199, 129, 1, 1)
            ]
        );
        assert_eq!(shadow.bytes(), bytes);
    }

    #[test]
    fn the_grid_is_the_desktops_not_the_rectangles() {
        let mut shadow = Framebuffer::new(Size::new(256, 256));
        let size = Size::new(10, 10);
        let bytes = [9, 9, 9, 9].repeat(size.area());
        let mut corners = vec![0; size.area() * BYTES_PER_PIXEL];
        corners[..4].fill(9);
        corners[99 * 4..].fill(9);
        let at = Point::new(59, 59);
        let region = refine_bytes(&mut shadow, at, size, &corners);
        assert_eq!(
            region.rects(),
            [Rect::new(59, 59, 1, 1), Rect::new(68, 68, 1, 1)]
        );
        let region = refine_bytes(&mut shadow, at, size, &bytes);
        assert_eq!(region.bounds(), Rect::new(59, 59, 10, 10));
        assert_eq!(pixel(&shadow, 59, 59), [9, 9, 9, 0]);
    }

    #[test]
    fn pixels_outside_the_desktop_are_ignored() {
        let mut shadow = Framebuffer::new(Size::new(70, 70));
        let size = Size::new(10, 10);
        let bytes = [1, 2, 3, 4].repeat(size.area());
        let region = refine_bytes(&mut shadow, Point::new(65, 66), size, &bytes);
        assert_eq!(region, Rect::new(65, 66, 5, 4).into());
        for at in [Point::new(70, 0), Point::new(u16::MAX, u16::MAX)] {
            assert!(refine_bytes(&mut shadow, at, size, &bytes).is_empty());
        }
    }

    #[derive(Clone, Debug)]
    struct Case {
        desktop: Size,
        at: Point,
        size: Size,
        /// Index of a pixel of `size`, and its new value.
        dots: Vec<(prop::sample::Index, [u8; 4])>,
    }

    fn case() -> impl Strategy<Value = Case> {
        let dots = prop::collection::vec(any::<(prop::sample::Index, [u8; 4])>(), 0..60);
        (
            1_u16..300,
            1_u16..300,
            0_u16..200,
            0_u16..200,
            1_u16..200,
            1_u16..200,
            dots,
        )
            .prop_map(|(w, h, x, y, width, height, dots)| Case {
                desktop: Size::new(w, h),
                at: Point::new(x, y),
                size: Size::new(width, height),
                dots,
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn tiles_agree_with_single_pixels(case in case()) {
            let Case { desktop, at, size, dots } = case;
            let mut shadow = Framebuffer::new(desktop);
            let mut bytes = vec![0; size.area() * BYTES_PER_PIXEL];
            for half in dots.chunks(30) {
                for (index, value) in half {
                    let start = index.index(size.area()) * BYTES_PER_PIXEL;
                    bytes[start..start + 4].copy_from_slice(value);
                }
                let (expected, after) = naive(&shadow, at, size, &bytes);
                prop_assert_eq!(refine_bytes(&mut shadow, at, size, &bytes), expected);
                prop_assert_eq!(&shadow, &after);
            }
        }
    }
}
