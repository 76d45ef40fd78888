//! The client: what Python's `Client` is made of.

mod config;
mod event;
mod known;
mod recording;

use std::mem;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tightrope::sound::{MicrophoneInput, Player};
use tightrope::{ClientEvent, ConnectError, Point, Region, SessionError, Size};

use known::Known;
pub(crate) use recording::Recording;

use crate::argument::{self, Settings, wrong_value};
use crate::clipboard;
use crate::picture::Picture;
use crate::sound::{heard, wanted};
use crate::{error, fork, interrupt, stats};

/// A session with a server.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct Client {
    inner: Arc<blocking::Client>,
    player: Player,
    microphone: MicrophoneInput,
    /// The picture as it was last asked for.
    picture: Mutex<Py<Picture>>,
    /// What of the picture has never come, and the picture's size.
    missing: Mutex<(Region, Size)>,
}

/// How good the link to a server is; see `tightrope.probe`.
#[pyfunction]
pub(crate) fn probe<'py>(settings: Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = settings.py();
    let settings = Settings(settings);
    let (config, known) = (config::read(&settings)?, Known::read(&settings)?);
    fork::check()?;
    let attempt = |config| {
        let address = String::new();
        let probed = blocking::block_on(tightrope::probe(config));
        probed.unwrap_or_else(|error| Err(ConnectError::Io { address, error }))
    };
    let probed = interrupt::done(py, move || known.reach(config, attempt))?;
    let quality = probed.map_err(|failure| failure.raise(py))?;
    stats::quality(py, &quality)
}

impl Client {
    /// Has the session's task do `command`.
    fn command<R: Send + 'static>(
        &self,
        py: Python<'_>,
        command: impl FnOnce(&mut tightrope::Client) -> R + Send + 'static,
    ) -> PyResult<R> {
        fork::check()?;
        let done = py.detach(|| self.inner.with(command));
        done.map_err(|error| error::session(py, &error))
    }

    /// The next event that Python programs have a use for.
    fn next(&self) -> Result<Option<ClientEvent>, SessionError> {
        let event = self.inner.wait(Some(Duration::ZERO))?;
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        match &event {
            Some(ClientEvent::Updated { damage, .. }) => missing.0 = missing.0.difference(damage),
            // What has come of another size is not told.
            Some(ClientEvent::Resized { size, .. }) if *size != missing.1 => {
                *missing = (Region::default(), *size);
            }
            _ => {}
        }
        drop(missing);
        Ok(event)
    }
}

#[pymethods]
impl Client {
    /// Connects, within `timeout` seconds.
    #[new]
    #[pyo3(signature = (settings, timeout=None))]
    fn new(settings: Bound<'_, PyDict>, timeout: Option<f64>) -> PyResult<Self> {
        let py = settings.py();
        let timeout = argument::timeout(timeout)?;
        let settings = Settings(settings);
        let (config, known) = (config::read(&settings)?, Known::read(&settings)?);
        fork::check()?;
        let attempt = move |config| blocking::Client::connect(config, timeout);
        let connected = interrupt::done(py, move || known.reach(config, attempt))?;
        let inner = connected.map_err(|failure| failure.raise(py))?;
        let pixels = inner.picture();
        let microphone = py.detach(|| inner.with(|client| client.microphone()));
        Ok(Self {
            player: inner.player(),
            microphone: microphone.map_err(|error| error::session(py, &error))?,
            missing: Mutex::new((pixels.size().into(), pixels.size())),
            picture: Mutex::new(Py::new(py, Picture::new(pixels))?),
            inner: Arc::new(inner),
        })
    }

    /// What happened next, waiting for it at most `timeout` seconds; `None` if nothing did.
    #[pyo3(signature = (timeout=None))]
    fn wait<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let timeout = argument::timeout(timeout)?;
        fork::check()?;
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let waited = interrupt::wait(py, self.inner.as_fd(), left, || self.next())?;
            let Some(event) = waited.map_err(|error| error::session(py, &error))? else {
                return Ok(None);
            };
            if let Some(event) = event::object(py, &event)? {
                return Ok(Some(event));
            }
        }
    }

    /// The picture: the same object until the desktop has another size.
    fn picture(&self, py: Python<'_>) -> PyResult<Py<Picture>> {
        fork::check()?;
        let current = self.inner.picture();
        let mut held = self.picture.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.get().is(&current) {
            *held = Py::new(py, Picture::new(current))?;
        }
        Ok(held.clone_ref(py))
    }

    /// Whether every pixel has come at least once.
    #[getter]
    fn is_whole(&self) -> PyResult<bool> {
        fork::check()?;
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(missing.0.is_empty())
    }

    /// Whether the session is over; `wait` tells so once all that happened before was fetched.
    #[getter]
    fn is_over(&self) -> PyResult<bool> {
        fork::check()?;
        Ok(self.inner.is_over())
    }

    /// Readable while `wait(0)` would give something.
    fn fileno(&self) -> i32 {
        self.inner.as_fd().as_raw_fd()
    }

    /// Presses and releases keys in this order: X11 keysyms, and whether they go down.
    fn keys(&self, py: Python<'_>, keys: Vec<(u32, bool)>) -> PyResult<()> {
        self.command(py, move |client| {
            for (keysym, down) in keys {
                client.key(keysym, down);
            }
        })
    }

    /// Puts the pointer at these places in this order, with these buttons held down.
    fn pointer(&self, py: Python<'_>, path: Vec<(u16, u16, u16)>) -> PyResult<()> {
        self.command(py, move |client| {
            for (x, y, buttons) in path {
                client.pointer(Point::new(x, y), buttons);
            }
        })
    }

    /// Tells the server that the clipboard here has this: text, HTML, and an image, BGRA of shape (height, width, 4).
    fn set_clipboard(
        &self,
        py: Python<'_>,
        text: Option<String>,
        html: Option<String>,
        image: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let content = clipboard::content(py, text, html, image)?;
        self.command(py, move |client| client.set_clipboard(content))
    }

    /// Asks for the image on the server's clipboard, which comes as an event if there is one.
    fn request_clipboard_image(&self, py: Python<'_>) -> PyResult<()> {
        self.command(py, |client| client.request_clipboard_image())
    }

    /// Asks for a desktop of this size; whether the server takes such wishes.
    fn resize(&self, py: Python<'_>, width: i64, height: i64) -> PyResult<bool> {
        let size = argument::size("width and height", width, height)?;
        self.command(py, move |client| {
            client.request_size(size);
            client.can_resize()
        })
    }

    /// Asks for JPEG quality level 0 to 9, or none, and compression 0 to 9.
    #[pyo3(signature = (quality, compression))]
    fn set_quality(&self, py: Python<'_>, quality: Option<u8>, compression: u8) -> PyResult<()> {
        if let Some(wrong) = [quality, Some(compression)]
            .into_iter()
            .flatten()
            .find(|&level| level > 9)
        {
            return Err(wrong_value(
                "quality, compression",
                "a level of 0 to 9",
                wrong,
            ));
        }
        self.command(py, move |client| client.set_quality(quality, compression))
    }

    /// Asks for the whole picture again.
    fn refresh(&self, py: Python<'_>) -> PyResult<()> {
        self.command(py, |client| client.request_full_update())
    }

    /// The desktop's name.
    fn name(&self, py: Python<'_>) -> PyResult<String> {
        self.command(py, |client| client.name().to_owned())
    }

    /// The pointer's shape, if the server has sent one: width, height, the pixel that points, and rows of BGRA.
    #[expect(clippy::type_complexity, reason = "Python makes a dataclass of it")]
    fn cursor<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Option<(u16, u16, u16, u16, Bound<'py, PyBytes>)>> {
        let cursor = self.command(py, |client| client.cursor().cloned())?;
        Ok(cursor.map(|cursor| {
            let (size, hotspot) = (cursor.size(), cursor.hotspot());
            let pixels = PyBytes::new(py, cursor.pixels());
            (size.width, size.height, hotspot.x, hotspot.y, pixels)
        }))
    }

    /// A `tightrope.Stats`.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let stats = self.command(py, |client| client.stats())?;
        stats::object(py, &stats)
    }

    /// Fills `samples`, float32 of shape (frames, 2), with what is to be heard from `plays` on, on `time.monotonic`'s clock.
    fn fill_sound(&self, py: Python<'_>, samples: &Bound<'_, PyAny>, plays: f64) -> PyResult<()> {
        let mut samples = wanted(samples)?;
        let samples = samples.slice();
        let (now, plays) = (Instant::now(), argument::instant("plays", plays)?);
        fork::check()?;
        py.detach(|| self.player.fill(samples, now, plays));
        Ok(())
    }

    /// Whether the server takes what a microphone hears.
    fn takes_microphone(&self, py: Python<'_>) -> PyResult<bool> {
        self.command(py, |client| client.takes_microphone())
    }

    /// Asks the server to take it, or to take no more of it; events answer.
    fn set_microphone(&self, py: Python<'_>, on: bool) -> PyResult<()> {
        self.command(py, move |client| match on {
            true => client.start_microphone(),
            false => client.stop_microphone(),
        })
    }

    /// The microphone hears this, float32 of shape (frames, 2) at 48 kHz, the first of them at `captured` on
    /// `time.monotonic`'s clock; without that, the last of them now.
    #[pyo3(signature = (samples, captured=None))]
    fn push_microphone(
        &self,
        py: Python<'_>,
        samples: &Bound<'_, PyAny>,
        captured: Option<f64>,
    ) -> PyResult<()> {
        fork::check()?;
        let (samples, captured) = heard(samples, captured)?;
        let samples = samples.slice();
        py.detach(|| self.microphone.push(samples, captured));
        Ok(())
    }

    /// Records what is shown from now on, `fps` pictures a second at most.
    fn record(&self, py: Python<'_>, path: PathBuf, fps: u32) -> PyResult<Recording> {
        fork::check()?;
        Recording::start(py, &self.inner, &path, fps)
    }

    /// Tries once to go on over a new connection, for `timeout` seconds at most.
    #[pyo3(signature = (timeout=None))]
    fn reconnect(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let timeout = argument::timeout(timeout)?;
        fork::check()?;
        let inner = Arc::clone(&self.inner);
        let done = interrupt::done(py, move || inner.reconnect_within(timeout))?;
        done.map_err(|error| error::connect(py, &error))
    }

    /// Says goodbye and closes; at most about a second. Whoever waits is told that it is over.
    fn close(&self, py: Python<'_>) {
        // A fork has no session to close: it is another process's.
        if !blocking::is_forked() {
            py.detach(|| self.inner.close());
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if blocking::is_forked() {
            mem::forget(Arc::clone(&self.inner));
        }
    }
}
