//! What happened and was not fetched yet.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::EventfdFlags;
use tokio::sync::Notify;

/// A queue with two ends: async code puts in, a thread takes out, waiting by time or by descriptor.
pub(crate) struct Inbox<T> {
    items: Mutex<VecDeque<T>>,
    /// Nobody waits any more.
    closed: AtomicBool,
    capacity: usize,
    came: Condvar,
    taken: Notify,
    /// Readable while there are items.
    descriptor: OwnedFd,
}

impl<T> Inbox<T> {
    /// One that is full with `capacity` items. What is put in then is kept all the same: see [`Self::room`].
    pub(crate) fn new(capacity: usize) -> io::Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Self {
            items: Mutex::default(),
            closed: AtomicBool::new(false),
            capacity,
            came: Condvar::new(),
            taken: Notify::new(),
            descriptor: rustix::event::eventfd(0, flags)?,
        })
    }

    fn items(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `item` in.
    pub(crate) fn put(&self, item: T) {
        self.change(|items| items.push_back(item));
    }

    /// Lets `change` have all that is in.
    pub(crate) fn change(&self, change: impl FnOnce(&mut VecDeque<T>)) {
        let mut items = self.items();
        let was_empty = items.is_empty();
        change(&mut items);
        match (was_empty, items.is_empty()) {
            (true, false) => {
                // It cannot fail: the counter is 0 while the inbox is empty.
                let _ = rustix::io::write(&self.descriptor, &1_u64.to_ne_bytes());
                self.came.notify_all();
            }
            (false, true) => self.emptied(),
            _ => {}
        }
    }

    fn emptied(&self) {
        // It cannot fail: the counter is 1 while there are items.
        let _ = rustix::io::read(&self.descriptor, &mut [0; 8]);
    }

    /// Wakes who waits: from here on nobody waits for items that are not there.
    pub(crate) fn close(&self) {
        let items = self.items();
        self.closed.store(true, Ordering::Release);
        drop(items);
        self.came.notify_all();
    }

    /// Whether it was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Takes the oldest item, waiting for one until `deadline`, or for ever.
    pub(crate) fn take(&self, deadline: Option<Instant>) -> Option<T> {
        let mut items = self.items();
        loop {
            if let Some(item) = items.pop_front() {
                if items.is_empty() {
                    self.emptied();
                }
                self.taken.notify_one();
                return Some(item);
            }
            if self.is_closed() {
                return None;
            }
            items = match deadline {
                None => self
                    .came
                    .wait(items)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return None;
                    }
                    let waited = self.came.wait_timeout(items, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Waits until the inbox is not full. Cancel safe.
    pub(crate) async fn room(&self) {
        loop {
            let taken = self.taken.notified();
            if self.items().len() < self.capacity {
                return;
            }
            taken.await;
        }
    }
}

impl<T> AsFd for Inbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// When a wait of `timeout` from now ends; `None` for never.
pub(crate) fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(timeout?)
}
