//! Keeps the delay where it is to be by playing a little faster or slower.

use crate::numbers::Micros;

/// Nobody hears that sound is faster or slower by less: a twelfth of a semitone.
const SPEED_LIMIT: f64 = 5e-3;
/// Sound cards are within so much of their nominal rate.
const DRIFT_LIMIT: f64 = 1e-3;
/// How much faster, a second of error: the delay follows in about five seconds.
const PROPORTIONAL: f64 = 0.2;
/// How much faster still, a second of error and second of time: what is needed always is learnt in half a minute.
const INTEGRAL: f64 = 0.008;
/// Errors larger than this are no drift, and teach nothing.
const TEACHES: Micros = 5_000.0;
/// Noise of the times is averaged over so long.
const SMOOTH: Micros = 1_000_000.0;

/// A controller: proportional for what is, integral for the drift that goes on.
#[derive(Debug, Default)]
pub(super) struct Drift {
    error: Option<Micros>,
    drift: f64,
}

impl Drift {
    /// Forgets the error, but not the drift: what plays next is elsewhere.
    pub(super) fn jump(&mut self) {
        self.error = None;
    }

    /// Forgets all: what plays next is another's.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// After `time` more sound is played later than it should be by `error`: by what share faster it is to be played.
    pub(super) fn update(&mut self, time: Micros, error: Micros) -> f64 {
        let share = (time / SMOOTH).clamp(0.0, 1.0);
        let smooth = self.error.map_or(error, |old| old + (error - old) * share);
        self.error = Some(smooth);
        if smooth.abs() < TEACHES {
            let learnt = smooth / 1e6 * (time / 1e6) * INTEGRAL;
            self.drift = (self.drift + learnt).clamp(-DRIFT_LIMIT, DRIFT_LIMIT);
        }
        (smooth / 1e6 * PROPORTIONAL + self.drift).clamp(-SPEED_LIMIT, SPEED_LIMIT)
    }

    /// The drift that was learnt: by what share the sender's second is shorter than ours.
    pub(super) fn drift(&self) -> f64 {
        self.drift
    }
}
