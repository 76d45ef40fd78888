//! The colours of a tile, by number.

use super::subencoding::PALETTE_RLE_LIMIT;

/// Places in the hash table: twice what it holds at most.
const SLOTS: usize = 256;

/// Up to 127 pixel values, numbered in the order they came, found by hash.
#[derive(Clone, Debug)]
pub(super) struct Palette {
    values: Vec<u32>,
    /// 0 if empty, else one more than the number of the value there.
    slots: [u8; SLOTS],
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            values: Vec::with_capacity(PALETTE_RLE_LIMIT.into()),
            slots: [0; SLOTS],
        }
    }
}

impl Palette {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.slots.fill(0);
    }

    pub(super) fn values(&self) -> &[u32] {
        &self.values
    }

    /// Makes sure `value` is in it; false if it is full.
    pub(super) fn insert(&mut self, value: u32) -> bool {
        let (position, number) = self.search(value);
        if number.is_some() {
            return true;
        }
        let next = u8::try_from(self.values.len() + 1).unwrap_or(u8::MAX);
        let Some(slot) = self.slots.get_mut(usize::from(position)) else {
            return false;
        };
        if next > PALETTE_RLE_LIMIT {
            return false;
        }
        *slot = next;
        self.values.push(value);
        true
    }

    /// The number of `value`; 0 if it is not in it.
    pub(super) fn number(&self, value: u32) -> u8 {
        self.search(value).1.unwrap_or(0)
    }

    /// Whether `value` is in it.
    pub(super) fn has(&self, value: u32) -> bool {
        self.search(value).1.is_some()
    }

    /// Where in the table `value` is or belongs, and its number. Half the table is empty, so this ends.
    fn search(&self, value: u32) -> (u8, Option<u8>) {
        let [mut position, ..] = value.wrapping_mul(0x9e37_79b1).to_be_bytes();
        loop {
            let slot = self.slots.get(usize::from(position)).copied().unwrap_or(0);
            let Some(number) = slot.checked_sub(1) else {
                return (position, None);
            };
            if self.values.get(usize::from(number)) == Some(&value) {
                return (position, Some(number));
            }
            position = position.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_numbers_until_127_are_there() {
        let mut palette = Palette::default();
        for _ in 0..2 {
            for value in 0..127 {
                assert!(palette.insert(value << 8));
                assert!(palette.insert(value << 8));
            }
            assert!(!palette.insert(1));
            for (number, value) in (0_u8..127).zip(0..) {
                assert_eq!(palette.number(value << 8), number);
            }
            assert_eq!(palette.values().len(), 127);
            palette.clear();
        }
    }
}
