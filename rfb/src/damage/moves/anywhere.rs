//! How far content moved in any direction, by segments of 32 pixels that are found elsewhere.

use super::super::grid::Grid;
use super::super::patch::Patch;
use super::super::segment::{self, WIDTH};
use super::scene::{Scene, Shift};
use super::{Candidate, MIN_VOTES};
use crate::BYTES_PER_PIXEL;

/// Pixels of a segment.
const LENGTH: usize = 32;
/// A segment with fewer changes of colour inside is not worth a look: there are many like it.
const MIN_EDGES: usize = 8;
/// Rows of the old screen that are looked at: one in so many.
const ROW_STEP: usize = 8;
/// What a hash is multiplied by from one pixel to the next.
const FACTOR: u32 = 0x0500_0cb1;
/// Blue, green and red of a pixel read in little-endian order.
const COLOUR: u32 = 0x00ff_ffff;
/// Slots of the table, as a power of two.
const SLOT_BITS: u32 = 14;
/// After this many searches in vain the waiting does not grow any more.
const MOST_MISSES: u32 = 4;

/// Memory of the search, and whether it found something of late.
#[derive(Debug, Default)]
pub(super) struct Anywhere {
    misses: u32,
    /// Updates to wait for.
    wait: u32,
    /// A bit for each of many hashes, set if a fresh segment has it.
    filter: Vec<u64>,
    table: Vec<Option<Found>>,
    /// The hash of the segment that begins at each pixel.
    hashes: Vec<u32>,
    halves: Vec<u32>,
}

/// A fresh segment.
#[derive(Clone, Copy, Debug)]
struct Found {
    hash: u32,
    x: usize,
    y: usize,
}

impl Anywhere {
    /// Whether to look now: after a search in vain, not for some updates.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.wait == 0;
        self.wait = self.wait.saturating_sub(1);
        due
    }
    /// Whether the search was worth it.
    pub(super) fn learn(&mut self, found: bool) {
        self.misses = if found {
            0
        } else {
            (self.misses + 1).min(MOST_MISSES)
        };
        self.wait = (1 << self.misses.saturating_sub(1)) - 1;
    }

    /// The distances that segments of what is left vote for.
    pub(super) fn candidates(&mut self, scene: &Scene<'_>, left: &Grid) -> Vec<Candidate> {
        self.table.clear();
        self.table.resize(1 << SLOT_BITS, None);
        self.filter.clear();
        self.filter.resize(1024, 0);
        pulp::Arch::new().dispatch(|| {
            for patch in scene.patches {
                self.note_fresh(patch, left);
            }
        });
        let mut votes: Vec<(Shift, usize)> = Vec::new();
        pulp::Arch::new().dispatch(|| {
            for patch in scene.patches {
                self.look(patch, scene, &mut votes);
            }
        });
        votes.sort_unstable();
        let same_shift = votes.chunk_by(|a, b| a.0 == b.0);
        same_shift
            .filter(|votes| votes.len() * ROW_STEP / 2 >= MIN_VOTES)
            .filter_map(|votes| {
                let mut columns = vec![false; scene.columns()];
                for (_, column) in votes {
                    *columns.get_mut(*column)? = true;
                }
                Some(Candidate {
                    shift: votes.first()?.0,
                    votes: votes.len() * ROW_STEP / 2,
                    columns: Some(columns),
                })
            })
            .collect()
    }

    /// Puts the fresh segments of `patch` into the table, that begin at multiples of their length.
    #[inline(always)]
    fn note_fresh(&mut self, patch: &Patch<'_>, left: &Grid) {
        let first = patch.left().next_multiple_of(LENGTH);
        for y in patch.top()..patch.bottom() {
            let masks = left.row(y);
            let row = patch.row(y);
            let row = row
                .get((first - patch.left()) * BYTES_PER_PIXEL..)
                .unwrap_or_default();
            for (index, pixels) in row
                .as_chunks::<{ LENGTH * BYTES_PER_PIXEL }>()
                .0
                .iter()
                .enumerate()
            {
                let x = first + index * LENGTH;
                let bits = segment::bits(x % WIDTH, x % WIDTH + LENGTH);
                if masks.get(x / WIDTH).is_none_or(|mask| mask & bits == 0) {
                    continue;
                }
                let colours = colours(pixels);
                if edges(&colours) < MIN_EDGES {
                    continue;
                }
                let hash = hash(&colours);
                let (slot, word, bit) = places(hash);
                if let Some(found @ None) = self.table.get_mut(slot) {
                    *found = Some(Found { hash, x, y });
                }
                if let Some(word) = self.filter.get_mut(word) {
                    *word |= 1 << bit;
                }
            }
        }
    }

    /// Looks for them on the screen as it was, where `patch` is.
    #[inline(always)]
    fn look(&mut self, patch: &Patch<'_>, scene: &Scene<'_>, votes: &mut Vec<(Shift, usize)>) {
        for y in (patch.top().next_multiple_of(ROW_STEP)..patch.bottom()).step_by(ROW_STEP) {
            let pixels = scene.screen(y, patch.left()..patch.right());
            hash_all(pixels, &mut self.hashes, &mut self.halves);
            for (x, &hash) in (patch.left()..).zip(&self.hashes) {
                let (slot, word, bit) = places(hash);
                if self
                    .filter
                    .get(word)
                    .is_none_or(|word| word >> bit & 1 == 0)
                {
                    continue;
                }
                let Some(Some(found)) = self.table.get(slot) else {
                    continue;
                };
                let shift = x
                    .checked_signed_diff(found.x)
                    .zip(y.checked_signed_diff(found.y));
                if let Some((x, y)) = shift.filter(|shift| found.hash == hash && *shift != (0, 0)) {
                    votes.push((Shift { x, y }, found.x / WIDTH));
                }
            }
        }
    }
}

/// Slot of the table, word of the filter, bit of the word.
#[inline(always)]
fn places(hash: u32) -> (usize, usize, u32) {
    let mixed = hash.wrapping_mul(0x9e37_79b1);
    let wide = |bits: u32| usize::try_from(bits).unwrap_or(0);
    (
        wide(mixed >> (32 - SLOT_BITS)),
        wide(mixed >> 22),
        mixed >> 16 & 63,
    )
}

#[inline(always)]
fn colours(pixels: &[u8; LENGTH * BYTES_PER_PIXEL]) -> [u32; LENGTH] {
    let mut colours = [0; LENGTH];
    for (colour, pixel) in colours.iter_mut().zip(pixels.as_chunks().0) {
        *colour = u32::from_le_bytes(*pixel) & COLOUR;
    }
    colours
}

/// How often the colour changes.
#[inline(always)]
fn edges(colours: &[u32; LENGTH]) -> usize {
    let (_, rest) = colours.split_at(1);
    let edges = colours.iter().zip(rest).map(|(a, b)| u8::from(a != b));
    edges.sum::<u8>().into()
}

/// The hash of a segment: a polynomial of its colours.
#[inline(always)]
fn hash(colours: &[u32; LENGTH]) -> u32 {
    let terms = colours
        .iter()
        .zip(&POWERS)
        .map(|(colour, power)| colour.wrapping_mul(*power));
    terms.fold(0, u32::wrapping_add)
}

/// The powers of [`FACTOR`], the highest first.
const POWERS: [u32; LENGTH] = {
    let mut powers = [1; LENGTH];
    let mut rest: &mut [u32] = &mut powers;
    let mut power = 1_u32;
    while let Some((last, others)) = rest.split_last_mut() {
        *last = power;
        power = power.wrapping_mul(FACTOR);
        rest = others;
    }
    powers
};

/// The hash of the segment that begins at each of `pixels`, by doubling: two halves make a whole.
#[inline(always)]
fn hash_all(pixels: &[u8], hashes: &mut Vec<u32>, halves: &mut Vec<u32>) {
    hashes.clear();
    let colours = pixels.as_chunks().0.iter();
    hashes.extend(colours.map(|pixel| u32::from_le_bytes(*pixel) & COLOUR));
    let mut length = 1;
    let mut power = FACTOR;
    while length < LENGTH {
        std::mem::swap(hashes, halves);
        hashes.clear();
        let seconds = halves.get(length..).unwrap_or_default();
        let both = halves.iter().zip(seconds);
        hashes.extend(both.map(|(first, second)| first.wrapping_mul(power).wrapping_add(*second)));
        length *= 2;
        power = power.wrapping_mul(power);
    }
}
