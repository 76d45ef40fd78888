//! Errors: instances of the classes in `tightrope/errors.py`, which are sorted by who must act.

use std::fmt::Display;

use pyo3::prelude::*;
use tightrope::{ConnectError, SessionError};

/// A `tightrope.errors.CLASS` with this message.
pub(crate) fn error(py: Python<'_>, class: &str, message: impl Display) -> PyErr {
    let made = || {
        let class = py.import("tightrope.errors")?.getattr(class)?;
        class.call1((message.to_string(),))
    };
    match made() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// Why there is no session.
pub(crate) fn connect(py: Python<'_>, error: &ConnectError) -> PyErr {
    let class = match error {
        ConnectError::InsecureNotAllowed { .. } => "InsecureError",
        ConnectError::UnknownServer { .. } | ConnectError::WrongFingerprint { .. } => {
            "FingerprintError"
        }
        ConnectError::PasswordNeeded { .. } => "PasswordError",
        ConnectError::Refused { .. } => "RefusedError",
        ConnectError::Io { error, .. } if error.kind() == std::io::ErrorKind::TimedOut => {
            "TimedOutError"
        }
        ConnectError::Protocol(_) => "ProtocolError",
        _ => "ConnectError",
    };
    self::error(py, class, error)
}

/// Why a session is over.
pub(crate) fn session(py: Python<'_>, error: &SessionError) -> PyErr {
    let class = match error {
        SessionError::Closed => "ClosedError",
        SessionError::Protocol(_) => "ProtocolError",
        _ => "LostError",
    };
    self::error(py, class, error)
}
