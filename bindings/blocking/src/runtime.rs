//! The threads that sessions live on.

use std::io;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::ffi::block_sigpipe;

/// Threads that move bytes, encode and decode: pictures are shared out to the engine's own workers besides.
const THREADS: usize = 2;

/// The process that the threads are in; 0 as long as there are none.
static HOME: AtomicU32 = AtomicU32::new(0);

/// Whether this process was forked from one that uses the engine: it has the memory of sessions and none of their threads.
/// What is asked of them is never answered, so nothing is to be asked, nor even dropped; new ones there cannot be.
#[must_use]
pub fn is_forked() -> bool {
    let home = HOME.load(Ordering::Relaxed);
    home != 0 && home != process::id()
}

/// The one runtime of this process, made when it is first needed. It is never ended: sessions may outlive `main`.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    // Whose the threads are already, `is_forked` says.
    let _ = HOME.compare_exchange(0, process::id(), Ordering::Relaxed, Ordering::Relaxed);
    if is_forked() {
        return Err(io::Error::other(
            "this process was forked from one that has the engine's threads",
        ));
    }
    static RUNTIME: OnceLock<io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("tightrope")
            .on_thread_start(block_sigpipe)
            .enable_all()
            .build()
    });
    match runtime {
        Ok(runtime) => Ok(runtime.handle()),
        Err(error) => Err(error.kind().into()),
    }
}

/// Has the sessions' threads do `task`.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    handle().map(|handle| drop(handle.spawn(task)))
}

/// Waits until the sessions' threads have done `work`. For what is async in [`tightrope`] and not here. `work` itself must
/// not wait in calls of this crate: it would keep one of those threads.
///
/// # Errors
/// The system gives no threads, or `work` panicked.
pub fn block_on<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    // A channel of the standard library: tokio's refuse to block a thread that runs async code.
    let (done, wait) = mpsc::sync_channel(1);
    spawn(async move {
        // Nobody waits any more only if the waiting thread is gone.
        let _ = done.send(work.await);
    })?;
    wait.recv()
        .map_err(|_| io::Error::other("a task of the engine has panicked"))
}
