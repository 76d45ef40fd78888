//! The plots of a report.

use super::groups::{Group, Groups, look};
use super::in_rows::{cut, draw_rows, in_rows, note, pair, rows_of, short, values};
use super::run::{Kind, Run};
use crate::figures::megabits;
use crate::figures::rounded;
use crate::plot::chart::{Chart, Line, Look, Scale};
use crate::plot::rows::{self, Row};

/// Plots of a section at most.
const PLOTS: usize = 24;
/// Between the values of a bit rate over time, in seconds.
const STEP: f64 = 0.25;
/// A link so many times as fast as what passed is not drawn: it would leave no room for that.
const FAR: f64 = 4.0;

/// Stands for pictures that are equal, in dB.
const EQUAL: f64 = 99.0;

/// What the study that this repeats measured of a browser session: Mbit/s to the client, mean and peak.
const STUDY: (&str, [f64; 2]) = ("KubernetesOnDesktop (its study)", [8.8, 20.8]);

/// Plots of one kind.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// How to read them.
    pub(super) text: &'static str,
    pub(super) drawings: Vec<String>,
    /// How many more there would be.
    pub(super) left_out: usize,
}

impl Section {
    fn new(title: &'static str, text: &'static str, mut drawings: Vec<String>) -> Self {
        let left_out = drawings.len().saturating_sub(PLOTS);
        drawings.truncate(PLOTS);
        Self {
            title,
            text,
            drawings,
            left_out,
        }
    }
}

/// All plots for which there are figures.
pub(super) fn sections(groups: &Groups<'_>) -> Vec<Section> {
    let mut sections = vec![
        bit_rate(groups),
        rates(groups),
        distortion(groups),
        latency(groups),
        pictures(groups),
        queue(groups),
    ];
    sections.extend(sound(groups));
    sections.retain(|section| !section.drawings.is_empty());
    sections
}

fn bit_rate(groups: &Groups<'_>) -> Section {
    let ways: [(Kind, &'static str, &str); 3] = [
        (Kind::Link, "mbit_over_time", ""),
        (
            Kind::Browser,
            "in.mbit_over_time",
            "browser, to the client: ",
        ),
        (
            Kind::Browser,
            "out.mbit_over_time",
            "browser, to the server: ",
        ),
    ];
    let mut drawings = Vec::new();
    for (kind, path, prefix) in ways {
        let holds = |run: &Run| run.kind == kind && !run.numbers(path).is_empty();
        for group in groups.plots(holds) {
            let title = format!("{prefix}{}", group.condition);
            drawings.push(over_time(groups, &group, path, title));
        }
    }
    Section::new(
        "Bit rate over time",
        "What the server gave to the network, a value each 250 ms; with a browser, what came and went at the client. Dotted: what \
         the link can carry. Dashed: others' servers.",
        drawings,
    )
}

fn over_time(groups: &Groups<'_>, group: &Group<'_>, path: &str, title: String) -> String {
    let mut lines: Vec<Line> = Vec::new();
    for run in &group.runs {
        let values = run.numbers(path);
        let points = values.iter().enumerate();
        let points = points.filter_map(|(index, value)| Some((STEP * count(index), (*value)?)));
        lines.push(Line {
            name: again(&lines, groups.series(run)),
            look: group.look(groups, run, lines.len()),
            points: points.collect(),
            labels: Vec::new(),
        });
    }
    if let Some(limit) = group.runs.first().and_then(|run| limit(run, &lines)) {
        lines.push(limit);
    }
    let chart = Chart {
        title,
        x: Scale::from_zero("seconds"),
        y: Scale::from_zero("Mbit/s"),
        lines,
    };
    chart.draw()
}

/// `name`, with a number if it is there already.
fn again(lines: &[Line], name: String) -> String {
    let same = |line: &&Line| line.name == name || line.name.starts_with(&format!("{name} #"));
    match lines.iter().filter(same).count() {
        0 => name,
        before => format!("{name} #{}", before + 1),
    }
}

/// The rate of the link, as long as the longest of `lines`; none if it is far above them.
fn limit(run: &Run, lines: &[Line]) -> Option<Line> {
    let all = || lines.iter().flat_map(|line| &line.points);
    let end = all().map(|point| point.0).fold(0.0, f64::max);
    let most = all().map(|point| point.1).fold(0.0, f64::max);
    let rates = run.rates()?;
    if megabits(rates.fastest()) > most * FAR {
        return None;
    }
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (from, bits) in rates.steps() {
        let from = from.as_secs_f64();
        if from > end {
            break;
        }
        if let Some((_, before)) = points.last().copied() {
            points.push((from, before));
        }
        points.push((from, megabits(bits)));
    }
    let (_, last) = points.last().copied()?;
    points.push((end, last));
    Some(Line {
        name: "the link's rate".to_owned(),
        look: Look::Limit,
        points,
        labels: Vec::new(),
    })
}

fn rates(groups: &Groups<'_>) -> Section {
    const NAMES: &[&str] = &["mean", "highest in any second"];
    let link = in_rows(
        groups,
        "Bit rate to the client",
        "Mbit/s",
        rows::Kind::Bar(NAMES),
        |run| (run.kind == Kind::Link).then(|| pair(run, ["mbit_mean", "mbit_max_second"])),
    );
    let mut drawings = link;
    for (title, paths) in [
        (
            "Browser, to the client",
            ["in.mbit_mean", "in.mbit_max_second"],
        ),
        (
            "Browser, to the server",
            ["out.mbit_mean", "out.mbit_max_second"],
        ),
    ] {
        let is_in = paths == ["in.mbit_mean", "in.mbit_max_second"];
        let mut rows = rows_of(groups, |run| {
            (run.kind == Kind::Browser).then(|| pair(run, paths))
        });
        if is_in && !rows.is_empty() {
            let (name, values) = STUDY;
            rows.push(Row::Heading("published".to_owned()));
            rows.push(Row::Values {
                name: name.to_owned(),
                look: Look::Limit,
                values: values.map(Some).to_vec(),
                note: note(&values.map(Some)),
            });
        }
        drawings.extend(
            cut(rows)
                .into_iter()
                .map(|rows| draw_rows(title, "Mbit/s", false, rows::Kind::Bar(NAMES), rows)),
        );
    }
    Section::new(
        "Bit rate, mean and peak",
        "Bars are means over the run, marks the highest rate in any second.",
        drawings,
    )
}

fn distortion(groups: &Groups<'_>) -> Section {
    let mut drawings = Vec::new();
    for (kind, path, unit, label) in [
        (Kind::Link, "mbit_mean", 1.0, "Mbit/s, mean"),
        (Kind::Codec, "bytes", 1e-6, "MB"),
    ] {
        let holds = |run: &Run| {
            run.kind == kind && run.number(path).is_some() && run.number("psnr_db").is_some()
        };
        for group in groups.conditions(holds) {
            let is_lossy = |run: &Run| run.number("psnr_db").is_some_and(|own| own < EQUAL);
            let has_lossy = group.runs.iter().any(|run| is_lossy(run));
            let lines = by_quality(groups, &group, |run| {
                let point = (run.number(path)? * unit, run.number("psnr_db")?);
                (is_lossy(run) || !has_lossy).then_some(point)
            });
            let x = Scale {
                label,
                is_logarithmic: true,
                has_zero: false,
            };
            let y = Scale {
                label: "PSNR, dB",
                is_logarithmic: false,
                has_zero: false,
            };
            for part in lines.chunks(8) {
                let chart = Chart {
                    title: group.condition.clone(),
                    x,
                    y,
                    lines: part.to_vec(),
                };
                drawings.push(chart.draw());
            }
        }
    }
    Section::new(
        "Rate and distortion",
        "PSNR of the pictures as they stand at the client, against what they cost: up and left is better. A line for each \
         server and encoding, its points are quality levels. Runs that lost nothing are not among those that did.",
        drawings,
    )
}

/// A line for each way to be set but for the quality, through its points.
fn by_quality(
    groups: &Groups<'_>,
    group: &Group<'_>,
    point: impl Fn(&Run) -> Option<(f64, f64)>,
) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for run in &group.runs {
        let Some(point) = point(run) else { continue };
        let label = short_quality(run);
        let name = match label.as_str() {
            // What adapts is no point on the way from level to level.
            "auto" => groups.series(run),
            _ => groups.series_of_any_quality(run),
        };
        let number = lines.len();
        let line = match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line,
            None => {
                lines.push(Line {
                    name,
                    look: look(run, number),
                    points: Vec::new(),
                    labels: Vec::new(),
                });
                match lines.last_mut() {
                    Some(line) => line,
                    None => continue,
                }
            }
        };
        let place = line.points.partition_point(|own| own.0 <= point.0);
        line.points.insert(place, point);
        line.labels.insert(place, label);
    }
    lines
}

/// As it is written beside a point.
fn short_quality(run: &Run) -> String {
    let text = run.quality_text().unwrap_or_default();
    text.replace("quality ", "").replace("adapting", "auto")
}

fn latency(groups: &Groups<'_>) -> Section {
    const NAMES: &[&str] = &["half of them (p50)", "95 of 100 (p95)", "99 of 100 (p99)"];
    let kind = rows::Kind::Range(NAMES);
    let whole = ["latency_ms.p50", "latency_ms.p95", "latency_ms.p99"];
    let echo = ["echo_ms.p50", "echo_ms.p95", "echo_ms.p99"];
    let age = ["age_ms.p50", "age_ms.p95", "age_ms.p99"];
    let mut drawings = Vec::new();
    for (title, of, paths) in [
        (
            "How old what the client shows is, at any moment",
            Kind::Link,
            age,
        ),
        (
            "From painting to standing whole at the client",
            Kind::Link,
            whole,
        ),
        ("From paint to pixel", Kind::Latency, whole),
        ("From key to pixel", Kind::Latency, echo),
    ] {
        let rows = rows_of(groups, |run| (run.kind == of).then(|| values(run, &paths)));
        let drawn = cut(rows).into_iter();
        drawings.extend(
            drawn.map(|rows| draw_rows(title, "milliseconds, steps are ratios", true, kind, rows)),
        );
    }
    Section::new(
        "Latency",
        "Left is better. Pictures that never arrive have no latency, but what the client shows instead has its age.",
        drawings,
    )
}

fn pictures(groups: &Groups<'_>) -> Section {
    let rows = rows_of(groups, |run| {
        let fps = (run.kind == Kind::Link).then(|| run.number("fps"))??;
        let share = run
            .number("arrived")
            .zip(run.number("pictures"))
            .filter(|(_, pictures)| *pictures > 0.0)
            .map(|(arrived, pictures)| {
                format!(" ({} % of all)", rounded(arrived / pictures * 100.0, 0))
            });
        Some((
            vec![Some(fps)],
            format!("{}{}", short(fps), share.unwrap_or_default()),
        ))
    });
    let drawings = cut(rows).into_iter().map(|rows| {
        let kind = rows::Kind::Bar(&["pictures"]);
        draw_rows(
            "Pictures that arrived",
            "pictures a second",
            false,
            kind,
            rows,
        )
    });
    Section::new(
        "Pictures a second",
        "Pictures that stood whole at the client before a newer one did.",
        drawings.collect(),
    )
}

fn queue(groups: &Groups<'_>) -> Section {
    const NAMES: &[&str] = &["p50", "p95", "longest"];
    let paths = ["queue_ms.p50", "queue_ms.p95", "queue_ms.max"];
    let kind = rows::Kind::Range(NAMES);
    let drawings = in_rows(groups, "Queue of the link", "milliseconds", kind, |run| {
        (run.kind == Kind::Link).then(|| values(run, &paths))
    });
    Section::new(
        "Queue",
        "How long what enters the link waits there behind what the server sent before.",
        drawings,
    )
}

fn sound(groups: &Groups<'_>) -> [Section; 2] {
    const GAPS: &[&str] = &["gaps"];
    const SHARES: &[&str] = &["p50", "p95"];
    let gaps = in_rows(
        groups,
        "Jitter buffer found empty",
        "times",
        rows::Kind::Bar(GAPS),
        |run| {
            let found = run
                .number("audio.underruns")
                .or_else(|| run.number("underruns"));
            found.map(|own| (vec![Some(own)], short(own)))
        },
    );
    let delay = in_rows(
        groups,
        "Delay of sound",
        "milliseconds",
        rows::Kind::Range(SHARES),
        |run| {
            Some(match run.kind {
                Kind::Link => values(run, &["audio.delay_ms.p50", "audio.delay_ms.p95"]),
                Kind::Av => values(run, &["delay_ms.p50", "delay_ms.p95"]),
                _ => return None,
            })
        },
    );
    let skew = in_rows(
        groups,
        "Sound and picture apart",
        "milliseconds",
        rows::Kind::Range(SHARES),
        |run| {
            Some(match run.kind {
                Kind::Link => values(run, &["audio.skew_ms.p50", "audio.skew_ms.p95"]),
                Kind::Av => values(run, &["skew_ms.p50", "skew_ms.p95"]),
                _ => return None,
            })
        },
    );
    let mut both = delay;
    both.extend(skew);
    [
        Section::new(
            "Gaps in sound",
            "How often there was nothing to play.",
            gaps,
        ),
        Section::new(
            "Sound in step",
            "From the server's sound card to the client's, and how far picture and sound are apart.",
            both,
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(index: usize) -> f64 {
    index as f64
}
