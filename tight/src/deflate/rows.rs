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

/// Finds matches.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    table: Table,
}

impl Finder {
    /// Begins with other data.
    pub(super) fn begin(&mut self, data: &[u8]) {
        self.table.begin(HASH_BITS, HASH_BYTES, data.len());
    }

    /// Fills `block` with the bytes from `start` on; where it ends.
    pub(super) fn parse(&mut self, input: &Input<'_>, start: usize, block: &mut Block) -> usize {
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
                at += 1;
                continue;
            };
            block.push(data.get(done..at).unwrap_or_default(), length, distance);
            at += length;
            done = at;
        }
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
