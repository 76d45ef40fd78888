//! What is known of the screen's hashes.

use super::compare::{Band, News};
use super::segment::WIDTH;
use crate::Size;

/// The hash of a row of a column that has not been hashed since it changed.
pub(super) const UNKNOWN: u64 = 0;

/// The hash of each row of each 64 columns of the screen, a partial last column included.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    size: Size,
    /// Column by column.
    values: Vec<u64>,
}

impl Hashes {
    /// Forgets all if the screen has another size.
    pub(super) fn fit(&mut self, size: Size) {
        if self.size != size {
            self.size = size;
            let columns = usize::from(size.width).div_ceil(WIDTH);
            self.values.clear();
            self.values
                .resize(columns * usize::from(size.height), UNKNOWN);
        }
    }
    /// The hash of row `y` of a column of 64 pixels.
    #[inline(always)]
    pub(super) fn row_of(&self, column: usize, y: usize) -> u64 {
        let hash = self.values.get(column * usize::from(self.size.height) + y);
        hash.copied().unwrap_or(UNKNOWN)
    }
    /// The hashes of a column of 64 pixels, one for each row of the screen.
    pub(super) fn column(&self, column: usize) -> &[u64] {
        let height = usize::from(self.size.height);
        let start = column * height;
        self.values.get(start..start + height).unwrap_or_default()
    }
    /// Takes over the hashes that are news in `band`.
    pub(super) fn learn(&mut self, band: &Band) {
        let height = usize::from(self.size.height).max(1);
        for (hashes, news) in self.values.chunks_exact_mut(height).zip(band.news()) {
            for &News { row, after, .. } in news {
                if let Some(hash) = hashes.get_mut(row) {
                    *hash = after;
                }
            }
        }
    }
}
