//! Programs of Debian 13, whose peers are newer, on whatever runs here: unpacked into a directory and started by the
//! loader that comes with them, so that no root rights are needed.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Kit, version_in};
use crate::process::{SHORT, run};

const SUITE: &str = "trixie";
const PACKAGES: &str = "tigervnc-standalone-server,tigervnc-viewer";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const LOADER: &str = "ld-linux-x86-64.so.2";
/// About 150 MB are downloaded.
const DOWNLOAD: Duration = Duration::from_secs(1800);

static DOWNLOADING: Mutex<()> = Mutex::new(());

/// See the module.
pub(super) struct Trixie {
    root: PathBuf,
}

impl Trixie {
    /// Downloads it unless that was done before.
    pub(super) fn provide(kit: &Kit) -> Result<Self> {
        ensure!(
            cfg!(target_arch = "x86_64"),
            "the packages of {SUITE} are fetched for x86-64 only"
        );
        let root = kit.downloads.join(SUITE);
        // Peers are played side by side: one downloads it for all.
        let _only = DOWNLOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if !root.exists() {
            std::fs::create_dir_all(&kit.downloads)?;
            // Under its name only when it is whole.
            let unfinished = kit.downloads.join(format!("{SUITE}.part"));
            if unfinished.exists() {
                std::fs::remove_dir_all(&unfinished)?;
            }
            let mut command = Command::new("mmdebstrap");
            command.args(["--variant=extract", &format!("--include={PACKAGES}")]);
            command.arg(SUITE).arg(&unfinished);
            run(&mut command, DOWNLOAD).context("Debian's archive must be within reach")?;
            std::fs::rename(&unfinished, &root)?;
        }
        Ok(Self { root })
    }

    /// The version of its TigerVNC, as the viewer tells it.
    pub(super) fn version(&self) -> Result<String> {
        let mut command = Command::new("sh");
        let viewer = self.command("xtigervncviewer");
        command.args(["-c", "\"$0\" \"$@\" --version 2>&1 || true"]);
        command.arg(viewer.get_program()).args(viewer.get_args());
        let said = run(&mut command, SHORT)?;
        version_in(&said).with_context(|| format!("the viewer tells no version: {said}"))
    }

    /// One of its programs.
    pub(super) fn command(&self, program: &str) -> Command {
        let libraries = self.root.join(LIBRARIES);
        let mut command = Command::new(libraries.join(LOADER));
        command.arg("--library-path").arg(&libraries);
        command.arg(self.root.join("usr/bin").join(program));
        command
    }
}
