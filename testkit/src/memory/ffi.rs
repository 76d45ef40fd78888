//! The global allocator: the system's, with a count for each thread.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// Bytes this thread holds; what it frees for another counts against it.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most it held since the last restart.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Forgets the peak; gives what is held now.
pub(super) fn restart() -> isize {
    let held = HELD.get();
    PEAK.set(held);
    held
}

/// The most that was held since [`restart`].
pub(super) fn peak() -> isize {
    PEAK.get()
}

fn count(change: isize) {
    // A thread that is ending may allocate after its counters are gone; nobody asks for them then.
    let _ = HELD.try_with(|held| {
        let now = held.get().wrapping_add(change);
        held.set(now);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now)));
    });
}

fn signed(length: usize) -> isize {
    isize::try_from(length).unwrap_or(isize::MAX)
}

struct Counting;

// SAFETY: every call goes unchanged to the system's allocator, which keeps the contract; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises a layout of non-zero size.
        let start = unsafe { System.alloc(layout) };
        if !start.is_null() {
            count(signed(layout.size()));
        }
        start
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller promises a layout of non-zero size.
        let start = unsafe { System.alloc_zeroed(layout) };
        if !start.is_null() {
            count(signed(layout.size()));
        }
        start
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller promises that `start` came from this allocator, so from the system's, with `layout`.
        unsafe { System.dealloc(start, layout) };
        count(-signed(layout.size()));
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, length: usize) -> *mut u8 {
        // SAFETY: as for `dealloc`, and the caller promises a non-zero `length`.
        let moved = unsafe { System.realloc(start, layout, length) };
        if !moved.is_null() {
            count(signed(length) - signed(layout.size()));
        }
        moved
    }
}
