//! Samples to frames and back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tightrope::audio::codec::{CodecError, Decoder, Encoder, EncoderConfig, Profile};

use super::{SAMPLES, bit_rate, failed, format};
use crate::argument::wrong_value;
use crate::array::{Numbers, NumbersMut};

/// Codes one stream of sound, frame by frame.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct OpusEncoder {
    inner: Mutex<Encoder>,
    /// Numbers in a frame, of all channels.
    samples: usize,
}

/// What an encoder is made of: channels, milliseconds of a frame, bits a second, profile, complexity, and whether frames
/// carry repairs and are left out where nothing is to be heard.
pub(super) type EncoderRow = (i64, i64, i64, String, i64, bool, bool);

pub(super) fn config(row: &EncoderRow) -> PyResult<EncoderConfig> {
    let (channels, frame_ms, bits, profile, complexity, in_band_repair, discontinuous) = row;
    let profile = match profile.as_str() {
        "low-delay" => Profile::LowDelay,
        "music" => Profile::Music,
        "voice" => Profile::Voice,
        other => {
            let got = format!("{other:?}");
            return Err(wrong_value("profile", "low-delay, music or voice", got));
        }
    };
    let fitting = u8::try_from(*complexity).ok().filter(|own| *own <= 10);
    Ok(EncoderConfig {
        format: format(*channels, *frame_ms, *bits)?,
        profile,
        complexity: fitting.ok_or_else(|| wrong_value("complexity", "0 to 10", complexity))?,
        in_band_repair: *in_band_repair,
        discontinuous: *discontinuous,
    })
}

#[pymethods]
impl OpusEncoder {
    #[new]
    fn new(py: Python<'_>, settings: EncoderRow) -> PyResult<Self> {
        let config = config(&settings)?;
        let encoder = Encoder::new(config).map_err(|error| failed(py, &error))?;
        Ok(Self {
            inner: Mutex::new(encoder),
            samples: config.format.frame.samples() * usize::from(config.format.channels),
        })
    }

    /// Samples of one channel that the decoder gives out later than they went in.
    #[getter]
    fn lookahead(&self) -> u32 {
        self.lock().lookahead()
    }

    #[getter]
    fn bit_rate(&self) -> u32 {
        self.lock().config().format.bit_rate
    }

    fn set_bit_rate(&self, py: Python<'_>, bits: i64) -> PyResult<()> {
        let set = self.lock().set_bit_rate(bit_rate(bits)?);
        set.map_err(|error| failed(py, &error))
    }

    /// One frame of samples as bytes.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        samples: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let samples = Numbers::<f32>::borrow(samples, "samples", SAMPLES)?;
        let samples = samples.slice();
        if samples.len() != self.samples {
            let expected = format!("one frame: {} numbers", self.samples);
            return Err(wrong_value("samples", &expected, samples.len()));
        }
        let coded = py.detach(|| self.lock().encode(samples));
        let coded = coded.map_err(|error| failed(py, &error))?;
        Ok(PyBytes::new(py, &coded))
    }

    fn reset(&self) {
        self.lock().reset();
    }
}

impl OpusEncoder {
    fn lock(&self) -> MutexGuard<'_, Encoder> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decodes one stream of sound, frame by frame.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct OpusDecoder {
    inner: Mutex<Decoder>,
}

#[pymethods]
impl OpusDecoder {
    #[new]
    fn new(py: Python<'_>, channels: i64, frame_ms: i64) -> PyResult<Self> {
        // What it was coded with does not matter to a decoder.
        let decoder = Decoder::new(format(channels, frame_ms, 64_000)?);
        let decoder = decoder.map_err(|error| failed(py, &error))?;
        Ok(Self {
            inner: Mutex::new(decoder),
        })
    }

    /// Writes the samples of `frame` into `out`, which is one frame long.
    fn decode(
        &self,
        py: Python<'_>,
        frame: &Bound<'_, PyAny>,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let frame = Numbers::<u8>::borrow(frame, "frame", "bytes")?;
        // A copy, as it may lie in `out`.
        let frame = frame.slice().to_vec();
        self.draw(py, out, move |decoder| decoder.decode(&frame))
    }

    /// Writes what stands in for a lost frame.
    fn conceal(&self, py: Python<'_>, out: &Bound<'_, PyAny>) -> PyResult<()> {
        self.draw(py, out, Decoder::conceal)
    }

    /// Writes a lost frame as far as the one after it repeats it.
    fn recover(
        &self,
        py: Python<'_>,
        next: &Bound<'_, PyAny>,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let next = Numbers::<u8>::borrow(next, "next", "bytes")?;
        let next = next.slice().to_vec();
        self.draw(py, out, move |decoder| decoder.recover(&next))
    }

    fn reset(&self) {
        self.lock().reset();
    }
}

impl OpusDecoder {
    fn lock(&self) -> MutexGuard<'_, Decoder> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what `decode` gives into `out`.
    fn draw(
        &self,
        py: Python<'_>,
        out: &Bound<'_, PyAny>,
        decode: impl FnOnce(&mut Decoder) -> Result<&[f32], CodecError> + Send,
    ) -> PyResult<()> {
        let mut out = NumbersMut::<f32>::borrow(out, "out", SAMPLES)?;
        let out = out.slice();
        let decoded = py.detach(|| {
            let mut decoder = self.lock();
            let samples = decode(&mut decoder)?;
            let fits = out.len() == samples.len();
            if fits {
                out.copy_from_slice(samples);
            }
            Ok(fits.then_some(()).ok_or(samples.len()))
        });
        match decoded.map_err(|error| failed(py, &error))? {
            Ok(()) => Ok(()),
            Err(length) => {
                let expected = format!("one frame: {length} numbers");
                Err(wrong_value("out", &expected, out.len()))
            }
        }
    }
}
