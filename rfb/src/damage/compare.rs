//! Fresh pixels against the screen, and into it, row by row.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::hashes::{Hashes, UNKNOWN};
use super::patch::Patch;
use super::segment::{self, Segment, WIDTH};
use crate::{BYTES_PER_PIXEL, Framebuffer, Rect};

/// Bands begin at multiples of so many rows.
const BAND_STEP: usize = 16;

/// What changed in some rows of the desktop.
#[derive(Debug, Default)]
pub(super) struct Band {
    rows: Range<usize>,
    /// For each column of 64 pixels, the rows whose hash is news.
    news: Vec<Vec<News>>,
}

/// The hash of one row of a column of 64 pixels, before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct News {
    pub(super) row: usize,
    pub(super) before: u64,
    /// [`UNKNOWN`] where the patch does not have the whole width of the column.
    pub(super) after: u64,
}

impl Band {
    /// Becomes one for `rows` of the desktop, without news.
    pub(super) fn reset(&mut self, rows: Range<usize>, columns: usize) {
        self.rows = rows;
        self.news.resize_with(columns, Vec::new);
        self.news.iter_mut().for_each(Vec::clear);
    }
    /// The rows of the desktop that it is about.
    pub(super) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
    /// For each column of 64 pixels, the rows whose hash is news, in no order.
    pub(super) fn news(&self) -> &[Vec<News>] {
        &self.news
    }
}

/// The work of setting a bit in `masks`, those of the rows of `band`, for each pixel of `patches` that differs from
/// `screen`; and of noting the hashes of rows that changed or were not known. Without `hashing`, that they are not
/// known any more.
pub(super) struct Comparing<'a> {
    pub(super) band: &'a mut Band,
    pub(super) masks: &'a mut [u64],
    pub(super) screen: &'a Framebuffer,
    pub(super) patches: &'a [Patch<'a>],
    pub(super) hashes: &'a Hashes,
    pub(super) hashing: bool,
}

impl WithSimd for Comparing<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        let Range { start, end } = self.band.rows;
        for patch in self.patches {
            for y in patch.top().max(start)..patch.bottom().min(end) {
                self.compare_row(patch, y);
            }
        }
    }
}

impl Comparing<'_> {
    #[inline(always)]
    fn compare_row(&mut self, patch: &Patch<'_>, y: usize) {
        let columns = self.band.news.len();
        let first = patch.left() / WIDTH;
        let fresh = segment::cut(patch.row(y), patch.left());
        let known = segment::cut(patch.row_of(self.screen, y), patch.left());
        let start = (y - self.band.rows.start) * columns + first;
        let mut masks = self.masks.get_mut(start..).unwrap_or_default().iter_mut();
        let mut news = self
            .band
            .news
            .get_mut(first..)
            .unwrap_or_default()
            .iter_mut();
        let mut column = first;
        let mut next = || {
            let hash = self.hashes.row_of(column, y);
            column += 1;
            Some(Slot {
                row: y,
                mask: masks.next()?,
                news: news.next()?,
                hash,
                hashing: self.hashing,
            })
        };
        if !fresh.head.is_empty()
            && let Some(slot) = next()
        {
            slot.compare_part(fresh.head, known.head, patch.left() % WIDTH);
        }
        for (fresh, known) in fresh.whole.iter().zip(known.whole) {
            if let Some(slot) = next() {
                slot.compare(fresh, known);
            }
        }
        let length = fresh.tail.len();
        if length == 0 {
            return;
        }
        let at_edge = patch.right() == usize::from(self.screen.size().width);
        match next() {
            Some(slot) if at_edge => {
                let known = segment::padded(known.tail, length);
                slot.compare(&segment::padded(fresh.tail, length), &known);
            }
            Some(slot) => slot.compare_part(fresh.tail, known.tail, 0),
            None => {}
        }
    }
}

/// What there is to say of one row of a column of 64 pixels.
struct Slot<'a> {
    row: usize,
    mask: &'a mut u64,
    news: &'a mut Vec<News>,
    /// That of the screen.
    hash: u64,
    hashing: bool,
}

impl Slot<'_> {
    #[inline(always)]
    fn compare(self, fresh: &Segment, known: &Segment) {
        let mask = segment::differing(fresh, known);
        if mask != 0 {
            *self.mask |= mask;
            if !self.hashing {
                return self.forget();
            }
            let before = match self.hash {
                UNKNOWN => segment::hash(known),
                hash => hash,
            };
            self.note(before, segment::hash(fresh));
        } else if self.hash == UNKNOWN && self.hashing {
            let hash = segment::hash(fresh);
            self.note(hash, hash);
        }
    }
    /// The same for pixels that are not the whole segment, the first one `offset` pixels from its left.
    #[inline(always)]
    fn compare_part(self, fresh: &[u8], known: &[u8], offset: usize) {
        let mask = segment::differing_part(fresh, known);
        if mask != 0 {
            *self.mask |= mask << offset;
            self.forget();
        }
    }
    fn forget(self) {
        if self.hash != UNKNOWN {
            let before = self.hash;
            self.note(before, UNKNOWN);
        }
    }
    #[inline(always)]
    fn note(self, before: u64, after: u64) {
        self.news.push(News {
            row: self.row,
            before,
            after,
        });
    }
}

/// The work of drawing what changed, as `masks` say, in `rows` of the desktop. `pixels` are the screen's in these rows,
/// `stride` bytes each.
pub(super) struct Drawing<'a> {
    pub(super) rows: Range<usize>,
    pub(super) pixels: &'a mut [u8],
    pub(super) stride: usize,
    pub(super) masks: &'a [u64],
    pub(super) patches: &'a [Patch<'a>],
}

impl WithSimd for Drawing<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        let Range { start, end } = self.rows;
        for patch in self.patches {
            for y in patch.top().max(start)..patch.bottom().min(end) {
                self.draw_row(patch, y);
            }
        }
    }
}

impl Drawing<'_> {
    #[inline(always)]
    fn draw_row(&mut self, patch: &Patch<'_>, y: usize) {
        let line = y - self.rows.start;
        let start = line * self.stride + patch.left() * BYTES_PER_PIXEL;
        let fresh = patch.row(y);
        let Some(known) = self.pixels.get_mut(start..start + fresh.len()) else {
            return;
        };
        let first = line * self.stride.div_ceil(segment::BYTES) + patch.left() / WIDTH;
        let mut masks = self.masks.get(first..).unwrap_or_default().iter();
        let mut changed = || masks.next().is_some_and(|mask| *mask != 0);
        let (head, known) = known.split_at_mut(segment::head_length(fresh.len(), patch.left()));
        let (whole, tail) = known.as_chunks_mut();
        let fresh = segment::cut(fresh, patch.left());
        if !head.is_empty() && changed() {
            segment::copy(head, fresh.head);
        }
        for (known, fresh) in whole.iter_mut().zip(fresh.whole) {
            if changed() {
                segment::copy_whole(known, fresh);
            }
        }
        if !tail.is_empty() && changed() {
            segment::copy(tail, fresh.tail);
        }
    }
}

/// The rows of `bounds` cut into at most `count` bands that have about as many pixels of `patches`.
pub(super) fn cuts(patches: &[Patch<'_>], bounds: Rect, count: usize) -> Vec<Range<usize>> {
    let (top, bottom) = (
        usize::from(bounds.top),
        usize::from(bounds.top) + usize::from(bounds.height),
    );
    let total: usize = patches.iter().map(|patch| patch.area.area()).sum();
    let mut cuts = Vec::with_capacity(count);
    let mut start = top;
    let mut before = 0;
    let mut step = top / BAND_STEP * BAND_STEP;
    while step < bottom && cuts.len() + 1 < count {
        let rows = step..step + BAND_STEP;
        step = rows.end;
        before += patches
            .iter()
            .map(|patch| pixels_in(patch, &rows))
            .sum::<usize>();
        if before * count >= total * (cuts.len() + 1) && step < bottom {
            cuts.push(start..step);
            start = step;
        }
    }
    cuts.push(start..bottom);
    cuts
}

fn pixels_in(patch: &Patch<'_>, rows: &Range<usize>) -> usize {
    let (top, bottom) = (patch.top().max(rows.start), patch.bottom().min(rows.end));
    bottom.saturating_sub(top) * (patch.right() - patch.left())
}
