//! Records what is shown.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tightrope::{Framebuffer, Point, Rect, Region, Size, View};

use super::segments::Files;
use super::{LIVE_LEVEL, Segments, tell_end};
use crate::{Error, Result};

/// Records pictures to a `.vtz` file: at most so many a second, and only when something has changed. Another size of
/// the desktop goes to another file: `FILE-2.vtz` and so on.
///
/// If it fails, a person is told by a log message at once, and the caller at the end: what is put meanwhile is ignored.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<Result<Files>>>>,
    interval: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    picture: Framebuffer,
    /// What changed since the thread last looked.
    damage: Region,
    /// There will be no more.
    closing: bool,
    /// Nobody takes any more.
    failed: bool,
}

impl Recorder {
    /// Creates `path` at once, and records to it what is shown from now on, at most `fps` pictures a second.
    ///
    /// # Errors
    /// The file cannot be made; [`super::advice`] says what to do.
    pub fn start(path: &Path, fps: u32) -> Result<Self> {
        let segments = Segments::create(path, LIVE_LEVEL)?;
        let shared = Arc::new(Shared::default());
        let interval = Duration::from_secs(1) / fps.max(1);
        let thread = std::thread::Builder::new().name("recorder".into()).spawn({
            let (shared, path) = (Arc::clone(&shared), path.to_owned());
            move || {
                let result = record(&shared, segments, interval);
                shared.state().failed = true;
                result.inspect_err(|error| tell_end(&path, error))
            }
        })?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
            interval,
        })
    }

    /// Between two pictures, at least.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// The desktop of `size`, to be drawn on: what is put before the guard is dropped belongs to one moment.
    pub fn picture(&self, size: Size) -> Picture<'_> {
        let mut state = self.shared.state();
        if state.picture.size() != size {
            state.picture = Framebuffer::new(size);
            state.damage = size.into();
        }
        let wake = &self.shared.wake;
        Picture { state, wake }
    }

    /// The desktop now shows `picture`, which has changed inside `damage`.
    pub fn show(&self, picture: View<'_>, damage: &Region) {
        let mut target = self.picture(picture.size());
        for &rect in damage.rects() {
            let bytes = picture.bytes_of(rect).unwrap_or_default();
            if let Ok(part) = View::new(bytes, rect.size(), picture.stride()) {
                target.put(rect.origin(), part);
            }
        }
    }

    /// Whether it has ended by itself: then nothing more is recorded.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.shared.state().failed
    }

    /// Writes what is still to be written, and ends the recording; gives its files, at the first call. May take some
    /// seconds.
    pub fn finish(&self) -> Result<Files> {
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else {
            return Ok(Vec::new());
        };
        self.shared.state().closing = true;
        self.shared.wake.notify_all();
        let panicked = |_| Err(Error::Io(std::io::Error::other("the recorder panicked")));
        thread.join().unwrap_or_else(panicked)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Who wants to know how it went calls `finish`.
        _ = self.finish();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The desktop of a [`Recorder`] while it is drawn on.
#[derive(Debug)]
pub struct Picture<'a> {
    state: MutexGuard<'a, State>,
    wake: &'a Condvar,
}

impl Picture<'_> {
    /// Draws `pixels` at `at`; what lies outside is ignored.
    pub fn put(&mut self, at: Point, pixels: View<'_>) {
        let state = &mut *self.state;
        let all = Rect::new(at.x, at.y, pixels.size().width, pixels.size().height);
        let rect = all.intersection(state.picture.size().into());
        let Some(mut target) = state.picture.view_mut(rect).filter(|_| !state.failed) else {
            return;
        };
        let source = pixels.rows(Rect::new(0, 0, rect.width, rect.height));
        for (to, from) in target.rows_mut().zip(source) {
            to.copy_from_slice(from);
        }
        state.damage.add(rect);
    }
}

impl Drop for Picture<'_> {
    fn drop(&mut self) {
        if !self.state.damage.is_empty() {
            self.wake.notify_all();
        }
    }
}

/// Records until there will be no more.
fn record(shared: &Shared, mut segments: Segments, interval: Duration) -> Result<Files> {
    let start = Instant::now();
    let mut next = start;
    loop {
        let (mut state, idle) = wait(shared, next);
        let closing = state.closing;
        let damage = std::mem::take(&mut state.damage);
        if damage.is_empty() {
            drop(state);
            if closing {
                return segments.finish();
            }
            if idle {
                segments.flush(start.elapsed())?;
            }
            continue;
        }
        let now = Instant::now();
        let size = state.picture.size();
        if segments.size() != Some(size) {
            // Not while the session waits for us. What changes meanwhile is recorded as well.
            drop(state);
            segments.resize(size)?;
            state = shared.state();
            if state.picture.size() != size {
                continue;
            }
        }
        segments.take(state.picture.view(), &damage);
        drop(state);
        segments.write(now - start)?;
        next = now + interval;
    }
}

/// After so long without a change, what was recorded is flushed.
const IDLE: Duration = Duration::from_secs(1);

/// Waits until there is something to record and the time is `next`, or there will be no more, or nothing has happened
/// for a while (then `true`).
fn wait(shared: &Shared, next: Instant) -> (MutexGuard<'_, State>, bool) {
    let mut state = shared.state();
    loop {
        let now = Instant::now();
        let patience = match state.damage.is_empty() {
            _ if state.closing => return (state, false),
            false if next <= now => return (state, false),
            false => next - now,
            true => IDLE,
        };
        let waited = shared.wake.wait_timeout(state, patience);
        let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state = woken;
        if timeout.timed_out() && state.damage.is_empty() {
            return (state, true);
        }
    }
}
