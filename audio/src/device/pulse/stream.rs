//! A stream's thread, and how it ends.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// A stream that runs until it is dropped.
pub(in crate::device) struct Stream {
    socket: UnixStream,
    is_ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stream {
    /// Runs `work`, which reads from `socket`, until it fails, and tells `failed` why; or until the stream is dropped.
    pub(super) fn start(
        name: &str,
        socket: UnixStream,
        work: impl FnOnce() -> io::Error + Send + 'static,
        failed: impl FnOnce(String) + Send + 'static,
    ) -> io::Result<Self> {
        // While it was opened, answers were not waited for for ever.
        socket.set_read_timeout(None)?;
        let is_ending = Arc::new(AtomicBool::new(false));
        let is_wanted = Arc::clone(&is_ending);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let error = work();
                if is_wanted.load(Ordering::Relaxed) {
                    return;
                }
                failed(match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        "the sound server has closed the connection".to_owned()
                    }
                    _ => error.to_string(),
                });
            })?;
        Ok(Self {
            socket,
            is_ending,
            thread: Some(thread),
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Relaxed);
        let _gone = self.socket.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
