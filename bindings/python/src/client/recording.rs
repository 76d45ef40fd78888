//! A recording of what a client shows.

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lab::recorder::Recorder;
use pyo3::prelude::*;
use tightrope::{ClientEvent, Region, SessionError};

use crate::error::error;
use crate::fork;

/// A recording of what a session shows, from its beginning on until it is finished.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct Recording {
    recorder: Mutex<Option<Arc<Recorder>>>,
}

impl Recording {
    /// Creates the file `path` at once, and records `fps` pictures of `client` a second at most.
    pub(crate) fn start(
        py: Python<'_>,
        client: &blocking::Client,
        path: &Path,
        fps: u32,
    ) -> PyResult<Self> {
        let started = py.detach(|| Recorder::start(path, fps));
        let failed = |failed| error(py, "RecordingError", lab::recorder::advice(path, &failed));
        let recorder = Arc::new(started.map_err(failed)?);
        let watched = py.detach(|| watch(client, Arc::downgrade(&recorder)));
        watched.map_err(|error| crate::error::session(py, &error))?;
        let recorder = Mutex::new(Some(recorder));
        Ok(Self { recorder })
    }
}

#[pymethods]
impl Recording {
    /// Writes what is still to be written; gives the files, each with its number of pictures, at the first call.
    fn finish(&self, py: Python<'_>) -> PyResult<Vec<(PathBuf, u32)>> {
        fork::check()?;
        let taken = || {
            self.recorder
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
        };
        let finished = py.detach(|| taken().map(|recorder| recorder.finish()));
        let files = finished.unwrap_or_else(|| Ok(Vec::new()));
        let files = files.map_err(|failed| error(py, "RecordingError", failed))?;
        let files = files.into_iter();
        Ok(files
            .map(|(path, summary)| (path, summary.frames))
            .collect())
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if blocking::is_forked() {
            let held = self.recorder.get_mut();
            mem::forget(held.unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// Gives the recorder what `client` shows now, and all that changes, as long as it is there.
fn watch(client: &blocking::Client, recorder: Weak<Recorder>) -> Result<(), SessionError> {
    client.watch(move |client, event| {
        let Some(recorder) = recorder.upgrade().filter(|recorder| !recorder.has_failed()) else {
            return false;
        };
        match event {
            None | Some(ClientEvent::Resized { .. }) => {
                show(&recorder, client, &client.size().into());
            }
            Some(ClientEvent::Updated { damage, .. }) => show(&recorder, client, damage),
            Some(_) => {}
        }
        true
    })
}

fn show(recorder: &Recorder, client: &tightrope::Client, damage: &Region) {
    recorder.show(client.framebuffer().view(), damage);
}
