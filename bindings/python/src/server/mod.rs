//! The server: what Python's `Server` is made of.

mod config;
mod event;
mod rights;
mod session;

use std::mem;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tightrope::{Cursor, Goodbye, GoodbyeCode, Leds, Point, Rect, Region, ResizeStatus};

pub(crate) use session::Session;

use crate::argument::{self, Settings, wrong_value};
use crate::array::Pixels;
use crate::clipboard;
use crate::error::error;
use crate::sound::{heard, wanted};
use crate::{fork, interrupt, stats};

/// A desktop that is being served.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct Server {
    /// Which of this process's servers it is.
    number: u64,
    /// None after [`Self::shutdown`].
    inner: Mutex<Option<Arc<blocking::Server>>>,
}

impl Server {
    fn inner(&self, py: Python<'_>) -> PyResult<Arc<blocking::Server>> {
        fork::check()?;
        let held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        held.clone().ok_or_else(|| shut_down(py))
    }
}

#[pymethods]
impl Server {
    /// Serves a desktop of this size.
    #[new]
    fn new(settings: Bound<'_, PyDict>, width: i64, height: i64) -> PyResult<Self> {
        let py = settings.py();
        let size = argument::size("size", width, height)?;
        let config = config::read(&Settings(settings), size)?;
        fork::check()?;
        let inner = py.detach(|| blocking::Server::bind(config));
        let inner = inner.map_err(|failed| error(py, "ServeError", failed))?;
        static SERVERS: AtomicU64 = AtomicU64::new(0);
        Ok(Self {
            number: SERVERS.fetch_add(1, Ordering::Relaxed),
            inner: Mutex::new(Some(Arc::new(inner))),
        })
    }

    /// The desktop looks like `pixels` now, which differ inside `damage` from before; anywhere if that is `None`.
    #[pyo3(signature = (pixels, damage=None))]
    fn update(
        &self,
        py: Python<'_>,
        pixels: &Bound<'_, PyAny>,
        damage: Option<Vec<(i64, i64, i64, i64)>>,
    ) -> PyResult<()> {
        let inner = self.inner(py)?;
        let pixels = Pixels::borrow(pixels, "array")?;
        let size = inner.size();
        if pixels.size() != size {
            let expected = format!(
                "shape ({}, {}, 4), the size of the desktop",
                size.height, size.width
            );
            let got = format!(
                "({}, {}, 4): call resize first",
                pixels.size().height,
                pixels.size().width
            );
            return Err(wrong_value("array", &expected, got));
        }
        let damage = match damage {
            Some(rects) => argument::region("damage", &rects, size)?,
            None => Region::from(size),
        };
        let view = pixels.view()?;
        py.detach(|| inner.update(view, &damage));
        Ok(())
    }

    /// What clients do next, waiting for it at most `timeout` seconds; `None` if they do nothing.
    #[pyo3(signature = (timeout=None))]
    fn wait<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let timeout = argument::timeout(timeout)?;
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let inner = self.inner(py)?;
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let take = || match inner.wait(Some(Duration::ZERO)) {
                None if inner.waits_ended() => Err(()),
                event => Ok(event),
            };
            let waited = interrupt::wait(py, inner.as_fd(), left, take)?;
            let Some(event) = waited.map_err(|()| shut_down(py))? else {
                return Ok(None);
            };
            if let Some(event) = event::object(py, self.number, &event)? {
                return Ok(Some(event));
            }
        }
    }

    /// Readable while `wait(0)` would give something.
    fn fileno(&self, py: Python<'_>) -> PyResult<i32> {
        Ok(self.inner(py)?.as_fd().as_raw_fd())
    }

    /// The address for a viewer on this machine.
    fn url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.inner(py)?.url())
    }

    /// What clients pin; `None` if no certificate is ever shown.
    fn fingerprint(&self, py: Python<'_>) -> PyResult<Option<String>> {
        Ok(self.inner(py)?.fingerprint().map(|print| print.to_string()))
    }

    /// What lets clients in; `None` if everybody may.
    fn password(&self, py: Python<'_>) -> PyResult<Option<String>> {
        Ok(self
            .inner(py)?
            .password()
            .map(|password| password.reveal().to_owned()))
    }

    /// Where it listens: host and port.
    fn address(&self, py: Python<'_>) -> PyResult<(String, u16)> {
        let address = self.inner(py)?.address();
        Ok((address.ip().to_string(), address.port()))
    }

    /// Width and height of the desktop.
    fn size(&self, py: Python<'_>) -> PyResult<(u16, u16)> {
        let size = self.inner(py)?.size();
        Ok((size.width, size.height))
    }

    /// How many clients are in.
    fn sessions(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.inner(py)?.sessions())
    }

    /// A `tightrope.Stats` of one client; `None` if it has gone.
    fn stats<'py>(
        &self,
        py: Python<'py>,
        session: &Session,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let session = session.at(self.number, "session")?;
        let stats = self.inner(py)?.stats(session);
        stats.map(|stats| stats::object(py, &stats)).transpose()
    }

    /// Another size, maybe as `asked_by` wished. What is new is black until it is drawn.
    #[pyo3(signature = (width, height, asked_by=None))]
    fn resize(
        &self,
        py: Python<'_>,
        width: i64,
        height: i64,
        asked_by: Option<&Session>,
    ) -> PyResult<()> {
        let size = argument::size("width and height", width, height)?;
        let inner = self.inner(py)?;
        let asked_by = asked_by.map(|session| session.at(self.number, "asked_by"));
        let asked_by = asked_by.transpose()?;
        py.detach(|| inner.resize(size, asked_by));
        Ok(())
    }

    /// The size that this client asked for will not be.
    fn refuse_resize(&self, py: Python<'_>, session: &Session) -> PyResult<()> {
        let session = session.at(self.number, "session")?;
        self.inner(py)?
            .refuse_resize(session, ResizeStatus::PROHIBITED);
        Ok(())
    }

    /// What this client asked for as `PowerRequested` will not be.
    fn refuse_power(&self, py: Python<'_>, session: &Session) -> PyResult<()> {
        let session = session.at(self.number, "session")?;
        self.inner(py)?.refuse_power(session);
        Ok(())
    }

    /// The pointer's shape, BGRA of shape (height, width, 4), and the pixel of it that points; without pixels it is hidden.
    #[pyo3(signature = (pixels, x=0, y=0))]
    fn set_cursor(
        &self,
        py: Python<'_>,
        pixels: Option<&Bound<'_, PyAny>>,
        x: u16,
        y: u16,
    ) -> PyResult<()> {
        let inner = self.inner(py)?;
        let cursor = match pixels {
            None => Cursor::default(),
            Some(pixels) => {
                let pixels = Pixels::borrow(pixels, "cursor")?;
                let size = pixels.size();
                let all = Rect::new(0, 0, size.width, size.height);
                if !all.contains(Point::new(x, y)) {
                    let expected = format!("a pixel within {}x{}", size.width, size.height);
                    return Err(wrong_value("hotspot", &expected, format!("({x}, {y})")));
                }
                let rows = pixels.view()?.rows(all).flatten().copied().collect();
                Cursor::new(size, Point::new(x, y), rows)
                    .map_err(|error| PyValueError::new_err(error.to_string()))?
            }
        };
        inner.set_cursor(cursor);
        Ok(())
    }

    /// Where the pointer is.
    fn set_pointer(&self, py: Python<'_>, x: u16, y: u16) -> PyResult<()> {
        self.inner(py)?.set_pointer(Point::new(x, y));
        Ok(())
    }

    /// The desktop's clipboard has this: text, HTML, and an image, BGRA of shape (height, width, 4).
    fn set_clipboard(
        &self,
        py: Python<'_>,
        text: Option<String>,
        html: Option<String>,
        image: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let content = clipboard::content(py, text, html, image)?;
        self.inner(py)?.set_clipboard(content);
        Ok(())
    }

    /// Asks for the image on a client's clipboard, which comes as an event if there is one.
    fn request_clipboard_image(&self, py: Python<'_>, session: &Session) -> PyResult<()> {
        let session = session.at(self.number, "session")?;
        self.inner(py)?.request_clipboard_image(session);
        Ok(())
    }

    /// The desktop has another name.
    fn set_name(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        self.inner(py)?.set_name(name);
        Ok(())
    }

    /// The lights of the desktop's keyboard: 1 scroll, 2 num, 4 caps.
    fn set_leds(&self, py: Python<'_>, leds: u8) -> PyResult<()> {
        self.inner(py)?.set_leds(Leds(leds));
        Ok(())
    }

    /// Rings the clients' bells.
    fn bell(&self, py: Python<'_>) -> PyResult<()> {
        self.inner(py)?.bell();
        Ok(())
    }

    /// Whether any client listens to the desktop's sound.
    fn sound_wanted(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(*self.inner(py)?.sound_wanted().borrow())
    }

    /// The desktop plays this, float32 of shape (frames, 2) at 48 kHz, the first of them at `captured` on
    /// `time.monotonic`'s clock; without that, the last of them now.
    #[pyo3(signature = (samples, captured=None))]
    fn push_sound(
        &self,
        py: Python<'_>,
        samples: &Bound<'_, PyAny>,
        captured: Option<f64>,
    ) -> PyResult<()> {
        let inner = self.inner(py)?;
        let (samples, captured) = heard(samples, captured)?;
        let samples = samples.slice();
        py.detach(|| inner.push_sound(samples, captured));
        Ok(())
    }

    /// Fills `samples`, float32 of shape (frames, 2), with what a client's microphone hears, as it is to be heard from
    /// `plays` on, on `time.monotonic`'s clock.
    fn fill_sound(&self, py: Python<'_>, samples: &Bound<'_, PyAny>, plays: f64) -> PyResult<()> {
        let inner = self.inner(py)?;
        let mut samples = wanted(samples)?;
        let samples = samples.slice();
        let (now, plays) = (Instant::now(), argument::instant("plays", plays)?);
        py.detach(|| inner.microphone().fill(samples, now, plays));
        Ok(())
    }

    /// Whether it was shut down.
    #[getter]
    fn is_over(&self) -> PyResult<bool> {
        fork::check()?;
        let held = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(held.is_none())
    }

    /// Ends one client's session, which is told why; whether there is one.
    fn end_session(&self, py: Python<'_>, session: &Session, text: String) -> PyResult<bool> {
        let inner = self.inner(py)?;
        let session = session.at(self.number, "session")?;
        let code = GoodbyeCode::REFUSED;
        Ok(inner.end_session(session, Goodbye { code, text }))
    }

    /// Tells all clients why the desktop goes away, waits until they have gone, two seconds at most, and ends.
    fn shutdown(&self, py: Python<'_>, text: String) -> PyResult<()> {
        // A fork has no sessions to end: they are another process's.
        if blocking::is_forked() {
            return Ok(());
        }
        let held = self
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(inner) = held else {
            return Ok(());
        };
        let code = GoodbyeCode::SHUTTING_DOWN;
        inner.end_waits();
        interrupt::done(py, move || {
            let closing = inner.closing();
            inner.shutdown(Goodbye { code, text });
            drop(inner);
            closing.wait();
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if blocking::is_forked() {
            let held = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
            mem::forget(held.take());
        }
    }
}

fn shut_down(py: Python<'_>) -> PyErr {
    error(py, "ClosedError", "the server was shut down")
}
