//! What clipboards hold: text, HTML, and images, which the wire has as device-independent bitmaps and Python as pixels.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tightrope::Rect;
use tightrope::rfb::clipboard::{Bitmap, Content, Image};

use crate::array::Pixels;

/// The most that the pixels of an image that somebody sends may take.
const LIMIT: usize = 1 << 28;

/// What was given; `image` is BGRA of shape (height, width, 4).
pub(crate) fn content(
    py: Python<'_>,
    text: Option<String>,
    html: Option<String>,
    image: Option<&Bound<'_, PyAny>>,
) -> PyResult<Content> {
    let encode = |image| {
        let pixels = Pixels::borrow(image, "image")?;
        let (view, size) = (pixels.view()?, pixels.size());
        let dib = py.detach(|| {
            let rows = view.rows(Rect::from(size)).flatten().copied().collect();
            Bitmap::new(size, rows).map(|bitmap| bitmap.encode())
        });
        dib.ok_or_else(|| PyValueError::new_err("image: too many pixels"))
    };
    let dib = image.map(encode).transpose()?;
    Ok(Content {
        text,
        html,
        image: dib.map(|dib| Image::Dib(dib.into())),
        ..Content::default()
    })
}

/// The array of an image that came, BGRA; `None` if there is none after all, or it is none.
pub(crate) fn array<'py>(
    py: Python<'py>,
    dib: Option<&[u8]>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let decode = |dib| Bitmap::decode(dib, LIMIT).ok();
    let Some(bitmap) = dib.and_then(|dib| py.detach(|| decode(dib))) else {
        return Ok(None);
    };
    let size = bitmap.size();
    let pixels = PyBytes::new(py, bitmap.pixels());
    let module = py.import("tightrope.framebuffer")?;
    module
        .call_method1("of_bytes", (size.width, size.height, pixels))
        .map(Some)
}
