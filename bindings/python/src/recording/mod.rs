//! Recordings: `.vtz` as pictures, FBS as a server's bytes. `tightrope/recording.py` is what Python sees of it.

mod picture;
mod pictures;
mod stream;

use std::path::{Path, PathBuf};
use std::time::Duration;

use pyo3::prelude::*;

pub(crate) use picture::RecordedPicture;
pub(crate) use pictures::{VtzReader, VtzWriter};
pub(crate) use stream::{FbsWriter, ServerStream};

use crate::argument::wrong_value;
use crate::error::error;

/// Converts between `.vtz` and `.fbs`; gives the files, the pictures or blocks, the seconds, and whether the source was
/// cut short.
#[pyfunction]
pub(crate) fn convert_recording(
    py: Python<'_>,
    source: PathBuf,
    target: PathBuf,
    fps: u32,
) -> PyResult<(Vec<PathBuf>, u64, f64, bool)> {
    let converted = py.detach(|| lab::convert::convert(&source, &target, fps));
    let own = converted.map_err(|error| failed(py, &source, &error))?;
    let seconds = own.duration.as_secs_f64();
    Ok((own.files, own.frames, seconds, own.is_cut_short))
}

/// What Python is told of a recording at `path` that cannot be read or written.
fn failed(py: Python<'_>, path: &Path, why: &lab::Error) -> PyErr {
    let path = path.display();
    match why {
        lab::Error::Kind(_) => wrong_value("path", "a name that ends in .vtz or .fbs", path),
        why => error(py, "RecordingError", format!("{path}: {why}")),
    }
}

/// So many seconds, as Python says it.
fn duration(argument: &str, seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| wrong_value(argument, "seconds from 0 on", seconds))
}
