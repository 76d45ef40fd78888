//! Pixels to rectangles.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tightrope::rfb::codec::Written;
use tightrope::rfb::{EncodeSettings, Encoder, Encoding, RectWriter, Workers};
use tightrope::tight::{self, Shared};
use tightrope::{Rect, Region, View};

use super::{RectTuple, Row, clock, named, tuple};
use crate::argument::{self, wrong_value};
use crate::array::Pixels;

/// Bytes of a rectangle before its body.
const HEAD: usize = 12;
/// The most threads that may be asked for.
const THREADS: usize = 256;

/// Writes rectangles of one encoding, as one connection gets them.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct RectEncoder {
    encoding: Encoding,
    inner: Mutex<Inner>,
}

struct Inner {
    encoder: Box<dyn Encoder>,
    settings: EncodeSettings,
}

/// The same as Python gets it: the bytes, what is in them, what is left over, and the seconds it took.
type EncodedRow<'py> = (Bound<'py, PyBytes>, Vec<Row>, Vec<RectTuple>, f64);

/// What was made of a picture.
struct Made {
    data: Vec<u8>,
    written: Vec<Written>,
    left: Region,
    time: Duration,
}

#[pymethods]
impl RectEncoder {
    #[new]
    #[pyo3(signature = (encoding, threads=1))]
    fn new(encoding: &str, threads: i64) -> PyResult<Self> {
        let asked = threads;
        let threads = usize::try_from(threads).ok().and_then(NonZeroUsize::new);
        let threads = threads.filter(|own| own.get() <= THREADS);
        let threads = threads.ok_or_else(|| wrong_value("threads", "1 to 256", asked))?;
        let encoding = named::encoding(encoding)?;
        let shared = Shared::new(Workers::new(threads));
        let encoder = tight::encoders_sharing(&shared).only(encoding);
        let expected = "one that there is an encoder of";
        let encoder =
            encoder.ok_or_else(|| wrong_value("encoding", expected, named::name(encoding)))?;
        Ok(Self {
            encoding,
            inner: Mutex::new(Inner {
                encoder,
                settings: EncodeSettings::default(),
            }),
        })
    }

    #[getter]
    fn encoding(&self) -> &'static str {
        named::name(self.encoding)
    }

    /// Says how pixels are to be written from the next call on.
    #[pyo3(signature = (*, quality, fine_quality, subsampling, compression, without_zlib, gradient, thrifty, moving, pixel_format))]
    #[expect(
        clippy::too_many_arguments,
        clippy::fn_params_excessive_bools,
        reason = "by name only, from Python"
    )]
    fn set(
        &self,
        quality: Option<i64>,
        fine_quality: Option<i64>,
        subsampling: Option<&str>,
        compression: i64,
        without_zlib: bool,
        gradient: bool,
        thrifty: bool,
        moving: bool,
        pixel_format: &str,
    ) -> PyResult<()> {
        let settings = EncodeSettings {
            format: named::format(pixel_format)?,
            quality: quality
                .map(|own| within(own, 9, "quality", "0 to 9, or None for no loss"))
                .transpose()?,
            fine_quality: fine_quality
                .map(|own| within(own, 100, "fine_quality", "0 to 100, or None"))
                .transpose()?,
            subsampling: subsampling.map(named::subsampling).transpose()?,
            compression: within(compression, 9, "compression", "0 to 9")?,
            without_zlib,
            gradient,
            thrifty,
            moving,
            picture: None,
        };
        self.lock().settings = settings;
        Ok(())
    }

    /// Gives the bytes, what is in them, what is left over, and the seconds it took.
    #[pyo3(signature = (array, region=None, budget=None))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        array: &Bound<'py, PyAny>,
        region: Option<Vec<(i64, i64, i64, i64)>>,
        budget: Option<i64>,
    ) -> PyResult<EncodedRow<'py>> {
        let budget = match budget {
            None => usize::MAX,
            Some(bytes) => usize::try_from(bytes)
                .ok()
                .filter(|bytes| *bytes > 0)
                .ok_or_else(|| wrong_value("budget", "at least 1 byte, or None", bytes))?,
        };
        let pixels = Pixels::borrow(array, "array")?;
        let region = match region {
            None => Rect::from(pixels.size()).into(),
            Some(rects) => argument::region("region", &rects, pixels.size())?,
        };
        let view = pixels.view()?;
        let made = py.detach(|| self.run(view, region, budget));
        Ok((
            PyBytes::new(py, &made.data),
            rows(&made),
            made.left.rects().iter().copied().map(tuple).collect(),
            made.time.as_secs_f64(),
        ))
    }
}

impl RectEncoder {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Encodes `region` until `budget` bytes are written. More rectangles than an update can have are written as well.
    fn run(&self, view: View<'_>, region: Region, budget: usize) -> Made {
        let mut inner = self.lock();
        let Inner { encoder, settings } = &mut *inner;
        let start = clock();
        let mut made = Made {
            data: Vec::new(),
            written: Vec::new(),
            left: region,
            time: Duration::ZERO,
        };
        while !made.left.is_empty() && made.data.len() < budget {
            let room = budget - made.data.len();
            let mut out = RectWriter::new(&mut made.data, room).traced(clock);
            made.left = encoder.encode(view, &made.left, settings, &mut out);
            made.written.extend(out.into_written());
        }
        made.time = clock().saturating_sub(start);
        made
    }
}

/// The rectangles as Python gets them.
fn rows(made: &Made) -> Vec<Row> {
    let mut start = 0;
    let row = |own: &Written| {
        let body = made.data.get(start + HEAD..).unwrap_or_default();
        start += own.bytes;
        let (left, top, width, height) = tuple(own.rect);
        (
            left,
            top,
            width,
            height,
            named::name(own.encoding),
            named::kind(own.encoding, body),
            own.bytes,
            own.time.as_secs_f64(),
            own.quality,
        )
    };
    made.written.iter().map(row).collect()
}

fn within(value: i64, most: u8, argument: &str, expected: &str) -> PyResult<u8> {
    let fitting = u8::try_from(value).ok().filter(|own| *own <= most);
    fitting.ok_or_else(|| wrong_value(argument, expected, value))
}
