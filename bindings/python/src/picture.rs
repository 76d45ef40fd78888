//! A client's picture as Python looks at it: by the buffer protocol, without a copy.
#![expect(unsafe_code, reason = "Python asks for pointers")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

const BYTES: &CStr = c"B";

/// The pixels of a client, rows × columns × 4 bytes (BGRX), to be read.
///
/// Its memory lies still as long as anybody looks, and changes only while its client's `wait` runs.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct Picture {
    pixels: Arc<blocking::Picture>,
    /// What views point at.
    shape: [isize; 3],
    strides: [isize; 3],
}

impl Picture {
    pub(crate) fn new(pixels: Arc<blocking::Picture>) -> Self {
        let size = pixels.size();
        let (width, height) = (i32::from(size.width), i32::from(size.height));
        // Both fit: a side has 16 bits, and Python's sizes at least 32.
        let side = |side| isize::try_from(side).unwrap_or_default();
        Self {
            pixels,
            shape: [side(height), side(width), 4],
            strides: [side(width * 4), 4, 1],
        }
    }

    /// Whether it is that picture.
    pub(crate) fn is(&self, other: &Arc<blocking::Picture>) -> bool {
        Arc::ptr_eq(&self.pixels, other)
    }

    fn length(&self) -> isize {
        self.shape.iter().product()
    }
}

#[pymethods]
impl Picture {
    /// Rows, columns, 4.
    #[getter]
    fn shape(&self) -> (isize, isize, isize) {
        self.shape.into()
    }

    /// Where its first byte lies.
    #[getter]
    fn address(&self) -> usize {
        self.pixels.as_ptr().addr()
    }

    /// # Safety
    /// `view` is what Python asks to be filled in, or null.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        // SAFETY: Python gives a view of its own, which nobody else uses meanwhile.
        let Some(view) = (unsafe { view.as_mut() }) else {
            return Err(PyBufferError::new_err("view: expected one, got null"));
        };
        view.obj = ptr::null_mut();
        let asked = |flag| flags & flag == flag;
        if asked(ffi::PyBUF_WRITABLE) {
            return Err(PyBufferError::new_err(
                "the picture of a client is read-only",
            ));
        }
        let own = slf.get();
        let (shape, strides) = (own.shape.as_ptr(), own.strides.as_ptr());
        view.buf = own.pixels.as_ptr().cast_mut().cast::<c_void>();
        view.len = own.length();
        view.readonly = 1;
        view.itemsize = 1;
        view.format = match asked(ffi::PyBUF_FORMAT) {
            true => BYTES.as_ptr().cast_mut(),
            false => ptr::null_mut(),
        };
        let is_shaped = asked(ffi::PyBUF_ND);
        view.ndim = if is_shaped { 3 } else { 1 };
        // Both lie in this object, which `obj` keeps.
        view.shape = if is_shaped {
            shape.cast_mut()
        } else {
            ptr::null_mut()
        };
        view.strides = match asked(ffi::PyBUF_STRIDES) {
            true => strides.cast_mut(),
            false => ptr::null_mut(),
        };
        view.suboffsets = ptr::null_mut();
        view.internal = ptr::null_mut();
        view.obj = slf.into_any().into_ptr();
        Ok(())
    }
}
