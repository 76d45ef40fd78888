//! What the system offers only to C.
#![allow(unsafe_code, reason = "signals of a thread have no safe interface")]

use std::mem::MaybeUninit;
use std::ptr;

/// Has this thread get an error where it writes to a connection that the other side has closed. Programs in Rust and Python ignore
/// SIGPIPE as a whole; a program in C, which does not, would be ended by it.
pub(crate) fn block_sigpipe() {
    let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: it is a place for a set of signals.
    unsafe { libc::sigemptyset(signals.as_mut_ptr()) };
    // SAFETY: the set was made empty, which makes it whole.
    unsafe { libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE) };
    // SAFETY: the set is whole, and what was blocked before is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), ptr::null_mut()) };
}
