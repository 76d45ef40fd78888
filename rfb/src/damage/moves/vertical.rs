//! How far content moved up or down, by the votes of row hashes.

use super::super::compare::News;
use super::super::hashes::UNKNOWN;
use super::scene::{Scene, Shift};
use super::{Candidate, MIN_VOTES};

/// In a column with fewer changed rows nothing is looked for.
const MIN_ROWS: usize = 8;
/// Slots of the table for each changed row, so that few share one.
const SLOTS_PER_ROW: usize = 4;
/// What a slot holds that no row has.
const EMPTY: u32 = u32::MAX;
/// What a slot holds that several rows have.
const SEVERAL: u32 = u32::MAX - 1;

/// Memory of the votes.
#[derive(Debug, Default)]
pub(super) struct Vertical {
    /// The changed rows of a column.
    rows: Vec<News>,
    /// For the hash that a row had, its index in `rows`.
    table: Vec<u32>,
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
            self.rows.clear();
            let changed = |news: &&News| news.before != news.after;
            self.rows.extend(scene.news(column).filter(changed));
            if self.rows.len() >= MIN_ROWS {
                self.vote(scene.height);
            }
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

    fn vote(&mut self, height: usize) {
        let slots = (self.rows.len() * SLOTS_PER_ROW).next_power_of_two();
        self.table.clear();
        self.table.resize(slots, EMPTY);
        let slot = |hash: u64| usize::try_from(hash >> 32).unwrap_or(0) & (slots - 1);
        for (index, news) in (0..SEVERAL).zip(&self.rows) {
            if news.before != UNKNOWN
                && let Some(held) = self.table.get_mut(slot(news.before))
            {
                *held = if *held == EMPTY { index } else { SEVERAL };
            }
        }
        for news in &self.rows {
            let held = self.table.get(slot(news.after)).copied();
            let held = held.and_then(|index| self.rows.get(usize::try_from(index).ok()?));
            if let Some(held) = held
                && held.before == news.after
                && let Some(votes) = self.votes.get_mut(held.row + height - news.row)
            {
                *votes += 1;
            }
        }
    }
}
