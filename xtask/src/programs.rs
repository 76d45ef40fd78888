//! Our own two programs as others use them: started by their flags, driven through their outputs.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::process::{SHORT, Service, Talk};
use crate::workspace::Programs;
use crate::x11::Display;

/// The line that `--print-credentials` writes.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    pub(crate) url: String,
    pub(crate) password: Option<String>,
}

/// A `tightrope-agent --exec` with its desktop.
pub(crate) struct Agent {
    pub(crate) service: Service,
    pub(crate) credentials: Credentials,
    /// Just before the process was made.
    pub(crate) started: Instant,
    display_file: PathBuf,
}

impl Agent {
    /// Starts it with a desktop of this size in which the shell script `desktop` runs; `directory` takes what it
    /// leaves behind. Returns as soon as it says that it listens.
    pub(crate) fn start(
        programs: &Programs,
        desktop: &str,
        geometry: (usize, usize),
        flags: &[&str],
        directory: &Path,
    ) -> Result<Self> {
        let script = directory.join("desktop.sh");
        let display_file = directory.join("display");
        std::fs::write(&script, desktop_script(&display_file, desktop))?;
        let mut command = Command::new(&programs.agent);
        command.args(["--exec", &format!("exec sh {}", quoted(&script))]);
        command.args(["--geometry", &format!("{}x{}", geometry.0, geometry.1)]);
        command
            .args(["--listen", "127.0.0.1:0", "--print-credentials", "1"])
            .args(flags);
        let started = Instant::now();
        let (service, talk) = Service::start_talking("agent", &mut command, directory)?;
        let line = talk
            .hear(SHORT)
            .and_then(|line| line.context("it ended"))
            .context("tightrope-agent did not come up");
        let line = line.map_err(|error| service.explain(error))?;
        let credentials = serde_json::from_str(&line).context("the line of --print-credentials")?;
        Ok(Self {
            service,
            credentials,
            started,
            display_file,
        })
    }

    /// The X server of its desktop, as soon as the desktop's script runs.
    pub(crate) fn display(&mut self) -> Result<Display> {
        let file = &self.display_file;
        self.service
            .wait_until("the desktop's command has started", SHORT, || {
                Ok(Display::from_file(file))
            })
    }

    /// The TCP port of its URL.
    pub(crate) fn port(&self) -> Result<u16> {
        port_of(&self.credentials.url)
            .with_context(|| format!("no port in {}", self.credentials.url))
    }
}

/// A `tightrope-viewer --headless --script -`.
pub(crate) struct Viewer {
    service: Service,
    talk: Talk,
}

impl Viewer {
    /// Starts it with these flags (the URL or credentials among them).
    pub(crate) fn start(programs: &Programs, flags: &[&str], directory: &Path) -> Result<Self> {
        Self::start_with(programs, flags, &[], directory)
    }

    /// As [`Viewer::start`], with these variables in its environment.
    pub(crate) fn start_with(
        programs: &Programs,
        flags: &[&str],
        variables: &[(&str, &str)],
        directory: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(&programs.viewer);
        command.args(["--headless", "--script", "-"]).args(flags);
        command.envs(variables.iter().copied());
        let (service, talk) = Service::start_talking("viewer", &mut command, directory)?;
        Ok(Self { service, talk })
    }

    /// Gives one command of the script language and waits for its answer.
    ///
    /// # Errors
    /// The answer is no, or none came within `limit`.
    pub(crate) fn ask(&mut self, command: &str, limit: Duration) -> Result<Value> {
        self.ask_during(command, limit, || Ok(()))
            .map(|(answer, ())| answer)
    }

    /// As [`Viewer::ask`], with something done between command and answer; gives both results.
    pub(crate) fn ask_during<T>(
        &mut self,
        command: &str,
        limit: Duration,
        action: impl FnOnce() -> Result<T>,
    ) -> Result<(Value, T)> {
        let said = self
            .talk
            .say(command)
            .with_context(|| format!("tightrope-viewer: `{command}`"));
        said.map_err(|error| self.service.explain(error))?;
        let done = action()?;
        Ok((self.answer(command, limit)?, done))
    }

    /// As [`Viewer::ask`] for what takes no time.
    pub(crate) fn tell(&mut self, command: &str) -> Result<Value> {
        self.ask(command, SHORT)
    }

    fn answer(&mut self, command: &str, limit: Duration) -> Result<Value> {
        let line = self
            .talk
            .hear(limit)
            .and_then(|line| line.context("it ended"));
        let line = line.with_context(|| format!("tightrope-viewer: `{command}`"));
        let line = line.map_err(|error| self.service.explain(error))?;
        let value: Value = serde_json::from_str(&line)
            .with_context(|| format!("the answer {line:?} to `{command}`"))?;
        if value.get("ok").and_then(Value::as_bool) == Some(true) {
            return Ok(value);
        }
        bail!(
            "tightrope-viewer: `{command}`: {}",
            value.get("error").and_then(Value::as_str).unwrap_or(&line)
        )
    }

    /// Waits until no update came for `quiet`.
    pub(crate) fn wait_until_still(&mut self, quiet: Duration, limit: Duration) -> Result<()> {
        let command = format!("still {} {}", quiet.as_millis(), limit.as_secs());
        self.ask(&command, limit + SHORT).map(drop)
    }

    /// Writes what the viewer holds to a PNG file.
    pub(crate) fn snapshot(&mut self, file: &Path) -> Result<crate::picture::Picture> {
        self.tell(&format!("snapshot {}", file.display()))?;
        crate::picture::Picture::read(file)
    }

    /// Ends the session.
    pub(crate) fn quit(mut self) -> Result<ExitStatus> {
        self.tell("quit")?;
        self.talk.close_input();
        self.service.wait(SHORT)
    }
}

/// Text as an argument of the script command `type`: one line, with escapes.
pub(crate) fn typed(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
}

/// A file only we can read, for passwords.
pub(crate) fn write_secret(file: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let mut output = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?;
    writeln!(output, "{text}").with_context(|| format!("cannot write {}", file.display()))
}

/// A shell script that first leaves DISPLAY and XAUTHORITY in a file, whole or not at all.
fn desktop_script(display_file: &Path, desktop: &str) -> String {
    let file = quoted(display_file);
    format!(
        "printf '%s\\n%s\\n' \"$DISPLAY\" \"${{XAUTHORITY-}}\" >{file}.new\nmv {file}.new {file}\n{desktop}\n"
    )
}

/// A path as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn port_of(url: &str) -> Option<u16> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    authority.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_found_in_a_url() {
        assert_eq!(port_of("vncs://127.0.0.1:5901"), Some(5901));
        assert_eq!(
            port_of("vncs://[::1]:5902/?fingerprint=sha256:00"),
            Some(5902)
        );
        assert_eq!(port_of("vnc://localhost"), None);
    }

    #[test]
    fn typed_text_is_one_line() {
        assert_eq!(typed("a\\b\n\tc"), "a\\\\b\\n\\tc");
    }

    #[test]
    fn a_path_with_a_quote_is_one_word() {
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            &format!("printf %s {}", quoted(Path::new("/it's here"))),
        ]);
        assert_eq!(
            crate::process::run(&mut shell, SHORT).unwrap(),
            "/it's here"
        );
    }

    #[test]
    fn a_desktop_script_tells_its_display() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("display");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &desktop_script(&file, "true")])
            .env("DISPLAY", ":9")
            .env_remove("XAUTHORITY");
        crate::process::run(&mut shell, SHORT).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), ":9\n\n");
    }
}
