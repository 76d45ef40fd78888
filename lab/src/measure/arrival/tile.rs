//! A tile of pictures that were painted, and which of them a framebuffer shows there.

use std::collections::VecDeque;

use tightrope::{Framebuffer, Rect};

use crate::vtz::TILE;

/// Side of a block, in pixels and in the bytes of a row.
const BLOCK: usize = 16;
const BLOCK_BYTES: usize = BLOCK * 4;
/// Blocks of a tile.
const BLOCKS: usize = (TILE as usize / BLOCK).pow(2);
/// The squared error of a block that is as good as none: four or five steps of each value (35 dB).
const NEAR: u32 = 768 * 20;
/// Another picture is clearly nearer if so many times its error is no more.
const CLEARLY: u32 = 3;
/// And only what is so many times the usual loss of the tile's blocks is more than what JPEG may leave of it.
const UNUSUAL: u64 = 4;
/// A tile is compared with so many earlier versions at most, the latest.
const EARLIER: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub(super) rect: Rect,
    /// What it was in the picture that arrived last.
    pub(super) base: Vec<u8>,
    /// What it became later, with the numbers of the pictures.
    pub(super) later: VecDeque<(u32, Vec<u8>)>,
    /// The version it was found to show.
    pub(super) shows: Option<u32>,
}

/// The squared errors of a tile's blocks.
type Errors = [u32; BLOCKS];

impl Tile {
    /// As `picture` has it.
    pub(super) fn new(picture: &Framebuffer, rect: Rect) -> Self {
        Self {
            rect,
            base: copied(picture, rect),
            later: VecDeque::new(),
            shows: None,
        }
    }

    /// What it became last.
    pub(super) fn last(&self) -> &[u8] {
        self.later.back().map_or(&self.base, |(_, last)| last)
    }

    /// The largest error, against what picture `number` has here, of a block of `shown` that seems to be another
    /// picture's; `None` if it shows that picture.
    pub(super) fn doubt(&mut self, shown: &Framebuffer, number: u32) -> Option<u32> {
        let (version, wanted) = self.version(number)?;
        if self.shows == Some(version) {
            return None;
        }
        let rows: Vec<&[u8]> = shown.view().rows(self.rect).collect();
        let errors = errors(&rows, wanted);
        if errors.iter().any(|error| *error > NEAR) {
            let nearest = self.nearest_other(&rows, number);
            if let Some(doubt) = another(&errors, &nearest) {
                return Some(doubt);
            }
        }
        self.shows = Some(version);
        None
    }

    /// It shows picture `number`, for all that can be told.
    pub(super) fn accept(&mut self, number: u32) {
        self.shows = self.version(number).map(|(version, _)| version);
    }

    /// What was lost here of picture `number`, or of whichever it is: squared errors, summed, of how many blocks.
    pub(super) fn loss(&self, shown: &Framebuffer, number: u32) -> (u64, u64) {
        let Some((_, wanted)) = self.version(number) else {
            return (0, 0);
        };
        let rows: Vec<&[u8]> = shown.view().rows(self.rect).collect();
        let errors = errors(&rows, wanted);
        match errors.iter().any(|error| *error > NEAR) {
            true => loss(&errors, &self.nearest_other(&rows, number)),
            false => loss(&errors, &errors),
        }
    }

    /// What picture `number` has here, if that is not what was here before, and the picture that brought it.
    fn version(&self, number: u32) -> Option<(u32, &[u8])> {
        let before = self.until(number).checked_sub(1)?;
        let (version, wanted) = self.later.get(before)?;
        Some((*version, wanted))
    }

    /// How many versions there are up to picture `number`.
    fn until(&self, number: u32) -> usize {
        self.later.partition_point(|(own, _)| *own <= number)
    }

    /// The errors of `rows` against whichever other version is nearest: earlier ones, and the next.
    fn nearest_other(&self, rows: &[&[u8]], number: u32) -> Errors {
        let until = self.until(number);
        let first = until.saturating_sub(1 + EARLIER);
        let others = self.later.iter().enumerate().skip(first);
        let others = others.take_while(|(index, _)| *index <= until);
        let others = others.filter(|(index, _)| index + 1 != until);
        let others = others.map(|(_, (_, pixels))| pixels).chain([&self.base]);
        let mut nearest = [u32::MAX; BLOCKS];
        for other in others {
            for (nearest, found) in nearest.iter_mut().zip(errors(rows, other)) {
                *nearest = found.min(*nearest);
            }
        }
        nearest
    }
}

/// The largest error of the blocks that are clearly nearer to another picture than to this one: `errors` are against this
/// one, `nearest` against the nearest of the others.
fn another(errors: &Errors, nearest: &Errors) -> Option<u32> {
    let (sum, count) = loss(errors, nearest);
    let usual = sum / count.max(1);
    let blocks = errors.iter().zip(nearest);
    let clear = blocks.filter(|(own, other)| {
        **own > NEAR
            && other.saturating_mul(CLEARLY) <= **own
            && usual.saturating_mul(UNUSUAL) <= u64::from(**own)
    });
    clear.map(|(own, _)| *own).max()
}

/// What was lost of the blocks, whichever picture they are of: the sum, and of how many.
fn loss(errors: &Errors, nearest: &Errors) -> (u64, u64) {
    let losses = errors
        .iter()
        .zip(nearest)
        .map(|(own, other)| own.min(other));
    losses
        .filter(|loss| **loss > 0)
        .fold((0, 0), |(sum, count), loss| {
            (sum + u64::from(*loss), count + 1)
        })
}

/// The squared errors of each block of a tile that has the rows `shown`.
fn errors(shown: &[&[u8]], wanted: &[u8]) -> Errors {
    let mut errors = [0; BLOCKS];
    let Some(row_bytes) = shown.first().map(|row| row.len()) else {
        return errors;
    };
    let rows = shown.iter().zip(wanted.chunks_exact(row_bytes));
    for (y, (shown, wanted)) in rows.enumerate() {
        if *shown == wanted {
            continue;
        }
        let across = usize::from(TILE) / BLOCK;
        let blocks = errors.iter_mut().skip(y / BLOCK * across);
        let pieces = shown.chunks(BLOCK_BYTES).zip(wanted.chunks(BLOCK_BYTES));
        for (error, (shown, wanted)) in blocks.zip(pieces) {
            *error += squared_error(shown, wanted);
        }
    }
    errors
}

/// The squared differences, summed. Blocks are small: 16 x 16 x 4 of at most 255² are less than 2^27.
fn squared_error(a: &[u8], b: &[u8]) -> u32 {
    let pairs = a.iter().zip(b);
    pairs
        .map(|(a, b)| u32::from(a.abs_diff(*b)) * u32::from(a.abs_diff(*b)))
        .sum()
}

pub(super) fn copied(picture: &Framebuffer, rect: Rect) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(rect.area() * 4);
    for row in picture.view().rows(rect) {
        pixels.extend_from_slice(row);
    }
    pixels
}

pub(super) fn is_equal(picture: &Framebuffer, rect: Rect, pixels: &[u8]) -> bool {
    let row_bytes = usize::from(rect.width) * 4;
    let rows = picture.view().rows(rect);
    rows.zip(pixels.chunks_exact(row_bytes.max(1)))
        .all(|(row, pixels)| row == pixels)
}
