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

/// A bit for each pixel whose colour differs, the leftmost lowest.
#[inline(always)]
pub(super) fn differing(a: &Segment, b: &Segment) -> u64 {
    let halves = a.as_chunks::<{ BYTES / 2 }>().0.iter().zip(b.as_chunks().0);
    let halves = halves.map(|(a, b): (_, &[u8; BYTES / 2])| {
        let pixels = a.as_chunks().0.iter().zip(b.as_chunks().0).zip(&BITS);
        let bits = pixels.map(|((a, b), bit)| {
            match (u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b)) & COLOUR {
                0 => 0,
                _ => *bit,
            }
        });
        u64::from(bits.fold(0, |all, bits| all | bits))
    });
    halves.rev().fold(0, |all, half| all << 32 | half)
}

/// Each bit, the lowest first.
const BITS: [u32; 32] = {
    let mut bits = [1; 32];
    let mut place = 0;
    let mut rest: &mut [u32] = &mut bits;
    while let Some((bit, others)) = rest.split_first_mut() {
        *bit <<= place;
        place += 1;
        rest = others;
    }
    bits
};

/// [`differing`] for rows of at most 64 pixels, as long as the shorter.
#[inline(always)]
pub(super) fn differing_part(a: &[u8], b: &[u8]) -> u64 {
    match (a.try_into(), b.try_into()) {
        (Ok(a), Ok(b)) => differing(a, b),
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
    let pairs = segment.as_chunks().0.iter().zip(&KEYS);
    let products = pairs.map(|(pair, key)| {
        let pair = (u64::from_le_bytes(*pair) & COLOURS) ^ key;
        (pair & 0xffff_ffff).wrapping_mul(pair >> 32)
    });
    let sum = products.fold(0, u64::wrapping_add);
    (sum ^ sum >> 32) | 1
}

/// Numbers without a pattern, one for each two pixels: splitmix64.
const KEYS: [u64; WIDTH / 2] = {
    let mut keys = [0; WIDTH / 2];
    let mut state = 0_u64;
    let mut rest: &mut [u64] = &mut keys;
    while let Some((key, others)) = rest.split_first_mut() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        *key = mixed ^ mixed >> 31;
        rest = others;
    }
    keys
};

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
        assert_eq!(differing(&plain, &plain), 0);
        for pixel in 0..WIDTH {
            for byte in 0..3 {
                let mut other = plain;
                other[pixel * 4 + byte] ^= 0x10;
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
