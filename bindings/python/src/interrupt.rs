//! Waiting without the interpreter's lock, so that other threads run, and Ctrl-C ends it.

use std::os::fd::BorrowedFd;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// A signal that comes just before the system waits is seen after so long.
const SLICE: Duration = Duration::from_millis(100);

/// What `take` gives, which is asked again whenever `descriptor` is readable, for at most `timeout`, or for ever. Ends
/// with what a signal handler of Python's raises.
pub(crate) fn wait<T: Send, E: Send>(
    py: Python<'_>,
    descriptor: BorrowedFd<'_>,
    timeout: Option<Duration>,
    take: impl Fn() -> Result<Option<T>, E> + Sync,
) -> PyResult<Result<Option<T>, E>> {
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let now = Instant::now();
        let left = end.map_or(SLICE, |end| end.saturating_duration_since(now).min(SLICE));
        let taken = py.detach(|| match take() {
            Ok(None) if !left.is_zero() => {
                wait_readable(descriptor, left);
                take()
            }
            taken => taken,
        });
        if !matches!(taken, Ok(None)) || end.is_some_and(|end| end <= Instant::now()) {
            return Ok(taken);
        }
        py.check_signals()?;
    }
}

fn wait_readable(descriptor: BorrowedFd<'_>, at_most: Duration) {
    let mut polled = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
    let at_most = Timespec::try_from(at_most).ok();
    // Where it fails, which a signal makes it do, it is looked at again.
    let _ = poll(&mut polled, at_most.as_ref());
}

/// What `work` gives, done by a thread of its own: what takes long and cannot be given up. When a signal handler of
/// Python's raises, nobody waits for it any more.
pub(crate) fn done<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let (done, wait) = sync_channel(1);
    thread::Builder::new().spawn(move || {
        // Nobody waits any more after a signal.
        let _ = done.send(work());
    })?;
    let wait = std::sync::Mutex::new(wait);
    loop {
        let received = py.detach(|| match wait.lock() {
            Ok(wait) => wait.recv_timeout(SLICE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        });
        match received {
            Ok(result) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err(
                    "a thread of the engine has panicked",
                ));
            }
        }
    }
}
