//! `interop`: our two programs against the programs of others, the real ones, a cell of the matrix at a time.

mod cell;
mod certificate;
mod compare;
mod cursor;
mod matrix;
mod painter;
mod peers;
mod puppet;
mod sound;
mod stage;
mod trixie;
mod viewing;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::process::{SHORT, run as run_program};
use crate::setup;
use crate::workspace::{Programs, Workspace};
use crate::x11::make_wallpaper;
use cell::Side;
use matrix::Matrix;
use peers::PEERS;

/// What `interop` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// One JSON object a line instead of the table.
    #[arg(long)]
    json: bool,
    /// Only this peer.
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,
    /// Also the peers that download a system of their own.
    #[arg(long)]
    all: bool,
    /// Take tightrope-agent and tightrope-viewer from this directory instead of building them.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// Somebody else's program.
struct Peer {
    name: &'static str,
    /// Which side we are.
    side: Side,
    when: When,
    /// Plays all its cells.
    play: fn(&Kit, &Matrix) -> Result<()>,
}

/// On which occasions a peer is played.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Also in `cargo xtask test`.
    Always,
    /// Only with `--all`, or by its name.
    Asked,
}

/// What every peer's cells are played with.
struct Kit {
    programs: Programs,
    vncdo: PathBuf,
    novnc: PathBuf,
    /// Where peers that are downloaded stay.
    downloads: PathBuf,
    /// Where logs and pictures go.
    directory: PathBuf,
    /// A picture of many colours.
    wallpaper: PathBuf,
}

/// The command: builds, plays the peers asked for; the code is a failure if any cell fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let wanted = |peer: &&Peer| match &options.peer {
        Some(name) => name.eq_ignore_ascii_case(peer.name),
        None => options.all || peer.when == When::Always,
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
    let programs = match &options.programs {
        Some(directory) => Programs {
            agent: directory.join("tightrope-agent"),
            viewer: directory.join("tightrope-viewer"),
        },
        None => workspace.build_for_tests()?,
    };
    let failures = play(workspace, programs, &peers, options.json)?;
    Ok(if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The step of `cargo xtask test`: every peer but those that download a system of their own.
pub(crate) fn step(workspace: &Workspace) -> Result<()> {
    let peers: Vec<&Peer> = PEERS
        .iter()
        .filter(|peer| peer.when == When::Always)
        .collect();
    let failures = play(workspace, workspace.build_for_tests()?, &peers, false)?;
    ensure!(
        failures == 0,
        "{failures} cells fail; pictures and logs are in target/xtask/interop"
    );
    Ok(())
}

fn play(workspace: &Workspace, programs: Programs, peers: &[&Peer], json: bool) -> Result<usize> {
    let scratch = workspace.scratch("interop")?;
    let directory = scratch.path().to_owned();
    let wallpaper = directory.join("wallpaper.ppm");
    make_wallpaper(&wallpaper, stage::SIZE, "#16425b-#d9b08c")?;
    let kit = Kit {
        programs,
        vncdo: setup::vncdo(workspace),
        novnc: setup::novnc(workspace),
        downloads: workspace.target().join("xtask"),
        directory,
        wallpaper,
    };
    let matrix = Matrix::new(json);
    matrix.play(&kit, peers);
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

    /// Compiles a small C program, given as text, against a library that pkg-config knows.
    fn compile(
        &self,
        name: &str,
        source: &str,
        library: &str,
        directory: &Path,
    ) -> Result<PathBuf> {
        let (file, program) = (directory.join(format!("{name}.c")), directory.join(name));
        std::fs::write(&file, source)?;
        let flags = run_program(
            Command::new("pkg-config").args(["--cflags", "--libs", library]),
            SHORT,
        )?;
        let mut compiler = Command::new("cc");
        compiler.args(["-std=gnu11", "-O2", "-Wall", "-Werror", "-o"]);
        compiler.arg(&program).arg(&file);
        compiler.args(flags.split_whitespace());
        run_program(&mut compiler, SHORT)?;
        Ok(program)
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

/// The version of a library that pkg-config knows.
fn version_of_library(library: &str) -> Result<String> {
    let mut command = Command::new("pkg-config");
    let said = run_program(command.args(["--modversion", library]), SHORT)
        .with_context(|| format!("{library} is not installed: run `cargo xtask setup`"))?;
    version_in(&said).with_context(|| format!("{library} tells no version: {said}"))
}

/// The version of an installed Debian package, for programs that do not tell theirs.
fn version_of_package(package: &str) -> Result<String> {
    let mut command = Command::new("dpkg-query");
    let said = run_program(command.args(["-W", "-f", "${Version}", package]), SHORT)
        .with_context(|| format!("{package} is not installed: run `cargo xtask setup`"))?;
    let upstream = said.rsplit(':').next().unwrap_or_default();
    // OpenSSH's is as 9.2p1.
    let upstream = upstream.split(['-', '+', 'p']).next().unwrap_or_default();
    version_in(upstream).with_context(|| format!("{package} has no version: {said}"))
}

/// The first word that is made of numbers and points.
fn version_in(text: &str) -> Option<String> {
    let words = text
        .split_whitespace()
        .map(|word| word.trim_start_matches(['v', 'V']).trim_end_matches(','));
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
            ("QEMU emulator version 7.2.19 (Debian 1:7.2)", "7.2.19"),
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
