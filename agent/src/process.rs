//! Programs in process groups of their own, and how they end.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use crate::ffi;

/// How long a program may take to end when asked to, if nothing else is said.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// How often to look whether it has, while it is being ended.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

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

    /// Ends whatever of it still runs, also what the command has left behind.
    pub async fn stop(self) {
        self.stop_within(PATIENCE).await;
    }

    /// The same; what still runs after `patience` is killed. Dropping the future asks it to end and does not wait.
    pub async fn stop_within(mut self, patience: Duration) {
        if let Some(group) = self.group {
            end_group(group, &mut self.child, patience).await;
            self.group = None;
        }
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _gone = kill_process_group(group, Signal::TERM);
        }
    }
}

/// The process group that `child`, just started as its leader, leads.
pub(crate) fn group(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}

/// Asks all of `group`, which `child` leads, to end; what is left of it after `patience` is killed. Without patience
/// nothing is asked.
pub(crate) async fn end_group(group: Pid, child: &mut Child, patience: Duration) {
    if !patience.is_zero() {
        let _gone = kill_process_group(group, Signal::TERM);
    }
    let emptied = async {
        // There is nothing to wait on for processes that are not our own children.
        while child.try_wait().is_ok() && test_kill_process_group(group).is_ok() {
            sleep(LOOK_AGAIN).await;
        }
    };
    if timeout(patience, emptied).await.is_err() {
        let _gone = kill_process_group(group, Signal::KILL);
        let _ended = child.wait().await;
    }
}
