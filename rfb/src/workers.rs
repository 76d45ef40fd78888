//! Threads that share the work on one picture.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A bound on the threads that work at a time. A handle: clones share the bound.
///
/// Threads exist only while there is work: an idle desktop has none. Whoever asks for work to be done takes part in it,
/// so that work always goes on, however many ask.
#[derive(Clone, Debug)]
pub struct Workers {
    most: NonZeroUsize,
    /// Threads that may still be started.
    spare: Arc<AtomicUsize>,
}

impl Default for Workers {
    fn default() -> Self {
        Self::new(NonZeroUsize::MIN)
    }
}

impl Workers {
    /// At most `threads` threads, that of the caller among them.
    #[must_use]
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            most: threads,
            spare: Arc::new(AtomicUsize::new(threads.get() - 1)),
        }
    }

    /// As many threads as the machine, or the container, has processors.
    #[must_use]
    pub fn available() -> Self {
        Self::new(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    /// How many threads there are at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most.get()
    }

    /// Calls `work` once for each of `items` and gives the results in the order of the items. Whoever is free takes the
    /// next item; nobody has two at a time, so that `states` has one state for each thread, `make` makes the missing
    /// ones, and they are kept for the next time.
    pub fn map<S: Send, T: Send, R: Send>(
        &self,
        states: &mut Vec<S>,
        make: impl Fn() -> S,
        items: Vec<T>,
        work: impl Fn(&mut S, T) -> R + Sync,
    ) -> Vec<R> {
        if states.is_empty() {
            states.push(make());
        }
        let helpers = self.take(items.len().saturating_sub(1));
        if helpers == 0 {
            let Some(state) = states.first_mut() else {
                return Vec::new();
            };
            return items.into_iter().map(|item| work(state, item)).collect();
        }
        states.resize_with(states.len().max(helpers + 1), make);
        let count = items.len();
        let items: Vec<Mutex<Option<T>>> = items
            .into_iter()
            .map(|item| Mutex::new(Some(item)))
            .collect();
        let next = AtomicUsize::new(0);
        let share = |state: &mut S| {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index).and_then(take_item) else {
                    return done;
                };
                done.push((index, work(state, item)));
            }
        };
        let mut results: Vec<(usize, R)> = Vec::with_capacity(count);
        thread::scope(|scope| {
            let mut states = states.iter_mut();
            let own = states.next();
            let others: Vec<_> = states
                .take(helpers)
                // Where no thread is to be had, the others do its share.
                .filter_map(|state| {
                    let thread = thread::Builder::new().name("picture".to_owned());
                    thread.spawn_scoped(scope, || share(state)).ok()
                })
                .collect();
            if let Some(own) = own {
                results.extend(share(own));
            }
            for other in others {
                match other.join() {
                    Ok(done) => results.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        self.spare.fetch_add(helpers, Ordering::AcqRel);
        results.sort_unstable_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Takes up to `wanted` threads; gives how many there were.
    fn take(&self, wanted: usize) -> usize {
        let mut taken = 0;
        let _before = self
            .spare
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |spare| {
                taken = spare.min(wanted);
                (taken > 0).then(|| spare - taken)
            });
        taken
    }
}

fn take_item<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(threads: usize) -> Workers {
        Workers::new(NonZeroUsize::new(threads).unwrap())
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for threads in 1..5 {
            let workers = workers(threads);
            let mut states = Vec::new();
            for _ in 0..3 {
                let squares = workers.map(
                    &mut states,
                    Vec::new,
                    (0..100_u32).collect(),
                    |seen, item| {
                        seen.push(item);
                        item * item
                    },
                );
                assert!(squares.into_iter().eq((0..100).map(|item| item * item)));
            }
            assert!(states.len() <= threads);
            let mut seen: Vec<u32> = states.concat();
            seen.sort_unstable();
            assert!(seen.into_iter().eq((0..300).map(|item| item / 3)));
        }
    }

    #[test]
    fn clones_share_the_bound() {
        let workers = workers(3);
        let clone = workers.clone();
        assert_eq!((workers.take(1), clone.take(5), workers.take(1)), (1, 1, 0));
    }

    #[test]
    fn no_items_are_no_work() {
        let none: Vec<()> = workers(2).map(&mut Vec::new(), || (), Vec::new(), |(), ()| ());
        assert!(none.is_empty());
    }
}
