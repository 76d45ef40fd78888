//! Rectangles cut into tiles.

use crate::{Rect, View};

/// Pixels of a rectangle, so that one does not hold up others for long; a row of tiles may be more.
const BAND_PIXELS: u32 = 1 << 16;

/// An area in square tiles, left to right, top to bottom; those at its right and bottom edges may be less.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    area: Rect,
    side: u16,
    columns: usize,
}

impl Grid {
    /// `area` in tiles of `side` pixels, the first at its first pixel.
    pub(super) fn new(area: Rect, side: u16) -> Self {
        let columns = area.width.div_ceil(side).into();
        Self {
            area,
            side,
            columns,
        }
    }

    /// Tile number `index`; `None` after the last.
    pub(super) fn tile(&self, index: usize) -> Option<Rect> {
        let (row, column) = (
            index.checked_div(self.columns)?,
            index.checked_rem(self.columns)?,
        );
        let edge = |start: u16, number: usize| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            u32::from(start).saturating_add(number.saturating_mul(self.side.into()))
        };
        let (left, top) = (edge(self.area.left, column), edge(self.area.top, row));
        let side = u32::from(self.side);
        let tile = Rect::from_edges(
            left,
            top,
            left.saturating_add(side),
            top.saturating_add(side),
        );
        Some(tile.intersection(self.area)).filter(|tile| !tile.is_empty())
    }

    /// All of them.
    pub(super) fn tiles(self) -> impl Iterator<Item = Rect> {
        (0..).map_while(move |index| self.tile(index))
    }
}

/// `rect` in bands of whole rows of tiles of `side`, of about [`BAND_PIXELS`] pixels each.
pub(super) fn bands(rect: Rect, side: u16) -> impl Iterator<Item = Rect> {
    let side = u32::from(side);
    let tile_rows = BAND_PIXELS / side / u32::from(rect.width).max(1);
    let height = tile_rows.max(1) * side;
    let tops = std::iter::successors(Some(u32::from(rect.top)), move |top| Some(top + height));
    tops.take_while(move |&top| top < rect.bottom())
        .map(move |top| {
            let bottom = rect.bottom().min(top + height);
            Rect::from_edges(rect.left.into(), top, rect.right(), bottom)
        })
}

/// Whether `rect` of `source` has one colour.
pub(super) fn is_solid(source: View<'_>, rect: Rect) -> bool {
    let colour = |&[b, g, r, _]: &[u8; 4]| u32::from_le_bytes([b, g, r, 0]);
    let mut rows = source.rows(rect).map(|row| row.as_chunks().0);
    let Some(first_row) = rows.next() else {
        return true;
    };
    let Some(first) = first_row.first().map(colour) else {
        return true;
    };
    let solid = |row: &[[u8; 4]]| {
        // In pieces without a branch a pixel.
        row.chunks(64).all(|piece| {
            piece
                .iter()
                .fold(0, |differs, pixel| differs | (colour(pixel) ^ first))
                == 0
        })
    };
    solid(first_row) && rows.all(solid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Framebuffer, Size};

    #[test]
    fn tiles_cover_the_area_once_also_at_the_last_pixel_there_can_be() {
        for area in [
            Rect::new(3, 5, 40, 33),
            Rect::new(65_500, 65_530, 35, 5),
            Rect::new(65_520, 0, 15, 16),
            Rect::new(0, 0, 1, 1),
        ] {
            let tiles: Vec<_> = Grid::new(area, 16).tiles().collect();
            let pixels: usize = tiles.iter().map(|tile| tile.area()).sum();
            assert_eq!(pixels, area.area());
            assert!(tiles.iter().all(|tile| tile.intersection(area) == *tile));
            let bands: usize = bands(area, 16).map(Rect::area).sum();
            assert_eq!(bands, area.area());
        }
        assert_eq!(Grid::new(Rect::new(1, 1, 0, 9), 16).tile(0), None);
        assert_eq!(Grid::new(Rect::new(1, 1, 9, 0), 16).tile(0), None);
    }

    #[test]
    fn one_other_pixel_is_seen_wherever_it_is_but_not_its_unused_byte() {
        let size = Size::new(67, 3);
        for index in [0, 1, 63, 64, 66, 67, 200] {
            let mut pixels = vec![[1, 2, 3, 4]; size.area()];
            pixels[index][3] = 9;
            let solid = |pixels: &[[u8; 4]]| {
                let view = View::new(pixels.as_flattened(), size, 67 * 4).unwrap();
                is_solid(view, size.into())
            };
            assert!(solid(&pixels));
            pixels[index][2] = 9;
            assert!(!solid(&pixels));
        }
        let nothing = Framebuffer::new(size);
        assert!(is_solid(nothing.view(), Rect::new(1, 1, 0, 0)));
    }
}
