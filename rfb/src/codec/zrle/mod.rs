//! ZRLE: run-length coded tiles in one zlib stream. RFC 6143 7.7.6.

mod cpixel;
mod decoder;
mod encoder;
mod palette;
#[cfg(test)]
mod tests;
mod tile;

pub use decoder::ZrleDecoder;
pub use encoder::ZrleEncoder;

use crate::Rect;

/// Width and height of a tile; less at the right and bottom edge of a rectangle.
const TILE: u16 = 64;
const TILE_PIXELS: usize = TILE as usize * TILE as usize;

/// How the pixels of a tile are written.
mod subencoding {
    /// Every pixel.
    pub(super) const RAW: u8 = 0;
    /// One pixel for all.
    pub(super) const SOLID: u8 = 1;
    /// Runs of pixels.
    pub(super) const PLAIN_RLE: u8 = 128;
    /// The largest palette whose indices are packed; its size is the sub-encoding.
    pub(super) const PACKED_LIMIT: u8 = 16;
    /// The largest palette of runs; its size is added to [`PLAIN_RLE`].
    pub(super) const PALETTE_RLE_LIMIT: u8 = 127;
}

/// The tiles of `area`, left to right, top to bottom. Their grid starts at its first pixel.
fn tiles(area: Rect) -> impl Iterator<Item = Rect> {
    let steps = |start: u16, end: u32| (u32::from(start)..end).step_by(TILE.into());
    steps(area.top, area.bottom()).flat_map(move |top| {
        steps(area.left, area.right()).map(move |left| {
            let tile = u32::from(TILE);
            Rect::from_edges(left, top, left + tile, top + tile).intersection(area)
        })
    })
}

/// Bits of an index into a palette of `colours`, 2 to 16.
fn index_bits(colours: usize) -> usize {
    match colours {
        ..=2 => 1,
        3..=4 => 2,
        _ => 4,
    }
}
