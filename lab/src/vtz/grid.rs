//! The tiles of a desktop.

use tightrope::{Rect, Size};

/// Side of a tile in what we write, in pixels.
pub const TILE: u16 = 64;

/// A desktop cut into tiles, counted row by row; those at the right and lower edge are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    size: Size,
    tile: u16,
}

impl Grid {
    /// A desktop of `size` in tiles with sides of `tile` pixels, at least one.
    #[must_use]
    pub fn new(size: Size, tile: u16) -> Self {
        let tile = tile.max(1);
        Self { size, tile }
    }
    /// The desktop.
    #[must_use]
    pub fn size(self) -> Size {
        self.size
    }
    /// Side of a tile in pixels.
    #[must_use]
    pub fn tile(self) -> u16 {
        self.tile
    }
    fn across(self) -> u32 {
        self.size.width.div_ceil(self.tile).into()
    }
    /// How many tiles there are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.across() * u32::from(self.size.height.div_ceil(self.tile))
    }
    /// The pixels of tile `index`; empty if there is no such tile.
    #[must_use]
    pub fn rect(self, index: u32) -> Rect {
        if index >= self.count() {
            return Rect::default();
        }
        let side = u32::from(self.tile);
        let (left, top) = (index % self.across() * side, index / self.across() * side);
        Rect::from_edges(left, top, left + side, top + side).intersection(self.size.into())
    }
    /// The indices of the tiles that share a pixel with `rect`.
    pub fn touched(self, rect: Rect) -> impl Iterator<Item = u32> {
        let rect = rect.intersection(self.size.into());
        let side = u32::from(self.tile);
        let across = self.across();
        let columns = u32::from(rect.left) / side..rect.right().div_ceil(side);
        let rows = match rect.is_empty() {
            true => 0..0,
            false => u32::from(rect.top) / side..rect.bottom().div_ceil(side),
        };
        rows.flat_map(move |row| columns.clone().map(move |column| row * across + column))
    }
}

/// Joins tiles (in the order of their indices) to larger rectangles: neighbours in a row, then runs of the same
/// columns in rows below each other.
#[must_use]
pub fn merged(tiles: &[Rect]) -> Vec<Rect> {
    let mut runs: Vec<Rect> = Vec::new();
    for &tile in tiles {
        match runs.last_mut() {
            Some(run)
                if (run.top, run.height) == (tile.top, tile.height)
                    && run.right() == u32::from(tile.left) =>
            {
                *run = run.bounding(tile);
            }
            _ => runs.push(tile),
        }
    }
    let mut blocks: Vec<Rect> = Vec::new();
    for run in runs {
        let above = blocks.iter_mut().rev().find(|block| {
            (block.left, block.width) == (run.left, run.width)
                && block.bottom() == u32::from(run.top)
        });
        match above {
            Some(block) => *block = block.bounding(run),
            None => blocks.push(run),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_desktop_once_and_are_cut_at_its_edges() {
        let grid = Grid::new(Size::new(130, 70), 64);
        let tiles: Vec<Rect> = (0..grid.count()).map(|index| grid.rect(index)).collect();
        assert_eq!(tiles.len(), 6);
        assert_eq!(tiles[2], Rect::new(128, 0, 2, 64));
        assert_eq!(tiles[5], Rect::new(128, 64, 2, 6));
        assert_eq!(
            tiles.iter().map(|tile| tile.area()).sum::<usize>(),
            130 * 70
        );
        assert!(grid.rect(6).is_empty());
    }

    #[test]
    fn a_rectangle_touches_the_tiles_it_shares_pixels_with() {
        let grid = Grid::new(Size::new(130, 70), 64);
        let touched = |rect| grid.touched(rect).collect::<Vec<u32>>();
        assert_eq!(touched(Rect::new(63, 63, 2, 2)), [0, 1, 3, 4]);
        assert_eq!(touched(Rect::new(64, 0, 64, 64)), [1]);
        assert_eq!(touched(Rect::new(129, 69, 50, 50)), [5]);
        assert!(touched(Rect::new(200, 200, 5, 5)).is_empty());
        assert!(touched(Rect::default()).is_empty());
    }

    #[test]
    fn neighbours_are_joined_across_and_then_down() {
        let grid = Grid::new(Size::new(256, 192), 64);
        let join = |tiles: &[u32]| {
            merged(
                &tiles
                    .iter()
                    .map(|&index| grid.rect(index))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(join(&[0, 1, 4, 5]), [Rect::new(0, 0, 128, 128)]);
        let apart = [Rect::new(0, 0, 64, 128), Rect::new(128, 0, 64, 64)];
        assert_eq!(join(&[0, 2, 4]), apart);
        assert_eq!(join(&[]), []);
    }
}
