//! FBS: what a server said, with times.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::fbs::{self, Start};
use lab::playback::{Coding, Playback};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tightrope::rfb::PixelFormat;

use super::{duration, failed};
use crate::argument;
use crate::array::Numbers;
use crate::error::error;

/// Bits per pixel, depth, whether the first byte is the most significant, maxima and shifts of red, green and blue.
type FormatRow = (u8, u8, bool, [u16; 3], [u8; 3]);

/// A recording of either kind as the bytes of a server, with times.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct ServerStream {
    inner: Mutex<Playback>,
    start: Start,
    path: PathBuf,
}

#[pymethods]
impl ServerStream {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let playback = py.detach(|| Playback::open(&path, Coding::Zrle));
        let playback = playback.map_err(|error| failed(py, &path, &error))?;
        Ok(Self {
            start: playback.start().clone(),
            inner: Mutex::new(playback),
            path,
        })
    }

    /// Width and height at the start.
    #[getter]
    fn size(&self) -> (u16, u16) {
        (self.start.size.width, self.start.size.height)
    }

    /// Of the desktop.
    #[getter]
    fn name(&self) -> &str {
        &self.start.name
    }

    /// How its pixels are written.
    #[getter]
    fn pixel_format(&self) -> FormatRow {
        let PixelFormat {
            bits_per_pixel,
            depth,
            big_endian,
            max,
            shift,
            ..
        } = self.start.format;
        (bits_per_pixel, depth, big_endian, max, shift)
    }

    #[getter]
    fn is_cut_short(&self, py: Python<'_>) -> bool {
        py.detach(|| self.lock().is_cut_short())
    }

    /// The next bytes and their seconds; None at the end.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Option<(f64, Bound<'py, PyBytes>)>> {
        let next = py.detach(|| self.lock().next_bytes());
        let next = next.map_err(|error| failed(py, &self.path, &error))?;
        Ok(next.map(|(time, bytes)| (time.as_secs_f64(), PyBytes::new(py, &bytes))))
    }
}

impl ServerStream {
    fn lock(&self) -> MutexGuard<'_, Playback> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what a server says.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct FbsWriter {
    inner: Mutex<Option<fbs::Writer<File>>>,
    path: PathBuf,
}

#[pymethods]
impl FbsWriter {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, width: i64, height: i64, name: String) -> PyResult<Self> {
        let start = Start {
            size: argument::size("size", width, height)?,
            name,
            format: PixelFormat::BGRX,
        };
        let writer = py.detach(|| fbs::Writer::new(File::create(&path)?, &start));
        let writer = writer.map_err(|error| failed(py, &path, &error.into()))?;
        Ok(Self {
            inner: Mutex::new(Some(writer)),
            path,
        })
    }

    /// Writes what came at `time`.
    fn add(&self, py: Python<'_>, time: f64, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let time = duration("time", time)?;
        let data = Numbers::<u8>::borrow(data, "data", "bytes")?;
        let bytes = data.slice();
        let added = py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.as_mut().map(|writer| writer.add(time, bytes))
        });
        match added {
            Some(added) => added.map_err(|error| failed(py, &self.path, &error.into())),
            None => Err(error(py, "ClosedError", "the recording has been finished")),
        }
    }

    /// Brings all to the file, and ends it.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let flushed = py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            inner.take().map_or(Ok(()), |mut own| own.flush())
        });
        flushed.map_err(|error| failed(py, &self.path, &error.into()))
    }
}
