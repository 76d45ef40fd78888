//! `report`: lines of figures as one page of plots, which opens from disk.
//!
//! ```text
//! run      a line of figures, whichever command printed it
//! groups   which runs belong together, and how each is called
//! plots    the plots of them; in_rows: those of rows
//! page     the page around table and plots
//! ```

mod groups;
mod in_rows;
mod page;
mod plots;
mod run;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::plot::theme::alone;
use groups::Groups;
use run::Run;

/// Runs of a report at most, and bytes of a line.
const RUNS: usize = 50_000;
const LINE: u64 = 8 << 20;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Files of lines as `link`, `latency`, `av`, `browser`, `codec` and `sweep` print them; of a directory, its
    /// files *.jsonl.
    #[arg(required = true, value_name = "DIR|FILE")]
    from: Vec<PathBuf>,
    /// The page.
    #[arg(long, value_name = "FILE.html", default_value = "report.html")]
    out: PathBuf,
    /// Put each plot into this directory as well, as a drawing of its own.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// What the page is called.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Tightrope: remote desktops over limited links"
    )]
    title: String,
}

/// Writes the page.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut lines = Lines::default();
    for path in &options.from {
        for file in files(path)? {
            lines.read(&file)?;
        }
    }
    let page = page::page(&options.title, &lines.runs, lines.unknown);
    std::fs::write(&options.out, page)
        .with_context(|| format!("cannot write {}", options.out.display()))?;
    if let Some(directory) = &options.svg {
        write_drawings(directory, &lines.runs)?;
    }
    let (runs, unknown) = (lines.runs.len(), lines.unknown);
    eprintln!(
        "{}: {runs} runs, {unknown} other lines",
        options.out.display()
    );
    Ok(())
}

/// What was read.
#[derive(Default)]
struct Lines {
    runs: Vec<Run>,
    /// Lines about nothing known here.
    unknown: usize,
}

impl Lines {
    /// Adds the runs of a file of lines.
    fn read(&mut self, path: &Path) -> Result<()> {
        let named = || format!("cannot read {}", path.display());
        let mut reader = BufReader::new(File::open(path).with_context(named)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader
                .by_ref()
                .take(LINE)
                .read_until(b'\n', &mut line)
                .with_context(named)?;
            if length == 0 {
                return Ok(());
            }
            ensure!(
                line.ends_with(b"\n") || u64::try_from(length).is_ok_and(|own| own < LINE),
                "{}: a line of more than {LINE} bytes",
                path.display()
            );
            let text = String::from_utf8_lossy(&line);
            self.take(&text);
            ensure!(
                self.runs.len() <= RUNS,
                "more than {RUNS} runs: give fewer files"
            );
        }
    }

    fn take(&mut self, line: &str) {
        match Run::read(line) {
            Some(run) => self.runs.push(run),
            None if line.trim().is_empty() => {}
            None => self.unknown += 1,
        }
    }
}

/// The files that a path stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if file.extension().is_some_and(|own| own == "jsonl") {
            files.push(file);
        }
    }
    ensure!(!files.is_empty(), "no *.jsonl in {}", path.display());
    files.sort();
    Ok(files)
}

/// Each plot as a file, named after its section and its place there.
fn write_drawings(directory: &Path, runs: &[Run]) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    for section in plots::sections(&Groups::new(runs)) {
        let name = section
            .title
            .to_lowercase()
            .replace(',', "")
            .replace(' ', "-");
        for (index, drawing) in section.drawings.iter().enumerate() {
            let path = directory.join(format!("{name}-{}.svg", index + 1));
            std::fs::write(&path, alone(drawing))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}
