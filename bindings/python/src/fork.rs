//! Processes that were forked: they have the engine's memory, and none of its threads.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// To be called before anything that a thread of the engine answers, or locks.
///
/// # Errors
/// This process was forked from one that has such threads: it would wait for ever.
pub(crate) fn check() -> PyResult<()> {
    match blocking::is_forked() {
        false => Ok(()),
        true => Err(PyRuntimeError::new_err(
            "this process was forked from one that uses tightrope, and has none of its threads: start processes by \
             multiprocessing's \"spawn\" or \"forkserver\", or use tightrope in one of them only",
        )),
    }
}
