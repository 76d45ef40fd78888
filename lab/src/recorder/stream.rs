//! Records what a server sends.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::tell_end;
use crate::fbs::{Start, Writer};
use crate::{Error, Result};

/// Bytes that may wait for the disk. A stream cannot leave anything out: behind a slower disk the recording ends.
const QUEUE_LIMIT: usize = 64 << 20;
/// How much time may be lost when the program dies.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// Records the bytes of a server to an `.fbs` file.
///
/// If it fails, a person is told by a log message at once, and the caller at the end: what comes meanwhile is ignored.
#[derive(Debug)]
pub struct StreamRecorder {
    queue: Sender<Order>,
    waiting: Arc<AtomicUsize>,
    thread: JoinHandle<Result<()>>,
    begun: Instant,
}

#[derive(Debug)]
enum Order {
    Bytes(Duration, Vec<u8>),
    Flooded,
    End,
}

impl StreamRecorder {
    /// Records to `file`, which `path` names, a stream that starts like this.
    pub fn start(file: File, path: &Path, start: &Start) -> Result<Self> {
        let writer = Writer::new(file, start)?;
        let (queue, orders) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let thread = std::thread::Builder::new().name("recorder".into()).spawn({
            let (waiting, path) = (Arc::clone(&waiting), path.to_owned());
            move || record(writer, &orders, &waiting).inspect_err(|error| tell_end(&path, error))
        })?;
        Ok(Self {
            queue,
            waiting,
            thread,
            begun: Instant::now(),
        })
    }

    /// Takes what the server sends, from its first message on, as it comes. Never waits.
    pub fn tap(&self) -> impl FnMut(&[u8]) + Send + 'static {
        let (queue, waiting, begun) = (self.queue.clone(), Arc::clone(&self.waiting), self.begun);
        let mut is_open = true;
        move |bytes| {
            if !is_open {
                return;
            }
            let before = waiting.fetch_add(bytes.len(), Ordering::Relaxed);
            let order = match before <= QUEUE_LIMIT {
                true => Order::Bytes(begun.elapsed(), bytes.to_vec()),
                false => {
                    is_open = false;
                    Order::Flooded
                }
            };
            // The recording has failed, which a person has been told.
            is_open &= queue.send(order).is_ok();
        }
    }

    /// Writes what is still to be written, and ends the recording.
    pub fn finish(self) -> Result<()> {
        // If nobody takes it, the recording has failed already.
        _ = self.queue.send(Order::End);
        let panicked = |_| Err(Error::Io(io::Error::other("the recorder panicked")));
        self.thread.join().unwrap_or_else(panicked)
    }
}

fn record(mut writer: Writer<File>, orders: &Receiver<Order>, waiting: &AtomicUsize) -> Result<()> {
    let mut flushed = Instant::now();
    loop {
        match orders.recv_timeout(FLUSH_INTERVAL) {
            Ok(Order::Bytes(time, bytes)) => {
                writer.add(time, &bytes)?;
                waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
            }
            Ok(Order::Flooded) => {
                writer.flush()?;
                let error = io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the disk is slower than the server",
                );
                return Err(error.into());
            }
            Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => {
                return Ok(writer.flush()?);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if flushed.elapsed() >= FLUSH_INTERVAL {
            flushed = Instant::now();
            writer.flush()?;
        }
    }
}
