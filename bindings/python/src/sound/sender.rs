//! Captured samples to packets.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tightrope::audio::{Sender, SenderConfig};
use tightrope::rfb::MediaTime;
use tightrope::rfb::sound::{SoundPacket, SoundStream};

use super::opus::{EncoderRow, config};
use super::{SAMPLES, bit_rate, failed};
use crate::argument::wrong_value;
use crate::array::Numbers;

/// A packet as Python gets it: number, time of capture, whether it is the last before silence, frame, and repair.
pub(super) type PacketRow<'py> = (
    u32,
    u64,
    bool,
    Bound<'py, PyBytes>,
    Option<Bound<'py, PyBytes>>,
);

/// Cuts captured sound into frames, codes them, and numbers and times the packets.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct SoundSender {
    inner: Mutex<Sender>,
}

#[pymethods]
impl SoundSender {
    #[new]
    fn new(py: Python<'_>, settings: EncoderRow) -> PyResult<Self> {
        let sender = Sender::new(SenderConfig {
            stream: SoundStream::Desktop,
            encoder: config(&settings)?,
        });
        let sender = sender.map_err(|error| failed(py, &error))?;
        Ok(Self {
            inner: Mutex::new(sender),
        })
    }

    /// Takes interleaved stereo, the first sample of which was captured at `captured`.
    fn push(&self, py: Python<'_>, samples: &Bound<'_, PyAny>, captured: u64) -> PyResult<()> {
        let samples = Numbers::<f32>::borrow(samples, "samples", SAMPLES)?;
        let samples = samples.slice();
        if samples.len() % 2 != 0 {
            let got = format!("{} numbers", samples.len());
            return Err(wrong_value("samples", "pairs of left and right", got));
        }
        py.detach(|| self.lock().push(samples, MediaTime::from_micros(captured)));
        Ok(())
    }

    /// The next packet that is to be sent.
    fn poll<'py>(&self, py: Python<'py>) -> Option<PacketRow<'py>> {
        let packet = self.lock().poll()?;
        let SoundPacket {
            sequence,
            captured,
            is_last,
            frame,
            repair,
            ..
        } = packet;
        let repair = repair.map(|own| PyBytes::new(py, &own));
        let frame = PyBytes::new(py, &frame);
        Some((sequence, captured.as_micros(), is_last, frame, repair))
    }

    fn set_repair(&self, repair: bool) {
        self.lock().set_repair(repair);
    }

    fn set_bit_rate(&self, py: Python<'_>, bits: i64) -> PyResult<()> {
        let set = self.lock().set_bit_rate(bit_rate(bits)?);
        set.map_err(|error| failed(py, &error))
    }
}

impl SoundSender {
    fn lock(&self) -> MutexGuard<'_, Sender> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
