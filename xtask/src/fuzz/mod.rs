//! `fuzz`: every fuzz target for some time, a line a target; what it learns goes into the saved corpus.

mod campaign;
mod log;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::setup;
use crate::workspace::Workspace;
use campaign::Campaign;

/// What `fuzz` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// CPU minutes for each target.
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = minutes)]
    minutes: f64,
    /// Only this target.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// One JSON object a line instead of the table.
    #[arg(long)]
    json: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok();
    minutes
        .filter(|minutes| (0.0..=10_000.0).contains(minutes))
        .ok_or_else(|| "a number of minutes, 0 to 10000".into())
}

/// What came of one target.
#[derive(Debug, Serialize)]
struct Line {
    target: String,
    /// Inputs tried.
    executions: u64,
    /// Edges of the program reached.
    coverage: u64,
    /// Inputs that failed, as paths.
    findings: Vec<PathBuf>,
    /// CPU seconds it ran.
    cpu_s: f64,
    /// Inputs kept in the corpus.
    corpus: usize,
}

impl Line {
    fn heading() -> String {
        format!(
            "{:<18} {:>12} {:>9} {:>7} {:>7}  findings",
            "target", "executions", "coverage", "corpus", "cpu s"
        )
    }

    fn row(&self) -> String {
        let findings: Vec<String> = self
            .findings
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let findings = match findings.as_slice() {
            [] => "none".into(),
            some => some.join(" "),
        };
        format!(
            "{:<18} {:>12} {:>9} {:>7} {:>7.0}  {findings}",
            self.target, self.executions, self.coverage, self.corpus, self.cpu_s
        )
    }
}

/// The command: builds, fuzzes the targets asked for one after the other; the code is a failure if any finds something.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut targets = targets(workspace)?;
    if let Some(wanted) = &options.target {
        if !targets.contains(wanted) {
            bail!(
                "there is no target {wanted}; there are {}",
                targets.join(", ")
            );
        }
        targets.retain(|target| target == wanted);
    }
    let _scratch = workspace.scratch("fuzz")?; // two at a time would write into one corpus
    setup::run(workspace)?;
    let tools = tools::ensure(workspace)?;
    let programs = tools.build(workspace, options.target.as_deref())?;
    let seeds = write_seeds(workspace)?;
    if !options.json {
        println!("{}", Line::heading());
    }
    let mut found = false;
    for target in targets {
        let campaign = Campaign::new(workspace, &target, &programs, &seeds);
        let line = campaign.run(Duration::from_secs_f64(options.minutes * 60.0))?;
        found |= !line.findings.is_empty();
        if options.json {
            println!("{}", serde_json::to_string(&line)?);
        } else {
            println!("{}", line.row());
        }
    }
    if found {
        eprintln!(
            "fuzz: to see a failure run the target's program ({}/TARGET) with the input; when it is mended, keep the input in fuzz/regressions/TARGET/",
            programs.display()
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of all targets, in order.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let directory = workspace.fuzz().join("fuzz_targets");
    let entries = std::fs::read_dir(&directory)
        .with_context(|| format!("cannot read {}", directory.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        names.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

/// Has the testkit write its seeds; where they are.
fn write_seeds(workspace: &Workspace) -> Result<PathBuf> {
    let directory = workspace.fuzz().join("target").join("seeds");
    let mut command = workspace.cargo();
    command.args([
        "run",
        "--quiet",
        "-p",
        "tightrope-testkit",
        "--example",
        "seeds",
        "--",
    ]);
    command.arg(&directory);
    tools::show(&mut command)?;
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_fields_others_rely_on() {
        let line = Line {
            target: "decoders".into(),
            executions: 12,
            coverage: 34,
            findings: vec!["fuzz/target/findings/decoders/crash-1".into()],
            cpu_s: 60.0,
            corpus: 5,
        };
        let json = serde_json::to_value(&line).unwrap();
        assert_eq!(json["target"], "decoders");
        assert_eq!(json["executions"], 12);
        assert_eq!(json["coverage"], 34);
        assert_eq!(json["findings"][0], "fuzz/target/findings/decoders/crash-1");
        assert!(line.row().ends_with("crash-1"), "{}", line.row());
    }

    #[test]
    fn minutes_may_be_a_fraction_but_not_negative() {
        assert_eq!(minutes("0.5"), Ok(0.5));
        assert!(minutes("-1").is_err() && minutes("soon").is_err() && minutes("NaN").is_err());
    }
}
