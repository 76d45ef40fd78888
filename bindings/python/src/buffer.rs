//! Pixels as Python looks at them: the buffer protocol, without a copy.
#![expect(unsafe_code, reason = "Python asks for pointers")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use tightrope::Size;

const BYTES: &CStr = c"B";

/// What views of a picture point at: rows × columns × 4 bytes, one right after another, to be read. It lies in the object
/// that is looked at, which every view keeps.
pub(crate) struct Layout {
    shape: [isize; 3],
    strides: [isize; 3],
}

impl Layout {
    pub(crate) fn new(size: Size) -> Self {
        let (width, height) = (i32::from(size.width), i32::from(size.height));
        // Both fit: a side has 16 bits, and Python's sizes at least 32.
        let side = |side| isize::try_from(side).unwrap_or_default();
        Self {
            shape: [side(height), side(width), 4],
            strides: [side(width * 4), 4, 1],
        }
    }

    /// Rows, columns, 4.
    pub(crate) fn shape(&self) -> (isize, isize, isize) {
        self.shape.into()
    }

    /// Fills `view` in as `flags` ask.
    ///
    /// # Errors
    /// It cannot be as they ask; `what` says what it is.
    ///
    /// # Safety
    /// `view` is what Python asks to be filled in, or null. `self` lies in `owner`, and so many bytes lie at `start` as
    /// long as that lives.
    pub(crate) unsafe fn fill(
        &self,
        view: *mut ffi::Py_buffer,
        flags: c_int,
        start: *const u8,
        owner: Bound<'_, PyAny>,
        what: &str,
    ) -> PyResult<()> {
        // SAFETY: Python gives a view of its own, which nobody else uses meanwhile.
        let Some(view) = (unsafe { view.as_mut() }) else {
            return Err(PyBufferError::new_err("view: expected one, got null"));
        };
        view.obj = ptr::null_mut();
        let asked = |flag| flags & flag == flag;
        let refused = match asked {
            _ if asked(ffi::PyBUF_WRITABLE) => Some("read-only"),
            // Who takes rows or columns first takes this too.
            _ if asked(ffi::PyBUF_F_CONTIGUOUS) && !asked(ffi::PyBUF_ANY_CONTIGUOUS) => {
                Some("row by row")
            }
            _ => None,
        };
        if let Some(is) = refused {
            return Err(PyBufferError::new_err(format!("{what} is {is}")));
        }
        view.buf = start.cast_mut().cast::<c_void>();
        view.len = self.shape.iter().product();
        view.readonly = 1;
        view.itemsize = 1;
        let when = |flag, pointer: *const isize| match asked(flag) {
            true => pointer.cast_mut(),
            false => ptr::null_mut(),
        };
        view.format = match asked(ffi::PyBUF_FORMAT) {
            true => BYTES.as_ptr().cast_mut(),
            false => ptr::null_mut(),
        };
        view.ndim = if asked(ffi::PyBUF_ND) { 3 } else { 1 };
        view.shape = when(ffi::PyBUF_ND, self.shape.as_ptr());
        view.strides = when(ffi::PyBUF_STRIDES, self.strides.as_ptr());
        view.suboffsets = ptr::null_mut();
        view.internal = ptr::null_mut();
        view.obj = owner.into_ptr();
        Ok(())
    }
}
