//! The receiving end: packets as they come become samples for a sound card, as it asks for them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tightrope::audio::{Playout as Inner, PlayoutConfig};
use tightrope::rfb::{LocalTime, MediaTime, SoundStream};

use super::clock::{clock_sample, tr_clock_sample};
use super::{floats, sound_format, sound_packet, tr_sound_format, tr_sound_packet};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, out, slice};
use crate::stats::tr_sound_stats;

/// A jitter buffer: reorders, repairs and conceals, is as late as packets have been lately, and follows the sender's sound
/// card. It knows when pictures are due beside the sound.
pub type tr_playout = u64;

struct Playout(Mutex<Inner>);

impl Noun for Playout {
    const NAME: &'static str = "playout";
}

impl Playout {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a playout for packets of `format`, which are waited for up to `max_wait_ms` (0: 300) after the earliest. It ends by
/// tr_playout_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_create(
    format: *const tr_sound_format,
    max_wait_ms: u32,
    playout: *mut tr_playout,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(playout, "playout") }?;
        // SAFETY: the caller promises a format.
        let mut config = PlayoutConfig::new(unsafe { sound_format(format) }?);
        if max_wait_ms > 0 {
            config.max_wait = Duration::from_millis(max_wait_ms.into());
        }
        let inner = Inner::new(config)?;
        place.set(handle::insert(Playout(Mutex::new(inner)))?);
        Ok(())
    })
}

/// Ends a playout.
#[unsafe(no_mangle)]
pub extern "C" fn tr_playout_destroy(playout: tr_playout) -> tr_result {
    guard(|| handle::remove::<Playout>(playout).map(drop))
}

/// Takes a packet that came at `now_us`. Whatever it says, memory is bounded and what is played is within ±1. It is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_handle_packet(
    playout: tr_playout,
    now_us: u64,
    packet: *const tr_sound_packet,
) -> tr_result {
    guard(|| {
        let playout = handle::get::<Playout>(playout)?;
        // SAFETY: the caller promises a packet.
        let packet = unsafe { sound_packet(packet, SoundStream::Desktop) }?;
        let now = LocalTime::from_micros(now_us);
        playout.lock().handle_packet(now, packet);
        Ok(())
    })
}

/// Takes frames of two channels that came at `now_us` uncoded, which is all that is known of their time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_handle_samples(
    playout: tr_playout,
    now_us: u64,
    samples: *const f32,
    frames: usize,
) -> tr_result {
    guard(|| {
        let playout = handle::get::<Playout>(playout)?;
        let count = floats(frames, 2, "frames")?;
        // SAFETY: the caller promises so many frames of two channels.
        let samples = unsafe { slice(samples, count, "samples") }?;
        let now = LocalTime::from_micros(now_us);
        playout.lock().handle_pcm(now, samples);
        Ok(())
    })
}

/// The samples of tr_playout_handle_samples() end here until there are more.
#[unsafe(no_mangle)]
pub extern "C" fn tr_playout_end_samples(playout: tr_playout) -> tr_result {
    with(playout, Inner::end_pcm)
}

/// Takes a comparison of the clocks, for `delay_us` of the statistics.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_compare(
    playout: tr_playout,
    sample: *const tr_clock_sample,
) -> tr_result {
    guard(|| {
        let playout = handle::get::<Playout>(playout)?;
        // SAFETY: the caller promises a comparison.
        let sample = unsafe { clock_sample(sample) }?;
        playout.lock().handle_clock(&sample);
        Ok(())
    })
}

/// Fills `samples` with `frames` frames of two channels, of which the first leaves the sound card at `plays_us`. For the
/// callback of a sound card: it allocates nothing, and waits only for other calls with this playout.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_fill(
    playout: tr_playout,
    now_us: u64,
    plays_us: u64,
    samples: *mut f32,
    frames: usize,
) -> tr_result {
    guard(|| {
        let playout = handle::get::<Playout>(playout)?;
        let count = floats(frames, 2, "frames")?;
        // SAFETY: the caller promises room for so many frames of two channels.
        let samples = unsafe { memory::samples(samples, count, "samples") }?;
        let now = LocalTime::from_micros(now_us);
        let plays = LocalTime::from_micros(plays_us);
        playout.lock().fill(now, plays, samples);
        Ok(())
    })
}

/// What comes from here on is another stream, or the sender's clock is another.
#[unsafe(no_mangle)]
pub extern "C" fn tr_playout_reset(playout: tr_playout) -> tr_result {
    with(playout, Inner::reset)
}

/// Sets how loud: 1 leaves it as it is, 0 is silent, at most 4. It changes without a click.
#[unsafe(no_mangle)]
pub extern "C" fn tr_playout_set_volume(playout: tr_playout, volume: f32) -> tr_result {
    guard(|| {
        let playout = handle::get::<Playout>(playout)?;
        if !(0.0..=4.0).contains(&volume) {
            return Err(Fault::argument(
                "volume",
                format_args!("{volume} is not 0 to 4"),
            ));
        }
        playout.lock().set_volume(volume);
        Ok(())
    })
}

/// Has nothing be heard, or no longer nothing.
#[unsafe(no_mangle)]
pub extern "C" fn tr_playout_set_muted(playout: tr_playout, muted: bool) -> tr_result {
    with(playout, |own| own.set_muted(muted))
}

/// Gives when a picture that was captured at `captured_us` is to be shown, so that it is in step with the sound: at most half a
/// second ahead, in the past if it is late, and 0 if no sound plays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_due(
    playout: tr_playout,
    captured_us: u64,
    due_us: *mut u64,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a moment.
        let place = unsafe { out(due_us, "due_us") }?;
        let playout = handle::get::<Playout>(playout)?;
        let captured = MediaTime::from_micros(captured_us);
        let due = playout.lock().clock().due(captured);
        place.set(due.map_or(0, LocalTime::as_micros));
        Ok(())
    })
}

/// Gives how it does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_playout_get_stats(
    playout: tr_playout,
    stats: *mut tr_sound_stats,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for statistics.
        let place = unsafe { out(stats, "stats") }?;
        let playout = handle::get::<Playout>(playout)?;
        let told = playout.lock().stats();
        place.set(told.into());
        Ok(())
    })
}

fn with(playout: tr_playout, change: impl FnOnce(&mut Inner)) -> tr_result {
    guard(|| {
        let playout = handle::get::<Playout>(playout)?;
        change(&mut playout.lock());
        Ok(())
    })
}
