//! Rows of up to 64 pixels: what differs between two, and their hash. Loops without branches, for vector code.

use crate::BYTES_PER_PIXEL;

/// Pixels of a whole segment: a bit each in a mask.
pub(super) const WIDTH: usize = 64;
/// Bytes of a whole segment.
pub(super) const BYTES: usize = WIDTH * BYTES_PER_PIXEL;
/// Blue, green and red of a pixel read in little-endian order.
const COLOUR: u32 = 0x00ff_ffff;
/// The same for two pixels.
const COLOURS: u64 = 0x00ff_ffff_00ff_ffff;

/// 64 pixels in a row.
pub(super) type Segment = [u8; BYTES];

/// A row of pixels cut at the edges of the desktop's columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut<'a> {
    /// What comes before the first edge.
    pub(super) head: &'a [u8],
    pub(super) whole: &'a [Segment],
    /// What comes after the last edge.
    pub(super) tail: &'a [u8],
}

/// Cuts `row`, the first pixel of which is at `left`.
#[inline(always)]
pub(super) fn cut(row: &[u8], left: usize) -> Cut<'_> {
    let (head, rest) = row.split_at(head_length(row.len(), left));
    let (whole, tail) = rest.as_chunks();
    Cut { head, whole, tail }
}

/// How many of the `length` bytes of a row that begins at `left` come before the first edge.
#[inline(always)]
pub(super) fn head_length(length: usize, left: usize) -> usize {
    let before = (WIDTH - left % WIDTH) % WIDTH;
    length.min(before * BYTES_PER_PIXEL)
}

/// Whether the colour of any pixel differs.
#[inline(always)]
pub(super) fn differ(a: &Segment, b: &Segment) -> bool {
    let mut bits = [0_u64; 8];
    for (a, b) in a.as_chunks::<64>().0.iter().zip(b.as_chunks::<64>().0) {
        for ((bits, a), b) in bits.iter_mut().zip(a.as_chunks().0).zip(b.as_chunks().0) {
            *bits |= u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        }
    }
    bits.iter().fold(0, |all, bits| all | bits) & COLOURS != 0
}

/// A bit for each pixel whose colour differs, the leftmost lowest.
#[inline(always)]
pub(super) fn differing(a: &Segment, b: &Segment) -> u64 {
    let mut flags = [0_u8; WIDTH];
    for ((flag, a), b) in flags.iter_mut().zip(a.as_chunks().0).zip(b.as_chunks().0) {
        *flag = u8::from((u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b)) & COLOUR != 0);
    }
    // The product has the lowest bits of the eight bytes in its highest byte.
    let pack =
        |flags: &[u8; 8]| u64::from_le_bytes(*flags).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let bytes = flags.as_chunks().0.iter().rev();
    bytes.fold(0, |bits, flags| bits << 8 | pack(flags))
}

/// [`differing`] for rows of at most 64 pixels, as long as the shorter.
#[inline(always)]
pub(super) fn differing_part(a: &[u8], b: &[u8]) -> u64 {
    match (a.try_into(), b.try_into()) {
        (Ok(a), Ok(b)) if differ(a, b) => differing(a, b),
        (Ok(_), Ok(_)) => 0,
        _ => {
            let length = a.len().min(b.len());
            differing(&padded(a, length), &padded(b, length))
        }
    }
}

/// The first `length` bytes of `part`, and zeroes.
#[inline(always)]
pub(super) fn padded(part: &[u8], length: usize) -> Segment {
    let mut segment = [0; BYTES];
    let part = part.get(..length).unwrap_or_default();
    if let Some(to) = segment.get_mut(..length)
        && to.len() == part.len()
    {
        to.copy_from_slice(part);
    }
    segment
}

/// A number that equal segments share and others hardly ever do; never 0.
#[inline(always)]
pub(super) fn hash(segment: &Segment) -> u64 {
    let mut lanes = SEEDS;
    for (stripe, keys) in segment.as_chunks::<64>().0.iter().zip(&KEYS) {
        for ((lane, pair), key) in lanes.iter_mut().zip(stripe.as_chunks().0).zip(keys) {
            let pair = (u64::from_le_bytes(*pair) & COLOURS) ^ key;
            *lane = lane.wrapping_add((pair & 0xffff_ffff).wrapping_mul(pair >> 32));
            *lane = lane.wrapping_add(pair.rotate_left(32));
        }
    }
    // Each by itself, so that none waits for another.
    let mixed = lanes.iter().zip(&SEEDS);
    let mixed = mixed.map(|(lane, seed)| (lane ^ lane >> 29).wrapping_mul(seed | 1));
    let sum = mixed.fold(0, u64::wrapping_add);
    (sum ^ sum >> 32) | 1
}

const SEEDS: [u64; 8] = numbers(1);
const KEYS: [[u64; 8]; 4] = [numbers(2), numbers(3), numbers(4), numbers(5)];

/// Eight numbers without a pattern: splitmix64.
const fn numbers(seed: u64) -> [u64; 8] {
    let mut numbers = [0; 8];
    let mut state = seed.wrapping_mul(0xd1b5_4a32_d192_ed03);
    let mut rest: &mut [u64] = &mut numbers;
    while let Some((number, others)) = rest.split_first_mut() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        *number = mixed ^ mixed >> 31;
        rest = others;
    }
    numbers
}

/// Copies the colours of `from` to `to`, with X = 0.
#[inline(always)]
pub(super) fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
        *to = (u32::from_le_bytes(*from) & COLOUR).to_le_bytes();
    }
}

/// [`copy`] of a whole segment.
#[inline(always)]
pub(super) fn copy_whole(to: &mut Segment, from: &Segment) {
    for (to, from) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
        *to = (u64::from_le_bytes(*from) & COLOURS).to_le_bytes();
    }
}

/// The bits of the pixels `start..end` of a segment.
#[inline(always)]
pub(super) fn bits(start: usize, end: usize) -> u64 {
    let below = |pixel: usize| match pixel {
        WIDTH.. => u64::MAX,
        _ => (1 << pixel) - 1,
    };
    below(end) & !below(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_has_its_bit_and_changes_the_hash() {
        let plain = [7; BYTES];
        assert!(!differ(&plain, &plain));
        assert_eq!(differing(&plain, &plain), 0);
        for pixel in 0..WIDTH {
            for byte in 0..3 {
                let mut other = plain;
                other[pixel * 4 + byte] ^= 0x10;
                assert!(differ(&plain, &other));
                assert_eq!(differing(&plain, &other), 1 << pixel);
                assert_ne!(hash(&plain), hash(&other));
            }
        }
    }

    #[test]
    fn x_bytes_count_for_nothing() {
        let plain = [7; BYTES];
        let mut other = plain;
        for pixel in other.as_chunks_mut::<4>().0 {
            pixel[3] = 0xff;
        }
        assert!(!differ(&plain, &other));
        assert_eq!(differing(&plain, &other), 0);
        assert_eq!(hash(&plain), hash(&other));
    }

    #[test]
    fn a_row_is_cut_at_the_columns_of_the_desktop() {
        for (left, width, expected) in [
            (0, 130, (0, 2, 2)),
            (60, 10, (4, 0, 6)),
            (65, 10, (10, 0, 0)),
            (1, 63 + 128, (63, 2, 0)),
        ] {
            let row = vec![0; width * BYTES_PER_PIXEL];
            let Cut { head, whole, tail } = cut(&row, left);
            assert_eq!((head.len() / 4, whole.len(), tail.len() / 4), expected);
        }
    }

    #[test]
    fn bits_are_those_from_start_to_end() {
        assert_eq!(
            (bits(0, 64), bits(1, 3), bits(63, 64), bits(5, 5)),
            (u64::MAX, 6, 1 << 63, 0)
        );
    }
}
