//! The colours of a rectangle and which pixel has which, found in one pass.

use rfb::{BYTES_PER_PIXEL, Rect, View};

use crate::tpixel::TpixelWriter;

/// The most colours a palette holds: an index is one byte.
pub(crate) const COLOURS_LIMIT: usize = 256;

/// Places of the hash table: four for every colour, so that few collide.
const PLACES: usize = 4 * COLOURS_LIMIT;
/// Pixels that are looked at together, to pass over flat areas quickly.
const GROUP: usize = 8;

type Pixel = [u8; BYTES_PER_PIXEL];

/// The colours of one rectangle, in order of first appearance.
#[derive(Debug)]
pub(crate) struct Palette {
    /// One pixel of each colour.
    colours: Vec<Pixel>,
    places: Box<[Place; PLACES]>,
    /// Places of other rounds are free.
    round: u16,
    /// One byte a pixel, row by row.
    indices: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// What tells the colour apart for the client.
    key: u32,
    round: u16,
    index: u8,
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            colours: Vec::with_capacity(COLOURS_LIMIT),
            places: Box::new([Place::default(); PLACES]),
            round: 0,
            indices: Vec::new(),
        }
    }
}

impl Palette {
    /// Finds the colours of the first rows of `rect`, as many as have no more than `limit` of them, as the client will
    /// tell them apart. Gives how many rows; what it held before is gone.
    pub(crate) fn grow(
        &mut self,
        source: View<'_>,
        rect: Rect,
        limit: usize,
        writer: &TpixelWriter,
    ) -> u16 {
        self.clear();
        let mut indices = std::mem::take(&mut self.indices);
        if indices.len() < rect.area() {
            indices.resize(rect.area(), 0);
        }
        let rows = match writer.packer() {
            None => self.rows(source, rect, limit, &mut indices, |pixel| {
                u32::from_le_bytes(pixel) & 0x00ff_ffff
            }),
            Some(packer) => self.rows(
                source,
                rect,
                limit,
                &mut indices,
                |[blue, green, red, _]| packer.value([blue, green, red]),
            ),
        };
        indices.truncate(usize::from(rect.width) * usize::from(rows));
        self.indices = indices;
        rows
    }

    /// One BGRX pixel of each colour.
    pub(crate) fn colours(&self) -> &[Pixel] {
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

    fn clear(&mut self) {
        self.colours.clear();
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.places.fill(Place::default());
            self.round = 1;
        }
    }

    fn rows(
        &mut self,
        source: View<'_>,
        rect: Rect,
        limit: usize,
        indices: &mut [u8],
        key: impl Fn(Pixel) -> u32,
    ) -> u16 {
        let width = usize::from(rect.width).max(1);
        let mut above: Option<(&[u8], &[u8])> = None;
        let mut done = 0;
        for (row, indices) in source.rows(rect).zip(indices.chunks_exact_mut(width)) {
            let colours = self.colours.len();
            match above {
                Some((pixels, known)) if pixels == row => indices.copy_from_slice(known),
                _ => {
                    if self.row(row, indices, limit, &key).is_none() {
                        self.colours.truncate(colours);
                        break;
                    }
                }
            }
            above = Some((row, indices));
            done += 1;
        }
        done
    }

    /// Fills a row of indices; `None` if it has a colour too many.
    fn row(
        &mut self,
        row: &[u8],
        indices: &mut [u8],
        limit: usize,
        key: &impl Fn(Pixel) -> u32,
    ) -> Option<()> {
        let mut last = None;
        let mut index = 0;
        let pixels = row.as_chunks::<BYTES_PER_PIXEL>().0;
        let (pixel_groups, pixels) = pixels.as_chunks::<GROUP>();
        let (index_groups, indices) = indices.as_chunks_mut::<GROUP>();
        let mut one = |pixel: Pixel, place: &mut u8| {
            let key = key(pixel);
            if last != Some(key) {
                index = self.index_of(key, pixel, limit)?;
                last = Some(key);
            }
            *place = index;
            Some(())
        };
        for (pixels, places) in pixel_groups.iter().zip(index_groups) {
            let [first, .., end] = *pixels;
            let differing = pixels.windows(2).fold(0, |bits, pair| match pair {
                [a, b] => bits | (u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b)),
                _ => bits,
            });
            if first == end && differing == 0 {
                let mut index = 0;
                one(first, &mut index)?;
                *places = [index; GROUP];
                continue;
            }
            for (&pixel, place) in pixels.iter().zip(places) {
                one(pixel, place)?;
            }
        }
        for (&pixel, place) in pixels.iter().zip(indices) {
            one(pixel, place)?;
        }
        Some(())
    }

    /// The index of a colour, new or not; `None` if it is one too many.
    #[inline(always)]
    fn index_of(&mut self, key: u32, pixel: Pixel, limit: usize) -> Option<u8> {
        let mut at = hash(key);
        loop {
            let place = self.places.get_mut(at & (PLACES - 1))?;
            if place.round != self.round {
                let index = u8::try_from(self.colours.len()).ok()?;
                if self.colours.len() >= limit {
                    return None;
                }
                *place = Place {
                    key,
                    round: self.round,
                    index,
                };
                self.colours.push(pixel);
                return Some(index);
            }
            if place.key == key {
                return Some(place.index);
            }
            at += 1;
        }
    }
}

/// Multiplicative hashing: the high bits of the product depend on all bits of the key.
fn hash(key: u32) -> usize {
    let product = key.wrapping_mul(0x9e37_79b1);
    usize::try_from(product >> (32 - PLACES.ilog2())).unwrap_or(0)
}
