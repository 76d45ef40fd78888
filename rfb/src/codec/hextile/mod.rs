//! Hextile: tiles of 16x16, each one-coloured rectangles on a background, or Raw. RFC 6143 7.7.4.

mod decoder;
mod encoder;

pub use decoder::HextileDecoder;
pub use encoder::HextileEncoder;

/// Width and height of a tile; less at the right and bottom edge of a rectangle.
const TILE: u16 = 16;
const TILE_PIXELS: usize = TILE as usize * TILE as usize;

/// Bits of the sub-encoding of a tile.
mod subencoding {
    /// Pixels follow; the other bits mean nothing.
    pub(super) const RAW: u8 = 1;
    /// The background follows; else it is that of the tile before.
    pub(super) const BACKGROUND: u8 = 2;
    /// The colour of all sub-rectangles follows; else it is that of the tile before.
    pub(super) const FOREGROUND: u8 = 4;
    /// Sub-rectangles follow.
    pub(super) const SUBRECTS: u8 = 8;
    /// Each has its own colour.
    pub(super) const COLOURED: u8 = 16;
    /// All there are.
    pub(super) const ALL: u8 = 31;
}
