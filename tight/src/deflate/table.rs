//! Where bytes were seen last.

use super::symbols::WINDOW;

/// Positions by a hash of the bytes there. Positions of data that was searched before are too far back to count, so that
/// nothing has to be erased.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    seen: Vec<u32>,
    /// Bits that a hash is shifted by.
    shift: u32,
    /// Bits that are not hashed, of eight bytes.
    ignored: u32,
    /// What is added to a position of this data.
    base: u32,
    /// What is added to a position of the next data.
    next_base: u32,
}

impl Table {
    /// Begins with other data of `length` bytes. There are 2^`bits` hashes, each of `bytes` bytes, 1 to 8.
    pub(super) fn begin(&mut self, bits: u32, bytes: u32, length: usize) {
        self.shift = 64 - bits;
        self.ignored = 64 - 8 * bytes;
        let gap = u32::try_from(length.saturating_add(WINDOW + 1)).unwrap_or(u32::MAX);
        let size = 1 << bits;
        let after = self.next_base.checked_add(gap);
        if let Some(after) = after.filter(|_| self.seen.len() == size) {
            (self.base, self.next_base) = (self.next_base, after);
        } else {
            self.seen.clear();
            self.seen.resize(size, 0);
            // Further from 0 than a match may lie.
            self.base = low(WINDOW + 1);
            self.next_base = self.base.saturating_add(gap);
        }
    }

    /// How far back the same first bytes as those of `ahead` may have been seen last; more than a window if they
    /// were not. From now on that is `at`.
    #[inline(always)]
    pub(super) fn replace(&mut self, ahead: u64, at: usize) -> usize {
        let hash =
            (ahead << (self.ignored & 63)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (self.shift & 63);
        let now = self.base.wrapping_add(low(at));
        match self.seen.get_mut(usize::try_from(hash).unwrap_or_default()) {
            Some(seen) => now.wrapping_sub(std::mem::replace(seen, now)) as usize,
            None => usize::MAX,
        }
    }
}

#[inline(always)]
fn low(number: usize) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or_default()
}
