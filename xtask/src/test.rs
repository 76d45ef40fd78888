//! `test`: all that must hold before a change goes in, the quick steps first; the first failure ends it.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bindings;
use crate::interop;
use crate::process::command_line;
use crate::workspace::Workspace;
use crate::{arrows, setup};

type Step = (&'static str, fn(&Workspace) -> Result<()>);

/// Cargo's steps all use the dev profile and one target directory, and interop the programs that the tests have
/// built, so that each dependency is compiled once and checked once.
const STEPS: &[Step] = &[
    ("setup", setup::run),
    ("formatting", |workspace| {
        cargo(workspace, &["fmt", "--all", "--check"])
    }),
    ("arrows", arrows::run),
    ("lints", |workspace| {
        cargo(
            workspace,
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "--deny",
                "warnings",
            ],
        )
    }),
    ("tests", |workspace| {
        cargo(workspace, &["test", "--workspace"])
    }),
    ("C", bindings::c::step),
    ("Python", bindings::python::step),
    ("documentation", documentation),
    ("interop", interop::step),
];

/// Runs every step and prints a summary.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let mut done = Vec::new();
    for (name, step) in STEPS {
        eprintln!("\n=== {name}");
        let start = Instant::now();
        let outcome = step(workspace);
        done.push((*name, start.elapsed()));
        if let Err(error) = outcome {
            eprintln!("error: {name}: {error:#}");
            println!("{}", summary(&done, Some(name)));
            return Ok(ExitCode::FAILURE);
        }
    }
    println!("{}", summary(&done, None));
    Ok(ExitCode::SUCCESS)
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny warnings");
    show(command)
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(arguments);
    show(command)
}

/// Runs a program whose messages the reader wants to see as they come.
fn show(mut command: Command) -> Result<()> {
    let status = command.status().context("cannot start cargo")?;
    if !status.success() {
        bail!(
            "`{}` failed; its own messages are above",
            command_line(&command)
        );
    }
    Ok(())
}

fn summary(done: &[(&str, Duration)], failed: Option<&str>) -> String {
    let line = |(name, time): &(&str, Duration)| {
        let verdict = if failed == Some(*name) {
            "FAILED"
        } else {
            "ok"
        };
        format!("{name:<14} {verdict:<6} {:>6.1} s\n", time.as_secs_f64())
    };
    let lines: String = done.iter().map(line).collect();
    let total: Duration = done.iter().map(|(_, time)| *time).sum();
    let verdict = failed.map_or_else(
        || "all steps passed".to_owned(),
        |name| format!("FAILED at {name}"),
    );
    format!(
        "\n{lines}xtask test: {verdict} in {:.0} s",
        total.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_the_step_that_failed() {
        let done = [
            ("arrows", Duration::from_secs(1)),
            ("tests", Duration::from_secs(61)),
        ];
        let text = summary(&done, Some("tests"));
        assert!(text.contains("arrows         ok        1.0 s\n"), "{text}");
        assert!(text.contains("tests          FAILED   61.0 s\n"), "{text}");
        assert!(
            text.ends_with("xtask test: FAILED at tests in 62 s"),
            "{text}"
        );
    }
}
