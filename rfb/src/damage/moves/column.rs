//! What there is to know of one column of 64 pixels while movement is looked for in it.

use std::ops::Range;

use super::super::grid::Grid;
use super::super::hashes::UNKNOWN;
use super::super::patch::Patch;
use super::super::segment::{self, WIDTH};
use super::scene::{Scene, Shift};

/// One row of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row<'a> {
    /// The patch that has pixels here, the most if there are several.
    pub(super) patch: Option<&'a Patch<'a>>,
    /// The pixels that it has.
    pub(super) fresh: u64,
    /// The pixels that are still to be brought.
    pub(super) left: u64,
    /// The hash of the fresh pixels.
    pub(super) hash: u64,
}

/// One column of 64 pixels.
#[derive(Debug)]
pub(super) struct Column<'a> {
    scene: &'a Scene<'a>,
    index: usize,
    rows: Range<usize>,
    content: Vec<Row<'a>>,
}

impl<'a> Column<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, index: usize, left: &Grid) -> Self {
        let rows = left.rows();
        let hashes = scene.hashes.column(index).get(rows.clone());
        let mut content: Vec<Row<'a>> = left
            .column(index)
            .zip(hashes.unwrap_or_default())
            .map(|(left, hash)| Row {
                left,
                hash: *hash,
                ..Row::default()
            })
            .collect();
        let base = index * WIDTH;
        for patch in scene.patches_of(index) {
            let start = patch.left().max(base);
            let end = patch.right().min(base + WIDTH);
            let fresh = segment::bits(start - base, end - base);
            let own = patch.top() - rows.start..patch.bottom() - rows.start;
            for row in content.get_mut(own).unwrap_or_default() {
                if row.fresh.count_ones() < fresh.count_ones() {
                    (row.patch, row.fresh) = (Some(patch), fresh);
                }
            }
        }
        for news in scene.news(index) {
            if let Some(row) = content.get_mut(news.row - rows.start) {
                row.hash = news.after;
            }
        }
        Self {
            scene,
            index,
            rows,
            content,
        }
    }
    /// The first of its pixels.
    pub(super) fn base(&self) -> usize {
        self.index * WIDTH
    }
    /// The rows that there is something to know of.
    pub(super) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }
    /// What is known of row `y`.
    #[inline(always)]
    pub(super) fn row(&self, y: usize) -> Row<'a> {
        let row = self.content.get(y.wrapping_sub(self.rows.start));
        row.copied().unwrap_or_default()
    }
    /// Whether the hashes say that `shift` brings the whole row.
    #[inline(always)]
    pub(super) fn brought(&self, y: usize, shift: Shift) -> bool {
        let hash = self.row(y).hash;
        let before = || {
            let from = y.checked_add_signed(shift.y)?;
            self.scene.hashes.column(self.index).get(from)
        };
        shift.x == 0 && hash != UNKNOWN && before() == Some(&hash)
    }
    /// A bit for each pixel that `shift` does not bring, those without a fresh pixel among them.
    #[inline(always)]
    pub(super) fn missed(&self, y: usize, shift: Shift) -> u64 {
        let Row { patch, fresh, .. } = self.row(y);
        let Some(patch) = patch else {
            return u64::MAX;
        };
        let start = patch.left().max(self.base());
        let end = patch.right().min(self.base() + WIDTH);
        !fresh | self.scene.missed(patch, y, start..end, shift)
    }
}
