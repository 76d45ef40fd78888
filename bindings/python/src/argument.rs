//! Arguments: what is not as it should be is an error that names the argument and says what was expected.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustix::time::{ClockId, clock_gettime};
use tightrope::{Rect, Region, Size};

/// `argument: expected …, got …`, for what has the wrong type.
pub(crate) fn wrong_type(name: &str, expected: &str, got: &Bound<'_, PyAny>) -> PyErr {
    let got = got.get_type().name().map(|name| name.to_string());
    let got = got.unwrap_or_else(|_| "something else".to_owned());
    PyTypeError::new_err(format!("{name}: expected {expected}, got {got}"))
}

/// The same for what has the right type.
pub(crate) fn wrong_value(name: &str, expected: &str, got: impl Display) -> PyErr {
    PyValueError::new_err(format!("{name}: expected {expected}, got {got}"))
}

/// Seconds, or `None` for no limit.
pub(crate) fn timeout(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    match seconds {
        None => Ok(None),
        Some(f64::INFINITY) => Ok(None),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .map(Some)
            .map_err(|_| wrong_value("timeout", "seconds from 0 on, or None", seconds)),
    }
}

/// The moment at which `time.monotonic` gave this.
pub(crate) fn instant(name: &str, seconds: f64) -> PyResult<Instant> {
    let wrong = || wrong_value(name, "a moment of time.monotonic()", seconds);
    let then = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    let now = clock_gettime(ClockId::Monotonic);
    let now = Duration::try_from(now).map_err(|_| wrong())?;
    let moment = match then.checked_sub(now) {
        Some(ahead) => Instant::now().checked_add(ahead),
        None => Instant::now().checked_sub(now.saturating_sub(then)),
    };
    moment.ok_or_else(wrong)
}

/// A path of a directory that is there.
pub(crate) fn directory(name: &str, path: &Path) -> PyResult<()> {
    match path.is_dir() {
        true => Ok(()),
        false => Err(wrong_value(name, "a directory", path.display())),
    }
}

/// Width and height of 1 to 65535 pixels.
pub(crate) fn size(name: &str, width: i64, height: i64) -> PyResult<Size> {
    let side = |side: i64| u16::try_from(side).ok().filter(|&side| side > 0);
    match (side(width), side(height)) {
        (Some(width), Some(height)) => Ok(Size::new(width, height)),
        _ => {
            let got = format!("{width} and {height}");
            Err(wrong_value(name, "width and height of 1 to 65535", got))
        }
    }
}

/// Rectangles `(left, top, width, height)` within `size`.
pub(crate) fn region(name: &str, rects: &[(i64, i64, i64, i64)], size: Size) -> PyResult<Region> {
    let mut region = Region::default();
    for &(left, top, width, height) in rects {
        let side = |side| u16::try_from(side).ok();
        let rect = match (side(left), side(top), side(width), side(height)) {
            (Some(left), Some(top), Some(width), Some(height)) => {
                Some(Rect::new(left, top, width, height)).filter(|rect| rect.fits(size))
            }
            _ => None,
        };
        let Some(rect) = rect else {
            let Size {
                width: most,
                height: rows,
            } = size;
            let expected = format!("rectangles (left, top, width, height) within {most}x{rows}");
            let got = format!("({left}, {top}, {width}, {height})");
            return Err(wrong_value(name, &expected, got));
        };
        region.add(rect);
    }
    Ok(region)
}

/// The settings of a call, by name. What is not there or `None` is left as it is.
pub(crate) struct Settings<'py>(pub(crate) Bound<'py, PyDict>);

impl<'py> Settings<'py> {
    fn given(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|given| !given.is_none()))
    }

    /// A value of the type that `expected` names.
    pub(crate) fn value<T>(&self, name: &str, expected: &str) -> PyResult<Option<T>>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        let Some(given) = self.given(name)? else {
            return Ok(None);
        };
        match given.extract() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(match given.repr() {
                Ok(repr) if given.extract::<f64>().is_ok() => wrong_value(name, expected, repr),
                _ => wrong_type(name, expected, &given),
            }),
        }
    }

    /// Text.
    pub(crate) fn text(&self, name: &str) -> PyResult<Option<String>> {
        let Some(given) = self.given(name)? else {
            return Ok(None);
        };
        given.extract().map(Some).map_err(|error: PyErr| {
            match error.is_instance_of::<PyUnicodeEncodeError>(given.py()) {
                true => wrong_value(name, "text without lone surrogates", "some"),
                false => wrong_type(name, "str", &given),
            }
        })
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> PyResult<bool> {
        Ok(self.value(name, "bool")?.unwrap_or_default())
    }

    /// What can be called.
    pub(crate) fn function(&self, name: &str) -> PyResult<Option<Py<PyAny>>> {
        match self.given(name)? {
            Some(given) if !given.is_callable() => Err(wrong_type(name, "a function", &given)),
            given => Ok(given.map(Bound::unbind)),
        }
    }

    /// Text that stands for something.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> PyResult<Option<T>> {
        let parse = |text: String| {
            let parsed = text.trim().parse();
            parsed.map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
        };
        self.text(name)?.map(parse).transpose()
    }

    /// Several texts, or one.
    pub(crate) fn texts(&self, name: &str) -> PyResult<Vec<String>> {
        match self.given(name)? {
            Some(given) if !given.is_instance_of::<pyo3::types::PyString>() => {
                let texts = self.value(name, "str, or a sequence of them")?;
                Ok(texts.unwrap_or_default())
            }
            _ => Ok(self.text(name)?.into_iter().collect()),
        }
    }
}
