//! XXH64 with seed 0: the checksum of a zstd frame. RFC 8878 3.1.1; the algorithm: xxHash specification 0.1.1.

const P1: u64 = 0x9e37_79b1_85eb_ca87;
const P2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const P3: u64 = 0x1656_67b1_9e37_79f9;
const P4: u64 = 0x85eb_ca77_c2b2_ae63;
const P5: u64 = 0x27d4_eb2f_1656_67c5;

const STRIPE: usize = 32;

/// The sum of what was added so far.
#[derive(Clone, Debug)]
pub(super) struct Xxh64 {
    lanes: [u64; 4],
    /// What does not fill a stripe yet.
    rest: Vec<u8>,
    length: u64,
}

impl Xxh64 {
    pub(super) fn new() -> Self {
        Self {
            lanes: [P1.wrapping_add(P2), P2, 0, 0_u64.wrapping_sub(P1)],
            rest: Vec::with_capacity(STRIPE),
            length: 0,
        }
    }

    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        if !self.rest.is_empty() {
            let (head, tail) = bytes.split_at(bytes.len().min(STRIPE - self.rest.len()));
            self.rest.extend_from_slice(head);
            bytes = tail;
            if self.rest.len() < STRIPE {
                return;
            }
            let stripe = std::mem::take(&mut self.rest);
            self.stripes(&stripe);
        }
        let whole = bytes.len() / STRIPE * STRIPE;
        let (stripes, rest) = bytes.split_at(whole);
        self.stripes(stripes);
        self.rest.extend_from_slice(rest);
    }

    fn stripes(&mut self, bytes: &[u8]) {
        for stripe in bytes.as_chunks::<STRIPE>().0 {
            for (lane, word) in self.lanes.iter_mut().zip(stripe.as_chunks().0) {
                *lane = round(*lane, u64::from_le_bytes(*word));
            }
        }
    }

    pub(super) fn sum(&self) -> u64 {
        let [a, b, c, d] = self.lanes;
        let mut sum = match self.length >= STRIPE as u64 {
            false => P5,
            true => {
                let turned = [(a, 1), (b, 7), (c, 12), (d, 18)].map(|(v, by)| v.rotate_left(by));
                let sum = turned.into_iter().fold(0, u64::wrapping_add);
                self.lanes.into_iter().fold(sum, |sum, lane| {
                    (sum ^ round(0, lane)).wrapping_mul(P1).wrapping_add(P4)
                })
            }
        };
        sum = sum.wrapping_add(self.length);
        let (words, rest) = self.rest.as_chunks();
        for word in words {
            sum ^= round(0, u64::from_le_bytes(*word));
            sum = sum.rotate_left(27).wrapping_mul(P1).wrapping_add(P4);
        }
        let (halves, rest) = rest.as_chunks();
        for half in halves {
            sum ^= u64::from(u32::from_le_bytes(*half)).wrapping_mul(P1);
            sum = sum.rotate_left(23).wrapping_mul(P2).wrapping_add(P3);
        }
        for &byte in rest {
            sum ^= u64::from(byte).wrapping_mul(P5);
            sum = sum.rotate_left(11).wrapping_mul(P1);
        }
        sum = (sum ^ sum >> 33).wrapping_mul(P2);
        sum = (sum ^ sum >> 29).wrapping_mul(P3);
        sum ^ sum >> 32
    }
}

fn round(lane: u64, word: u64) -> u64 {
    let mixed = lane.wrapping_add(word.wrapping_mul(P2));
    mixed.rotate_left(31).wrapping_mul(P1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> u64 {
        let mut hash = Xxh64::new();
        hash.add(bytes);
        hash.sum()
    }

    #[test]
    fn known_sums_come_out() {
        assert_eq!(sum(b""), 0xef46_db37_51d8_e999);
        assert_eq!(sum(b"a"), 0xd24e_c4f1_a98c_6e5b);
        assert_eq!(sum(b"abc"), 0x44bc_2cf5_ad77_0999);
    }

    #[test]
    fn how_the_bytes_are_cut_changes_nothing() {
        let bytes: Vec<u8> = (0..200).collect();
        for cut in 0..bytes.len() {
            let mut hash = Xxh64::new();
            hash.add(&bytes[..cut]);
            hash.add(&bytes[cut..]);
            assert_eq!(hash.sum(), sum(&bytes), "{cut}");
        }
    }
}
