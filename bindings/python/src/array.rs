//! Arrays that Python lends for one call, by the buffer protocol: NumPy's, `memoryview`, `bytes`.
#![expect(unsafe_code, reason = "Python's memory is told by pointers")]

use std::ffi::c_void;
use std::fmt::Write as _;
use std::slice;

use pyo3::buffer::{Element, PyBuffer, PyUntypedBuffer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use tightrope::rfb::ViewMut;
use tightrope::{Size, View};

use crate::argument::wrong_type;

/// Pixels: rows × columns × 4 bytes (blue, green, red, and one that is ignored or alpha), rows any distance apart.
pub(crate) struct Pixels {
    buffer: PyBuffer<u8>,
    size: Size,
    stride: usize,
}

const PIXELS: &str = "an array of uint8 of shape (height, width, 4)";

impl Pixels {
    /// Looks at the argument `name`, without a copy.
    pub(crate) fn borrow(object: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let buffer = typed::<u8>(object, name, PIXELS)?;
        let (rows, columns) = match *buffer.shape() {
            [rows, columns, 4] => (rows, columns),
            _ => return Err(wrong_shape(object, name, PIXELS)),
        };
        let side = |side: usize| u16::try_from(side).ok().filter(|&side| side > 0);
        let (Some(width), Some(height)) = (side(columns), side(rows)) else {
            let expected = "1 to 65535 rows and columns";
            return Err(wrong_shape(object, name, expected));
        };
        let row = columns * 4;
        let (between_rows, is_packed) = match *buffer.strides() {
            [between_rows, between_columns, 1] => {
                (between_rows, between_columns == 4 || columns == 1)
            }
            _ => (0, false),
        };
        let stride = match usize::try_from(between_rows) {
            _ if rows == 1 => Some(row),
            Ok(stride) if stride >= row => Some(stride),
            _ => None,
        };
        let Some(stride) = stride.filter(|_| is_packed) else {
            return Err(PyValueError::new_err(format!(
                "{name}: expected rows from top to bottom, at least {row} bytes apart, of pixels 4 bytes apart; got \
                 strides {:?}: numpy.ascontiguousarray({name}) copies it",
                buffer.strides()
            )));
        };
        let size = Size::new(width, height);
        Ok(Self {
            buffer,
            size,
            stride,
        })
    }

    /// Their size.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Bytes from the first to the last.
    fn length(&self) -> usize {
        (usize::from(self.size.height) - 1) * self.stride + usize::from(self.size.width) * 4
    }

    /// The pixels.
    pub(crate) fn view(&self) -> PyResult<View<'_>> {
        let length = self.length();
        let start = self.buffer.buf_ptr().cast::<u8>();
        // SAFETY: the buffer is held by `self`, and its shape and strides, which were checked, say that so many bytes
        // lie there. Who lends them promises not to write to them meanwhile, which Python leaves to its programs.
        let bytes = unsafe { slice::from_raw_parts(start, length) };
        View::new(bytes, self.size, self.stride)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// Pixels to be drawn on: the same, and writable.
pub(crate) struct PixelsMut(Pixels);

impl PixelsMut {
    /// Looks at the argument `name`, without a copy.
    pub(crate) fn borrow(object: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let pixels = Pixels::borrow(object, name)?;
        match pixels.buffer.readonly() {
            false => Ok(Self(pixels)),
            true => Err(wrong_shape(object, name, &format!("{PIXELS}, writable"))),
        }
    }

    /// Whether some of these bytes lie among them: those would change while they are read.
    pub(crate) fn overlaps(&self, bytes: &[u8]) -> bool {
        let start = self.0.buffer.buf_ptr().addr();
        let (first, behind) = (bytes.as_ptr().addr(), bytes.as_ptr_range().end.addr());
        first < start + self.0.length() && start < behind
    }

    /// The pixels.
    pub(crate) fn view(&mut self) -> PyResult<ViewMut<'_>> {
        let length = self.0.length();
        let Pixels {
            buffer,
            size,
            stride,
        } = &self.0;
        let start: *mut c_void = buffer.buf_ptr();
        // SAFETY: as in `Pixels::view`, and the buffer is writable; between the rows nothing is written.
        let bytes = unsafe { slice::from_raw_parts_mut(start.cast::<u8>(), length) };
        ViewMut::over(bytes, *size, *stride)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// Numbers one after another, of any shape.
pub(crate) struct Numbers<T: Element> {
    buffer: PyBuffer<T>,
}

impl<T: Element> Numbers<T> {
    /// Looks at the argument `name`, without a copy; `expected` says what it should be.
    pub(crate) fn borrow(object: &Bound<'_, PyAny>, name: &str, expected: &str) -> PyResult<Self> {
        let buffer = typed::<T>(object, name, expected)?;
        match buffer.is_c_contiguous() {
            true => Ok(Self { buffer }),
            false => Err(PyValueError::new_err(format!(
                "{name}: expected {expected}, one number right after another; numpy.ascontiguousarray({name}) copies it"
            ))),
        }
    }

    /// Its shape.
    pub(crate) fn shape(&self) -> &[usize] {
        self.buffer.shape()
    }

    /// The numbers.
    pub(crate) fn slice(&self) -> &[T] {
        let length = self.buffer.item_count();
        if length == 0 {
            return &[];
        }
        let start = self.buffer.buf_ptr().cast::<T>();
        // SAFETY: the buffer is held by `self`, has so many numbers one after another, aligned for them (a typed buffer
        // is); who lends it promises not to write meanwhile.
        unsafe { slice::from_raw_parts(start, length) }
    }
}

/// Numbers to be written, of any shape.
pub(crate) struct NumbersMut<T: Element> {
    buffer: PyBuffer<T>,
}

impl<T: Element> NumbersMut<T> {
    /// Looks at the argument `name`; `expected` says what it should be.
    pub(crate) fn borrow(object: &Bound<'_, PyAny>, name: &str, expected: &str) -> PyResult<Self> {
        let buffer = typed::<T>(object, name, expected)?;
        match buffer.is_c_contiguous() && !buffer.readonly() {
            true => Ok(Self { buffer }),
            false => Err(wrong_shape(
                object,
                name,
                &format!("{expected}, contiguous and writable"),
            )),
        }
    }

    /// Its shape.
    pub(crate) fn shape(&self) -> &[usize] {
        self.buffer.shape()
    }

    /// The numbers.
    pub(crate) fn slice(&mut self) -> &mut [T] {
        let length = self.buffer.item_count();
        if length == 0 {
            return &mut [];
        }
        let start: *mut c_void = self.buffer.buf_ptr();
        // SAFETY: the buffer is held by `self`, is writable, has so many numbers one after another, aligned for them; who
        // lends it promises to leave it alone meanwhile.
        unsafe { slice::from_raw_parts_mut(start.cast::<T>(), length) }
    }
}

fn typed<T: Element>(
    object: &Bound<'_, PyAny>,
    name: &str,
    expected: &str,
) -> PyResult<PyBuffer<T>> {
    let buffer = PyUntypedBuffer::get(object).map_err(|_| wrong_type(name, expected, object))?;
    buffer.into_typed().map_err(|_| {
        PyTypeError::new_err(format!(
            "{name}: expected {expected}, got {}",
            described(object)
        ))
    })
}

fn wrong_shape(object: &Bound<'_, PyAny>, name: &str, expected: &str) -> PyErr {
    PyValueError::new_err(format!(
        "{name}: expected {expected}, got {}",
        described(object)
    ))
}

/// `float64 of shape (480, 640, 3)`, as far as the object tells.
fn described(object: &Bound<'_, PyAny>) -> String {
    let told = |name| {
        object
            .getattr(name)
            .and_then(|told| Ok(told.str()?.to_string()))
    };
    let mut text = told("dtype")
        .or_else(|_| told("format"))
        .unwrap_or_else(|_| {
            let class = object.get_type().name();
            class.map_or_else(|_| "something else".to_owned(), |name| name.to_string())
        });
    if let Ok(shape) = told("shape") {
        // Writing to a String cannot fail.
        let _ = write!(text, " of shape {shape}");
    }
    text
}
