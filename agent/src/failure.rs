//! How the program ends when something went wrong.

use std::fmt;

use crate::display::is_gone;

/// Why, in words for a person, and the exit code that programs see.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// 1 error, 2 wrong usage, 5 the X server went away.
    pub code: u8,
    /// What happened, where, and what to do.
    pub message: String,
}

impl Failure {
    /// The command line cannot be done like this.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self {
            code: 2,
            message: message.to_string(),
        }
    }

    /// Something did not work.
    pub fn error(message: impl fmt::Display) -> Self {
        Self {
            code: 1,
            message: message.to_string(),
        }
    }

    /// The X server on `display` went away; `last_words` is what it said, if anything is known.
    pub fn gone(display: &str, last_words: Option<&str>) -> Self {
        let mut message = format!("the X server on {display} closed the connection");
        if let Some(words) = last_words {
            message += &format!(" ({words})");
        }
        Self { code: 5, message }
    }

    /// From an error in the conversation with the X server on `display`.
    #[must_use]
    pub fn of_x11(display: &str, error: &anyhow::Error) -> Self {
        if is_gone(error) {
            return Self::gone(display, None);
        }
        Self::from_error(error)
    }

    /// From any other error, with what led to it.
    #[must_use]
    pub fn from_error(error: &anyhow::Error) -> Self {
        Self::error(format_args!("{error:#}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
