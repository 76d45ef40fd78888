//! A running `tightrope-viewer`.

use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

/// The process, with its three streams. It is killed when dropped.
pub(crate) struct Viewer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    errors: ChildStderr,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Viewer {
    pub(crate) fn start<'a>(
        display: Option<&str>,
        flags: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::start_with(display, &[], flags)
    }
    /// With these variables in its environment.
    pub(crate) fn start_with<'a>(
        display: Option<&str>,
        variables: &[(&str, OsString)],
        flags: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tightrope-viewer"));
        command.args(flags).envs(variables.iter().cloned());
        // Nobody's own servers are remembered there.
        Self::spawn(display, command, Path::new(env!("CARGO_TARGET_TMPDIR")))
    }
    /// One that remembers servers in the settings at `settings`, and has no terminal.
    pub(crate) fn start_with_settings<'a>(
        settings: &Path,
        flags: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut command = Command::new("setsid");
        command
            .args(["--wait", env!("CARGO_BIN_EXE_tightrope-viewer")])
            .args(flags);
        Self::spawn(None, command, settings)
    }
    /// The same, on a terminal of its own: what is said to it is typed there.
    pub(crate) fn start_on_terminal(settings: &Path, flags: &[&str]) -> Self {
        let program = env!("CARGO_BIN_EXE_tightrope-viewer");
        let mut command = Command::new("script");
        let line = format!("{program} {}", flags.join(" "));
        command.args(["-qec", &line, "/dev/null"]);
        Self::spawn(None, command, settings)
    }
    fn spawn(display: Option<&str>, mut command: Command, settings: &Path) -> Self {
        command
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DISPLAY")
            .env_remove("TIGHTROPE_PASSWORD")
            .env("XDG_CONFIG_HOME", settings)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(display) = display {
            command.env("DISPLAY", display);
        }
        let mut child = command.spawn().expect("the viewer starts");
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            errors: child.stderr.take().unwrap(),
            child,
        }
    }
    /// The answer to one line of a script.
    pub(crate) fn ask(&mut self, line: &str) -> Value {
        self.says(line);
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| {
            let mut errors = String::new();
            _ = self.errors.read_to_string(&mut errors);
            panic!("{line}: {error} in {answer:?}; {errors}")
        })
    }
    /// The answer to a line that has to succeed.
    pub(crate) fn does(&mut self, line: &str) -> Value {
        let answer = self.ask(line);
        assert_eq!(answer["ok"], true, "{line}: {answer}");
        answer
    }
    /// Writes a line to its standard input.
    pub(crate) fn says(&mut self, line: &str) {
        let input = self.input.as_mut().expect("standard input is open");
        writeln!(input, "{line}").unwrap();
    }
    /// Asks it to end, as a shell does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").arg(pid).status().unwrap();
        assert!(status.success());
    }
    /// Waits until it ends. Its standard input stays open until then.
    pub(crate) fn ending(mut self) -> Ending {
        let (mut output, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut output).unwrap();
        self.errors.read_to_string(&mut errors).unwrap();
        let status = self.child.wait().unwrap();
        Ending {
            code: status.code().unwrap_or(-1),
            output,
            errors,
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        if std::thread::panicking() {
            let mut errors = String::new();
            _ = self.errors.read_to_string(&mut errors);
            eprintln!("the viewer said: {errors}");
        }
    }
}

impl Ending {
    /// The last line of standard output: the statistics.
    pub(crate) fn statistics(&self) -> Value {
        let line = self.output.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
