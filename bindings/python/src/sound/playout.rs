//! Packets to samples: the jitter buffer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use tightrope::audio;
use tightrope::audio::PlayoutConfig;
use tightrope::rfb::sound::{SoundPacket, SoundStream};
use tightrope::rfb::{LocalTime, MediaTime};

use super::clock::{SampleRow, sample};
use super::{SAMPLES, failed, format};
use crate::argument::wrong_value;
use crate::array::{Numbers, NumbersMut};

/// What a playout tells of itself: packets, lost, recovered, concealed, late, malformed, underruns; seconds of depth,
/// target and delay; drift in millionths; whether it is silent.
type StatsRow = ([u64; 7], f64, f64, Option<f64>, f32, bool);

/// Turns packets, as they come, into samples for a sound card, as it asks for them.
#[pyclass(frozen, module = "tightrope._tightrope")]
pub(crate) struct Playout {
    inner: Mutex<audio::Playout>,
}

#[pymethods]
impl Playout {
    #[new]
    fn new(py: Python<'_>, channels: i64, frame_ms: i64, max_wait_us: u64) -> PyResult<Self> {
        let config = PlayoutConfig {
            max_wait: Duration::from_micros(max_wait_us),
            ..PlayoutConfig::new(format(channels, frame_ms, 64_000)?)
        };
        let playout = audio::Playout::new(config).map_err(|error| failed(py, &error))?;
        Ok(Self {
            inner: Mutex::new(playout),
        })
    }

    /// Takes a packet that came at `now`.
    #[pyo3(signature = (now, sequence, captured, is_last, frame, repair=None))]
    #[expect(clippy::too_many_arguments, reason = "a packet, field by field")]
    fn handle_packet(
        &self,
        py: Python<'_>,
        now: u64,
        sequence: u32,
        captured: u64,
        is_last: bool,
        frame: &Bound<'_, PyAny>,
        repair: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let bytes = |object, name| -> PyResult<Vec<u8>> {
            Ok(Numbers::<u8>::borrow(object, name, "bytes")?
                .slice()
                .to_vec())
        };
        let repair = repair.map(|own| bytes(own, "repair")).transpose()?;
        let packet = SoundPacket {
            stream: SoundStream::Desktop,
            sequence,
            captured: MediaTime::from_micros(captured),
            is_last,
            frame: bytes(frame, "frame")?.into(),
            repair: repair.map(Into::into),
        };
        let now = LocalTime::from_micros(now);
        py.detach(|| self.lock().handle_packet(now, packet));
        Ok(())
    }

    /// Fills `out` with interleaved stereo, of which the first sample leaves the device at `plays`.
    fn fill(&self, py: Python<'_>, now: u64, plays: u64, out: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut out = NumbersMut::<f32>::borrow(out, "out", SAMPLES)?;
        let out = out.slice();
        if out.len() % 2 != 0 {
            let got = format!("{} numbers", out.len());
            return Err(wrong_value("out", "pairs of left and right", got));
        }
        let (now, plays) = (LocalTime::from_micros(now), LocalTime::from_micros(plays));
        py.detach(|| self.lock().fill(now, plays, out));
        Ok(())
    }

    /// Takes a comparison of the clocks.
    fn handle_clock(&self, compared: SampleRow) {
        self.lock().handle_clock(&sample(compared));
    }

    fn reset(&self) {
        self.lock().reset();
    }

    fn set_volume(&self, gain: f32) -> PyResult<()> {
        if !(0.0..=4.0).contains(&gain) {
            return Err(wrong_value("volume", "0 to 4", gain));
        }
        self.lock().set_volume(gain);
        Ok(())
    }

    fn set_muted(&self, muted: bool) {
        self.lock().set_muted(muted);
    }

    /// When what was captured then is to be shown.
    fn due(&self, captured: u64) -> Option<u64> {
        let due = self.lock().clock().due(MediaTime::from_micros(captured))?;
        Some(due.as_micros())
    }

    /// When what leaves the device at `at` was captured.
    fn captured(&self, at: u64) -> Option<u64> {
        let captured = self.lock().clock().captured(LocalTime::from_micros(at))?;
        Some(captured.as_micros())
    }

    fn stats(&self) -> StatsRow {
        let own = self.lock().stats();
        (
            [
                own.packets,
                own.lost,
                own.recovered,
                own.concealed,
                own.late,
                own.malformed,
                own.underruns,
            ],
            own.depth.as_secs_f64(),
            own.target.as_secs_f64(),
            own.delay.map(|delay| delay.as_secs_f64()),
            own.drift_ppm,
            own.is_silent,
        )
    }
}

impl Playout {
    fn lock(&self) -> MutexGuard<'_, audio::Playout> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
