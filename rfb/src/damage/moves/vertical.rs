//! How far content moved up or down, by the votes of row hashes.

use super::super::hashes::UNKNOWN;
use super::scene::{Scene, Shift};
use super::{Candidate, MIN_VOTES};

/// In a column with fewer changed rows nothing is looked for.
const MIN_ROWS: usize = 8;
/// Slots of the table for each changed row: few share one.
const SLOTS_PER_ROW: usize = 4;

/// A slot for each hash, and in it the row that had it.
#[derive(Clone, Copy, Debug)]
enum Holder {
    None,
    One { row: usize, hash: u64 },
    Several,
}

/// Memory of the votes.
#[derive(Debug, Default)]
pub(super) struct Vertical {
    table: Vec<Holder>,
    /// By the distance, from the screen's height upwards to its height downwards.
    votes: Vec<usize>,
}

impl Vertical {
    /// The distances that changed rows vote for: a row votes if its new hash was that of exactly one changed row of
    /// its column before.
    pub(super) fn candidates(&mut self, scene: &Scene<'_>) -> Vec<Candidate> {
        self.votes.clear();
        self.votes.resize(2 * scene.height + 1, 0);
        for column in 0..scene.columns() {
            self.vote(scene, column);
        }
        let height = isize::try_from(scene.height).unwrap_or(0);
        let voted = (-height..).zip(&self.votes);
        voted
            .filter(|(_, votes)| **votes >= MIN_VOTES)
            .map(|(y, votes)| Candidate {
                shift: Shift { x: 0, y },
                votes: *votes,
                columns: None,
            })
            .collect()
    }

    fn vote(&mut self, scene: &Scene<'_>, column: usize) {
        let changed = || scene.news(column).filter(|news| news.before != news.after);
        let count = changed().count();
        if count < MIN_ROWS {
            return;
        }
        let slots = (count * SLOTS_PER_ROW).next_power_of_two();
        self.table.clear();
        self.table.resize(slots, Holder::None);
        let slot = |hash: u64| usize::try_from(hash >> 32).unwrap_or(0) & (slots - 1);
        for news in changed().filter(|news| news.before != UNKNOWN) {
            if let Some(holder) = self.table.get_mut(slot(news.before)) {
                *holder = match holder {
                    Holder::None => Holder::One {
                        row: news.row,
                        hash: news.before,
                    },
                    _ => Holder::Several,
                };
            }
        }
        for news in changed() {
            if let Some(&Holder::One { row, hash }) = self.table.get(slot(news.after))
                && hash == news.after
                && let Some(votes) = self.votes.get_mut(row + scene.height - news.row)
            {
                *votes += 1;
            }
        }
    }
}
