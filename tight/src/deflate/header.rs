//! The codes of a block, said at its start (RFC 1951 3.2.7).

use super::bits::Room;
use super::huffman::{Code, set_lengths};
use super::symbols::{DISTANCE_SYMBOLS, END, LITERAL_SYMBOLS};

/// How long the code of a code length may be.
const LIMIT: usize = 7;

/// The symbols of code lengths: the lengths themselves, and three kinds of repeats.
const SYMBOLS: usize = 19;

/// The length before once more, 3 to 6 times.
const REPEAT: u8 = 16;
/// No code, 3 to 10 times.
const ZEROS: u8 = 17;
/// No code, 11 to 138 times.
const MANY_ZEROS: u8 = 18;

/// The order in which the lengths of the code of code lengths come.
const ORDER: [usize; SYMBOLS] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// The code lengths of a block, ready to be written.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Symbols and what is added to them.
    steps: Vec<(u8, u8)>,
    lengths: [u8; SYMBOLS],
    literals: usize,
    distances: usize,
    /// How many of `ORDER` are said.
    said: usize,
    bits: u64,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            lengths: [0; SYMBOLS],
            literals: 0,
            distances: 0,
            said: 0,
            bits: 0,
        }
    }
}

impl Header {
    /// Prepares what says these code lengths.
    pub(super) fn set(
        &mut self,
        literals: &[u8; LITERAL_SYMBOLS],
        distances: &[u8; DISTANCE_SYMBOLS],
    ) {
        self.literals = used(literals).max(END + 1);
        self.distances = used(distances).max(1);
        let said = literals.iter().take(self.literals);
        let mut said = said
            .chain(distances.iter().take(self.distances))
            .copied()
            .peekable();
        self.steps.clear();
        while let Some(length) = said.next() {
            let mut times = 1_u8;
            let most = if length == 0 { 138 } else { 7 };
            while times < most && said.next_if_eq(&length).is_some() {
                times += 1;
            }
            match (length, times) {
                (0, 11..) => self.steps.push((MANY_ZEROS, times - 11)),
                (0, 3..) => self.steps.push((ZEROS, times - 3)),
                (_, 4..) => self.steps.extend([(length, 0), (REPEAT, times - 4)]),
                _ => self.steps.extend((0..times).map(|_| (length, 0))),
            }
        }
        let mut counts = [0; SYMBOLS];
        for (symbol, _) in &self.steps {
            if let Some(count) = counts.get_mut(usize::from(*symbol)) {
                *count += 1;
            }
        }
        set_lengths(&counts, LIMIT, &mut self.lengths);
        let is_used = |symbol: &usize| self.lengths.get(*symbol).is_some_and(|length| *length > 0);
        self.said = ORDER
            .iter()
            .rposition(is_used)
            .map_or(4, |last| last + 1)
            .max(4);
        let codes = self
            .lengths
            .iter()
            .zip(counts)
            .zip(0..)
            .map(|((length, count), symbol)| {
                u64::from(count) * u64::from(u32::from(*length) + extra(symbol))
            });
        self.bits = 5 + 5 + 4 + 3 * self.said as u64 + codes.sum::<u64>();
    }

    /// How many bits it has.
    pub(super) fn bits(&self) -> u64 {
        self.bits
    }

    /// Writes it, after the kind of the block.
    pub(super) fn write(&self, room: &mut Room<'_>) {
        room.put((self.literals - END - 1) as u64, 5);
        room.put((self.distances - 1) as u64, 5);
        room.put((self.said - 4) as u64, 4);
        for symbol in ORDER.iter().take(self.said) {
            room.put(
                self.lengths
                    .get(*symbol)
                    .copied()
                    .unwrap_or_default()
                    .into(),
                3,
            );
            room.flush();
        }
        let code = Code::<SYMBOLS>::new(&self.lengths);
        for &(symbol, more) in &self.steps {
            let (bits, width) = code.of(usize::from(symbol));
            room.put(bits, width);
            room.put(more.into(), extra(symbol));
            room.flush();
        }
    }
}

/// How many bits follow a symbol of code lengths.
fn extra(symbol: u8) -> u32 {
    match symbol {
        REPEAT => 2,
        ZEROS => 3,
        MANY_ZEROS => 7,
        _ => 0,
    }
}

/// How many of the lengths remain when the last without a code are left out.
fn used(lengths: &[u8]) -> usize {
    lengths
        .iter()
        .rposition(|length| *length > 0)
        .map_or(0, |last| last + 1)
}
