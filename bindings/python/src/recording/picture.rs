//! The picture of a recording that is being read, where it is: Python looks at it through the buffer protocol.
#![expect(unsafe_code, reason = "Python asks for pointers")]

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;
use tightrope::Size;

use crate::buffer::Layout;

/// Memory of a reader, which it keeps alive. It is read-only, and changes when the reader reads on.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct RecordedPicture {
    address: usize,
    layout: Layout,
    _owner: Py<PyAny>,
}

impl RecordedPicture {
    /// The picture of `size` that lies at `start`, without gaps, as long as `owner` lives.
    pub(super) fn new(start: *const u8, size: Size, owner: Py<PyAny>) -> Self {
        Self {
            address: start.expose_provenance(),
            layout: Layout::new(size),
            _owner: owner,
        }
    }
}

#[pymethods]
impl RecordedPicture {
    /// # Safety
    /// `view` is what Python asks to be filled in, or null.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let own = slf.get();
        let start = std::ptr::with_exposed_provenance(own.address);
        let (owner, what) = (slf.clone().into_any(), "the picture of a recording");
        // SAFETY: the caller's promise; the layout lies in `slf`, which holds the reader, whose picture never moves.
        unsafe { own.layout.fill(view, flags, start, owner, what) }
    }
}
