//! The tiles that ZRLE and TRLE share: raw, of one colour, with a palette, or run-length coded. RFC 6143 7.7.5, 7.7.6.

mod palette;
mod read;
mod write;

pub(super) use read::{Names, TileReader};
pub(super) use write::TileWriter;

/// How the pixels of a tile are written.
mod subencoding {
    /// Every pixel.
    pub(super) const RAW: u8 = 0;
    /// One pixel for all.
    pub(super) const SOLID: u8 = 1;
    /// The largest palette whose indices are packed; its size is the sub-encoding.
    pub(super) const PACKED_LIMIT: u8 = 16;
    /// Packed indices into the palette of the tile before. TRLE only.
    pub(super) const PACKED_AGAIN: u8 = 127;
    /// Runs of pixels.
    pub(super) const PLAIN_RLE: u8 = 128;
    /// Runs of indices into the palette of the tile before. TRLE only.
    pub(super) const PALETTE_RLE_AGAIN: u8 = 129;
    /// The largest palette of runs; its size is added to [`PLAIN_RLE`].
    pub(super) const PALETTE_RLE_LIMIT: u8 = 127;
}

/// Bits of an index into a palette of `colours`, 2 to 16.
fn index_bits(colours: usize) -> usize {
    match colours {
        ..=2 => 1,
        3..=4 => 2,
        _ => 4,
    }
}
