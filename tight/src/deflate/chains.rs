//! Finds what repeats with more care: looks at several earlier places, weighs what a match saves, and waits a byte if
//! the match there saves more.

use super::Input;
use super::block::{BLOCK_LIMIT, Block};
use super::costs::Costs;
use super::matching::{eight, length_at};
use super::symbols::{LONGEST, SHORTEST, WINDOW};
use super::table::Table;

/// Bits of a hash of four bytes.
const HASH_BITS: u32 = 15;

/// How much care is taken.
#[derive(Clone, Copy, Debug)]
struct Care {
    /// How many places are looked at.
    places: u32,
    /// A match so long is not improved on.
    enough: usize,
}

impl Care {
    /// For an effort of 4 to 9.
    fn of(effort: u8) -> Self {
        let (places, enough) = match effort {
            ..=4 => (4, 16),
            5 => (8, 32),
            6 => (24, 64),
            7 => (48, 128),
            8 => (128, LONGEST),
            _ => (256, LONGEST),
        };
        Self { places, enough }
    }

    /// For the position after a match so long.
    fn again(self, length: usize) -> Self {
        let places = if length * 4 < self.enough {
            self.places
        } else {
            self.places / 4
        };
        Self { places, ..self }
    }
}

/// A match and what it saves.
#[derive(Clone, Copy, Debug, Default)]
struct Match {
    length: usize,
    distance: usize,
    gain: i32,
}

/// Finds matches.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    table: Table,
    /// How far before each position the same hash was, 0 if that is too far.
    links: Vec<u16>,
    costs: Costs,
}

impl Finder {
    /// Begins with other data.
    pub(super) fn begin(&mut self, data: &[u8], bytes: u32, costs: Costs) {
        self.table.begin(HASH_BITS, bytes, data.len());
        self.links.resize(WINDOW, 0);
        self.costs = costs;
    }

    /// Fills `block` with the bytes from `start` on; where it ends.
    pub(super) fn parse(
        &mut self,
        input: &Input<'_>,
        effort: u8,
        start: usize,
        block: &mut Block,
    ) -> usize {
        let data = input.data;
        let care = Care::of(effort);
        let until = data.len().min(start + BLOCK_LIMIT - LONGEST - 1);
        let (mut at, mut done) = (start, start);
        let mut waiting = None;
        while at < until {
            let found = waiting.take().or_else(|| self.find(input, care, at));
            let Some(found) = found else {
                at += 1;
                continue;
            };
            if found.length < care.enough {
                waiting = self.find(input, care.again(found.length), at + 1);
                if waiting.is_some_and(|next| next.gain > found.gain) {
                    at += 1;
                    continue;
                }
            }
            let looked_at = at + 1 + usize::from(found.length < care.enough);
            waiting = None;
            let rest = data.get(done..).unwrap_or_default();
            block.push(rest, at - done, found.length, found.distance);
            at += found.length;
            done = at;
            self.skip(data, looked_at, at);
        }
        let at = at.min(data.len());
        block.finish(data.get(done..at).unwrap_or_default());
        at
    }

    /// What saves most at a position that was not looked at before.
    fn find(&mut self, input: &Input<'_>, care: Care, at: usize) -> Option<Match> {
        let data = input.data;
        let ahead = eight(data, at)?;
        let mut back = self.link(ahead, at);
        let mut best = Match::default();
        for distance in [input.unit, input.row] {
            if distance <= WINDOW {
                self.improve(data, at, ahead, distance, &mut best);
            }
        }
        let mut distance = 0;
        for _ in 0..care.places {
            distance += back;
            if back == 0 || distance > WINDOW || best.length >= care.enough {
                break;
            }
            self.improve(data, at, ahead, distance, &mut best);
            let link = self.links.get(at.wrapping_sub(distance) & (WINDOW - 1));
            back = usize::from(link.copied().unwrap_or_default());
        }
        (best.gain > 0).then_some(best)
    }

    /// Takes the match at a distance if it is longer than the best and saves more.
    #[inline(always)]
    fn improve(&self, data: &[u8], at: usize, ahead: u64, distance: usize, best: &mut Match) {
        let end = at + best.length;
        if best.length > 0 && data.get(end) != data.get(end.wrapping_sub(distance)) {
            return;
        }
        let length = length_at(data, at, ahead, distance, SHORTEST);
        if length <= best.length {
            return;
        }
        let bytes = data.get(at..at + length).unwrap_or_default();
        let gain = self.costs.gain(bytes, distance);
        if gain > best.gain {
            *best = Match {
                length,
                distance,
                gain,
            };
        }
    }

    /// Remembers a position; how far back the one with the same hash is, 0 if there is none.
    #[inline(always)]
    fn link(&mut self, ahead: u64, at: usize) -> usize {
        let back = self.table.replace(ahead, at);
        let back = if back <= WINDOW { back } else { 0 };
        if let Some(link) = self.links.get_mut(at & (WINDOW - 1)) {
            *link = u16::try_from(back).unwrap_or_default();
        }
        back
    }

    /// Remembers positions that are not looked at.
    fn skip(&mut self, data: &[u8], from: usize, to: usize) {
        for at in from..to {
            let Some(ahead) = eight(data, at) else {
                return;
            };
            self.link(ahead, at);
        }
    }
}
