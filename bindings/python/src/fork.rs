//! Processes that were forked: they have the engine's memory, and none of its threads.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The process that the engine's threads are in; 0 as long as there are none.
static HOME: AtomicU32 = AtomicU32::new(0);

/// Makes this process the one that the engine's threads are in.
///
/// # Errors
/// As [`check`].
pub(crate) fn begin() -> PyResult<()> {
    let own = process::id();
    // Whose it is already, `check` says.
    let _ = HOME.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
    check()
}

/// To be called before anything that a thread of the engine answers, or locks.
///
/// # Errors
/// This process was forked from one that has such threads: it would wait for ever.
pub(crate) fn check() -> PyResult<()> {
    match is_elsewhere() {
        false => Ok(()),
        true => Err(PyRuntimeError::new_err(
            "this process was forked from one that uses tightrope, and has none of its threads: start processes by \
             multiprocessing's \"spawn\" or \"forkserver\", or use tightrope in one of them only",
        )),
    }
}

/// Whether this process is such a fork. What it has of sessions is not to be touched, and not even dropped.
pub(crate) fn is_elsewhere() -> bool {
    let home = HOME.load(Ordering::Relaxed);
    home != 0 && home != process::id()
}
