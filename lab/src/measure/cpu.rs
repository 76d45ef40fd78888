//! The time of all processors.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time this process has taken so far: user and system, all threads, those that have ended too.
#[must_use]
pub fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// What `work` gives, and the time of all processors it took.
///
/// Other threads that work meanwhile count too.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = process_time();
    let result = work();
    (result, process_time().saturating_sub(start))
}
