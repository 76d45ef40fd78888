//! How the program ends: what a person is told, and the exit code.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

pub(crate) const OK: u8 = 0;
pub(crate) const ERROR: u8 = 1;
pub(crate) const USAGE: u8 = 2;
pub(crate) const NOT_GOOD_ENOUGH: u8 = 3;
pub(crate) const REFUSED: u8 = 4;
pub(crate) const PEER_ENDED: u8 = 5;

/// Why the program cannot go on, and the exit code for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) text: String,
}

impl Failure {
    /// Something went wrong here.
    pub(crate) fn error(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self { code: ERROR, text }
    }
    /// The command line asks for what cannot be.
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        let text = text.to_string();
        Self { code: USAGE, text }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ended {
    /// The time of `--for` is over.
    For,
    /// The script is over.
    Script,
    /// The window was closed, a signal came, or the server closed the connection without a word.
    Closed,
    /// The server said why.
    Goodbye,
}

/// How a session went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u8,
    /// Why it ended, if the person did not end it.
    pub(crate) reason: Option<String>,
}

/// Tells a person, on standard error.
pub(crate) fn tell(text: impl fmt::Display) {
    // Nobody is left to be told if standard error is closed.
    _ = writeln!(std::io::stderr().lock(), "tightrope-viewer: {text}");
}

/// Writes one JSON object as a line of standard output. Fails if nobody reads it any more.
pub(crate) fn answer(object: &serde_json::Value) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{object}")?;
    stdout.flush()
}

/// Tells how it went, and the exit code.
pub(crate) fn exit(result: Result<Outcome, Failure>) -> ExitCode {
    match result {
        Ok(Outcome { code, reason }) => {
            if let Some(reason) = reason {
                tell(format_args!("the session ended: {reason}"));
            }
            ExitCode::from(code)
        }
        Err(Failure { code, text }) => {
            tell(text);
            ExitCode::from(code)
        }
    }
}
