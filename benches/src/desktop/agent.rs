//! Our agent as a process: it is this program, told to be it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser as _;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tightrope::{ClientConfig, Size};

use super::screen::Screen;
use super::transport::Transport;

/// What the agent is told: its own command line.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// `tightrope-agent` itself.
pub(crate) fn run(options: &Options) -> ExitCode {
    let name = OsString::from("tightrope-agent");
    let words = std::iter::once(&name).chain(&options.arguments);
    agent::program::run(&agent::args::Args::parse_from(words))
}

/// The line that `--print-credentials` writes.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    url: String,
    fingerprint: Option<String>,
    password: Option<String>,
}

impl Credentials {
    /// Where it listens: its TCP port, and its UDP port.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        let after = self.url.split_once("://").map(|(_, after)| after);
        let host = after.and_then(|after| after.split(['/', '?']).next());
        let host = host.with_context(|| format!("no address in {}", self.url))?;
        host.parse().with_context(|| format!("the address {host}"))
    }

    /// A client that gets there through `address`.
    pub(crate) fn client(&self, transport: Transport, address: SocketAddr) -> Result<ClientConfig> {
        let url = format!("{}://{address}", transport.scheme());
        let mut config = ClientConfig::new(&url)?;
        let pin = self.fingerprint.as_deref().map(str::parse).transpose()?;
        config.fingerprint = pin.filter(|_| transport.is_encrypted());
        config.insecure = !transport.is_encrypted();
        config.password = self.password.as_deref().map(Into::into);
        Ok(config)
    }
}

/// What an agent serves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'a> {
    /// A desktop of its own, of this size, on which this program runs with these words.
    Own(Size, &'a [OsString]),
    /// An X server that is there.
    Screen(&'a Screen),
}

/// The process, as seen from outside.
pub(crate) struct Agent {
    process: Child,
    log: PathBuf,
    pub(crate) credentials: Credentials,
}

impl Agent {
    /// Starts it, told `flags` too; what it and its desktop say goes to a file in `directory`. Returns when it
    /// listens.
    pub(crate) fn start(directory: &Path, shown: Shown<'_>, flags: &[&str]) -> Result<Self> {
        let own = std::env::current_exe()?;
        let mut command = Command::new(&own);
        command.args(["agent", "--"]);
        match shown {
            Shown::Own(size, words) => {
                let words =
                    std::iter::once(own.as_os_str()).chain(words.iter().map(OsString::as_os_str));
                let words: Result<Vec<String>> = words.map(quoted).collect();
                let size = size.to_string();
                command
                    .arg("--exec")
                    .arg(format!("exec {}", words?.join(" ")))
                    .args(["--geometry", &size, "--max-geometry", &size]);
            }
            Shown::Screen(screen) => {
                command = screen.take(command);
                command.args(["--display", &screen.name]);
            }
        }
        let log = directory.join("agent.log");
        let mut process = command
            .args(["--listen", "127.0.0.1:0", "--print-credentials", "1"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let output = process.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Ok(credentials) = serde_json::from_str(&line) else {
            let _ended = process.kill();
            let _status = process.wait();
            bail!("the agent did not start: {}", words_of(&log));
        };
        Ok(Self {
            process,
            log,
            credentials,
        })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it and its desktop said last, for an error.
    pub(crate) fn last_words(&self) -> String {
        words_of(&self.log)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It takes its own desktop with it. Without us it ends with what it shows.
        let own = Pid::from_child(&self.process);
        let _asked = kill_process(own, Signal::TERM);
        let _status = self.process.wait();
    }
}

/// The end of a log.
pub(super) fn words_of(log: &Path) -> String {
    const LINES: usize = 12;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(LINES);
    lines.get(start..).unwrap_or_default().join("\n")
}

/// One word of a shell.
fn quoted(word: &std::ffi::OsStr) -> Result<String> {
    let text = word.to_str().context("a path that is not UTF-8")?;
    ensure!(!text.contains('\0'), "a word with a zero byte");
    Ok(format!("'{}'", text.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_quote_is_one_word() {
        assert_eq!(quoted("it's here".as_ref()).unwrap(), r"'it'\''s here'");
    }

    #[test]
    fn the_address_of_a_url_is_found() {
        let credentials = |url: &str| Credentials {
            url: url.to_owned(),
            fingerprint: None,
            password: None,
        };
        let address = credentials("vncs://127.0.0.1:5901/?fingerprint=sha256:00").address();
        assert_eq!(address.unwrap().port(), 5901);
        assert!(credentials("127.0.0.1").address().is_err());
    }
}
