//! Compares data with what was before it.

use super::symbols::LONGEST;

/// The eight bytes at a position, if there are as many.
#[inline(always)]
pub(super) fn eight(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*bytes))
}

/// How many bytes at `at`, the first of which are `ahead`, are like those `distance` back; 0 if it is less than `worth`,
/// which is at most 8.
#[inline(always)]
pub(super) fn length_at(
    data: &[u8],
    at: usize,
    ahead: u64,
    distance: usize,
    worth: usize,
) -> usize {
    match same_bytes(data, at, ahead, distance) {
        8 => 8 + rest(data, at + 8, distance),
        length if length < worth => 0,
        length => length,
    }
}

/// How many of the eight bytes `ahead` at `at` are like those `distance` back.
#[inline(always)]
pub(super) fn same_bytes(data: &[u8], at: usize, ahead: u64, distance: usize) -> usize {
    let from = at.wrapping_sub(distance);
    match eight(data, from).filter(|_| from < at) {
        Some(behind) => ((behind ^ ahead).trailing_zeros() / 8) as usize,
        None => 0,
    }
}

/// How many bytes more at `at` are like those `distance` back, after a match of eight.
#[inline]
pub(super) fn rest(data: &[u8], at: usize, distance: usize) -> usize {
    let from = at.wrapping_sub(distance);
    let ahead = data.get(at..).unwrap_or_default();
    let ahead = ahead.get(..LONGEST - 8).unwrap_or(ahead);
    let behind = data.get(from..).unwrap_or_default();
    let (eights, few) = ahead.as_chunks::<8>();
    let mut length = 0;
    for (a, b) in eights.iter().zip(behind.as_chunks::<8>().0) {
        let differs = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differs != 0 {
            return length + (differs.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let behind = behind.get(length..).unwrap_or_default();
    let same = few.iter().zip(behind).take_while(|(a, b)| a == b);
    length + same.count()
}
