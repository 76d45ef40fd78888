//! Programs in process groups of their own, and how they end.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};
use tokio::process::Child;

use crate::ffi;

/// How long a program may take to end when asked to.
const PATIENCE: Duration = Duration::from_secs(2);

/// The command of `--exec`, and everything it started. Dropping it asks them all to end.
#[derive(Debug)]
pub struct Application {
    child: Child,
    group: Option<Pid>,
}

impl Application {
    /// Runs `sh -c command` in a process group of its own. What it prints goes to our standard error.
    ///
    /// To be called from a thread that lives as long as the program: the command ends with that thread.
    pub fn start(
        command: &str,
        environment: impl IntoIterator<Item = (&'static str, OsString)>,
    ) -> Result<Self> {
        let log = File::from(std::io::stderr().as_fd().try_clone_to_owned()?);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .envs(environment)
            .stdin(Stdio::null())
            // Not our standard output: that may be where the credentials go.
            .stdout(log)
            .process_group(0);
        ffi::end_with_parent(&mut shell);
        let child = tokio::process::Command::from(shell)
            .spawn()
            .context("cannot start `sh` to run the command of --exec")?;
        let group = group(&child);
        Ok(Self { child, group })
    }

    /// Returns when the command has ended. Cancel safe.
    pub async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends whatever of it still runs.
    pub async fn stop(mut self) {
        stop_group(&mut self.child).await;
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // The shell may have ended and left others behind.
        if let Some(group) = self.group {
            let _gone = rustix::process::kill_process_group(group, Signal::TERM);
        }
    }
}

fn group(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}

/// Sends `signal` to the group that `child` leads, unless the child has been waited for.
pub(crate) fn signal_group(child: &Child, signal: Signal) {
    if let Some(group) = group(child) {
        let _gone = rustix::process::kill_process_group(group, signal);
    }
}

/// Asks the group that `child` leads to end; what is left of it after two seconds is killed.
pub(crate) async fn stop_group(child: &mut Child) {
    let Some(group) = group(child) else { return };
    let _gone = rustix::process::kill_process_group(group, Signal::TERM);
    let _ended = tokio::time::timeout(PATIENCE, child.wait()).await;
    let _gone = rustix::process::kill_process_group(group, Signal::KILL);
    let _ended = child.wait().await;
}
