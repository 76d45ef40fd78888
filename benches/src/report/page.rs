//! The page: figures in a table, plots in sections. It needs nothing but itself.

use std::fmt::Write;

use super::groups::{Groups, condition};
use super::in_rows::short;
use super::plots::{Section, sections};
use super::run::{Kind, Run};
use crate::plot::escaped;
use crate::plot::theme::style_sheet;

/// Runs in the table at most, and failures that are told.
const TABLE: usize = 500;
const FAILURES: usize = 50;
/// A table of so many runs is open.
const OPEN: usize = 40;

const STYLE: &str = "\
body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--paper);color:var(--ink);\
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2.2rem 0 .2rem}
p{margin:.3rem 0;color:var(--soft);max-width:60rem}nav a{margin-right:1rem;color:var(--s0)}
.plots{display:flex;flex-wrap:wrap;gap:1rem;margin-top:.8rem}
figure{margin:0;border:1px solid var(--grid);border-radius:6px;overflow:hidden;max-width:100%}
svg{display:block;max-width:100%;height:auto}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}
th{color:var(--soft);font-weight:600}td.text,th.text{text-align:left}
summary{cursor:pointer;margin:.5rem 0}
@media print{figure{break-inside:avoid}body{max-width:none}}
";

/// A column of figures: its name, and where they are in a line.
const COLUMNS: [(&str, &[&str]); 22] = [
    ("pictures/s", &["fps"]),
    ("Mbit/s", &["mbit_mean", "in.mbit_mean"]),
    ("peak", &["mbit_max_second", "in.mbit_max_second"]),
    ("up Mbit/s", &["out.mbit_mean"]),
    ("up peak", &["out.mbit_max_second"]),
    ("age p50 ms", &["age_ms.p50"]),
    ("p95", &["age_ms.p95"]),
    ("latency p50 ms", &["latency_ms.p50"]),
    ("p95", &["latency_ms.p95"]),
    ("p99", &["latency_ms.p99"]),
    ("PSNR dB", &["psnr_db"]),
    ("SSIM", &["ssim"]),
    ("mean quality", &["quality_mean"]),
    ("queue p95 ms", &["queue_ms.p95"]),
    ("longest", &["queue_ms.max"]),
    ("recover ms", &["recover_ms"]),
    ("lossless ms", &["lossless_ms"]),
    ("over cap", &["max_rate_excess"]),
    ("sound gaps", &["audio.underruns", "underruns"]),
    (
        "sound delay p95 ms",
        &["audio.delay_ms.p95", "delay_ms.p95"],
    ),
    ("skew p95 ms", &["audio.skew_ms.p95", "skew_ms.p95"]),
    ("bytes", &["bytes"]),
];

/// The whole page. `unknown` lines were about nothing known here.
pub(super) fn page(title: &str, runs: &[Run], unknown: usize) -> String {
    let groups = Groups::new(runs);
    let sections = sections(&groups);
    let mut text = String::new();
    let title = escaped(title);
    let _infallible = write!(
        text,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{title}</title>\n\
         <style>\n{}{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        style_sheet()
    );
    text += &introduction(&groups, runs, unknown);
    text += "<nav><a href=\"#runs\">Runs</a> ";
    for (index, section) in sections.iter().enumerate() {
        let title = escaped(section.title);
        let _infallible = write!(text, "<a href=\"#s{index}\">{title}</a> ");
    }
    text += "</nav>\n";
    text += &failures(runs);
    text += &table(&groups, runs);
    for (index, section) in sections.iter().enumerate() {
        text += &drawn(section, index);
    }
    text + "</body>\n</html>\n"
}

fn introduction(groups: &Groups<'_>, runs: &[Run], unknown: usize) -> String {
    let failed = runs.iter().filter(|run| run.kind == Kind::Failed).count();
    let mut text = format!("<p>{} measured", runs_of(runs.len() - failed));
    if failed > 0 {
        let _infallible = write!(text, ", {failed} failed");
    }
    if unknown > 0 {
        let _infallible = write!(text, "; {unknown} lines of other kinds were left out");
    }
    text += ".";
    let common = groups.common();
    if !common.is_empty() {
        let _infallible = write!(text, " All of them: {}.", escaped(&common));
    }
    text + "</p>\n"
}

fn runs_of(number: usize) -> String {
    match number {
        1 => "1 run".to_owned(),
        number => format!("{number} runs"),
    }
}

fn failures(runs: &[Run]) -> String {
    let failed: Vec<&Run> = runs.iter().filter(|run| run.kind == Kind::Failed).collect();
    if failed.is_empty() {
        return String::new();
    }
    let mut text = String::from("<h2>What failed</h2>\n<ul>\n");
    for run in failed.iter().take(FAILURES) {
        let own = [condition(run), run.setting()].join(" · ");
        let _infallible = writeln!(
            text,
            "<li>{}: {}</li>",
            escaped(&own),
            escaped(&run.error())
        );
    }
    text += "</ul>\n";
    text + &left_out(failed.len().saturating_sub(FAILURES), "failures")
}

fn table(groups: &Groups<'_>, runs: &[Run]) -> String {
    let runs: Vec<&Run> = runs.iter().filter(|run| run.kind != Kind::Failed).collect();
    if runs.is_empty() {
        return "<h2 id=\"runs\">Runs</h2>\n<p>Nothing was measured.</p>\n".to_owned();
    }
    let figure = |run: &Run, paths: &[&str]| paths.iter().find_map(|path| run.number(path));
    let told: Vec<_> = COLUMNS
        .iter()
        .filter(|(_, paths)| runs.iter().any(|run| figure(run, paths).is_some()))
        .collect();
    let open = if runs.len() <= OPEN {
        " open=\"open\""
    } else {
        ""
    };
    let mut text = format!(
        "<h2 id=\"runs\">Runs</h2>\n<details{open}><summary>{}</summary>\n<div class=\"scroll\"><table>\n\
         <thead><tr><th class=\"text\">what</th><th class=\"text\">who</th>",
        runs_of(runs.len())
    );
    for (name, _) in &told {
        let _infallible = write!(text, "<th>{name}</th>");
    }
    text += "</tr></thead>\n<tbody>\n";
    for run in runs.iter().take(TABLE) {
        let _infallible = write!(
            text,
            "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td>",
            escaped(&condition(run)),
            escaped(&groups.series(run))
        );
        for (name, paths) in &told {
            let own = figure(run, paths).map(|own| match *name {
                "SSIM" => format!("{own:.4}"),
                "bytes" => format!("{own:.0}"),
                _ => short(own),
            });
            let _infallible = write!(text, "<td>{}</td>", own.unwrap_or_default());
        }
        text += "</tr>\n";
    }
    text += "</tbody></table></div></details>\n";
    text + &left_out(runs.len().saturating_sub(TABLE), "runs")
}

fn drawn(section: &Section, index: usize) -> String {
    let mut text = format!(
        "<h2 id=\"s{index}\">{}</h2>\n<p>{}</p>\n<div class=\"plots\">\n",
        escaped(section.title),
        escaped(section.text)
    );
    for drawing in &section.drawings {
        let _infallible = writeln!(text, "<figure>{drawing}</figure>");
    }
    text += "</div>\n";
    text + &left_out(section.left_out, "plots")
}

fn left_out(number: usize, of: &str) -> String {
    match number {
        0 => String::new(),
        number => {
            format!("<p>{number} more {of} are not shown: give fewer runs to see them.</p>\n")
        }
    }
}
