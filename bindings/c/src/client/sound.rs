//! The desktop's sound, and what a microphone hears.

use std::time::{Duration, Instant};

use tightrope::rfb::MediaTime;

use super::{command, find, tr_client};
use crate::error::{Fault, tr_result};
use crate::guard::{guard, guard_or};
use crate::memory::{self, out, slice};
use crate::stats::tr_sound_stats;
use crate::time::{instant, micros};

/// Fills `samples` with what the desktop plays: `frames` frames whose first leaves the device at `plays_us` (0: now). Silence while
/// the server sends none. For the callback of a sound card: it waits for no network, and does not allocate once sound plays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_sound_fill(
    client: tr_client,
    samples: *mut f32,
    frames: usize,
    plays_us: u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for two samples a frame.
        let samples = unsafe { memory::samples(samples, frames.saturating_mul(2), "samples") }?;
        let client = find(client)?;
        client
            .player
            .fill(samples, Instant::now(), instant(plays_us));
        Ok(())
    })
}

/// Sets how loud it plays: 1 as it is, at most 4.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_sound_set_volume(client: tr_client, gain: f32) -> tr_result {
    guard(|| {
        if !(0.0..=4.0).contains(&gain) {
            return Err(Fault::argument(
                "gain",
                format_args!("{gain} is not 0 to 4"),
            ));
        }
        find(client)?.player.set_volume(gain);
        Ok(())
    })
}

/// Sets whether the desktop is heard. While it is not, the server sends no sound, if it can be told.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_sound_set_muted(client: tr_client, muted: bool) -> tr_result {
    guard(|| command(client, move |client| client.set_muted(muted)))
}

/// How sound has played. TR_ERROR_STATE before the server has sent any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_sound_stats(
    client: tr_client,
    stats: *mut tr_sound_stats,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for them.
        let place = unsafe { out(stats, "stats") }?;
        let found = find(client)?.player.stats();
        let found = found
            .ok_or_else(|| Fault::new(tr_result::TR_ERROR_STATE, "the server has sent no sound"))?;
        place.set(found.into());
        Ok(())
    })
}

/// When a picture that was captured at `captured_us` (an event's) is to be shown, so that it is in step with the sound. 0 for at
/// once: no sound plays. Never more than half a second from now.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_due_us(client: tr_client, captured_us: u64) -> u64 {
    guard_or(0, || {
        let client = find(client)?;
        let due = client.player.due(MediaTime::from_micros(captured_us));
        let due = due.and_then(|due| {
            client
                .epoch
                .checked_add(Duration::from_micros(due.as_micros()))
        });
        Ok(due.map_or(0, micros))
    })
}

/// Asks the server to take what a microphone hears: TR_EVENT_MICROPHONE_STARTED or TR_EVENT_MICROPHONE_STOPPED answers.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_microphone_start(client: tr_client) -> tr_result {
    guard(|| command(client, |client| client.start_microphone()))
}

/// Says that the microphone is off.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_microphone_stop(client: tr_client) -> tr_result {
    guard(|| command(client, |client| client.stop_microphone()))
}

/// The microphone heard this: `frames` frames, the first of which was captured at `captured_us` (0: now). It goes nowhere while the
/// server does not take it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_microphone_push(
    client: tr_client,
    samples: *const f32,
    frames: usize,
    captured_us: u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises two samples a frame.
        let samples = unsafe { slice(samples, frames.saturating_mul(2), "samples") }?;
        find(client)?.microphone.push(samples, instant(captured_us));
        Ok(())
    })
}
