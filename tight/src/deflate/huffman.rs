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
