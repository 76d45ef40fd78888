//! `.vtz`: pictures without loss.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::vtz;
use pyo3::prelude::*;
use tightrope::{Rect, Region, Size, View};

use super::picture::RecordedPicture;
use super::{duration, failed};
use crate::argument::{self, wrong_value};
use crate::array::Pixels;
use crate::codec::{RectTuple, tuple};
use crate::error::error;

/// A picture as Python gets it: number, seconds, tiles that changed, and the same joined to larger rectangles.
type FrameRow = (u32, f64, Vec<RectTuple>, Vec<RectTuple>);

/// Reads pictures, all into the same memory.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct VtzReader {
    inner: Mutex<vtz::Reader<File>>,
    size: Size,
    frame_count: u32,
    path: PathBuf,
}

#[pymethods]
impl VtzReader {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let reader = py.detach(|| vtz::Reader::open(&path));
        let reader = reader.map_err(|error| failed(py, &path, &error))?;
        Ok(Self {
            size: reader.size(),
            frame_count: reader.frame_count(),
            inner: Mutex::new(reader),
            path,
        })
    }

    /// Width and height.
    #[getter]
    fn size(&self) -> (u16, u16) {
        (self.size.width, self.size.height)
    }

    #[getter]
    fn frame_count(&self) -> u32 {
        self.frame_count
    }

    #[getter]
    fn is_cut_short(&self, py: Python<'_>) -> bool {
        py.detach(|| self.lock().is_cut_short())
    }

    /// The memory of the picture, which stays where it is.
    fn picture(slf: Bound<'_, Self>) -> RecordedPicture {
        let own = slf.get();
        let start = own.lock().picture().bytes().as_ptr();
        RecordedPicture::new(start, own.size, slf.into_any().unbind())
    }

    /// Reads the next picture; None at the end.
    fn read(&self, py: Python<'_>) -> PyResult<Option<FrameRow>> {
        let read = py.detach(|| {
            let mut reader = self.lock();
            let frame = reader.next_frame()?;
            Ok(frame.map(|frame| row(&frame)))
        });
        read.map_err(|error: lab::Error| failed(py, &self.path, &error))
    }
}

impl VtzReader {
    fn lock(&self) -> MutexGuard<'_, vtz::Reader<File>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row(frame: &vtz::Frame<'_>) -> FrameRow {
    let tuples = |rects: &[Rect]| rects.iter().copied().map(tuple).collect();
    let (tiles, merged) = (tuples(frame.tiles), tuples(&frame.merged()));
    (frame.index, frame.time.as_secs_f64(), tiles, merged)
}

/// Writes pictures as they come.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct VtzWriter {
    inner: Mutex<Option<vtz::Writer>>,
    size: Size,
    path: PathBuf,
}

#[pymethods]
impl VtzWriter {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, width: i64, height: i64, level: i64) -> PyResult<Self> {
        let size = argument::size("size", width, height)?;
        let fitting = i32::try_from(level)
            .ok()
            .filter(|own| (1..=19).contains(own));
        let level = fitting.ok_or_else(|| wrong_value("level", "1 (fast) to 19 (small)", level))?;
        let writer = py.detach(|| vtz::Writer::create(&path, size, level));
        let writer = writer.map_err(|error| failed(py, &path, &error.into()))?;
        Ok(Self {
            inner: Mutex::new(Some(writer)),
            size,
            path,
        })
    }

    /// Width and height.
    #[getter]
    fn size(&self) -> (u16, u16) {
        (self.size.width, self.size.height)
    }

    /// Writes what changed in `array`, inside `damage`, as the picture of `time`; whether anything had changed.
    #[pyo3(signature = (array, time, damage=None))]
    fn add(
        &self,
        py: Python<'_>,
        array: &Bound<'_, PyAny>,
        time: f64,
        damage: Option<Vec<(i64, i64, i64, i64)>>,
    ) -> PyResult<bool> {
        let time = duration("time", time)?;
        let pixels = Pixels::borrow(array, "array")?;
        if pixels.size() != self.size {
            let (own, wanted) = (pixels.size(), self.size);
            let expected = format!("the recording's size, {}x{}", wanted.width, wanted.height);
            return Err(wrong_value(
                "array",
                &expected,
                format!("{}x{}", own.width, own.height),
            ));
        }
        let damage = match damage {
            None => Rect::from(self.size).into(),
            Some(rects) => argument::region("damage", &rects, self.size)?,
        };
        let view = pixels.view()?;
        match py.detach(|| self.write(view, &damage, time)) {
            Some(written) => written.map_err(|error| failed(py, &self.path, &error)),
            None => Err(error(py, "ClosedError", "the recording has been finished")),
        }
    }

    /// Makes all that was written readable, even if nothing more is.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let flushed = py.detach(|| self.lock().as_mut().map_or(Ok(()), vtz::Writer::flush));
        flushed.map_err(|error| failed(py, &self.path, &error))
    }

    /// Ends the recording; pictures, seconds and bytes of the file. None if it was ended before.
    fn finish(&self, py: Python<'_>) -> PyResult<Option<(u32, f64, u64)>> {
        let ended = py.detach(|| self.lock().take().map(vtz::Writer::finish).transpose());
        let summary = ended.map_err(|error| failed(py, &self.path, &error))?;
        Ok(summary.map(|own| (own.frames, own.duration.as_secs_f64(), own.bytes)))
    }
}

impl VtzWriter {
    fn lock(&self) -> MutexGuard<'_, Option<vtz::Writer>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything had changed; `None` if the recording was ended.
    fn write(&self, view: View<'_>, damage: &Region, time: Duration) -> Option<lab::Result<bool>> {
        let mut inner = self.lock();
        let writer = inner.as_mut()?;
        writer.take(view, damage);
        Some(writer.write(time))
    }
}
