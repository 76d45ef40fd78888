//! A sound server of our own: PulseAudio without hardware, in a directory that only this user can enter.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Signal, kill_process_group};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use super::{MICROPHONE_SINK, SINK};
use crate::ffi;
use crate::process::{PATIENCE, end_group, group};

/// How long it may take to open its socket.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How often to look whether it has: nothing tells.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How long to wait before one that has ended is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A PulseAudio that is started again when it ends. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Daemon {
    directory: TempDir,
    /// None: it has ended, and is to be started again.
    child: Option<Child>,
}

impl Daemon {
    /// Starts it in `directory`, and waits until programs can play: into the sink [`SINK`], at a socket and with a cookie
    /// that [`environment`] names. With a microphone there is also the sink [`MICROPHONE_SINK`], and a source
    /// that hears what is played into it, which is the default one.
    ///
    /// To be called from a thread that lives as long as the program: PulseAudio ends with that thread.
    pub(crate) async fn start(directory: TempDir, has_microphone: bool) -> Result<Self> {
        let script = script(directory.path(), has_microphone);
        std::fs::write(script_path(directory.path()), script)
            .context("cannot write PulseAudio's configuration")?;
        let child = spawn(directory.path())?;
        let mut own = Self {
            directory,
            child: Some(child),
        };
        match timeout(START_LIMIT, own.open()).await {
            Ok(result) => result?,
            Err(_) => bail!(
                "PulseAudio opened no socket within {} s: {}",
                START_LIMIT.as_secs(),
                own.last_words()
            ),
        }
        Ok(own)
    }

    /// Waits until it takes connections.
    async fn open(&mut self) -> Result<()> {
        while UnixStream::connect(socket(self.directory.path()))
            .await
            .is_err()
        {
            let ended = self.child.as_mut().map(Child::try_wait).transpose()?;
            if ended.flatten().is_some() {
                bail!("PulseAudio did not start: {}", self.last_words());
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Starts it again whenever it ends. Cancel safe. To be called from the same thread as [`Daemon::start`].
    pub(crate) async fn keep(&mut self) -> Infallible {
        loop {
            if let Some(child) = &mut self.child {
                let status = child.wait().await;
                self.child = None;
                let status = status.map_or_else(|error| error.to_string(), |own| own.to_string());
                let words = self.last_words();
                tracing::warn!("PulseAudio has ended, {status}: {words}; it is started again");
            }
            sleep(RESTART_PAUSE).await;
            match spawn(self.directory.path()) {
                Ok(child) => self.child = Some(child),
                Err(error) => tracing::warn!("the desktop has no sound: {error:#}"),
            }
        }
    }

    /// Ends it, and removes its files.
    pub(crate) async fn stop(mut self) {
        if let Some(mut child) = self.child.take()
            && let Some(group) = group(&child)
        {
            end_group(group, &mut child, PATIENCE).await;
        }
    }

    fn last_words(&self) -> String {
        let log = std::fs::read(log(self.directory.path())).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let last = log.lines().rev().find(|line| !line.trim().is_empty());
        last.unwrap_or("it gave no reason").to_owned()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(group) = self.child.as_ref().and_then(group) {
            let _gone = kill_process_group(group, Signal::TERM);
        }
    }
}

/// What programs, and we ourselves, find the sound server of this directory by.
pub(super) fn environment(directory: &Path) -> [(&'static str, OsString); 2] {
    let mut server = OsString::from("unix:");
    server.push(socket(directory));
    [
        ("PULSE_SERVER", server),
        ("PULSE_COOKIE", directory.join("cookie").into()),
    ]
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("native")
}

fn script_path(directory: &Path) -> PathBuf {
    directory.join("start.pa")
}

fn log(directory: &Path) -> PathBuf {
    directory.join("pulseaudio.log")
}

/// The commands that PulseAudio starts with. What nothing plays into, or listens to, sleeps after a second.
///
/// With `norewinds` the sink takes nothing back, so that it is heard a buffer earlier, and it never takes two seconds at once
/// of a program that gives so much.
fn script(directory: &Path, has_microphone: bool) -> String {
    let mut script = format!(
        "load-module module-null-sink sink_name={SINK} rate=48000 channels=2 norewinds=1 \
         sink_properties=device.description=Desktop\n\
         set-default-sink {SINK}\n\
         load-module module-suspend-on-idle timeout=1\n"
    );
    if has_microphone {
        // A source of its own, as many programs pass monitors over.
        script += &format!(
            "load-module module-null-sink sink_name={MICROPHONE_SINK} rate=48000 channels=2 \
             sink_properties=device.description=MicrophoneOfTheViewerSink\n\
             load-module module-remap-source source_name={MICROPHONE_SINK}_source \
             master={MICROPHONE_SINK}.monitor source_properties=device.description=MicrophoneOfTheViewer\n\
             set-default-source {MICROPHONE_SINK}_source\n"
        );
    }
    script += &format!(
        "load-module module-native-protocol-unix socket={} auth-cookie={}\n",
        socket(directory).display(),
        directory.join("cookie").display()
    );
    script
}

fn spawn(directory: &Path) -> Result<Child> {
    let mut command = Command::new("pulseaudio");
    command
        .args(["-n", "--daemonize=no", "--use-pid-file=no"])
        .args(["--exit-idle-time=-1", "--disable-shm=yes", "--file"])
        .arg(script_path(directory))
        .env("HOME", directory)
        .env("XDG_RUNTIME_DIR", directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(log(directory))?)
        // A Ctrl-C in the terminal is for us: we say goodbye first.
        .process_group(0);
    for other in [
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "PULSE_RUNTIME_PATH",
        "PULSE_SERVER",
        "XDG_CONFIG_HOME",
    ] {
        command.env_remove(other);
    }
    ffi::end_with_parent(&mut command);
    let spawned = tokio::process::Command::from(command).spawn();
    spawned.map_err(|error: io::Error| anyhow::anyhow!(error).context("cannot start pulseaudio"))
}
