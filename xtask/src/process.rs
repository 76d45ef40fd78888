//! Children: short programs that are run to their end, and services that live as long as their value.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

/// How long a program that does one small thing (a screenshot, a key press) may take.
pub(crate) const SHORT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(10);
const GRACE: Duration = Duration::from_secs(5); // between SIGTERM and SIGKILL
const LOG_TAIL: usize = 2_000; // bytes of a log that an error shows

/// Runs a program to its end without input; its standard output.
///
/// # Errors
/// It cannot be started, fails, or takes longer than `limit` (then it is killed); with the end of what it said.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<String> {
    let bytes = run_with_input(command, &[], limit)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`run`], with `input` on its standard input; what it wrote, byte for byte.
pub(crate) fn run_with_input(
    command: &mut Command,
    input: &[u8],
    limit: Duration,
) -> Result<Vec<u8>> {
    let line = command_line(command);
    let mut given = tempfile::tempfile()?;
    given.write_all(input)?;
    given.seek(SeekFrom::Start(0))?;
    let mut output = tempfile::tempfile()?;
    let mut errors = tempfile::tempfile()?;
    command
        .stdin(given)
        .stdout(output.try_clone()?)
        .stderr(errors.try_clone()?);
    let mut child = spawn(command)?;
    let status = match wait_for_end(&mut child, limit)? {
        Some(status) => status,
        None => {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{line}` did not end within {} s{}",
                limit.as_secs(),
                tail_of(&mut errors)
            );
        }
    };
    ensure!(
        status.success(),
        "`{line}` failed ({status}){}",
        tail_of(&mut errors)
    );
    let mut bytes = Vec::new();
    output.seek(SeekFrom::Start(0))?;
    output.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Asks until there is an answer.
///
/// # Errors
/// What `ask` reports, or that `what` did not happen within `limit`.
pub(crate) fn wait_until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        ensure!(
            Instant::now() < end,
            "{what}: not within {} s",
            limit.as_secs()
        );
        thread::sleep(POLL);
    }
}

/// A child that is asked to end (SIGTERM, then SIGKILL) when this value is dropped.
pub(crate) struct Service {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts it without input; both its outputs go to `LOGS/NAME.log`.
    pub(crate) fn start(name: &str, command: &mut Command, logs: &Path) -> Result<Self> {
        let (log, file) = create_log(name, logs)?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file);
        Ok(Self {
            name: name.to_owned(),
            child: spawn(command)?,
            log,
        })
    }

    /// Starts it with its standard input and output in our hands; its errors go to `LOGS/NAME.log`.
    pub(crate) fn start_talking(
        name: &str,
        command: &mut Command,
        logs: &Path,
    ) -> Result<(Self, Talk)> {
        let (log, file) = create_log(name, logs)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file);
        let mut service = Self {
            name: name.to_owned(),
            child: spawn(command)?,
            log,
        };
        let input = service.child.stdin.take();
        let output = service
            .child
            .stdout
            .take()
            .context("its standard output was asked for")?;
        Ok((
            service,
            Talk {
                input,
                lines: read_lines(output),
            },
        ))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// It has ended; with its status and the end of its log.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.explain(anyhow!("{} ended early ({status})", self.name))),
        }
    }

    /// Whether it has ended by SIGSEGV.
    pub(crate) fn has_crashed(&mut self) -> bool {
        const SIGSEGV: i32 = 11;
        let ended = self.child.try_wait().ok().flatten();
        ended.is_some_and(|status| status.signal() == Some(SIGSEGV))
    }

    /// As [`wait_until`], but gives up as soon as the service has ended; failures show the end of its log.
    pub(crate) fn wait_until<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut ask: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let answer = wait_until(what, limit, || {
            self.check()?;
            ask()
        });
        answer.map_err(|error| self.explain(error))
    }

    /// Waits for its own end.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        match wait_for_end(&mut self.child, limit)? {
            Some(status) => Ok(status),
            None => Err(self.explain(anyhow!(
                "{} did not end within {} s",
                self.name,
                limit.as_secs()
            ))),
        }
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub(crate) fn terminate(&mut self) -> Result<ExitStatus> {
        self.ask_to_end();
        self.wait(GRACE)
    }

    /// The error with the end of this service's log behind it.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let tail = File::open(&self.log)
            .map(|mut file| tail_of(&mut file))
            .unwrap_or_default();
        if tail.is_empty() {
            error
        } else {
            anyhow!("{error:#}; {} said{tail}", self.name)
        }
    }

    fn ask_to_end(&mut self) {
        // The standard library knows no signal but SIGKILL; every shell has `kill` built in.
        let id = self.child.id().to_string();
        let _ = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &id])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        self.ask_to_end();
        if !matches!(wait_for_end(&mut self.child, GRACE), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A conversation with a service, line by line.
pub(crate) struct Talk {
    input: Option<std::process::ChildStdin>,
    lines: Receiver<String>,
}

impl Talk {
    /// Sends one line.
    pub(crate) fn say(&mut self, line: &str) -> Result<()> {
        let input = self.input.as_mut().context("its input is closed")?;
        writeln!(input, "{line}")
            .and_then(|()| input.flush())
            .context("it no longer reads its input")
    }

    /// The next line it writes; none when it has closed its output.
    ///
    /// # Errors
    /// None came within `limit`.
    pub(crate) fn hear(&self, limit: Duration) -> Result<Option<String>> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => bail!("no answer within {} s", limit.as_secs()),
        }
    }

    /// Says that nothing more will be said.
    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }
}

/// How a command would be typed, for messages.
pub(crate) fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| {
        let program = command.get_program().to_string_lossy().into_owned();
        format!("cannot start `{program}` (`cargo xtask setup` installs what is needed, or says its name)")
    })
}

fn create_log(name: &str, logs: &Path) -> Result<(PathBuf, File)> {
    std::fs::create_dir_all(logs).with_context(|| format!("cannot create {}", logs.display()))?;
    let log = logs.join(format!("{name}.log"));
    let file = File::create(&log).with_context(|| format!("cannot create {}", log.display()))?;
    Ok((log, file))
}

fn wait_for_end(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Reads on a thread of its own until the other side closes, so that nobody ever waits for us to read.
fn read_lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = sender.send(line); // nobody listens any more: read on, so that the writer is not stopped
        }
    });
    lines
}

/// The last lines of a log as the end of a message; empty if there are none.
fn tail_of(file: &mut File) -> String {
    let mut bytes = Vec::new();
    if file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_end(&mut bytes))
        .is_err()
    {
        return String::new();
    }
    let start = bytes.len().saturating_sub(LOG_TAIL);
    let text = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned();
    if text.trim().is_empty() {
        String::new()
    } else {
        format!(":\n{}", text.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_gives_its_output() {
        assert_eq!(
            run(&mut shell("echo one; echo two >&2"), SHORT).unwrap(),
            "one\n"
        );
        assert_eq!(
            run_with_input(&mut shell("tr a-z A-Z"), b"shout", SHORT).unwrap(),
            b"SHOUT"
        );
    }

    #[test]
    fn a_failure_says_what_was_run_and_what_it_said() {
        let error = run(&mut shell("echo no such thing >&2; exit 3"), SHORT)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sh -c") && error.contains("no such thing"),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let error = run(&mut shell("sleep 60"), Duration::from_millis(50))
            .unwrap_err()
            .to_string();
        assert!(error.contains("did not end"), "{error}");
    }

    #[test]
    fn a_missing_program_names_the_way_out() {
        let error = run(&mut Command::new("no-such-program-anywhere"), SHORT)
            .unwrap_err()
            .to_string();
        assert!(error.contains("cargo xtask setup"), "{error}");
    }

    #[test]
    fn a_dropped_service_has_ended() {
        let logs = tempfile::tempdir().unwrap();
        let service =
            Service::start("sleeper", Command::new("sleep").arg("60"), logs.path()).unwrap();
        let process = PathBuf::from(format!("/proc/{}", service.id()));
        assert!(process.exists());
        drop(service);
        assert!(!process.exists());
    }

    #[test]
    fn waiting_for_a_service_that_ends_early_shows_its_log() {
        let logs = tempfile::tempdir().unwrap();
        let mut service = Service::start(
            "brief",
            &mut shell("echo out of paper; exit 1"),
            logs.path(),
        )
        .unwrap();
        let error = service
            .wait_until("a port", SHORT, || Ok(None::<()>))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("brief ended early") && error.contains("out of paper"),
            "{error}"
        );
    }

    #[test]
    fn a_conversation_goes_line_by_line() {
        let logs = tempfile::tempdir().unwrap();
        let (mut service, mut talk) =
            Service::start_talking("echo", &mut Command::new("cat"), logs.path()).unwrap();
        talk.say("hello").unwrap();
        assert_eq!(talk.hear(SHORT).unwrap().as_deref(), Some("hello"));
        talk.close_input();
        assert_eq!(talk.hear(SHORT).unwrap(), None);
        assert!(service.wait(SHORT).unwrap().success());
    }
}
