//! Keeps the delay where it is to be by playing a little faster or slower.

use crate::numbers::Micros;

/// Nobody hears that sound is faster or slower by less: a twelfth of a semitone.
const SPEED_LIMIT: f64 = 5e-3;
/// Sound cards are within so much of their nominal rate.
const DRIFT_LIMIT: f64 = 1e-3;
/// How much faster, a second of error: the delay follows in about three seconds.
const PROPORTIONAL: f64 = 0.3;
/// How much faster still, a second of error and second of time: what is needed always is learnt in half a minute.
const INTEGRAL: f64 = 0.015;
/// Errors larger than this are no drift, and teach nothing.
const TEACHES: Micros = 2_000.0;
/// Noise of the times is averaged over so long.
const SMOOTH: Micros = 1_000_000.0;
/// What is aimed at changes in steps; it is followed in so long.
const AIM_SMOOTH: Micros = 3_000_000.0;

/// A controller: proportional for what is, integral for the drift that goes on.
#[derive(Debug, Default)]
pub(super) struct Drift {
    /// What is aimed at, and by how much it is missed; both smooth.
    state: Option<(Micros, Micros)>,
    drift: f64,
}

impl Drift {
    /// Forgets the error, but not the drift: what plays next is elsewhere.
    pub(super) fn jump(&mut self) {
        self.state = None;
    }

    /// Forgets all: what plays next is another's.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// After `time` more, sound is played with a delay of `delay` where `aim` is aimed at: by what share faster it is to be
    /// played.
    pub(super) fn update(&mut self, time: Micros, delay: Micros, aim: Micros) -> f64 {
        let (old_aim, old_error) = self.state.unwrap_or((aim, delay - aim));
        let follow = |old: Micros, new: Micros, within: Micros| {
            old + (new - old) * (time / within).clamp(0.0, 1.0)
        };
        let aim = follow(old_aim, aim, AIM_SMOOTH);
        let smooth = follow(old_error, delay - aim, SMOOTH);
        self.state = Some((aim, smooth));
        if smooth.abs() < TEACHES {
            let learnt = smooth / 1e6 * (time / 1e6) * INTEGRAL;
            self.drift = (self.drift + learnt).clamp(-DRIFT_LIMIT, DRIFT_LIMIT);
        }
        (smooth / 1e6 * PROPORTIONAL + self.drift).clamp(-SPEED_LIMIT, SPEED_LIMIT)
    }

    /// The drift that was learnt: by what share the sender's card is fast against ours.
    pub(super) fn drift(&self) -> f64 {
        self.drift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The delay at each of `seconds` between two cards that differ by `drift`, looked at every 10 ms.
    fn delays(drift: f64, seconds: u32) -> Vec<Micros> {
        const BLOCK: Micros = 10_000.0;
        let mut control = Drift::default();
        let mut delay = 40_000.0;
        let mut delays = vec![];
        for _ in 0..seconds {
            for _ in 0..100 {
                let faster = control.update(BLOCK, delay, 40_000.0);
                delay += (drift - faster) * BLOCK;
            }
            delays.push(delay);
        }
        assert!(
            (control.drift() - drift).abs() < 1e-6,
            "{}",
            control.drift()
        );
        delays
    }

    #[test]
    fn an_hour_of_drift_changes_the_delay_by_less_than_two_milliseconds_and_then_not_at_all() {
        for drift in [-300e-6, 0.0, 300e-6, 500e-6] {
            let delays = delays(drift, 3_600);
            let worst = |range: &[Micros]| {
                range
                    .iter()
                    .fold(0.0_f64, |worst, delay| worst.max((delay - 40_000.0).abs()))
            };
            let (beginning, rest) = delays.split_at(120);
            assert!(
                worst(beginning) < drift.abs() * 5e6 + 1.0,
                "{}",
                worst(beginning)
            );
            assert!(worst(rest) < 10.0, "{}", worst(rest));
        }
    }
}
