//! One client's session, by name.

use pyo3::prelude::*;
use tightrope::SessionId;

/// One client's session with a server. Two are equal if they are the same.
#[pyclass(frozen, eq, hash, module = "tightrope._tightrope")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Session(pub(crate) SessionId);

#[pymethods]
impl Session {
    fn __repr__(&self) -> String {
        format!("<Session {}>", self.0)
    }
}
