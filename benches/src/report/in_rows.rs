//! Runs as rows of a plot, under what they have in common.

use super::groups::Groups;
use super::run::{Kind, Run};
use crate::figures::rounded;
use crate::plot::rows::{self, Row, Rows};

/// Rows of a plot at most.
const ROWS: usize = 28;
/// A plot of rows that follow each other is no longer than this; the next condition begins a new one.
const FULL: usize = 20;

/// Values and what is written beside them.
pub(super) type Figures = (Vec<Option<f64>>, String);

/// A mean and a peak.
pub(super) fn pair(run: &Run, paths: [&str; 2]) -> Figures {
    values(run, &paths)
}

/// What the run has at these paths.
pub(super) fn values(run: &Run, paths: &[&str]) -> Figures {
    let values: Vec<_> = paths.iter().map(|path| run.number(path)).collect();
    let text = note(&values);
    (values, text)
}

/// The values as text.
pub(super) fn note(values: &[Option<f64>]) -> String {
    let texts = values
        .iter()
        .map(|value| value.map_or("–".to_owned(), short));
    texts.collect::<Vec<_>>().join(" / ")
}

/// With about three digits that say something.
pub(super) fn short(value: f64) -> String {
    let digits = match value.abs() {
        great if great >= 100.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 2,
    };
    rounded(value, digits).to_string()
}

/// Plots of all runs that have figures.
pub(super) fn in_rows(
    groups: &Groups<'_>,
    title: &str,
    label: &'static str,
    kind: rows::Kind,
    figures: impl Fn(&Run) -> Option<Figures>,
) -> Vec<String> {
    let parts = cut(rows_of(groups, figures)).into_iter();
    parts
        .map(|rows| draw_rows(title, label, false, kind, rows))
        .collect()
}

/// A row for each run that has figures, under its condition.
pub(super) fn rows_of(groups: &Groups<'_>, figures: impl Fn(&Run) -> Option<Figures>) -> Vec<Row> {
    let known = |run: &Run| {
        let found = if run.kind == Kind::Failed {
            None
        } else {
            figures(run)
        };
        found.filter(|(values, _)| values.iter().any(Option::is_some))
    };
    let mut rows = Vec::new();
    for group in groups.conditions(|run| known(run).is_some()) {
        rows.push(Row::Heading(group.condition));
        rows.extend(group.runs.into_iter().filter_map(|run| {
            let (values, note) = known(run)?;
            Some(Row::Values {
                name: groups.series(run),
                look: groups.look(run),
                values,
                note,
            })
        }));
    }
    rows
}

/// Cuts many rows into plots, if possible before a heading.
pub(super) fn cut(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut parts: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        let is_heading = matches!(row, Row::Heading(_));
        match parts.last_mut() {
            Some(part) if part.len() < if is_heading { FULL } else { ROWS } => part.push(row),
            _ => parts.push(vec![row]),
        }
    }
    parts
}

/// One plot.
pub(super) fn draw_rows(
    title: &str,
    label: &'static str,
    is_logarithmic: bool,
    kind: rows::Kind,
    rows: Vec<Row>,
) -> String {
    let rows = Rows {
        title: title.to_owned(),
        label,
        is_logarithmic,
        kind,
        rows,
    };
    rows.draw()
}
