//! A PulseAudio daemon of a test's own, without sound cards, and what goes in and comes out of it by other programs.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a daemon may take to start, or a program of a test to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running daemon with null sinks: what is played into `NAME` can be recorded from `NAME.monitor`. Dropping it ends it.
///
/// The first sink is the default one. Clients need [`Pulse::environment`].
#[derive(Debug)]
pub struct Pulse {
    daemon: Child,
    directory: TempDir,
    sinks: Vec<String>,
}

impl Pulse {
    /// Starts one with these null sinks, 48 kHz and stereo. PulseAudio must be installed.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(sinks: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory for temporary files");
        let sinks: Vec<String> = sinks.iter().map(|name| (*name).to_owned()).collect();
        let daemon = spawn(directory.path(), &sinks);
        let mut pulse = Self {
            daemon,
            directory,
            sinks,
        };
        pulse.wait_until_open();
        pulse
    }

    /// What programs need in their environment to find it.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, OsString); 2] {
        [
            ("PULSE_SERVER", self.server().into()),
            ("PULSE_COOKIE", self.file("cookie").into()),
        ]
    }

    /// The value of `PULSE_SERVER`.
    #[must_use]
    pub fn server(&self) -> String {
        format!("unix:{}", self.file("native").display())
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.daemon.id()
    }

    /// `program`, to be run with its environment.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment());
        command
    }

    /// Runs `pactl` with these arguments and gives what it prints.
    ///
    /// # Panics
    /// It fails.
    pub fn pactl(&self, arguments: &[&str]) -> String {
        let output = self.command("pactl").args(arguments).output();
        let output = output.expect("pactl must be installed (pulseaudio-utils)");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pactl {arguments:?}: {words}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Plays `samples`, 48 kHz, stereo, interleaved, into the sink of that name. The program ends when they are played.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn play(&self, sink: &str, samples: Vec<f32>) -> Player {
        let mut player = self
            .command("pacat")
            .args(["--playback", "--raw", "--format=float32le"])
            .args(["--rate=48000", "--channels=2", "--latency-msec=20"])
            .arg(format!("--device={sink}"))
            .stdin(Stdio::piped())
            .spawn()
            .expect("pacat must be installed (pulseaudio-utils)");
        let mut input = player.stdin.take().expect("a pipe");
        std::thread::spawn(move || {
            let bytes: Vec<u8> = samples.into_iter().flat_map(f32::to_le_bytes).collect();
            // Who ends the player early does not want the rest.
            let _ended = input.write_all(&bytes);
        });
        Player(player)
    }

    /// Kills it, as a crash would; its socket stays behind.
    pub fn kill(&mut self) {
        let _gone = self.daemon.kill();
        let _gone = self.daemon.wait();
    }

    /// Starts it again at the same socket, after [`Pulse::kill`].
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&mut self) {
        self.kill();
        self.daemon = spawn(self.directory.path(), &self.sinks);
        self.wait_until_open();
    }

    fn wait_until_open(&mut self) {
        let start = Instant::now();
        while UnixStream::connect(self.file("native")).is_err() {
            let ended = self.daemon.try_wait().expect("a child");
            let log = || std::fs::read_to_string(self.file("log")).unwrap_or_default();
            assert!(ended.is_none(), "pulseaudio has ended: {}", log());
            assert!(start.elapsed() < PATIENCE, "no socket: {}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A program that plays. Dropping it ends it.
#[derive(Debug)]
pub struct Player(Child);

impl Player {
    /// Waits until everything is played.
    ///
    /// # Panics
    /// It fails, or takes too long.
    pub fn finish(mut self) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                assert!(status.success(), "pacat: {status}");
                return;
            }
            assert!(start.elapsed() < PATIENCE, "pacat does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

fn spawn(directory: &Path, sinks: &[String]) -> Child {
    let file = |name: &str| directory.join(name);
    let mut command = Command::new("pulseaudio");
    command
        .args(["-n", "--daemonize=no", "--use-pid-file=no"])
        .args(["--exit-idle-time=-1", "--disable-shm=yes"]);
    for sink in sinks {
        command.arg("-L");
        command.arg(format!("module-null-sink sink_name={sink} rate=48000"));
    }
    let (socket, cookie) = (file("native"), file("cookie"));
    command.arg("-L").arg(format!(
        "module-native-protocol-unix socket={} auth-cookie={}",
        socket.display(),
        cookie.display()
    ));
    command
        .env("HOME", directory)
        .env("XDG_RUNTIME_DIR", directory)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("PULSE_SERVER")
        .env_remove("PULSE_COOKIE")
        .env_remove("PULSE_RUNTIME_PATH")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(file("log")).expect("a log"))
        .spawn()
        .expect("pulseaudio must be installed")
}
