//! Sound of the desktop and of the clients' microphones, and figures of sessions.

use tightrope::SessionId;

use super::{find, no_session, tr_server};
use crate::error::tr_result;
use crate::guard::{guard, guard_or};
use crate::memory::{self, out, slice};
use crate::stats::tr_stats;
use crate::time::instant;
use std::time::Instant;

/// The desktop plays this: `frames` frames, the first of which was captured at `captured_us` (0: now). For 10 ms it takes about
/// 0.1 ms, and nothing while nobody listens. The config must say that there is sound.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_push_sound(
    server: tr_server,
    samples: *const f32,
    frames: usize,
    captured_us: u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises two samples a frame.
        let samples = unsafe { slice(samples, frames.saturating_mul(2), "samples") }?;
        find(server)?
            .inner
            .push_sound(samples, instant(captured_us));
        Ok(())
    })
}

/// Whether any client listens to the desktop's sound. False if there is no such server.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_sound_wanted(server: tr_server) -> bool {
    guard_or(false, || Ok(*find(server)?.inner.sound_wanted().borrow()))
}

/// Fills `samples` with what a client's microphone hears: `frames` frames whose first leaves the device at `plays_us` (0: now).
/// Silence while no microphone is on. For the callback of a device: it waits for no network.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_microphone_fill(
    server: tr_server,
    samples: *mut f32,
    frames: usize,
    plays_us: u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for two samples a frame.
        let samples = unsafe { memory::samples(samples, frames.saturating_mul(2), "samples") }?;
        let microphone = find(server)?.inner.microphone();
        microphone.fill(samples, Instant::now(), instant(plays_us));
        Ok(())
    })
}

/// What a session has moved so far, and how good its link is. TR_ERROR_STATE if it is over, or never was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_stats(
    server: tr_server,
    session: u64,
    stats: *mut tr_stats,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for them.
        let place = unsafe { out(stats, "stats") }?;
        let found = find(server)?.inner.stats(SessionId::of(session));
        let found = found.ok_or_else(|| no_session(session))?;
        place.set(found.into());
        Ok(())
    })
}
