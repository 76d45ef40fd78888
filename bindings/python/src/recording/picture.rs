//! The picture of a recording that is being read, where it is: Python looks at it through the buffer protocol.
#![expect(unsafe_code, reason = "Python asks for pointers")]

use std::ffi::{CStr, c_int, c_void};

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use tightrope::Size;

/// Memory of a reader, which it keeps alive. It is read-only, and changes when the reader reads on.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct RecordedPicture {
    address: usize,
    /// Height, width and four bytes a pixel, then the bytes from one to the next of each.
    shape: [isize; 3],
    strides: [isize; 3],
    _owner: Py<PyAny>,
}

const FORMAT: &CStr = c"B";

impl RecordedPicture {
    /// The picture of `size` that lies at `start`, without gaps, as long as `owner` lives.
    pub(super) fn new(start: *const u8, size: Size, owner: Py<PyAny>) -> Self {
        let (width, height) = (i32::from(size.width), i32::from(size.height));
        let side = |own: i32| isize::try_from(own).unwrap_or_default();
        Self {
            address: start.expose_provenance(),
            shape: [side(height), side(width), 4],
            strides: [side(width * 4), 4, 1],
            _owner: owner,
        }
    }
}

#[pymethods]
impl RecordedPicture {
    /// # Safety
    /// `view` is one that Python asks to be filled.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        // SAFETY: Python gives a view of its own, or none.
        let Some(view) = (unsafe { view.as_mut() }) else {
            return Err(PyBufferError::new_err("there is no view to be filled"));
        };
        let own = slf.get();
        let asks = |flag: c_int| flags & flag == flag;
        if asks(ffi::PyBUF_WRITABLE) {
            view.obj = std::ptr::null_mut();
            return Err(PyBufferError::new_err(
                "the picture of a recording is read-only",
            ));
        }
        view.buf = std::ptr::with_exposed_provenance_mut::<c_void>(own.address);
        view.len = own.shape.iter().product();
        view.readonly = 1;
        view.itemsize = 1;
        view.format = match asks(ffi::PyBUF_FORMAT) {
            true => FORMAT.as_ptr().cast_mut(),
            false => std::ptr::null_mut(),
        };
        view.ndim = 3;
        // Nobody writes through these: Py_buffer has no other type for them.
        view.shape = own.shape.as_ptr().cast_mut();
        view.strides = own.strides.as_ptr().cast_mut();
        view.suboffsets = std::ptr::null_mut();
        view.internal = std::ptr::null_mut();
        view.obj = slf.into_any().into_ptr();
        Ok(())
    }
}
