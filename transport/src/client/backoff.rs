//! How long to wait between two tries.

use std::time::Duration;

/// The longest first wait; doubled for each further one.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that get longer, with jitter, so that many clients of one server do not come back all at once. Pure: chance is an
/// argument.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next wait: some part of 100 ms, 200 ms and so on up to 5 s, as `chance` (0 to 1) says, but at least a quarter
    /// of it.
    pub fn next(&mut self, chance: f64) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.tries.min(10)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        let part = if chance.is_nan() {
            1.0
        } else {
            chance.clamp(0.0, 1.0)
        };
        whole.mul_f64(0.25 + 0.75 * part)
    }

    /// Begins anew: it has worked.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_seconds_and_begin_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_millis(25));
    }
}
