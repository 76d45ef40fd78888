//! One client's session, by name.

use pyo3::prelude::*;
use tightrope::SessionId;

use crate::argument::wrong_value;

/// One client's session with a server. Two are equal if they are the same.
#[pyclass(frozen, eq, hash, module = "tightrope._tightrope")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Session {
    /// Which of this process's servers it is a session of: each numbers its own from 1.
    pub(super) server: u64,
    pub(super) id: SessionId,
}

impl Session {
    /// Its name at the server of that number.
    pub(super) fn at(&self, server: u64, argument: &str) -> PyResult<SessionId> {
        match self.server == server {
            true => Ok(self.id),
            false => Err(wrong_value(
                argument,
                "a session of this server",
                "one of another",
            )),
        }
    }
}

#[pymethods]
impl Session {
    fn __repr__(&self) -> String {
        format!("<Session {}>", self.id)
    }
}
