//! How far content moved in any direction, by segments of 32 pixels that are found elsewhere.

use pulp::{Simd, WithSimd};

use super::super::grid::Grid;
use super::super::patch::Patch;
use super::super::segment::{self, WIDTH};
use super::scene::{Scene, Shift};
use super::{Candidate, MIN_VOTES};
use crate::BYTES_PER_PIXEL;

/// Pixels of a segment.
const LENGTH: usize = 32;
const BYTES: usize = LENGTH * BYTES_PER_PIXEL;
/// A segment with fewer changes of colour inside is not worth a look: there are many like it.
const MIN_EDGES: u8 = 8;
/// From so many pixels on, only half of the rows are looked at.
const LARGE: usize = 1 << 18;
/// About so many fresh segments are looked for at most: with more in it, the filter lets everything through.
const MOST_SEGMENTS: usize = 1 << 13;
/// What a hash is multiplied by from one pixel to the next.
const FACTOR: u32 = 0x0500_0cb1;
/// Blue, green and red of a pixel read in little-endian order.
const COLOUR: u32 = 0x00ff_ffff;
/// Slots of the table, as a power of two.
const SLOT_BITS: u32 = 14;
/// Numbers of 64 bits in the filter, as a power of two.
const FILTER_BITS: u32 = 10;
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
    table: Vec<Found>,
    /// The hash of the segment that begins at each pixel of a row.
    hashes: Vec<u32>,
    halves: Vec<u32>,
}

/// A fresh segment, or none if the hash is 0.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    hash: u32,
    x: u16,
    y: u16,
}

/// Where a hash has its place.
struct Place {
    slot: usize,
    word: usize,
    bit: u32,
}

impl Anywhere {
    /// Whether to look now: after two searches in vain, not for some updates.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.wait == 0;
        self.wait = self.wait.saturating_sub(1);
        due
    }
    /// Whether the search was worth it.
    pub(super) fn learn(&mut self, found: bool) {
        self.misses = match found {
            true => 0,
            false => (self.misses + 1).min(MOST_MISSES),
        };
        self.wait = (1 << self.misses.saturating_sub(1)) - 1;
    }

    /// The distances that segments of what is left, `pixels` or fewer, vote for.
    pub(super) fn candidates(
        &mut self,
        scene: &Scene<'_>,
        left: &Grid,
        pixels: usize,
    ) -> Vec<Candidate> {
        self.table.clear();
        self.table.resize(1 << SLOT_BITS, Found::default());
        self.filter.clear();
        self.filter.resize(1 << FILTER_BITS, 0);
        let column_step = (pixels / MOST_SEGMENTS).next_power_of_two().max(LENGTH);
        let row_step = if pixels < LARGE { 8 } else { 16 };
        let mut votes = Vec::new();
        pulp::Arch::new().dispatch(Looking {
            search: self,
            scene,
            left,
            column_step,
            row_step,
            votes: &mut votes,
        });
        votes.sort_unstable();
        // As many as if each row of 64 pixels had had one.
        let weight = column_step * row_step / WIDTH;
        let same_shift = votes.chunk_by(|a, b| a.0 == b.0);
        same_shift
            .filter(|votes| votes.len() * weight >= MIN_VOTES)
            .filter_map(|votes| {
                let mut columns = vec![false; scene.columns()];
                for (_, column) in votes {
                    *columns.get_mut(*column)? = true;
                }
                Some(Candidate {
                    shift: votes.first()?.0,
                    votes: votes.len() * weight,
                    columns: Some(columns),
                })
            })
            .collect()
    }
}

/// The work of looking for what is left.
struct Looking<'a> {
    search: &'a mut Anywhere,
    scene: &'a Scene<'a>,
    left: &'a Grid,
    /// Fresh segments begin at multiples of this.
    column_step: usize,
    /// Of the screen as it was, rows that are multiples of this are looked at.
    row_step: usize,
    /// The distances, each with the column of 64 pixels that says so.
    votes: &'a mut Vec<(Shift, usize)>,
}

impl WithSimd for Looking<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        for patch in self.scene.patches {
            for y in patch.top()..patch.bottom() {
                self.note_row(patch, y);
            }
        }
        for patch in self.scene.patches {
            let first = patch.top().next_multiple_of(self.row_step);
            for y in (first..patch.bottom()).step_by(self.row_step) {
                self.look_in_row(patch, y);
            }
        }
    }
}

impl Looking<'_> {
    /// Puts the fresh segments of row `y` into the table.
    #[inline(always)]
    fn note_row(&mut self, patch: &Patch<'_>, y: usize) {
        let masks = self.left.row(y);
        let first = patch.left().next_multiple_of(self.column_step);
        for x in (first..patch.right()).step_by(self.column_step) {
            let bits = segment::bits(x % WIDTH, x % WIDTH + LENGTH);
            if masks.get(x / WIDTH).is_none_or(|mask| mask & bits == 0) {
                continue;
            }
            let Ok(pixels) = <&[u8; BYTES]>::try_from(patch.pixels(y, x, x + LENGTH)) else {
                continue;
            };
            let colours = colours(pixels);
            if edges(&colours) < MIN_EDGES {
                continue;
            }
            let hash = hash(&colours);
            let place = place(hash);
            let cut = |position: usize| u16::try_from(position).unwrap_or(u16::MAX);
            if let Some(found) = self.search.table.get_mut(place.slot)
                && found.hash == 0
            {
                let (x, y) = (cut(x), cut(y));
                *found = Found { hash, x, y };
            }
            if let Some(word) = self.search.filter.get_mut(place.word) {
                *word |= 1 << place.bit;
            }
        }
    }

    /// Looks for them in row `y` of the screen as it was, where `patch` is.
    #[inline(always)]
    fn look_in_row(&mut self, patch: &Patch<'_>, y: usize) {
        let Anywhere {
            hashes,
            halves,
            filter,
            table,
            ..
        } = &mut *self.search;
        hash_all(
            self.scene.screen(y, patch.left()..patch.right()),
            hashes,
            halves,
        );
        for (x, &hash) in (patch.left()..).zip(&*hashes) {
            let Place { slot, word, bit } = place(hash);
            let noted = filter.get(word).is_some_and(|word| word >> bit & 1 != 0);
            if !noted || hash == 0 {
                continue;
            }
            let Some(found) = table.get(slot).filter(|found| found.hash == hash) else {
                continue;
            };
            let fresh = (usize::from(found.x), usize::from(found.y));
            let shift = x
                .checked_signed_diff(fresh.0)
                .zip(y.checked_signed_diff(fresh.1));
            if let Some((x, y)) = shift.filter(|shift| *shift != (0, 0)) {
                self.votes.push((Shift { x, y }, fresh.0 / WIDTH));
            }
        }
    }
}

#[inline(always)]
fn place(hash: u32) -> Place {
    let mixed = hash.wrapping_mul(0x9e37_79b1);
    let high = |bits: u32| usize::try_from(mixed >> (32 - bits)).unwrap_or(0);
    Place {
        slot: high(SLOT_BITS),
        word: high(FILTER_BITS),
        bit: mixed >> (32 - FILTER_BITS - 6) & 63,
    }
}

#[inline(always)]
fn colours(pixels: &[u8; BYTES]) -> [u32; LENGTH] {
    let mut colours = [0; LENGTH];
    for (colour, pixel) in colours.iter_mut().zip(pixels.as_chunks().0) {
        *colour = u32::from_le_bytes(*pixel) & COLOUR;
    }
    colours
}

/// How often the colour changes.
#[inline(always)]
fn edges(colours: &[u32; LENGTH]) -> u8 {
    let (_, rest) = colours.split_at(1);
    let edges = colours.iter().zip(rest).map(|(a, b)| u8::from(a != b));
    edges.sum()
}

/// The hash of a segment: a polynomial of its colours.
#[inline(always)]
fn hash(colours: &[u32; LENGTH]) -> u32 {
    let terms = colours.iter().zip(&POWERS);
    let terms = terms.map(|(colour, power)| colour.wrapping_mul(*power));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_segment_does_not_depend_on_where_it_is() {
        let pixels: Vec<u8> = (0..400_u32)
            .map(|byte| (byte * 7 + byte / 13).to_le_bytes()[0])
            .collect();
        let (mut hashes, mut halves) = (Vec::new(), Vec::new());
        hash_all(&pixels, &mut hashes, &mut halves);
        assert_eq!(hashes.len(), 100 - LENGTH + 1);
        for (start, found) in hashes.into_iter().enumerate() {
            let segment = pixels[start * 4..start * 4 + BYTES].try_into().unwrap();
            assert_eq!(hash(&colours(segment)), found);
        }
    }
}
