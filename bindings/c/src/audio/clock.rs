//! The other side's clock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tightrope::audio::ClockExchange;
use tightrope::rfb::client::ClockSample;
use tightrope::rfb::{LocalTime, MediaTime};

use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{out, slice};

/// One comparison of two clocks: TR_EVENT_CLOCK gives them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct tr_clock_sample {
    /// This side asked, on its own clock.
    pub asked_us: u64,
    /// The other side got the question, on its clock.
    pub received_us: u64,
    /// The other side answered, on its clock.
    pub answered_us: u64,
    /// This side got the answer, on its own clock.
    pub returned_us: u64,
}

impl From<&ClockSample> for tr_clock_sample {
    fn from(sample: &ClockSample) -> Self {
        Self {
            asked_us: sample.asked.as_micros(),
            received_us: sample.received.as_micros(),
            answered_us: sample.answered.as_micros(),
            returned_us: sample.returned.as_micros(),
        }
    }
}

/// The comparison at `sample`.
///
/// The caller promises one there, unless it is null.
pub(super) unsafe fn clock_sample(sample: *const tr_clock_sample) -> Result<ClockSample, Fault> {
    // SAFETY: the caller promises a comparison, or null.
    let sample = unsafe { slice(sample, 1, "sample") }?;
    let sample = sample.first().copied().unwrap_or_default();
    if sample.returned_us < sample.asked_us {
        return Err(Fault::argument(
            "sample.returned_us",
            "it is before sample.asked_us",
        ));
    }
    if sample.answered_us < sample.received_us {
        return Err(Fault::argument(
            "sample.answered_us",
            "it is before sample.received_us",
        ));
    }
    Ok(ClockSample {
        asked: LocalTime::from_micros(sample.asked_us),
        received: MediaTime::from_micros(sample.received_us),
        answered: MediaTime::from_micros(sample.answered_us),
        returned: LocalTime::from_micros(sample.returned_us),
    })
}

/// Maps another machine's clock to ours and back, from comparisons of the two.
pub type tr_clock = u64;

struct Clock(Mutex<ClockExchange>);

impl Noun for Clock {
    const NAME: &'static str = "clock";
}

impl Clock {
    fn lock(&self) -> MutexGuard<'_, ClockExchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a clock that has not been compared. It ends by tr_clock_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_clock_create(clock: *mut tr_clock) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(clock, "clock") }?;
        place.set(handle::insert(Clock(Mutex::default()))?);
        Ok(())
    })
}

/// Ends a clock.
#[unsafe(no_mangle)]
pub extern "C" fn tr_clock_destroy(clock: tr_clock) -> tr_result {
    guard(|| handle::remove::<Clock>(clock).map(drop))
}

/// Takes one comparison. The one that can be wrong by least counts: half its round trip, and what drift adds with its age.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_clock_compare(
    clock: tr_clock,
    sample: *const tr_clock_sample,
) -> tr_result {
    guard(|| {
        let clock = handle::get::<Clock>(clock)?;
        // SAFETY: the caller promises a comparison.
        let sample = unsafe { clock_sample(sample) }?;
        clock.lock().handle_sample(&sample);
        Ok(())
    })
}

/// Gives the moment `remote_us` of the other clock on ours. TR_ERROR_STATE before they were compared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_clock_to_local(
    clock: tr_clock,
    remote_us: u64,
    local_us: *mut u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a moment.
        let place = unsafe { out(local_us, "local_us") }?;
        let clock = handle::get::<Clock>(clock)?;
        let local = clock.lock().local(MediaTime::from_micros(remote_us));
        place.set(local.ok_or_else(not_compared)?.as_micros());
        Ok(())
    })
}

/// Gives our moment `local_us` on the other clock. TR_ERROR_STATE before they were compared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_clock_to_remote(
    clock: tr_clock,
    local_us: u64,
    remote_us: *mut u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a moment.
        let place = unsafe { out(remote_us, "remote_us") }?;
        let clock = handle::get::<Clock>(clock)?;
        let remote = clock.lock().media(LocalTime::from_micros(local_us));
        place.set(remote.ok_or_else(not_compared)?.as_micros());
        Ok(())
    })
}

fn not_compared() -> Fault {
    let told = "clock: the clocks have not been compared yet";
    Fault::new(tr_result::TR_ERROR_STATE, told)
}
