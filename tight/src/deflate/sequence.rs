//! What data was found to be made of: literals, and copies of what was before.

use super::symbols;

/// Some literals, then a copy of what was before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// Bytes that are sent as they are.
    pub(super) literals: u16,
    /// Bytes that are copied.
    pub(super) length: u16,
    /// How far back they are copied from, less 1.
    before: u16,
    /// The symbol of the length less 256, that of the distance.
    symbols: [u8; 2],
}

impl Sequence {
    /// `length` is 3 to 258, `distance` 1 to 32768.
    #[inline(always)]
    pub(super) fn new(literals: usize, length: usize, distance: usize) -> Self {
        Self {
            literals: low(literals),
            length: low(length),
            before: low(distance.wrapping_sub(1)),
            symbols: [symbols::of_length(length), symbols::of_distance(distance)],
        }
    }

    /// The symbol of the length, less 256, 1 to 29.
    #[inline(always)]
    pub(super) fn length_symbol(self) -> u8 {
        self.symbols[0]
    }

    /// The symbol of the distance.
    #[inline(always)]
    pub(super) fn distance_symbol(self) -> u8 {
        self.symbols[1]
    }

    /// What of the length the symbol does not say, and how many bits that has.
    #[inline(always)]
    pub(super) fn length_rest(self) -> (u64, u32) {
        let width = symbols::length_extra(self.symbols[0]);
        let value = u64::from(self.length).wrapping_sub(3);
        (value & ((1 << width) - 1), width)
    }

    /// What of the distance the symbol does not say, and how many bits that has.
    #[inline(always)]
    pub(super) fn distance_rest(self) -> (u64, u32) {
        let width = symbols::distance_extra(self.symbols[1]);
        (u64::from(self.before) & ((1 << width) - 1), width)
    }
}

#[inline(always)]
fn low(number: usize) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or_default()
}
