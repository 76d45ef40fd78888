//! The alphabets of deflate (RFC 1951 3.2.5).

/// The symbol that ends a block. Those of lengths follow it.
pub(super) const END: usize = 256;

/// How many symbols there are for literals, the end and lengths.
pub(super) const LITERAL_SYMBOLS: usize = 286;

/// How many symbols there are for distances.
pub(super) const DISTANCE_SYMBOLS: usize = 30;

/// The shortest match.
pub(super) const SHORTEST: usize = 3;

/// The longest match.
pub(super) const LONGEST: usize = 258;

/// How far back a match may lie.
pub(super) const WINDOW: usize = 1 << 15;

/// The symbols of the lengths from 3 on, less [`END`].
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
const LENGTHS: [u8; 256] = {
    let mut table = [0; 256];
    let mut index: u32 = 0;
    while index < 256 {
        // Four symbols for each number of extra bits.
        let extra = if index < 8 { 0 } else { index.ilog2() - 2 };
        table[index as usize] = ((1 + 4 * extra + (index >> extra)) & 31) as u8;
        index += 1;
    }
    table[255] = 29; // the longest has a symbol of its own
    table
};

/// The symbol of a match length, 3 to 258, less [`END`].
#[inline(always)]
pub(super) fn of_length(length: usize) -> u8 {
    let index = length.wrapping_sub(SHORTEST) & 0xff;
    LENGTHS.get(index).copied().unwrap_or_default()
}

/// How many bits follow the symbol of a length, given less [`END`].
#[inline(always)]
pub(super) fn length_extra(symbol: u8) -> u32 {
    #[expect(clippy::indexing_slicing, reason = "done by the compiler")]
    const EXTRA: [u8; 32] = {
        let mut table = [0; 32];
        let mut symbol: u8 = 9;
        while symbol < 29 {
            table[symbol as usize] = (symbol - 5) >> 2;
            symbol += 1;
        }
        table
    };
    let extra = EXTRA.get(usize::from(symbol & 31));
    extra.copied().unwrap_or_default().into()
}

/// The symbol of a distance, 1 to 32768.
#[inline(always)]
pub(super) fn of_distance(distance: usize) -> u8 {
    let before = u32::try_from(distance.wrapping_sub(1) & (WINDOW - 1)).unwrap_or_default();
    // Two symbols for each number of extra bits.
    let extra = (before | 2).ilog2() - 1;
    ((2 * extra + (before >> extra)) & 31) as u8
}

/// How many bits follow the symbol of a distance.
#[inline(always)]
pub(super) fn distance_extra(symbol: u8) -> u32 {
    u32::from(symbol >> 1).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_the_symbols_of_the_specification() {
        let rows = [
            (3, 257, 0),
            (10, 264, 0),
            (11, 265, 1),
            (12, 265, 1),
            (13, 266, 1),
            (18, 268, 1),
            (19, 269, 2),
            (34, 272, 2),
            (35, 273, 3),
            (66, 276, 3),
            (67, 277, 4),
            (114, 279, 4),
            (115, 280, 4),
            (130, 280, 4),
            (131, 281, 5),
            (227, 284, 5),
            (257, 284, 5),
            (258, 285, 0),
        ];
        for (length, symbol, extra) in rows {
            let own = of_length(length);
            assert_eq!(usize::from(own) + END, symbol, "length {length}");
            assert_eq!(length_extra(own), extra, "length {length}");
        }
    }

    #[test]
    fn distances_have_the_symbols_of_the_specification() {
        let rows = [
            (1, 0, 0),
            (2, 1, 0),
            (4, 3, 0),
            (5, 4, 1),
            (6, 4, 1),
            (7, 5, 1),
            (9, 6, 2),
            (24, 8, 3),
            (25, 9, 3),
            (32, 9, 3),
            (33, 10, 4),
            (24576, 28, 13),
            (24577, 29, 13),
            (32768, 29, 13),
        ];
        for (distance, symbol, extra) in rows {
            assert_eq!(of_distance(distance), symbol, "distance {distance}");
            assert_eq!(distance_extra(symbol), extra, "distance {distance}");
        }
    }
}
