//! One target: fuzzed for its CPU time, then its corpus is made minimal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Line;
use super::log::{Figures, cpu_ticks, figures};
use crate::process::{SHORT, Service, run};
use crate::workspace::Workspace;

/// Longest input, in bytes.
const LONGEST: usize = 4096;
/// Seconds one input may take before that is a finding.
const SLOWEST: u32 = 20;
const POLL: Duration = Duration::from_millis(200);
const REPORT: Duration = Duration::from_secs(10); // between two lines of progress, in CPU time
/// How long libFuzzer may take to end, and to choose the corpus.
const END_LIMIT: Duration = Duration::from_secs(120);
const MERGE_LIMIT: Duration = Duration::from_secs(3600);

/// A target, its program and its directories.
pub(super) struct Campaign<'a> {
    name: &'a str,
    program: PathBuf,
    /// Kept in the repository.
    corpus: PathBuf,
    regressions: PathBuf,
    /// Everything of interest that was ever met on this machine.
    work: PathBuf,
    seeds: PathBuf,
    findings: PathBuf,
    logs: PathBuf,
}

impl<'a> Campaign<'a> {
    pub(super) fn new(workspace: &Workspace, name: &'a str, programs: &Path, seeds: &Path) -> Self {
        let fuzz = workspace.fuzz();
        let target = fuzz.join("target");
        Self {
            name,
            program: programs.join(name),
            corpus: fuzz.join("corpus").join(name),
            regressions: fuzz.join("regressions").join(name),
            work: target.join("work").join(name),
            seeds: seeds.join(name),
            findings: target.join("findings").join(name),
            logs: target.join("logs"),
        }
    }

    /// Fuzzes for so much CPU time, or until something is found.
    pub(super) fn run(&self, time: Duration) -> Result<Line> {
        for directory in [&self.corpus, &self.work, &self.findings] {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot create {}", directory.display()))?;
        }
        let before = files(&self.findings)?;
        let (figures, cpu) = self.fuzz(time)?;
        let findings = files(&self.findings)?;
        let corpus = self.minimise()?;
        Ok(Line {
            target: self.name.to_owned(),
            executions: figures.executions,
            coverage: figures.coverage,
            findings: findings.difference(&before).cloned().collect(),
            cpu_s: cpu.as_secs_f64(),
            corpus,
        })
    }

    fn fuzz(&self, time: Duration) -> Result<(Figures, Duration)> {
        let mut command = self.command();
        command
            .arg("-print_final_stats=1")
            .arg(format!("-artifact_prefix={}/", self.findings.display()))
            .args([&self.work, &self.corpus, &self.seeds]);
        if self.regressions.is_dir() {
            command.arg(&self.regressions);
        }
        let mut service = Service::start(self.name, &mut command, &self.logs)?;
        let start = Instant::now();
        let (mut cpu, mut reported) = (Duration::ZERO, Duration::ZERO);
        // It ends by itself only when it has found something.
        while cpu < time && service.check().is_ok() {
            thread::sleep(POLL);
            cpu = cpu_time(service.id()).unwrap_or_else(|| start.elapsed());
            if cpu >= reported + REPORT {
                reported = cpu;
                self.report(cpu);
            }
        }
        if service.check().is_ok() {
            // libFuzzer finishes the input at hand and says its figures.
            let id = service.id().to_string();
            run(
                Command::new("sh").args(["-c", "kill -USR1 \"$0\"", &id]),
                SHORT,
            )?;
        }
        let _ = service.wait(END_LIMIT)?; // what it found tells more than its code
        Ok((self.figures(), cpu))
    }

    fn report(&self, cpu: Duration) {
        let Figures {
            executions,
            coverage,
        } = self.figures();
        eprintln!(
            "fuzz: {} {} s: {executions} executions, coverage {coverage}",
            self.name,
            cpu.as_secs()
        );
    }

    fn figures(&self) -> Figures {
        let log = std::fs::read(self.logs.join(format!("{}.log", self.name)));
        figures(&String::from_utf8_lossy(&log.unwrap_or_default()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-max_len={LONGEST}"))
            .arg(format!("-timeout={SLOWEST}"));
        command
    }

    /// Leaves in the corpus the fewest and smallest inputs that reach all that is known; their number.
    fn minimise(&self) -> Result<usize> {
        let merged = self.work.with_extension("merged");
        if merged.exists() {
            std::fs::remove_dir_all(&merged)?;
        }
        std::fs::create_dir_all(&merged)?;
        let mut command = self.command();
        command
            // Edges count, not how often each is passed: that would keep ten times as much.
            .args(["-merge=1", "-use_counters=0"])
            .args([&merged, &self.corpus, &self.work, &self.seeds]);
        run(&mut command, MERGE_LIMIT).context("choosing the corpus")?;
        let kept = files(&merged)?;
        for old in files(&self.corpus)? {
            std::fs::remove_file(old)?;
        }
        for path in &kept {
            if let Some(name) = path.file_name() {
                std::fs::copy(path, self.corpus.join(name))?;
            }
        }
        std::fs::remove_dir_all(&merged)?;
        Ok(kept.len())
    }
}

fn files(directory: &Path) -> Result<BTreeSet<PathBuf>> {
    let entries = std::fs::read_dir(directory)
        .with_context(|| format!("cannot read {}", directory.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// CPU time of a process; `None` where there is no /proc.
fn cpu_time(id: u32) -> Option<Duration> {
    const TICK: Duration = Duration::from_millis(10); // USER_HZ is 100 on every Linux
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let ticks = u32::try_from(cpu_ticks(&stat)?).ok()?;
    Some(TICK * ticks)
}
