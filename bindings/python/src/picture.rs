//! A client's picture as Python looks at it: by the buffer protocol, without a copy.
#![expect(unsafe_code, reason = "Python asks for pointers")]

use std::ffi::c_int;
use std::sync::Arc;

use pyo3::ffi;
use pyo3::prelude::*;

use crate::buffer::Layout;

/// The pixels of a client, rows × columns × 4 bytes (BGRX), to be read.
///
/// Its memory lies still as long as anybody looks, and changes only while its client's `wait` runs.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct Picture {
    pixels: Arc<blocking::Picture>,
    layout: Layout,
}

impl Picture {
    pub(crate) fn new(pixels: Arc<blocking::Picture>) -> Self {
        let layout = Layout::new(pixels.size());
        Self { pixels, layout }
    }

    /// Whether it is that picture.
    pub(crate) fn is(&self, other: &Arc<blocking::Picture>) -> bool {
        Arc::ptr_eq(&self.pixels, other)
    }
}

#[pymethods]
impl Picture {
    /// Rows, columns, 4.
    #[getter]
    fn shape(&self) -> (isize, isize, isize) {
        self.layout.shape()
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
        let own = slf.get();
        let (start, owner) = (own.pixels.as_ptr(), slf.clone().into_any());
        let what = "the picture of a client";
        // SAFETY: the caller's promise; the layout lies in `slf`, which holds the pixels, whose memory never moves.
        unsafe { own.layout.fill(view, flags, start, owner, what) }
    }
}
