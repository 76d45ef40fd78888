//! Where bytes are like the one before them, a bit for each.

/// Positions in a word.
const WORD: usize = 64;

/// A map of a part of the data.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    /// A bit for each position of the part, the first in the lowest: whether the byte is like the one before it. Two words
    /// more follow, of zeros at least from the end of the part on.
    words: Vec<u64>,
}

impl Map {
    /// Makes the map of `data` from `start` on.
    pub(super) fn fill(&mut self, data: &[u8], start: usize) {
        self.words.clear();
        let mut at = start;
        if at == 0 && !data.is_empty() {
            self.words.push(few(data, 0));
            at = WORD;
        }
        let behind = data.get(at.wrapping_sub(1)..).unwrap_or_default();
        let ahead = data.get(at..).unwrap_or_default();
        let (wholes, tail) = ahead.as_chunks::<WORD>();
        for (ahead, behind) in wholes.iter().zip(behind.as_chunks::<WORD>().0) {
            self.words.push(pack(ahead, behind));
        }
        if !tail.is_empty() {
            self.words.push(few(data, data.len() - tail.len()));
        }
        self.words.extend([0; 2]);
    }

    /// How many bytes from a position of the part on are like the one before.
    #[inline(always)]
    pub(super) fn run_at(&self, position: usize) -> usize {
        let mut words = self.words.get(position / WORD..).unwrap_or_default().iter();
        let first = words.next().map_or(0, |word| word >> (position % WORD));
        let run = first.trailing_ones() as usize;
        if run + position % WORD < WORD {
            return run;
        }
        let mut run = run;
        for word in words {
            let ones = word.trailing_ones() as usize;
            run += ones;
            if ones < WORD {
                break;
            }
        }
        run
    }

    /// The first position from `from` on at which at least `worth` bytes, 1 to 64, are like the one before.
    #[inline(always)]
    pub(super) fn next_run(&self, from: usize, worth: u32) -> Option<usize> {
        let mut allowed = u64::MAX << (from % WORD);
        for number in from / WORD.. {
            let [word, next] = *self.words.get(number..)?.first_chunk::<2>()?;
            let ahead = (1..worth).map(|ahead| word >> ahead | next << (64 - ahead));
            let starts = ahead.fold(word & allowed, |all, ahead| all & ahead);
            if starts != 0 {
                return Some(number * WORD + starts.trailing_zeros() as usize);
            }
            allowed = u64::MAX;
        }
        None
    }
}

/// The word of the bytes at `at`, of which some may not exist.
fn few(data: &[u8], at: usize) -> u64 {
    let (mut ahead, mut behind) = ([0; WORD], [1; WORD]);
    // The first byte of all has none before it.
    let first = usize::from(at == 0);
    let bytes = data.get(at + first..).unwrap_or_default();
    let before = data.get(at + first - 1..).unwrap_or_default();
    let places = ahead.iter_mut().zip(&mut behind).skip(first);
    for ((a, b), pair) in places.zip(bytes.iter().zip(before)) {
        (*a, *b) = (*pair.0, *pair.1);
    }
    pack(&ahead, &behind)
}

/// A bit for each of the bytes that are alike.
#[inline(always)]
fn pack(ahead: &[u8; WORD], behind: &[u8; WORD]) -> u64 {
    let mut same = [0_u8; WORD];
    for ((same, ahead), behind) in same.iter_mut().zip(ahead).zip(behind) {
        *same = u8::from(ahead == behind);
    }
    let mut bits = 0;
    for eight in same.as_chunks::<8>().0.iter().rev() {
        // The product has bit 0 of byte n in bit 56 + n.
        let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits = bits << 8 | packed;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_tells_what_comparing_bytes_tells() {
        let data: Vec<u8> = (0..1000_u32)
            .map(|at| (at * at / 90 % 3).to_le_bytes()[0])
            .collect();
        for length in [0, 1, 63, 64, 65, 128, 129, 1000] {
            let data = &data[..length];
            for start in [0, 1, 64, 100, 999] {
                let mut map = Map::default();
                map.fill(data, start);
                let is_like = |at: &usize| *at > 0 && *at < length && data[*at] == data[at - 1];
                let run_at = |position| (start + position..).take_while(is_like).count();
                let positions = 0..length.saturating_sub(start);
                for position in positions.clone() {
                    let what = format!("{length} bytes, {position} after {start}");
                    assert_eq!(map.run_at(position), run_at(position), "{what}");
                    let next = positions
                        .clone()
                        .skip(position)
                        .find(|next| run_at(*next) >= 4);
                    assert_eq!(map.next_run(position, 4), next, "{what}");
                }
            }
        }
    }
}
