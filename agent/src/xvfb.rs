//! An X server of our own: Xvfb, on a free display, with a cookie that only its file and this process know.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use ring::rand::{SecureRandom, SystemRandom};
use rustix::process::{Signal, kill_process_group};
use tempfile::TempDir;
use tightrope::Size;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::display::{COOKIE_NAME, Display};
use crate::ffi;
use crate::process::{PATIENCE, end_group, group};

/// How long Xvfb may take to open its display.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running Xvfb. Dropping it ends it.
#[derive(Debug)]
pub struct Xvfb {
    display: Display,
    child: Child,
    directory: TempDir,
}

impl Xvfb {
    /// Starts one whose screen is `size`, the largest it can ever have, on a display number of its own choice.
    ///
    /// To be called from a thread that lives as long as the program: Xvfb ends with that thread.
    pub async fn start(size: Size) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("tightrope-agent-")
            .tempdir()
            .context("cannot make a directory for temporary files")?;
        let mut cookie = [0; 16];
        SystemRandom::new()
            .fill(&mut cookie)
            .map_err(|_| anyhow!("the system gives no random numbers"))?;
        write_authority(&authority(&directory), cookie)
            .context("cannot write an Xauthority file")?;
        let log = directory.path().join("xvfb.log");
        let mut child = spawn(size, &authority(&directory), &log)?;
        let number = match tokio::time::timeout(START_LIMIT, display_number(&mut child)).await {
            Ok(Ok(number)) => number,
            Ok(Err(_)) => bail!("Xvfb did not start: {}", last_words(&log)),
            Err(_) => bail!(
                "Xvfb opened no display within {} s: {}",
                START_LIMIT.as_secs(),
                last_words(&log)
            ),
        };
        let display = Display {
            name: format!(":{number}"),
            cookie: Some(cookie),
        };
        Ok(Self {
            display,
            child,
            directory,
        })
    }

    /// Its display, with the cookie that opens it.
    #[must_use]
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// The file that lets others in, for XAUTHORITY.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        authority(&self.directory)
    }

    /// Returns when it has ended by itself, saying how. Cancel safe.
    pub async fn ended(&mut self) -> String {
        let status = self.child.wait().await;
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let words = last_words(&self.directory.path().join("xvfb.log"));
        format!("{status}: {words}")
    }

    /// Ends it, and removes its files.
    pub async fn stop(mut self) {
        if let Some(group) = group(&self.child) {
            end_group(group, &mut self.child, PATIENCE).await;
        }
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        // SIGTERM lets it remove its socket and lock file.
        if let Some(group) = group(&self.child) {
            let _gone = kill_process_group(group, Signal::TERM);
        }
    }
}

fn authority(directory: &TempDir) -> PathBuf {
    directory.path().join("Xauthority")
}

fn spawn(size: Size, authority: &Path, log: &Path) -> Result<Child> {
    let mut command = Command::new("Xvfb");
    command
        .args(["-displayfd", "1", "-screen", "0", &format!("{size}x24")])
        // With SECURITY nobody may read a pointer's shape whose maker has gone, as xsetroot has.
        .args(["-extension", "SECURITY"])
        .args(["-noreset", "-nolisten", "tcp", "-s", "0", "-auth"])
        .arg(authority)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(log)?)
        // A Ctrl-C in the terminal is for us: we say goodbye first.
        .process_group(0);
    ffi::end_with_parent(&mut command);
    tokio::process::Command::from(command)
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => anyhow!(
                "Xvfb is not installed; it is what --exec shows the command on. Install it (Debian, Ubuntu: apt install \
                 xvfb), or give an X server that runs already by --display"
            ),
            _ => anyhow!(error).context("cannot start Xvfb"),
        })
}

/// The number that Xvfb writes once it takes connections.
async fn display_number(child: &mut Child) -> Result<u32> {
    let stdout = child.stdout.take().context("no pipe")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).await?;
    Ok(line.trim().parse()?)
}

/// One entry that fits any address and any display number: the display is not known yet.
fn write_authority(path: &Path, cookie: [u8; 16]) -> io::Result<()> {
    const FAMILY_WILD: u16 = 0xffff;
    let mut entry = Vec::new();
    entry.extend(FAMILY_WILD.to_be_bytes());
    for field in [b"", b"", COOKIE_NAME, &cookie] {
        let length = u16::try_from(field.len()).map_err(io::Error::other)?;
        entry.extend(length.to_be_bytes());
        entry.extend(field);
    }
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&entry)
}

/// The last line of the log at `path`.
fn last_words(path: &Path) -> String {
    let log = std::fs::read(path).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let last = log.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("it gave no reason").to_owned()
}

/// The environment of programs on a display: DISPLAY, and XAUTHORITY if there is one of our own.
#[must_use]
pub fn environment(display: &Display, authority: &Path) -> [(&'static str, OsString); 2] {
    [
        ("DISPLAY", display.name.clone().into()),
        ("XAUTHORITY", authority.into()),
    ]
}
