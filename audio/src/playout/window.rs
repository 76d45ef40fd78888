//! The smallest and largest of what was measured lately.

use crate::numbers::{Micros, wide};

/// Time is cut into buckets of a second; how many there are is the memory.
#[derive(Debug)]
pub(super) struct Window {
    buckets: Vec<Option<Micros>>,
    current: i64,
    keep: fn(f64, f64) -> f64,
}

impl Window {
    /// Remembers the smallest values of so many seconds.
    pub(super) fn of_smallest(seconds: usize) -> Self {
        Self::new(seconds, f64::min)
    }

    /// Remembers the largest values of so many seconds.
    pub(super) fn of_largest(seconds: usize) -> Self {
        Self::new(seconds, f64::max)
    }

    fn new(seconds: usize, keep: fn(f64, f64) -> f64) -> Self {
        Self {
            buckets: vec![None; seconds],
            current: 0,
            keep,
        }
    }

    pub(super) fn clear(&mut self) {
        self.buckets.fill(None);
    }

    /// Takes what was measured at `now`.
    pub(super) fn push(&mut self, now: Micros, value: Micros) {
        self.advance(now);
        if let Some(bucket) = self.buckets.first_mut() {
            *bucket = Some(bucket.map_or(value, |old| (self.keep)(old, value)));
        }
    }

    /// Forgets what is too old at `now`. Time that goes back stands still.
    pub(super) fn advance(&mut self, now: Micros) {
        let second = wide((now / 1e6).floor());
        let passed = usize::try_from(second.saturating_sub(self.current)).unwrap_or_default();
        if passed == 0 {
            return;
        }
        let count = self.buckets.len();
        self.buckets.rotate_right(passed.min(count) % count.max(1));
        self.buckets
            .iter_mut()
            .take(passed)
            .for_each(|old| *old = None);
        self.current = second;
    }

    /// The smallest or largest of all that is remembered.
    pub(super) fn best(&self) -> Option<Micros> {
        self.buckets.iter().flatten().copied().reduce(self.keep)
    }

    /// The largest value of a window of largest ones, and the largest of all other seconds than that value's.
    pub(super) fn two_largest(&self) -> (Micros, Micros) {
        let values = self.buckets.iter().flatten();
        values.fold((0.0, 0.0), |(first, second), &value| {
            if first < value {
                (value, first)
            } else {
                (first, second.max(value))
            }
        })
    }

    /// Makes all values smaller by so much, but not less than zero.
    pub(super) fn lower(&mut self, by: Micros) {
        for value in self.buckets.iter_mut().flatten() {
            *value = (*value - by).max(0.0);
        }
    }
}
