//! What literals and matches are likely to cost, before the codes are known.

use super::symbols::{distance_extra, of_distance};

/// Parts of a bit.
const BIT: i32 = 16;

/// What the symbol of a length costs, with the bits after it.
const LENGTH: i32 = 6 * BIT;

/// What the symbol of a distance costs.
const DISTANCE: i32 = 3 * BIT;

/// No more bytes of a match are looked at: it is worth it.
const LOOKED_AT: usize = 32;

/// What each literal is likely to cost, in sixteenths of a bit.
#[derive(Clone, Debug)]
pub(super) struct Costs([i32; 256]);

impl Default for Costs {
    fn default() -> Self {
        Self::even()
    }
}

impl Costs {
    /// All the same: where most of the data is found elsewhere, what is left is the unusual.
    pub(super) fn even() -> Self {
        Self([6 * BIT; 256])
    }

    /// As in data of which most remains.
    pub(super) fn of(data: &[u8]) -> Self {
        let mut counts = [1_u32; 256];
        for byte in data {
            if let Some(count) = counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        let total = sixteenths(counts.iter().sum());
        let mut costs = [0; 256];
        for (cost, count) in costs.iter_mut().zip(counts) {
            *cost = (total - sixteenths(count)).clamp(BIT, 14 * BIT);
        }
        Self(costs)
    }

    /// What a match saves that stands for these bytes.
    #[inline(always)]
    pub(super) fn gain(&self, bytes: &[u8], distance: usize) -> i32 {
        let cost = |byte: &u8| self.0.get(usize::from(*byte)).copied().unwrap_or_default();
        let looked_at = bytes.get(..LOOKED_AT).unwrap_or(bytes);
        let literals: i32 = looked_at.iter().map(cost).sum();
        let rest = i32::try_from(bytes.len() - looked_at.len()).unwrap_or_default();
        let extra = distance_extra(of_distance(distance)).cast_signed();
        literals + rest * BIT - LENGTH - DISTANCE - extra * BIT
    }
}

/// The logarithm to the base of 2, in sixteenths: exact at powers of 2, a straight line between them.
fn sixteenths(number: u32) -> i32 {
    let whole = number.max(1).ilog2();
    let part = (u64::from(number) << 4 >> whole) & 15;
    (whole * 16).cast_signed() + i32::try_from(part).unwrap_or_default()
}
