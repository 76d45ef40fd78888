//! A real browser in a window on a desktop.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tightrope::Size;

use crate::desktop::screen::Screen;

/// Names under which it may be installed.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];
/// How long it has to end when it is asked to, in steps.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(100));

/// A running browser. Dropping it ends it.
pub(super) struct Window {
    process: Child,
    log: PathBuf,
}

impl Window {
    /// Opens `url` in a window as large as the screen. All that the browser keeps goes into `directory`.
    pub(super) fn open(
        program: Option<&Path>,
        screen: &Screen,
        (size, url): (Size, &str),
        directory: &Path,
    ) -> Result<Self> {
        let log = directory.join("browser.log");
        let names = NAMES.map(Path::new);
        let names = program.as_ref().map_or(&names[..], std::slice::from_ref);
        let mut last = None;
        for name in names {
            let mut command = screen.take(Command::new(name));
            command
                .arg(format!(
                    "--user-data-dir={}",
                    directory.join("profile").display()
                ))
                .arg(format!("--window-size={},{}", size.width, size.height))
                .args([
                    "--window-position=0,0",
                    "--no-first-run",
                    "--no-default-browser-check",
                ])
                .args([
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--disable-sync",
                ])
                .args(["--disable-component-update", "--password-store=basic"])
                .args([
                    "--disable-features=Translate",
                    "--force-device-scale-factor=1",
                ]);
            if geteuid().is_root() {
                // Its sandbox is not for root.
                command.arg("--no-sandbox");
            }
            let started = command
                .arg(url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?)
                .spawn();
            match started {
                Ok(process) => return Ok(Self { process, log }),
                Err(error) => last = Some(error),
            }
        }
        let error = last.map_or_else(String::new, |error| format!(": {error}"));
        anyhow::bail!("no browser{error} (Debian: apt install chromium; or --browser)")
    }

    /// What it said last, for an error.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines().last().unwrap_or_default().to_owned()
    }

    /// An error if it has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        match self.process.try_wait().context("the browser")? {
            None => Ok(()),
            Some(status) => anyhow::bail!("the browser ended, {status}: {}", self.last_words()),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _asked = kill_process(Pid::from_child(&self.process), Signal::TERM);
        for _ in 0..PATIENCE.0 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(PATIENCE.1);
        }
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}
