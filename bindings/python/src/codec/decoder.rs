//! Rectangles to pixels.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use tightrope::rfb::codec::ReadRect;
use tightrope::rfb::{Encoding, RectReader, ViewMut};
use tightrope::tight;

use super::{Row, clock, named, tuple};
use crate::argument::wrong_value;
use crate::array::{Numbers, PixelsMut};
use crate::error::error;

/// Reads rectangles of one encoding, of Raw and of CopyRect, as one connection brings them.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct RectDecoder {
    encoding: Encoding,
    inner: Mutex<RectReader>,
}

#[pymethods]
impl RectDecoder {
    #[new]
    #[pyo3(signature = (encoding, pixel_format="bgrx", quality=None))]
    fn new(encoding: &str, pixel_format: &str, quality: Option<i64>) -> PyResult<Self> {
        let encoding = named::encoding(encoding)?;
        let format = named::format(pixel_format)?;
        let level = |own: i64| {
            let fitting = u8::try_from(own).ok().filter(|own| *own <= 9);
            fitting.ok_or_else(|| wrong_value("quality", "0 to 9, or None", own))
        };
        let mut reader = RectReader::new(tight::decoders().only(encoding), &format);
        reader.set_quality(quality.map(level).transpose()?);
        Ok(Self {
            encoding,
            inner: Mutex::new(reader),
        })
    }

    #[getter]
    fn encoding(&self) -> &'static str {
        named::name(self.encoding)
    }

    /// Draws the rectangles of `data` on `array`; gives what they were.
    fn decode(
        &self,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
        array: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<Row>> {
        let mut target = PixelsMut::borrow(array, "array")?;
        let data = Numbers::<u8>::borrow(data, "data", "bytes")?;
        let data = data.slice();
        if target.overlaps(data) {
            let expected = "bytes that do not lie in array";
            return Err(wrong_value("data", expected, "some that do"));
        }
        let mut target = target.view()?;
        let drawn = py.detach(|| self.run(data, &mut target));
        drawn.map_err(|what| error(py, "ProtocolError", format!("data: {what}")))
    }
}

impl RectDecoder {
    fn run(&self, data: &[u8], target: &mut ViewMut<'_>) -> Result<Vec<Row>, String> {
        let mut reader = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        reader.handle_bytes(data);
        let mut rows = Vec::new();
        loop {
            let start = clock();
            match reader.poll_rect(target) {
                Ok(Some(read)) => {
                    let seconds = clock().saturating_sub(start).as_secs_f64();
                    rows.push(row(&read, seconds));
                }
                Ok(None) if reader.unread() == 0 => return Ok(rows),
                Ok(None) => {
                    let left = reader.unread();
                    return Err(format!(
                        "it ends inside a rectangle, {left} bytes of which are there"
                    ));
                }
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

fn row(read: &ReadRect, seconds: f64) -> Row {
    let (left, top, width, height) = tuple(read.rect);
    (
        left,
        top,
        width,
        height,
        named::name(read.encoding),
        named::kind(read.encoding, &read.head),
        read.bytes,
        seconds,
        None,
    )
}
