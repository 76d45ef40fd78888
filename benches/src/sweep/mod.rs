//! `sweep`: `link` for every combination of recordings, links and settings, into one file that `report` reads.
//!
//! ```text
//! plan       what is combined with what, and how `link` is told
//! child      one measurement, as a process of its own
//! store      the results: sweep.jsonl, and the same as sweep.csv
//! progress   how far it is
//! ```

mod child;
mod plan;
mod progress;
mod store;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lab::link::parse_duration;
use serde_json::{Map, Value};

use crate::figures::rounded;
use plan::{Axes, Combination};
use progress::Progress;
use store::Store;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    axes: Axes,
    /// Where sweep.jsonl and sweep.csv go. What is in there already is not measured again.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How long one measurement may take.
    #[arg(long, value_name = "TIME", default_value = "900s", value_parser = parse_duration)]
    limit: Duration,
    /// What measures instead of this program.
    #[arg(long, hide = true, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Measures all that is not there yet.
///
/// # Errors
/// A file cannot be read or written; or, when all is done, some combination failed.
pub(crate) fn run(options: &Options) -> Result<()> {
    for session in &options.axes.session {
        ensure!(session.is_file(), "no recording {}", session.display());
    }
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().context("where is this program?")?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut store = Store::open(&options.out)?;
    let mut all = options.axes.combinations()?;
    let count = all.len();
    all.retain(|(combination, _)| !store.has(combination));
    let mut progress = Progress::new(count, count - all.len());
    let mut failed = 0_usize;
    for (combination, session) in &all {
        progress.show(&combination.text());
        let start = Instant::now();
        let arguments = combination.arguments(session);
        let measured = runtime.block_on(child::measure(&program, &arguments, options.limit));
        let note = measured.as_ref().err().map(|error| {
            failed += 1;
            format!("failed: {}: {error:#}", combination.text())
        });
        store.add(result(combination, measured, start.elapsed())?)?;
        progress.step(note.as_deref());
    }
    progress.show(&format!("{}\n", summary(&options.out, all.len())));
    ensure!(failed == 0, "{failed} of {} combinations failed", all.len());
    Ok(())
}

fn summary(out: &Path, measured: usize) -> String {
    format!("{measured} measured, see {}", out.display())
}

/// A line of sweep.jsonl: `combination`, `ok`, `wall_s`, and all fields of `link`; or `error` instead of those.
fn result(
    combination: &Combination,
    measured: Result<Map<String, Value>>,
    time: Duration,
) -> Result<Map<String, Value>> {
    let mut line = Map::new();
    line.insert("combination".to_owned(), serde_json::to_value(combination)?);
    line.insert("ok".to_owned(), measured.is_ok().into());
    line.insert("wall_s".to_owned(), rounded(time.as_secs_f64(), 1).into());
    match measured {
        Ok(figures) => line.extend(figures),
        Err(error) => {
            line.insert("error".to_owned(), format!("{error:#}").into());
        }
    }
    Ok(line)
}
