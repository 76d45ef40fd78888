//! The other side's clock, from comparing it with ours.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use tightrope::audio;
use tightrope::rfb::client::ClockSample;
use tightrope::rfb::{LocalTime, MediaTime};

/// A comparison of two clocks: asked here, received and answered there, returned here.
pub(super) type SampleRow = (u64, u64, u64, u64);

pub(super) fn sample((asked, received, answered, returned): SampleRow) -> ClockSample {
    ClockSample {
        asked: LocalTime::from_micros(asked),
        received: MediaTime::from_micros(received),
        answered: MediaTime::from_micros(answered),
        returned: LocalTime::from_micros(returned),
    }
}

/// Maps the other side's clock to ours and back.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct ClockExchange {
    inner: Mutex<audio::ClockExchange>,
}

#[pymethods]
impl ClockExchange {
    #[new]
    fn new() -> Self {
        Self {
            inner: Mutex::default(),
        }
    }

    /// Takes one comparison.
    fn handle(&self, compared: SampleRow) {
        self.lock().handle_sample(&sample(compared));
    }

    /// The moment on our clock; None before the clocks were compared.
    fn local(&self, there: u64) -> Option<u64> {
        let local = self.lock().local(MediaTime::from_micros(there))?;
        Some(local.as_micros())
    }

    /// The moment on the other side's clock; None before the clocks were compared.
    fn there(&self, local: u64) -> Option<u64> {
        let there = self.lock().media(LocalTime::from_micros(local))?;
        Some(there.as_micros())
    }
}

impl ClockExchange {
    fn lock(&self) -> MutexGuard<'_, audio::ClockExchange> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
