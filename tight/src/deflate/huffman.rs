//! Huffman codes (RFC 1951 3.2.2).

/// How long a code may be in a block.
pub(super) const LIMIT: u8 = 15;

/// A code for `N` symbols, each as the bits in the order they are sent, and their number above bit 16. A symbol that
/// does not occur has no bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<const N: usize>([u32; N]);

impl<const N: usize> Default for Code<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Code<N> {
    /// The code whose symbols have these lengths.
    pub(super) fn new(lengths: &[u8]) -> Self {
        let mut next = first_codes(lengths);
        let mut entries = [0; N];
        for (entry, &length) in entries.iter_mut().zip(lengths) {
            let Some(code) = next.get_mut(usize::from(length)).filter(|_| length > 0) else {
                continue;
            };
            let bits = code.reverse_bits() >> (16 - u32::from(length)).min(15);
            *entry = u32::from(bits) | u32::from(length) << 16;
            *code = code.wrapping_add(1);
        }
        Self(entries)
    }

    /// The bits of a symbol and their number.
    #[inline(always)]
    pub(super) fn of(&self, symbol: usize) -> (u64, u32) {
        let entry = self.0.get(symbol).copied().unwrap_or_default();
        (u64::from(entry & 0xffff), entry >> 16)
    }
}

/// The first code of each length.
fn first_codes(lengths: &[u8]) -> [u16; LIMIT as usize + 1] {
    let mut first = [0; LIMIT as usize + 1];
    for &length in lengths {
        if let Some(count) = first.get_mut(usize::from(length)) {
            *count += 1;
        }
    }
    let (mut code, mut longer) = (0_u16, 0_u16);
    for count in first.iter_mut().skip(1) {
        code = code.wrapping_add(longer) << 1;
        longer = std::mem::replace(count, code);
    }
    first
}

/// Sets the lengths of a code for symbols that occur `counts` times: no longer than `limit`, 1 to 15, and where that
/// does not matter the best there is. Where fewer than two symbols occur, two get a code, as some decoders want it.
pub(super) fn set_lengths(counts: &[u32], limit: usize, lengths: &mut [u8]) {
    lengths.fill(0);
    let mut sorted = [0; MOST];
    let sorted = sort(counts, &mut sorted);
    if sorted.len() < 2 {
        let only = sorted.first().map_or(0, |key| symbol_of(*key));
        for symbol in [only, usize::from(only == 0)] {
            if let Some(length) = lengths.get_mut(symbol) {
                *length = 1;
            }
        }
        return;
    }
    let mut leaves = leaves_by_depth(sorted);
    shorten(&mut leaves, limit);
    // The rarest symbols get the longest codes.
    let mut rarest_first = sorted.iter();
    for (length, count) in (0..=LIMIT).zip(leaves).rev() {
        for key in rarest_first.by_ref().take(count) {
            if let Some(own) = lengths.get_mut(symbol_of(*key)) {
                *own = length;
            }
        }
    }
}

/// No alphabet has more symbols.
const MOST: usize = 288;

/// Deeper than any leaf, however rare: counts below 2^32 make a tree of 47 levels at most, as each level's sum is at
/// least Fibonacci's.
const DEEPEST: usize = 64;

/// Bits of a key that are a symbol; those above are how often it occurs.
const SYMBOL_BITS: u32 = 9;

fn symbol_of(key: u32) -> usize {
    (key & ((1 << SYMBOL_BITS) - 1)) as usize
}

/// The symbols that occur, the rarest first, as keys.
fn sort<'a>(counts: &[u32], keys: &'a mut [u32; MOST]) -> &'a mut [u32] {
    let mut used = 0;
    for (symbol, count) in (0..).zip(counts.iter().take(MOST)) {
        if let Some(key) = keys.get_mut(used) {
            *key = (*count).min(u32::MAX >> SYMBOL_BITS) << SYMBOL_BITS | symbol;
        }
        used += usize::from(*count > 0);
    }
    let keys = keys.get_mut(..used).unwrap_or_default();
    keys.sort_unstable();
    keys
}

/// How many leaves Huffman's tree has at each depth. There are at least two keys.
fn leaves_by_depth(keys: &[u32]) -> [usize; DEEPEST] {
    // Inner nodes come to be in order of their weight, so they need no sorting.
    let mut weights = [u32::MAX; MOST];
    // The node that a node is joined to, and how many of what joins to it are leaves.
    let mut parents = [0_u16; MOST];
    let mut leaf_children = [0_u8; MOST];
    let mut leaves = keys.iter().map(|key| key >> SYMBOL_BITS).peekable();
    let mut oldest = 0;
    let nodes = keys.len() - 1;
    for (node, number) in (0..nodes).zip(0_u16..) {
        let mut weight = 0_u32;
        for _ in 0..2 {
            let inner = weights.get(oldest).copied().unwrap_or(u32::MAX);
            match leaves.next_if(|leaf| *leaf <= inner) {
                Some(leaf) => {
                    weight = weight.saturating_add(leaf);
                    if let Some(children) = leaf_children.get_mut(node) {
                        *children += 1;
                    }
                }
                None => {
                    weight = weight.saturating_add(inner);
                    if let Some(parent) = parents.get_mut(oldest) {
                        *parent = number;
                    }
                    oldest += 1;
                }
            }
        }
        if let Some(own) = weights.get_mut(node) {
            *own = weight;
        }
    }
    // From the root, which is the last, down.
    let mut depths = [0_u8; MOST];
    let mut result = [0; DEEPEST];
    for node in (0..nodes).rev() {
        let parent = parents.get(node).copied().unwrap_or_default();
        let depth = match node + 1 == nodes {
            true => 1,
            false => depths.get(usize::from(parent)).map_or(1, |depth| depth + 1),
        };
        if let Some(own) = depths.get_mut(node) {
            *own = depth;
        }
        if let Some(leaves) = result.get_mut(usize::from(depth)) {
            *leaves += leaf_children
                .get(node)
                .map_or(0, |children| usize::from(*children));
        }
    }
    result
}

/// Moves what is deeper than `limit` up, and as little else as is needed down for the code to exist.
fn shorten(leaves: &mut [usize; DEEPEST], limit: usize) {
    let (shallow, deep) = leaves.split_at_mut(limit + 1);
    let Some((deepest, above)) = shallow.split_last_mut() else {
        return;
    };
    *deepest += deep.iter_mut().map(std::mem::take).sum::<usize>();
    // Kraft: the sum of 2^(limit - depth) may be 2^limit.
    let sum = |above: &[usize], deepest: usize| {
        let inner = above.iter().enumerate();
        inner
            .map(|(depth, count)| count << (limit - depth))
            .sum::<usize>()
            + deepest
    };
    let excess = sum(above, *deepest).saturating_sub(1 << limit);
    for _ in 0..excess {
        // A leaf goes one down; beside it comes one of the deepest.
        let Some(depth) = above.iter().rposition(|count| *count > 0) else {
            return;
        };
        *deepest -= 1;
        if let Some(count) = above.get_mut(depth) {
            *count -= 1;
        }
        match above.get_mut(depth + 1) {
            Some(count) => *count += 2,
            None => *deepest += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use super::*;

    fn lengths_of(counts: &[u32], limit: usize) -> Vec<u8> {
        let mut lengths = vec![0; counts.len()];
        set_lengths(counts, limit, &mut lengths);
        lengths
    }

    /// Checks that there is a code with these lengths, to which none can be added.
    fn assert_complete(lengths: &[u8], limit: usize) {
        let used = lengths.iter().filter(|length| **length > 0);
        let parts = used.map(|length| 1_usize << (limit - usize::from(*length)));
        assert_eq!(parts.sum::<usize>(), 1 << limit, "{lengths:?}");
    }

    fn bits(counts: &[u32], lengths: &[u8]) -> u64 {
        let each = counts.iter().zip(lengths);
        each.map(|(count, length)| u64::from(*count) * u64::from(*length))
            .sum()
    }

    /// What the best code takes: the sum of all nodes that Huffman joins.
    fn fewest_bits(counts: &[u32]) -> u64 {
        let leaves = counts.iter().filter(|count| **count > 0);
        let mut heap: BinaryHeap<_> = leaves.map(|count| Reverse(u64::from(*count))).collect();
        let mut bits = 0;
        while let (Some(Reverse(first)), Some(Reverse(second))) = (heap.pop(), heap.pop()) {
            bits += first + second;
            heap.push(Reverse(first + second));
        }
        bits
    }

    #[test]
    fn a_code_that_no_limit_touches_is_the_best() {
        for spread in [1, 3, 17, 50] {
            let counts: Vec<u32> = (0..286_u32).map(|at| at * at % spread * (at % 7)).collect();
            let counts = if spread == 1 { vec![5; 286] } else { counts };
            let lengths = lengths_of(&counts, 15);
            assert_complete(&lengths, 15);
            assert_eq!(bits(&counts, &lengths), fewest_bits(&counts), "{spread}");
            assert!(
                counts
                    .iter()
                    .zip(&lengths)
                    .all(|(count, length)| (*count > 0) == (*length > 0))
            );
        }
    }

    #[test]
    fn counts_that_make_the_deepest_tree_keep_to_the_limit() {
        for symbols in 2..33 {
            let mut fibonacci = vec![1, 1];
            while fibonacci.len() < symbols {
                fibonacci.push(fibonacci[fibonacci.len() - 1] + fibonacci[fibonacci.len() - 2]);
            }
            for limit in [7, 14, 15] {
                let lengths = lengths_of(&fibonacci, limit);
                assert_complete(&lengths, limit);
                assert!(
                    lengths
                        .iter()
                        .all(|length| (1..=limit).contains(&usize::from(*length)))
                );
                assert!(
                    lengths.is_sorted_by(|rarer, more| rarer >= more),
                    "{lengths:?}"
                );
                if symbols <= limit + 1 {
                    assert_eq!(bits(&fibonacci, &lengths), fewest_bits(&fibonacci));
                }
            }
        }
    }

    #[test]
    fn counts_beyond_all_measure_make_a_code() {
        let lengths = lengths_of(&[u32::MAX; 286], 14);
        assert_complete(&lengths, 14);
    }

    #[test]
    fn fewer_than_two_symbols_become_two() {
        assert_eq!(lengths_of(&[0, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths_of(&[7, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths_of(&[0, 0, 7], 15), [1, 0, 1]);
    }

    #[test]
    fn codes_are_those_of_the_specification() {
        // RFC 1951 3.2.2, the example; the bits are sent from the highest on.
        let code = Code::<8>::new(&[3, 3, 3, 3, 3, 2, 4, 4]);
        let codes = [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111_u64];
        for (symbol, bits) in codes.into_iter().enumerate() {
            let (sent, width) = code.of(symbol);
            assert_eq!(sent.reverse_bits() >> (64 - width), bits, "symbol {symbol}");
        }
        assert_eq!(code.of(8), (0, 0));
    }
}
