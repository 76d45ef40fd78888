//! What there is to know of one column of 64 pixels while movement is looked for in it.

use std::ops::Range;

use super::super::grid::Grid;
use super::super::hashes::UNKNOWN;
use super::super::patch::Patch;
use super::super::segment::{self, WIDTH};
use super::scene::{Scene, Shift};

/// One column of 64 pixels, in the rows that the grid is about.
#[derive(Debug)]
pub(super) struct Column<'a> {
    scene: &'a Scene<'a>,
    index: usize,
    rows: Range<usize>,
    /// The hashes of all rows of the screen.
    before: &'a [u64],
    /// For each row, the pixels that are still to be brought.
    left: Vec<u64>,
    /// For each row, the hash of the fresh pixels.
    hashes: Vec<u64>,
    spans: Vec<Span<'a>>,
}

/// Rows in which the same pixels are fresh.
#[derive(Clone, Debug)]
pub(super) struct Span<'a> {
    pub(super) rows: Range<usize>,
    /// The pixels that are fresh.
    pub(super) fresh: u64,
    patch: &'a Patch<'a>,
    columns: Range<usize>,
}

impl<'a> Column<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, index: usize, left: &Grid) -> Self {
        let rows = left.rows();
        let before = scene.hashes.column(index);
        let mut hashes = before.get(rows.clone()).unwrap_or_default().to_vec();
        for news in scene.news(index) {
            if let Some(hash) = hashes.get_mut(news.row - rows.start) {
                *hash = news.after;
            }
        }
        Self {
            scene,
            index,
            before,
            left: left.column(index).collect(),
            hashes,
            spans: spans(scene, index),
            rows,
        }
    }
    /// The first of its pixels.
    pub(super) fn base(&self) -> usize {
        self.index * WIDTH
    }
    /// The rows that have fresh pixels, from top to bottom.
    pub(super) fn spans(&self) -> &[Span<'a>] {
        &self.spans
    }
    /// The pixels of row `y` that are still to be brought.
    #[inline(always)]
    pub(super) fn left(&self, y: usize) -> u64 {
        let left = self.left.get(y.wrapping_sub(self.rows.start));
        left.copied().unwrap_or(0)
    }
    /// Whether the hashes say that `shift` brings the whole row.
    #[inline(always)]
    pub(super) fn brought(&self, y: usize, shift: Shift) -> bool {
        let hash = self.hashes.get(y.wrapping_sub(self.rows.start));
        let before = self.before.get(y.wrapping_add_signed(shift.y));
        shift.x == 0 && hash.is_some_and(|hash| *hash != UNKNOWN) && hash == before
    }
    /// The pixels of row `y`, which is one of `span`, that `shift` does not bring, those that are not fresh among them.
    #[inline(always)]
    pub(super) fn missed(&self, span: &Span<'_>, y: usize, shift: Shift) -> u64 {
        let missed = self
            .scene
            .missed(span.patch, y, span.columns.clone(), shift);
        !span.fresh | missed
    }
}

/// The rows of a column of 64 pixels that have fresh ones. Where several patches have some of a row, the one that comes
/// first counts.
fn spans<'a>(scene: &'a Scene<'a>, index: usize) -> Vec<Span<'a>> {
    let base = index * WIDTH;
    let mut patches: Vec<&Patch<'_>> = scene.patches_of(index).collect();
    patches.sort_unstable_by_key(|patch| (patch.top(), patch.left()));
    let mut spans: Vec<Span<'_>> = Vec::with_capacity(patches.len());
    for patch in patches {
        let above = spans.last().map_or(0, |span| span.rows.end);
        let rows = patch.top().max(above)..patch.bottom();
        let columns = patch.left().max(base)..patch.right().min(base + WIDTH);
        let fresh = segment::bits(columns.start - base, columns.end - base);
        if !rows.is_empty() {
            spans.push(Span {
                rows,
                fresh,
                patch,
                columns,
            });
        }
    }
    spans
}
