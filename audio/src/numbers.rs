//! Samples, moments and counts from one kind of number to another: the only file that casts.
//!
//! Casts from floats saturate, and NaN becomes 0. Moments are floats of microseconds: exact to a fraction of one for 285
//! years.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate, and what is counted here is far below their mantissa"
)]

use std::time::Duration;

use rfb::sound::SAMPLE_RATE;
use rfb::{LocalTime, MediaTime};

/// Microseconds, since the beginning of a clock or between two moments.
pub(crate) type Micros = f64;

/// One sample of 48 kHz.
pub(crate) const SAMPLE: Micros = 1e6 / SAMPLE_RATE as f64;

pub(crate) const fn local(time: LocalTime) -> Micros {
    time.as_micros() as f64
}

pub(crate) const fn media(time: MediaTime) -> Micros {
    time.as_micros() as f64
}

/// The moment, never before the clock began.
pub(crate) const fn local_time(micros: Micros) -> LocalTime {
    LocalTime::from_micros(micros.round() as u64)
}

/// The moment, never before the clock began.
pub(crate) const fn media_time(micros: Micros) -> MediaTime {
    MediaTime::from_micros(micros.round() as u64)
}

/// Zero if it is below.
pub(crate) const fn duration(micros: Micros) -> Duration {
    Duration::from_micros(micros.round() as u64)
}

pub(crate) const fn micros(duration: Duration) -> Micros {
    duration.as_micros() as f64
}

/// How long so many samples are.
pub(crate) const fn time_of(samples: usize) -> Micros {
    samples as f64 * SAMPLE
}

/// So many samples are nearest to that long; none if it is below zero.
pub(crate) const fn samples_of(time: Micros) -> usize {
    (time / SAMPLE).round() as usize
}

pub(crate) const fn float(count: usize) -> f64 {
    count as f64
}

/// So many whole frames of `frame` fit into `time` most nearly; none if it is below zero.
pub(crate) const fn frames_of(time: Micros, frame: Micros) -> u32 {
    (time / frame).round() as u32
}

/// For values whose last digits do not matter.
pub(crate) const fn single(value: f64) -> f32 {
    value as f32
}

/// A sample as a signed integer of so many bits, at most 32; what does not fit is as loud as can be.
pub(crate) const fn to_integer(sample: f32, bits: u8) -> i32 {
    let full = (1_u64 << (bits - 1)) as f64;
    (sample as f64 * full).round().clamp(-full, full - 1.0) as i32
}

/// The sample of a signed integer of 32 bits.
pub(crate) const fn from_integer(integer: i32) -> f32 {
    (integer as f64 / (1_u64 << 31) as f64) as f32
}

/// The nearest whole number that fits.
pub(crate) const fn wide(value: f64) -> i64 {
    value.round() as i64
}

pub(crate) const fn wide_float(count: u64) -> f64 {
    count as f64
}
