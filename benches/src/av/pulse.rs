//! The viewer's sound card: a PulseAudio daemon of its own, with a sink that plays into nothing.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long it may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How often it is looked whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A running daemon. It ends when this is dropped; without us, when it has had no client for half a minute.
#[derive(Debug)]
pub(super) struct Pulse {
    process: Child,
    server: String,
    cookie: PathBuf,
}

impl Pulse {
    /// Starts one in `directory`, and waits until it takes connections.
    pub(super) fn start(directory: &Path) -> Result<Self> {
        let socket = directory.join("pulse.socket");
        let log = directory.join("pulse.log");
        let cookie = directory.join("pulse.cookie");
        let protocol = format!(
            "module-native-protocol-unix socket={} auth-cookie={}",
            socket.display(),
            cookie.display()
        );
        let process = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=30"])
            .args(["--disable-shm=yes", "--log-target=stderr", "--log-time=no"])
            .args(["-L", "module-null-sink sink_name=viewer rate=48000"])
            .args(["-L", &protocol])
            .env("HOME", directory)
            .env("XDG_RUNTIME_DIR", directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => anyhow::anyhow!(
                    "PulseAudio is not installed; it is the viewer's sound card (Debian, Ubuntu: apt install pulseaudio)"
                ),
                _ => anyhow::Error::new(error).context("cannot start pulseaudio"),
            })?;
        let mut pulse = Self {
            process,
            server: format!("unix:{}", socket.display()),
            cookie,
        };
        pulse.wait(&socket, &log)?;
        Ok(pulse)
    }

    /// What its clients need in their environment.
    pub(super) fn environment(&self) -> [(&'static str, &OsStr); 2] {
        [
            ("PULSE_SERVER", self.server.as_ref()),
            ("PULSE_COOKIE", self.cookie.as_ref()),
        ]
    }

    fn wait(&mut self, socket: &Path, log: &Path) -> Result<()> {
        let start = Instant::now();
        while UnixStream::connect(socket).is_err() {
            let ended = self.process.try_wait()?;
            if ended.is_some() || start.elapsed() > START_LIMIT {
                let words = std::fs::read_to_string(log).context("the log of pulseaudio")?;
                bail!("pulseaudio did not start: {}", words.trim());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        // It has ended, or nobody needs it any more.
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}
