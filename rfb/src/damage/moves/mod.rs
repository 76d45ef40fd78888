//! What moved on the screen.
//!
//! Up or down: each changed row of 64 pixels votes for how far it came ([`vertical`]). Where that explains little,
//! segments of 32 pixels are looked for everywhere ([`anywhere`]). What a distance with enough votes truly brings is
//! then matched, exactly or by hash ([`runs`]), joined to rectangles ([`areas`]), and taken if it is worth it ([`taken`]).

mod anywhere;
mod areas;
mod column;
mod runs;
mod scene;
mod taken;
mod vertical;

use pulp::{Simd, WithSimd};

use super::grid::Grid;
use super::segment::WIDTH;
use super::{Move, hashes::UNKNOWN};
use anywhere::Anywhere;
use column::Column;
use runs::Run;
pub(super) use scene::Scene;
use scene::Shift;
use taken::Taken;
use vertical::Vertical;

/// A distance with fewer votes is chance.
const MIN_VOTES: usize = 48;
/// A distance that so many times as many votes are for is the only one worth a look.
const MOST_VOTES_BEHIND: usize = 12;
/// A vote speaks for one row of 64 pixels; all for a distance together for at least this share of what changed.
const MIN_SHARE: usize = 25;
/// So many distances are looked at.
const MOST_CANDIDATES: usize = 4;
/// In a column with fewer rows that seem to be brought none are matched.
const MIN_BROUGHT: usize = 8;
/// Movement is looked for everywhere if it could still save so many pixels.
const MIN_LEFT: usize = 1 << 14;

/// A distance that something may have moved.
#[derive(Clone, Debug)]
struct Candidate {
    shift: Shift,
    votes: usize,
    /// Whether each column of 64 pixels has votes for it; `None` if the hashes tell.
    columns: Option<Vec<bool>>,
}

/// Looks for movement. Keeps its memory, and whether there was any of late.
#[derive(Debug, Default)]
pub(super) struct Search {
    vertical: Vertical,
    anywhere: Anywhere,
}

impl Search {
    /// Whether `changed` is enough for anything to be found.
    pub(super) fn is_worth_it(changed: &Grid) -> bool {
        segments(changed) >= MIN_VOTES
    }
    /// What moved. Takes from `left` what the moves bring, and adds what they spoil.
    pub(super) fn find(&mut self, scene: &Scene<'_>, left: &mut Grid) -> Vec<Move> {
        let mut taken = Taken::default();
        let candidates = self.vertical.candidates(scene);
        take(candidates, segments(left), scene, left, &mut taken);
        let changed = segments(left);
        if changed * WIDTH >= MIN_LEFT && self.anywhere.is_due() {
            let candidates = self.anywhere.candidates(scene, left, changed * WIDTH);
            let before = taken.count();
            take(candidates, changed, scene, left, &mut taken);
            self.anywhere.learn(taken.count() > before);
        }
        taken.moves()
    }
}

/// How many segments have a pixel left.
fn segments(left: &Grid) -> usize {
    left.masks().iter().filter(|mask| **mask != 0).count()
}

/// Takes what the best of `candidates` bring.
fn take(
    mut candidates: Vec<Candidate>,
    changed: usize,
    scene: &Scene<'_>,
    left: &mut Grid,
    taken: &mut Taken,
) {
    candidates.sort_unstable_by_key(|candidate| (usize::MAX - candidate.votes, candidate.shift));
    let best = candidates.first().map_or(0, |candidate| candidate.votes);
    candidates.retain(|candidate| {
        candidate.votes * MOST_VOTES_BEHIND >= best && candidate.votes * MIN_SHARE >= changed
    });
    candidates.truncate(MOST_CANDIDATES);
    for candidate in candidates {
        let shift = candidate.shift;
        let columns = columns(&candidate, scene);
        let shares = scene.shares(columns.len() * WIDTH * left.rows().len());
        let items = columns.chunks(columns.len().div_ceil(shares).max(1));
        let runs = scene.workers.map(
            &mut vec![()],
            || (),
            items.collect(),
            |(), columns| {
                pulp::Arch::new().dispatch(Matching {
                    columns,
                    scene,
                    left,
                    shift,
                })
            },
        );
        let runs = runs.concat();
        for mut area in areas::joined(runs, shift) {
            areas::widen(&mut area, scene, shift, left);
            taken.take(area, scene, shift, left);
        }
    }
}

/// The work of finding the runs in `columns` of 64 pixels.
struct Matching<'a> {
    columns: &'a [usize],
    scene: &'a Scene<'a>,
    left: &'a Grid,
    shift: Shift,
}

impl WithSimd for Matching<'_> {
    type Output = Vec<Run>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<Run> {
        let mut runs = Vec::new();
        for column in self.columns {
            let column = Column::new(self.scene, *column, self.left);
            runs::runs_in(&column, self.shift, &mut runs);
        }
        runs
    }
}

/// The columns of 64 pixels in which `candidate` is to be matched: those with signs of it, and their neighbours.
fn columns(candidate: &Candidate, scene: &Scene<'_>) -> Vec<usize> {
    let signs: Vec<bool> = match &candidate.columns {
        Some(columns) => columns.clone(),
        None => (0..scene.columns())
            .map(|column| is_brought(scene, column, candidate.shift))
            .collect(),
    };
    let has = |column: Option<usize>| column.and_then(|column| signs.get(column)) == Some(&true);
    (0..scene.columns())
        .filter(|&column| {
            let around = [column.checked_sub(1), Some(column), Some(column + 1)];
            around.into_iter().any(has)
        })
        .collect()
}

/// Whether the hashes say that `shift` brings some rows of a column.
fn is_brought(scene: &Scene<'_>, column: usize, shift: Shift) -> bool {
    let hashes = scene.hashes.column(column);
    let news = scene.news(column).filter(|news| {
        let from = news.row.checked_add_signed(shift.y);
        news.before != news.after
            && news.after != UNKNOWN
            && from.and_then(|from| hashes.get(from)) == Some(&news.after)
    });
    news.take(MIN_BROUGHT).count() == MIN_BROUGHT
}
