//! Which runs belong in a plot together, and how each is called there.

use std::collections::HashMap;

use super::run::{CONDITIONS, Kind, Run, SERIES, Trait};
use crate::plot::chart::Look;

/// Lines of a plot at most: as many as there are colours; and how many can be followed by eye.
const LINES: usize = 8;
const READABLE: usize = 5;

/// What all runs have in common, and what tells them apart.
pub(super) struct Groups<'a> {
    runs: &'a [Run],
    /// Names of what differs among them.
    differing: Vec<&'static str>,
    /// A number for each way to be set, in the order of the runs.
    numbers: HashMap<String, usize>,
}

/// Runs under one condition.
pub(super) struct Group<'a> {
    pub(super) condition: String,
    pub(super) runs: Vec<&'a Run>,
}

impl Group<'_> {
    /// How the run is drawn that is the line of that number in a plot: in its own colour as long as there is one for
    /// each way to be set.
    pub(super) fn look(&self, groups: &Groups<'_>, run: &Run, number: usize) -> Look {
        match groups.numbers.len() <= LINES && self.is_single(groups) {
            true => groups.look(run),
            false => look(run, number),
        }
    }

    /// Whether each way to be set is there once.
    fn is_single(&self, groups: &Groups<'_>) -> bool {
        let mut names: Vec<String> = self.runs.iter().map(|run| groups.series(run)).collect();
        names.sort();
        names.windows(2).all(|pair| pair.first() != pair.last())
    }
}

impl<'a> Groups<'a> {
    pub(super) fn new(runs: &'a [Run]) -> Self {
        let all = CONDITIONS.iter().chain(&SERIES);
        let differing = all.filter(|own| differs(own, runs)).map(|own| own.name);
        let mut groups = Self {
            runs,
            differing: differing.collect(),
            numbers: HashMap::new(),
        };
        for run in runs.iter().filter(|run| run.kind != Kind::Failed) {
            let next = groups.numbers.len();
            groups.numbers.entry(groups.series(run)).or_insert(next);
        }
        groups
    }

    /// The runs for which it holds, by their condition.
    pub(super) fn conditions(&self, holds: impl Fn(&Run) -> bool) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for run in self.runs.iter().filter(|run| holds(run)) {
            let condition = condition(run);
            let place = *places.entry(condition.clone()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.runs.push(run),
                None => groups.push(Group {
                    condition,
                    runs: vec![run],
                }),
            }
        }
        groups
    }

    /// The same, cut by quality if they are many, and so that no colour is in a plot twice.
    pub(super) fn plots(&self, holds: impl Fn(&Run) -> bool) -> Vec<Group<'a>> {
        let mut plots = Vec::new();
        for group in self.conditions(holds) {
            if group.runs.len() <= READABLE {
                plots.push(group);
                continue;
            }
            let mut parts: Vec<(Option<String>, Vec<&Run>)> = Vec::new();
            for run in group.runs {
                let quality = run.quality_text();
                match parts.iter_mut().find(|(own, _)| *own == quality) {
                    Some((_, runs)) => runs.push(run),
                    None => parts.push((quality, vec![run])),
                }
            }
            // What adapts is seen beside what does not, too.
            let is_theirs = |run: &&&Run| !run.is_ours();
            let theirs = parts
                .iter()
                .find(|(_, runs)| runs.iter().any(|run| !run.is_ours()));
            let theirs: Vec<&Run> = theirs
                .map(|(_, runs)| runs.iter().filter(is_theirs).copied().collect())
                .unwrap_or_default();
            for (quality, mut runs) in parts {
                if runs.iter().all(|run| run.is_ours()) {
                    runs.extend(&theirs);
                }
                let texts = [Some(group.condition.clone()), quality];
                let condition = join(texts.into_iter().flatten());
                plots.extend(runs.chunks(LINES).map(|runs| Group {
                    condition: condition.clone(),
                    runs: runs.to_vec(),
                }));
            }
        }
        plots
    }

    /// Who is measured, and what about its settings differs from others'.
    pub(super) fn series(&self, run: &Run) -> String {
        self.name(run, |_| true)
    }

    /// The same without the quality.
    pub(super) fn series_of_any_quality(&self, run: &Run) -> String {
        self.name(run, |own| own.name != "quality")
    }

    fn name(&self, run: &Run, takes: impl Fn(&Trait) -> bool) -> String {
        let told = |own: &&Trait| own.name == "server" || self.differing.contains(&own.name);
        let texts = SERIES.iter().filter(told).filter(|own| takes(own));
        join(texts.filter_map(|own| (own.text)(run)))
    }

    /// Its colour, and whether it is ours.
    pub(super) fn look(&self, run: &Run) -> Look {
        look(run, self.number(run))
    }

    fn number(&self, run: &Run) -> usize {
        self.numbers.get(&self.series(run)).copied().unwrap_or(0)
    }

    /// What all of them have in common.
    pub(super) fn common(&self) -> String {
        let first = self.runs.iter().find(|run| run.kind != Kind::Failed);
        let same = |own: &&Trait| !self.differing.contains(&own.name);
        let texts = CONDITIONS.iter().chain(&SERIES).filter(same);
        join(texts.filter_map(|own| (own.text)(first?)))
    }
}

/// How a run that has this number is drawn.
pub(super) fn look(run: &Run, number: usize) -> Look {
    match run.is_ours() {
        true => Look::Ours(number),
        false => Look::Theirs(number),
    }
}

/// What was measured, and on which link.
pub(super) fn condition(run: &Run) -> String {
    let text = join(CONDITIONS.iter().filter_map(|own| (own.text)(run)));
    match text.is_empty() {
        true => "no limits".to_owned(),
        false => text,
    }
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(" · ")
}

fn differs(own: &Trait, runs: &[Run]) -> bool {
    let mut texts = runs
        .iter()
        .filter(|run| run.kind != Kind::Failed)
        .map(own.text);
    let first = texts.next();
    texts.any(|text| Some(text) != first)
}
