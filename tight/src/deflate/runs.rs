//! Finds bytes that repeat themselves, and nothing else.

use super::block::{BLOCK_LIMIT, Block};
use super::map::Map;
use super::symbols::{LONGEST, SHORTEST};

/// How many bytes must be like the one before them. Fewer are as cheap as literals, as what repeats is frequent.
const WORTH: u32 = 5;

/// Finds runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    repeats: Map,
}

impl Finder {
    /// Fills `block` with the bytes of `data` from `start` on; where it ends.
    pub(super) fn parse(&mut self, data: &[u8], start: usize, block: &mut Block) -> usize {
        let end = data.len().min(start + BLOCK_LIMIT);
        let data = data.get(..end).unwrap_or_default();
        self.repeats.fill(data, start);
        let mut done = start;
        let mut from = 0;
        while let Some(position) = self.repeats.next_run(from, WORTH) {
            let repeats = self.repeats.run_at(position);
            let (mut at, mut left) = (start + position, repeats);
            while left >= SHORTEST {
                let length = left.min(LONGEST);
                block.push(data.get(done..).unwrap_or_default(), at - done, length, 1);
                at += length;
                left -= length;
                done = at;
            }
            from = position + repeats;
        }
        block.finish(data.get(done..).unwrap_or_default());
        end
    }
}
