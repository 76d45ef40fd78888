//! Fresh pixels against the screen, and into it, row by row.

use std::iter::zip;
use std::ops::Range;

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

    /// Sets a bit in `masks`, those of its rows, for each pixel of `patches` that differs from `screen`. Notes the
    /// hashes of rows that changed or were not known; without `hashing`, that they are not known any more.
    pub(super) fn compare(
        &mut self,
        screen: &Framebuffer,
        patches: &[Patch<'_>],
        masks: &mut [u64],
        hashes: &Hashes,
        hashing: bool,
    ) {
        let columns = self.news.len();
        for (patch, y) in rows_of(patches, &self.rows) {
            let first = patch.left() / WIDTH;
            let fresh = segment::cut(patch.row(y), patch.left());
            let known = segment::cut(patch.row_of(screen, y), patch.left());
            let masks = masks
                .iter_mut()
                .skip((y - self.rows.start) * columns + first);
            let news = self.news.iter_mut().skip(first);
            let hashes = hashes.columns().skip(first);
            let mut slots = zip(zip(masks, news), hashes).map(|((mask, news), hashes)| Slot {
                row: y,
                mask,
                news,
                hash: hashes.get(y).copied().unwrap_or(UNKNOWN),
                hashing,
            });
            if !fresh.head.is_empty()
                && let Some(slot) = slots.next()
            {
                slot.compare_part(fresh.head, known.head, patch.left() % WIDTH);
            }
            for ((fresh, known), slot) in zip(zip(fresh.whole, known.whole), slots.by_ref()) {
                slot.compare(fresh, known);
            }
            if let Some(slot) = slots.next() {
                match fresh.tail.len() {
                    0 => {}
                    length if patch.right() == usize::from(screen.size().width) => {
                        let known = segment::padded(known.tail, length);
                        slot.compare(&segment::padded(fresh.tail, length), &known);
                    }
                    _ => slot.compare_part(fresh.tail, known.tail, 0),
                }
            }
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
        if segment::differ(fresh, known) {
            *self.mask |= segment::differing(fresh, known);
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

/// Each row of each patch that lies in `rows` of the desktop.
#[inline(always)]
fn rows_of<'p, 'a>(
    patches: &'p [Patch<'a>],
    rows: &Range<usize>,
) -> impl Iterator<Item = (&'p Patch<'a>, usize)> {
    let Range { start, end } = *rows;
    patches.iter().flat_map(move |patch| {
        let rows = patch.top().max(start)..patch.bottom().min(end);
        rows.map(move |y| (patch, y))
    })
}

/// Draws what changed, as `masks` say, in `rows` of the desktop. `pixels` are the screen's in these rows, `stride`
/// bytes each.
pub(super) fn draw(
    pixels: &mut [u8],
    stride: usize,
    patches: &[Patch<'_>],
    rows: &Range<usize>,
    masks: &[u64],
) {
    let columns = stride.div_ceil(segment::BYTES);
    for (patch, y) in rows_of(patches, rows) {
        let line = y - rows.start;
        let start = line * stride + patch.left() * BYTES_PER_PIXEL;
        let fresh = patch.row(y);
        let Some(known) = pixels.get_mut(start..start + fresh.len()) else {
            continue;
        };
        let mut masks = masks.iter().skip(line * columns + patch.left() / WIDTH);
        let (head, known) = known.split_at_mut(segment::head_length(fresh.len(), patch.left()));
        let (whole, tail) = known.as_chunks_mut();
        let fresh = segment::cut(fresh, patch.left());
        if !head.is_empty() && masks.next().is_some_and(|mask| *mask != 0) {
            segment::copy(head, fresh.head);
        }
        for ((known, fresh), mask) in zip(zip(whole, fresh.whole), masks.by_ref()) {
            if *mask != 0 {
                segment::copy_whole(known, fresh);
            }
        }
        if masks.next().is_some_and(|mask| *mask != 0) {
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
