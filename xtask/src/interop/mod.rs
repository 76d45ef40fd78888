//! `interop`: our two programs against the programs of others, the real ones, a cell of the matrix at a time.

mod cell;
mod cursor;
mod stage;
mod vncdotool;
mod x11vnc;
mod xtigervnc;
mod xtigervncviewer;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::process::{SHORT, run as run_program};
use crate::setup;
use crate::workspace::{Programs, Workspace};
use cell::{Cell, Side, Verdict};

/// What `interop` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// One JSON object a line instead of the table.
    #[arg(long)]
    json: bool,
    /// Only this peer.
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,
}

/// Somebody else's program.
struct Peer {
    name: &'static str,
    /// Which side we are.
    side: Side,
    /// Plays all its cells.
    play: fn(&Kit, &mut Matrix) -> Result<()>,
}

const PEERS: &[Peer] = &[
    Peer {
        name: "xtigervncviewer",
        side: Side::Server,
        play: xtigervncviewer::play,
    },
    Peer {
        name: "Xtigervnc",
        side: Side::Client,
        play: xtigervnc::play,
    },
    Peer {
        name: "x11vnc",
        side: Side::Client,
        play: x11vnc::play,
    },
    Peer {
        name: "vncdotool",
        side: Side::Server,
        play: vncdotool::play,
    },
];

/// What every peer's cells are played with.
struct Kit {
    programs: Programs,
    vncdo: PathBuf,
    /// Where logs and pictures go.
    directory: PathBuf,
}

/// The cells so far, each printed as soon as it is known.
struct Matrix {
    json: bool,
    cells: Vec<Cell>,
}

impl Matrix {
    fn new(json: bool) -> Self {
        if !json {
            println!("{}", Cell::heading());
        }
        Self {
            json,
            cells: Vec::new(),
        }
    }

    fn add(&mut self, cell: Cell) {
        println!("{}", if self.json { cell.json() } else { cell.row() });
        self.cells.push(cell);
    }

    fn failures(&self) -> usize {
        self.cells
            .iter()
            .filter(|cell| cell.verdict() == Verdict::Fail)
            .count()
    }
}

/// The command: builds, plays the peers asked for; the code is a failure if any cell fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let wanted = |peer: &&Peer| {
        options
            .peer
            .as_ref()
            .is_none_or(|name| name.eq_ignore_ascii_case(peer.name))
    };
    let peers: Vec<&Peer> = PEERS.iter().filter(wanted).collect();
    if peers.is_empty() {
        let names: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
        bail!(
            "there is no peer {}; there are {}",
            options.peer.as_deref().unwrap_or_default(),
            names.join(", ")
        );
    }
    setup::run(workspace)?;
    let failures = play(workspace, &peers, options.json)?;
    Ok(if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The step of `cargo xtask test`: every peer.
pub(crate) fn step(workspace: &Workspace) -> Result<()> {
    let failures = play(workspace, &PEERS.iter().collect::<Vec<_>>(), false)?;
    ensure!(
        failures == 0,
        "{failures} cells fail; pictures and logs are in target/xtask/interop"
    );
    Ok(())
}

fn play(workspace: &Workspace, peers: &[&Peer], json: bool) -> Result<usize> {
    let scratch = workspace.scratch("interop")?;
    let kit = Kit {
        programs: workspace.build_for_tests()?,
        vncdo: setup::vncdo(workspace),
        directory: scratch.path().to_owned(),
    };
    let mut matrix = Matrix::new(json);
    for peer in peers {
        if let Err(error) = (peer.play)(&kit, &mut matrix) {
            let mut cell = Cell::new(peer.name, "", peer.side, "", "");
            cell.fail(&error);
            matrix.add(cell);
        }
    }
    Ok(matrix.failures())
}

impl Kit {
    /// A directory of its own for one peer.
    fn directory_for(&self, peer: &str) -> Result<PathBuf> {
        let directory = self.directory.join(peer);
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        Ok(directory)
    }
}

/// The version a program tells when it is called with `flag`.
///
/// # Errors
/// It is not there: a missing peer fails.
fn version_of(program: &str, flag: &str) -> Result<String> {
    // They write it to either output, and some call it a failure.
    let script = "command -v \"$0\" >/dev/null || exit 1; \"$0\" \"$1\" 2>&1 || true";
    let said = run_program(
        Command::new("sh").args(["-c", script, program, flag]),
        SHORT,
    )
    .with_context(|| format!("{program} is not installed: run `cargo xtask setup`"))?;
    version_in(&said).with_context(|| format!("`{program} {flag}` tells no version: {said}"))
}

/// The first word that is made of numbers and points.
fn version_in(text: &str) -> Option<String> {
    let words = text
        .split_whitespace()
        .map(|word| word.trim_start_matches('v'));
    let version =
        |word: &&str| word.contains('.') && word.split('.').all(|part| part.parse::<u32>().is_ok());
    words.clone().find(version).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_found_in_what_the_peers_say() {
        for (said, version) in [
            (
                "\nTigerVNC Viewer 64-bit v1.12.0\nBuilt on: 2023-01-06 16:01\n",
                "1.12.0",
            ),
            ("Xvnc TigerVNC 1.12.0 - built 2023-01-06", "1.12.0"),
            ("x11vnc: 0.9.16 lastmod: 2019-01-05", "0.9.16"),
            ("vncdo 1.4.2", "1.4.2"),
        ] {
            assert_eq!(version_in(said).as_deref(), Some(version));
        }
        assert_eq!(version_in("no number here."), None);
    }

    #[test]
    fn a_missing_peer_is_an_error() {
        assert!(
            version_of("no-such-peer-anywhere", "--version")
                .unwrap_err()
                .to_string()
                .contains("not installed")
        );
    }
}
