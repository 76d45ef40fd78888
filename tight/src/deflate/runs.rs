//! Finds bytes that repeat themselves, and nothing else.

use super::block::{BLOCK_LIMIT, Block};
use super::symbols::{LONGEST, SHORTEST};

/// How many bytes must be like the one before them. Fewer are as cheap as literals, as what repeats is frequent.
const WORTH: u32 = 5;

/// Positions in a word of the map.
const WORD: usize = 64;

/// Finds runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    /// A bit for each byte of the block, the first in the lowest: whether the byte is like the one before it.
    repeats: Vec<u64>,
}

impl Finder {
    /// Fills `block` with the bytes of `data` from `start` on; where it ends.
    pub(super) fn parse(&mut self, data: &[u8], start: usize, block: &mut Block) -> usize {
        let end = data.len().min(start + BLOCK_LIMIT);
        let data = data.get(start..end).unwrap_or_default();
        self.map(data);
        let mut done = 0;
        let mut at = 0;
        while let Some((from, repeats)) = self.next_run(at) {
            at = from + repeats;
            let mut left = repeats;
            while left >= SHORTEST {
                let length = left.min(LONGEST);
                let literals = data.get(done..at - left).unwrap_or_default();
                block.push(literals, length, 1);
                left -= length;
                done = at - left;
            }
        }
        block.finish(data.get(done..).unwrap_or_default());
        end
    }

    /// Makes the map of `data`. The first byte repeats nothing.
    fn map(&mut self, data: &[u8]) {
        self.repeats.clear();
        let Some((_, next)) = data.split_first() else {
            return;
        };
        // Bit n of this map is for byte n + 1 of the data.
        let (words, tail) = next.as_chunks::<WORD>();
        let (before, before_tail) = data.as_chunks::<WORD>();
        let mut carry = 0;
        for (word, before) in words.iter().zip(before) {
            let mut same = [0_u8; WORD];
            for ((same, byte), before) in same.iter_mut().zip(word).zip(before) {
                *same = u8::from(byte == before);
            }
            let bits = pack(&same);
            self.repeats.push(bits << 1 | carry);
            carry = bits >> 63;
        }
        let mut same = [0_u8; WORD];
        let before = if words.len() == before.len() {
            before_tail
        } else {
            before.last().map_or(&[][..], |last| last)
        };
        for ((same, byte), before) in same.iter_mut().zip(tail).zip(before) {
            *same = u8::from(byte == before);
        }
        let bits = pack(&same);
        self.repeats.extend([bits << 1 | carry, bits >> 63]);
    }

    /// The next position from `from` on at which at least [`WORTH`] bytes repeat the one before, and how many do.
    #[inline]
    fn next_run(&self, from: usize) -> Option<(usize, usize)> {
        let mut index = from / WORD;
        let mut allowed = u64::MAX << (from % WORD);
        let mut rest = self.repeats.get(index..)?.iter();
        let mut word = *rest.next()?;
        loop {
            let next = rest.next().copied();
            let after = next.unwrap_or(0);
            let mut starts = word & allowed;
            for ahead in 1..WORTH {
                starts &= word >> ahead | after << (64 - ahead);
            }
            if starts != 0 {
                let bit = starts.trailing_zeros();
                let at = index * WORD + bit as usize;
                let mut repeats = (word >> bit).trailing_ones() as usize;
                if bit as usize + repeats == WORD {
                    let mut following = self.repeats.get(index + 1..)?.iter();
                    let full = following.by_ref().take_while(|word| **word == u64::MAX);
                    let full = full.count();
                    let last = self.repeats.get(index + 1 + full).copied().unwrap_or(0);
                    repeats += full * WORD + last.trailing_ones() as usize;
                }
                return Some((at, repeats));
            }
            word = next?;
            index += 1;
            allowed = u64::MAX;
        }
    }
}

/// A bit for each of the bytes, which are 0 or 1.
#[inline(always)]
fn pack(bytes: &[u8; WORD]) -> u64 {
    let mut bits = 0;
    for eight in bytes.as_chunks::<8>().0.iter().rev() {
        // Each product puts byte n into bit 56 + n.
        let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits = bits << 8 | packed;
    }
    bits
}
