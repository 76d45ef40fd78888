//! What fuzzing needs beyond the pinned toolchain: nightly Rust and cargo-fuzz.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{SHORT, command_line, run};
use crate::workspace::Workspace;

const CARGO_FUZZ: &str = "0.13.2";

/// Both are there.
pub(super) struct Tools {
    /// The kind of machine, as rustc names it.
    host: String,
}

/// Installs what is missing.
///
/// # Errors
/// There is no rustup, or an installation failed: says what to do.
pub(super) fn ensure(workspace: &Workspace) -> Result<Tools> {
    if run(Command::new("rustup").arg("--version"), SHORT).is_err() {
        bail!(
            "fuzzing needs a nightly Rust beside the pinned one, which rustup installs: get rustup from https://rustup.rs and try again"
        );
    }
    if run(&mut nightly("rustc", &["--version"]), SHORT).is_err() {
        eprintln!("fuzz: installing nightly Rust");
        let mut install = Command::new("rustup");
        install.args(["toolchain", "install", "nightly", "--profile", "minimal"]);
        show(&mut install)
            .context("fuzzing needs nightly Rust: `rustup toolchain install nightly`")?;
    }
    if run(&mut nightly("cargo", &["fuzz", "--version"]), SHORT).is_err() {
        eprintln!("fuzz: installing cargo-fuzz {CARGO_FUZZ}");
        let mut install = workspace.cargo();
        install.args(["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ]);
        show(&mut install).with_context(|| {
            format!("fuzzing needs cargo-fuzz: `cargo install --locked cargo-fuzz --version {CARGO_FUZZ}`")
        })?;
    }
    let version = run(&mut nightly("rustc", &["-vV"]), SHORT)?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc -vV` names no host")?;
    Ok(Tools { host: host.into() })
}

impl Tools {
    /// Builds one target, or all; the directory of the programs, each named as its target.
    pub(super) fn build(&self, workspace: &Workspace, target: Option<&str>) -> Result<PathBuf> {
        // What is fuzzed has the versions that are tested; cargo adds those of libFuzzer.
        let lock = "Cargo.lock";
        std::fs::copy(workspace.root().join(lock), workspace.fuzz().join(lock))
            .context("cannot copy Cargo.lock to fuzz/")?;
        let directory = workspace.fuzz().join("target");
        let mut command = nightly("cargo", &["fuzz", "build", "--target", &self.host]);
        command
            .arg("--fuzz-dir")
            .arg(workspace.fuzz())
            .arg("--target-dir")
            .arg(&directory)
            .args(target)
            .current_dir(workspace.root());
        eprintln!("fuzz: building with nightly Rust and sanitizers");
        show(&mut command)?;
        Ok(directory.join(&self.host).join("release"))
    }
}

/// A program of the nightly toolchain, told nothing of the one that runs us.
fn nightly(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", program]).args(arguments);
    for variable in [
        "CARGO",
        "RUSTC",
        "RUSTDOC",
        "RUSTUP_TOOLCHAIN",
        "CARGO_TARGET_DIR",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs a program whose messages the reader wants to see as they come, all of them on standard error.
pub(super) fn show(command: &mut Command) -> Result<()> {
    command.stdin(Stdio::null()).stdout(std::io::stderr());
    let line = command_line(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed; its own messages are above");
    }
    Ok(())
}
