//! One measurement: `link` as a process of its own, so that whatever happens to it happens to nothing else.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What it may print, in bytes.
const OUTPUT: u64 = 16 << 20;
/// What is told of its errors, in letters.
const ERROR: usize = 400;
/// How long it has to end when it is told to.
const END: Duration = Duration::from_secs(10);

/// What `program` prints, told `arguments`: the last object of its output.
///
/// # Errors
/// It ended with an error, took longer than `limit`, or printed no object.
pub(super) async fn measure(
    program: &Path,
    arguments: &[OsString],
    limit: Duration,
) -> Result<Map<String, Value>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let output = child.stdout.take().context("no output")?;
    let errors = child.stderr.take().context("no output of errors")?;
    let all = async { tokio::join!(read(output), read(errors), child.wait()) };
    let Ok((output, errors, status)) = timeout(limit, all).await else {
        end(&mut child).await;
        bail!("it took longer than {} s", limit.as_secs());
    };
    let status = status?;
    let output = String::from_utf8_lossy(&output);
    if !status.success() {
        let errors = String::from_utf8_lossy(&errors);
        bail!("{status}: {}", last_words(&errors));
    }
    let objects = output.lines().rev();
    let mut objects = objects.filter_map(|line| serde_json::from_str(line).ok());
    let result: Option<Map<String, Value>> = objects.next();
    let result = result.context("it printed no figures")?;
    ensure!(
        !result.contains_key("error"),
        "it printed an error: {result:?}"
    );
    Ok(result)
}

/// Asks it to end, then makes it.
async fn end(child: &mut Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(process) = id.and_then(Pid::from_raw) {
        let _asked = kill_process(process, Signal::TERM);
    }
    if timeout(END, child.wait()).await.is_err() {
        let _ended = child.kill().await;
    }
}

async fn read(from: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut from = from.take(OUTPUT);
    // What was read until then is told.
    let _broken = from.read_to_end(&mut bytes).await;
    bytes
}

/// The end of what was said, in one line.
fn last_words(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let start = lines.len().saturating_sub(3);
    let words = lines.get(start..).unwrap_or_default().join(" | ");
    let skipped = words.chars().count().saturating_sub(ERROR);
    words.chars().skip(skipped).collect()
}
