//! The screen as it was, and the pixels that are fresh.

use std::ops::Range;

use super::super::MIN_TO_SHARE_QUICK;
use super::super::compare::{Band, News};
use super::super::hashes::Hashes;
use super::super::patch::Patch;
use super::super::segment::{self, WIDTH};
use crate::{BYTES_PER_PIXEL, Framebuffer, Workers};

/// From where a moved pixel is to where it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shift {
    pub(super) x: isize,
    pub(super) y: isize,
}

/// What a search looks at.
#[derive(Debug)]
pub(in crate::damage) struct Scene<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// The screen's, row by row.
    pixels: &'a [u8],
    pub(super) patches: &'a [Patch<'a>],
    /// Which patches have a part of each column of 64 pixels.
    patches_of: Vec<Vec<usize>>,
    pub(super) hashes: &'a Hashes,
    bands: &'a [Band],
    pub(super) workers: &'a Workers,
}

impl<'a> Scene<'a> {
    pub(in crate::damage) fn new(
        screen: &'a Framebuffer,
        patches: &'a [Patch<'a>],
        hashes: &'a Hashes,
        bands: &'a [Band],
        workers: &'a Workers,
    ) -> Self {
        let width = usize::from(screen.size().width);
        let mut patches_of = vec![Vec::new(); width.div_ceil(WIDTH)];
        for (index, patch) in patches.iter().enumerate() {
            let columns = patch.left() / WIDTH..patch.right().div_ceil(WIDTH);
            for column in patches_of.get_mut(columns).unwrap_or_default() {
                column.push(index);
            }
        }
        Self {
            width,
            height: screen.size().height.into(),
            pixels: screen.bytes(),
            patches,
            patches_of,
            hashes,
            bands,
            workers,
        }
    }
    /// Among how many to share work on so many pixels.
    pub(super) fn shares(&self, pixels: usize) -> usize {
        match pixels {
            MIN_TO_SHARE_QUICK.. => self.workers.most(),
            _ => 1,
        }
    }
    /// How many columns of 64 pixels there are.
    pub(super) fn columns(&self) -> usize {
        self.patches_of.len()
    }
    /// The pixels of the screen, `start..end` of row `y`.
    #[inline(always)]
    pub(super) fn screen(&self, y: usize, columns: Range<usize>) -> &'a [u8] {
        let row = y * self.width;
        let bytes = (row + columns.start) * BYTES_PER_PIXEL..(row + columns.end) * BYTES_PER_PIXEL;
        self.pixels.get(bytes).unwrap_or_default()
    }
    /// The rows of a column of 64 pixels whose hash is news, in no order.
    pub(super) fn news(&self, column: usize) -> impl Iterator<Item = &'a News> + use<'a> {
        let bands = self.bands.iter();
        bands.flat_map(move |band| band.news().get(column).map_or(&[][..], Vec::as_slice))
    }
    /// The patches that have a part of a column of 64 pixels.
    pub(super) fn patches_of(&self, column: usize) -> impl Iterator<Item = &'a Patch<'a>> {
        let patches = self.patches_of.get(column).map_or(&[][..], Vec::as_slice);
        patches.iter().filter_map(|index| self.patches.get(*index))
    }

    /// A bit for each of the fresh pixels `columns` of row `y` that `shift` does not bring: it is another one on the
    /// screen, or was outside. The columns are the patch's and lie within 64; the lowest bit is the first of those.
    #[inline(always)]
    pub(super) fn missed(
        &self,
        patch: &Patch<'_>,
        y: usize,
        columns: Range<usize>,
        shift: Shift,
    ) -> u64 {
        let base = columns.start / WIDTH * WIDTH;
        let all = segment::bits(columns.start - base, columns.end - base);
        let Some(from) = y.checked_add_signed(shift.y).filter(|y| *y < self.height) else {
            return all;
        };
        // What was inside the screen.
        let start = columns.start.max(0_usize.saturating_add_signed(-shift.x));
        let end = columns.end.min(self.width.saturating_add_signed(-shift.x));
        if start >= end {
            return all;
        }
        let source = start.saturating_add_signed(shift.x)..end.saturating_add_signed(shift.x);
        let fresh = patch.pixels(y, start, end);
        let differing = segment::differing_part(fresh, self.screen(from, source));
        all & !segment::bits(start - base, end - base) | differing << (start - base)
    }
}
