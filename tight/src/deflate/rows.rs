//! Finds what repeats on a screen, in a hurry: beside, in the row above, and where the same bytes were seen last.

use super::Input;
use super::block::{BLOCK_LIMIT, Block};
use super::matching::{eight, length_at};
use super::symbols::{LONGEST, WINDOW};
use super::table::Table;

/// Bits of a hash.
const HASH_BITS: u32 = 13;
const HASH_BYTES: u32 = 5;

/// The shortest match beside and above.
const WORTH: usize = 4;
/// The shortest match that lies anywhere: its distance costs more.
const WORTH_FAR: usize = 5;

/// A match so long beside that the row above is not looked at.
const LONG_BESIDE: usize = 64;
/// A match so long beside or above that nothing else is looked for.
const LONG: usize = 16;

/// The most positions that are not looked at after one.
const SKIPPED: usize = 63;

/// Finds matches.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    table: Table,
}

impl Finder {
    /// Begins with other data.
    pub(super) fn begin(&mut self, length: usize) {
        self.table.begin(HASH_BITS, HASH_BYTES, length);
    }

    /// Fills `block` with the bytes from `start` on; where it ends.
    pub(super) fn parse(
        &mut self,
        input: &Input<'_>,
        effort: u8,
        start: usize,
        block: &mut Block,
    ) -> usize {
        // The more has gone by without a match, the fewer positions are looked at: one is left out for so many bytes.
        let patience = match effort {
            ..=1 => 3,
            2 => 5,
            _ => 8,
        };
        let data = input.data;
        let until = data.len().min(start + BLOCK_LIMIT - LONGEST);
        let mut at = start;
        let mut done = start;
        while at < until {
            let Some(ahead) = eight(data, at) else {
                at = data.len();
                break;
            };
            let Some((length, distance)) = self.find(input, at, ahead) else {
                at += 1 + ((at - done) >> patience).min(SKIPPED);
                continue;
            };
            let rest = data.get(done..).unwrap_or_default();
            block.push(rest, at - done, length, distance);
            at += length;
            done = at;
        }
        let at = at.min(data.len());
        block.finish(data.get(done..at).unwrap_or_default());
        at
    }

    /// The longest match at a position, where the data goes on with `ahead`.
    #[inline(always)]
    fn find(&mut self, input: &Input<'_>, at: usize, ahead: u64) -> Option<(usize, usize)> {
        let data = input.data;
        let (mut length, mut distance) = (0, 0);
        let mut consider = |found: usize, back: usize| {
            if found > length {
                (length, distance) = (found, back);
            }
            length
        };
        let mut best = consider(length_at(data, at, ahead, input.unit, WORTH), input.unit);
        if best < LONG_BESIDE && input.row > input.unit && input.row <= WINDOW {
            best = consider(length_at(data, at, ahead, input.row, WORTH), input.row);
        }
        if best < LONG {
            let back = self.table.replace(ahead, at);
            if back <= WINDOW {
                consider(length_at(data, at, ahead, back, WORTH_FAR), back);
            }
        }
        (length > 0).then_some((length, distance))
    }
}
