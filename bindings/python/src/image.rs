//! PNG files.

use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tightrope::image::{read_png as read, write_png as write};
use tightrope::rfb::clipboard::Bitmap;

use crate::array::Pixels;

/// The most that the pixels of a file may take.
const LIMIT: usize = 1 << 30;

/// Writes `pixels` (BGRX, shape (height, width, 4)) to the file `path`.
#[pyfunction]
pub(crate) fn write_png(py: Python<'_>, path: PathBuf, pixels: &Bound<'_, PyAny>) -> PyResult<()> {
    let pixels = Pixels::borrow(pixels, "pixels")?;
    let view = pixels.view()?;
    let size = pixels.size();
    let written = py.detach(|| {
        let rows = view.rows(tightrope::Rect::new(0, 0, size.width, size.height));
        let mut opaque: Vec<u8> = rows.flatten().copied().collect();
        for pixel in opaque.as_chunks_mut::<4>().0 {
            pixel[3] = 0xff;
        }
        let bitmap = Bitmap::new(size, opaque).ok_or("too many pixels".to_owned())?;
        let file = write(&bitmap).map_err(|error| error.to_string())?;
        Ok::<_, String>(std::fs::write(&path, file))
    });
    let failed =
        |error| PyOSError::new_err(format!("{} cannot be written: {error}", path.display()));
    written.map_err(PyValueError::new_err)?.map_err(failed)
}

/// The picture of the file `path`: width, height, and rows of BGRA.
#[pyfunction]
pub(crate) fn read_png(py: Python<'_>, path: PathBuf) -> PyResult<(u16, u16, Bound<'_, PyBytes>)> {
    let bytes = py.detach(|| std::fs::read(&path));
    let bytes = bytes.map_err(PyErr::from)?;
    let bitmap = py.detach(|| read(&bytes, LIMIT));
    let wrong = |error| PyValueError::new_err(format!("{}: {error}", path.display()));
    let bitmap = bitmap.map_err(wrong)?;
    let size = bitmap.size();
    Ok((size.width, size.height, PyBytes::new(py, bitmap.pixels())))
}
