//! A block: what it is made of, and the smallest way to write it.

use super::bits::{BitWriter, Room};
use super::header::Header;
use super::huffman::{Code, set_lengths};
use super::sequence::Sequence;
use super::symbols::{DISTANCE_SYMBOLS, END, LITERAL_SYMBOLS, distance_extra, length_extra};

/// The most bytes that a block stands for, so that a sequence can count them.
pub(super) const BLOCK_LIMIT: usize = 0xffff;

/// How long the code of a literal or a length may be: less than deflate allows, so that four fit between two flushes.
const LITERAL_LIMIT: usize = 14;

/// How long the code of a distance may be.
const DISTANCE_LIMIT: usize = 15;

/// The kinds of a block that is not the last (RFC 1951 3.2.3).
const FIXED: u64 = 0b010;
const DYNAMIC: u64 = 0b100;

/// The lengths of the fixed codes (RFC 1951 3.2.6).
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const FIXED_LITERALS: [u8; 288] = {
    // The last two do not occur, but have codes.
    let mut lengths = [8; 288];
    let mut symbol = 144;
    while symbol < 280 {
        lengths[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    lengths
};
const FIXED_DISTANCES: [u8; DISTANCE_SYMBOLS] = [5; DISTANCE_SYMBOLS];

/// How often each byte is a literal; several of each, as to count in one place is slow when the same byte comes again.
type LiteralCounts = [[u32; 256]; 4];

/// What a part of the data was found to be made of.
#[derive(Clone, Debug)]
pub(super) struct Block {
    sequences: Vec<Sequence>,
    literals: LiteralCounts,
    lengths: [u32; 32],
    distances: [u32; 32],
}

impl Default for Block {
    fn default() -> Self {
        Self {
            sequences: Vec::new(),
            literals: [[0; 256]; 4],
            lengths: [0; 32],
            distances: [0; 32],
        }
    }
}

impl Block {
    /// Adds the first `literals` (at most 65535) of `bytes` and a copy of `length` bytes (3 to 258) from `distance` (1 to
    /// 32768) bytes back.
    #[inline(always)]
    pub(super) fn push(&mut self, bytes: &[u8], literals: usize, length: usize, distance: usize) {
        self.count(bytes, literals);
        let sequence = Sequence::new(literals, length, distance);
        let symbols = (sequence.length_symbol(), sequence.distance_symbol());
        if let Some(count) = self.lengths.get_mut(usize::from(symbols.0 & 31)) {
            *count += 1;
        }
        if let Some(count) = self.distances.get_mut(usize::from(symbols.1 & 31)) {
            *count += 1;
        }
        self.sequences.push(sequence);
    }

    /// Adds the literals that no copy follows.
    pub(super) fn finish(&mut self, literals: &[u8]) {
        self.count(literals, literals.len());
    }

    /// Counts the first `count` of `bytes`.
    #[inline(always)]
    fn count(&mut self, bytes: &[u8], count: usize) {
        let mut rest = bytes;
        let mut left = count;
        while let Some((four, after)) = rest.split_first_chunk::<4>() {
            // How many are left in the end can hardly be foreseen, so that it is cheaper to look at all four.
            for (number, (counts, byte)) in self.literals.iter_mut().zip(four).enumerate() {
                if let Some(own) = counts.get_mut(usize::from(*byte)) {
                    *own += u32::from(number < left);
                }
            }
            if left <= 4 {
                return;
            }
            rest = after;
            left -= 4;
        }
        let [counts, ..] = &mut self.literals;
        for byte in rest.iter().take(left) {
            if let Some(own) = counts.get_mut(usize::from(*byte)) {
                *own += 1;
            }
        }
    }

    /// How often each symbol occurs; forgets it.
    fn take_counts(&mut self) -> ([u32; LITERAL_SYMBOLS], [u32; DISTANCE_SYMBOLS]) {
        let [first, second, third, fourth] = &self.literals;
        let mut literals = [0; LITERAL_SYMBOLS];
        let counts = first.iter().zip(second).zip(third).zip(fourth);
        for (sum, (((a, b), c), d)) in literals.iter_mut().zip(counts) {
            *sum = a + b + c + d;
        }
        // The counts of lengths begin with the end, which comes once.
        let lengths = literals.iter_mut().skip(END);
        for (sum, count) in lengths.zip(&self.lengths) {
            *sum = *count;
        }
        if let Some(end) = literals.get_mut(END) {
            *end = 1;
        }
        let mut distances = [0; DISTANCE_SYMBOLS];
        for (sum, count) in distances.iter_mut().zip(&self.distances) {
            *sum = *count;
        }
        self.literals = [[0; 256]; 4];
        self.lengths = [0; 32];
        self.distances = [0; 32];
        (literals, distances)
    }
}

/// Writes blocks.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    header: Header,
}

impl Encoder {
    /// Writes `block`, which stands for `data`, in the way that takes the fewest bits, and empties it.
    pub(super) fn write(&mut self, block: &mut Block, data: &[u8], writer: &mut BitWriter<'_>) {
        let (literals, distances) = block.take_counts();
        let mut literal_lengths = [0; LITERAL_SYMBOLS];
        let mut distance_lengths = [0; DISTANCE_SYMBOLS];
        set_lengths(&literals, LITERAL_LIMIT, &mut literal_lengths);
        set_lengths(&distances, DISTANCE_LIMIT, &mut distance_lengths);
        self.header.set(&literal_lengths, &distance_lengths);

        let rest = extra_bits(&literals, &distances);
        let bits = |by_literal: &[u8], by_distance: &[u8]| {
            rest + sum(&literals, by_literal) + sum(&distances, by_distance)
        };
        let dynamic = bits(&literal_lengths, &distance_lengths) + self.header.bits();
        let fixed = bits(&FIXED_LITERALS, &FIXED_DISTANCES);
        if BitWriter::stored_bits(data.len()) <= fixed.min(dynamic) {
            writer.stored(data);
        } else if fixed <= dynamic {
            let codes = Codes::new(&FIXED_LITERALS, &FIXED_DISTANCES);
            writer.with_room(fixed + 3, |room| {
                room.put(FIXED, 3);
                codes.write(room, data, &block.sequences);
            });
        } else {
            let codes = Codes::new(&literal_lengths, &distance_lengths);
            writer.with_room(dynamic + 3, |room| {
                room.put(DYNAMIC, 3);
                self.header.write(room);
                codes.write(room, data, &block.sequences);
            });
        }
        block.sequences.clear();
    }
}

/// How many bits symbols take that occur `counts` times and whose codes have these lengths.
fn sum(counts: &[u32], lengths: &[u8]) -> u64 {
    let each = counts.iter().zip(lengths);
    each.map(|(count, length)| u64::from(*count) * u64::from(*length))
        .sum()
}

/// How many bits follow the symbols of lengths and distances.
fn extra_bits(literals: &[u32], distances: &[u32]) -> u64 {
    let lengths = (0..).zip(literals.iter().skip(END));
    let lengths = lengths.map(|(symbol, count)| (*count, length_extra(symbol)));
    let distances = (0..).zip(distances);
    let distances = distances.map(|(symbol, count)| (*count, distance_extra(symbol)));
    lengths
        .chain(distances)
        .map(|(count, extra)| u64::from(count) * u64::from(extra))
        .sum()
}

/// The codes of one block.
struct Codes {
    /// More than there are symbols, so that whatever a sequence holds is one.
    literals: Code<512>,
    distances: Code<32>,
}

impl Codes {
    fn new(literals: &[u8], distances: &[u8]) -> Self {
        Self {
            literals: Code::new(literals),
            distances: Code::new(distances),
        }
    }

    /// Writes `data`, which is made of `sequences` and, after them, literals, and the end of the block.
    #[inline(always)]
    fn write(&self, room: &mut Room<'_>, data: &[u8], sequences: &[Sequence]) {
        let mut rest = data;
        for sequence in sequences {
            let literals = usize::from(sequence.literals);
            self.write_literals(room, rest, literals);
            let symbol = usize::from(sequence.length_symbol());
            let (bits, width) = self.literals.of(END + symbol);
            room.put(bits, width);
            let (bits, width) = sequence.length_rest();
            room.put(bits, width);
            let (bits, width) = self
                .distances
                .of(usize::from(sequence.distance_symbol() & 31));
            room.put(bits, width);
            let (bits, width) = sequence.distance_rest();
            room.put(bits, width);
            room.flush();
            rest = rest
                .get(literals + usize::from(sequence.length)..)
                .unwrap_or_default();
        }
        self.write_literals(room, rest, rest.len());
        let (bits, width) = self.literals.of(END);
        room.put(bits, width);
        room.flush();
    }

    /// Writes the first `count` of `bytes`.
    #[inline(always)]
    fn write_literals(&self, room: &mut Room<'_>, bytes: &[u8], count: usize) {
        let mut rest = bytes;
        let mut left = count;
        while let Some((four, after)) = rest.split_first_chunk::<4>() {
            if left <= 4 {
                // How many are left can hardly be foreseen, so that it is cheaper to look at all four.
                for (number, literal) in four.iter().enumerate() {
                    let (bits, width) = self.literals.of(usize::from(*literal));
                    let is_one = number < left;
                    room.put(
                        bits & 0_u64.wrapping_sub(is_one.into()),
                        width & 0_u32.wrapping_sub(is_one.into()),
                    );
                }
                room.flush();
                return;
            }
            for literal in four {
                let (bits, width) = self.literals.of(usize::from(*literal));
                room.put(bits, width);
            }
            room.flush();
            rest = after;
            left -= 4;
        }
        for literal in rest.iter().take(left) {
            let (bits, width) = self.literals.of(usize::from(*literal));
            room.put(bits, width);
        }
        room.flush();
    }
}
