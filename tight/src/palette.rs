//! The colours of a rectangle and which pixel has which, found in one pass.

use rfb::{BYTES_PER_PIXEL, Rect, View};

use crate::tpixel::TpixelWriter;

/// The most colours a palette holds: an index is one byte.
pub(crate) const COLOURS_LIMIT: usize = 256;

/// Places of the hash table: four for every colour, so that few collide.
const PLACES: usize = 4 * COLOURS_LIMIT;

/// The colours of one rectangle, in order of first appearance.
#[derive(Debug)]
pub(crate) struct Palette {
    /// One pixel of each colour.
    colours: Vec<[u8; BYTES_PER_PIXEL]>,
    /// Of each colour, what tells it apart for the client.
    keys: Vec<u32>,
    /// Hash to index into `keys` plus one; 0 where there is none.
    places: [u16; PLACES],
    /// One byte a pixel, row by row.
    indices: Vec<u8>,
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            colours: Vec::with_capacity(COLOURS_LIMIT),
            keys: Vec::with_capacity(COLOURS_LIMIT),
            places: [0; PLACES],
            indices: Vec::new(),
        }
    }
}

impl Palette {
    /// Finds the colours of `rect` as the client will tell them apart; `None` if there are more than `limit`, at most
    /// [`COLOURS_LIMIT`]. What it held before is gone.
    pub(crate) fn find(
        &mut self,
        source: View<'_>,
        rect: Rect,
        limit: usize,
        writer: &TpixelWriter,
    ) -> Option<usize> {
        match writer.packer() {
            None => self.collect(source, rect, limit, |pixel| {
                u32::from_le_bytes(pixel) & 0x00ff_ffff
            }),
            Some(packer) => self.collect(source, rect, limit, |[blue, green, red, _]| {
                packer.value([blue, green, red])
            }),
        }
    }

    /// One BGRX pixel of each colour.
    pub(crate) fn colours(&self) -> &[[u8; BYTES_PER_PIXEL]] {
        &self.colours
    }

    /// The colour of each pixel, row by row.
    pub(crate) fn indices(&self) -> &[u8] {
        &self.indices
    }

    /// Appends the pixels of rows of `width` as one bit each, the leftmost highest; rows are padded to bytes.
    /// Of use where there are two colours.
    pub(crate) fn bits(&self, width: u16, out: &mut Vec<u8>) {
        for row in self.indices.chunks(usize::from(width).max(1)) {
            let (whole, rest) = row.as_chunks::<8>();
            let byte = |indices: &[u8]| indices.iter().fold(0, |byte, &bit| byte << 1 | bit);
            out.extend(whole.iter().map(|eight| byte(eight)));
            if !rest.is_empty() {
                out.push(byte(rest) << (8 - rest.len()));
            }
        }
    }

    fn collect(
        &mut self,
        source: View<'_>,
        rect: Rect,
        limit: usize,
        key: impl Fn([u8; BYTES_PER_PIXEL]) -> u32,
    ) -> Option<usize> {
        self.colours.clear();
        self.keys.clear();
        self.places.fill(0);
        let mut indices = std::mem::take(&mut self.indices);
        indices.resize(rect.area(), 0);
        let rows = indices.chunks_exact_mut(usize::from(rect.width).max(1));
        let found = self.index_rows(source.rows(rect).zip(rows), limit, key);
        self.indices = indices;
        found
    }

    /// Fills each row of indices for the row of pixels it comes with.
    fn index_rows<'a>(
        &mut self,
        rows: impl Iterator<Item = (&'a [u8], &'a mut [u8])>,
        limit: usize,
        key: impl Fn([u8; BYTES_PER_PIXEL]) -> u32,
    ) -> Option<usize> {
        let mut last = None;
        let mut index = 0;
        for (row, indices) in rows {
            for (&pixel, place) in row.as_chunks().0.iter().zip(indices) {
                let key = key(pixel);
                if last != Some(key) {
                    index = self.index_of(key, pixel, limit)?;
                    last = Some(key);
                }
                *place = index;
            }
        }
        Some(self.keys.len())
    }

    /// The index of a colour, new or not; `None` if it is one too many.
    fn index_of(&mut self, key: u32, pixel: [u8; BYTES_PER_PIXEL], limit: usize) -> Option<u8> {
        let mut place = hash(key);
        loop {
            let entry = self.places.get_mut(place)?;
            match entry.checked_sub(1) {
                Some(index) if self.keys.get(usize::from(index)) == Some(&key) => {
                    return u8::try_from(index).ok();
                }
                Some(_) => place = (place + 1) % PLACES,
                None => {
                    let index = u8::try_from(self.keys.len()).ok()?;
                    if self.keys.len() >= limit {
                        return None;
                    }
                    *entry = u16::from(index) + 1;
                    self.keys.push(key);
                    self.colours.push(pixel);
                    return Some(index);
                }
            }
        }
    }
}

/// Multiplicative hashing: the high bits of the product depend on all bits of the key.
fn hash(key: u32) -> usize {
    let product = key.wrapping_mul(0x9e37_79b1);
    usize::try_from(product >> (32 - PLACES.ilog2())).unwrap_or(0)
}
