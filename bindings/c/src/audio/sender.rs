//! The sending end: captured samples become packets.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tightrope::audio::{Sender as Inner, SenderConfig};
use tightrope::rfb::{MediaTime, SoundPacket, SoundStream};

use super::opus::encoder_config;
use super::{floats, sound_format, tr_sound_format, tr_sound_packet};
use crate::error::tr_result;
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{out, slice};

/// Cuts captured sound into packets, codes, numbers and times them. After 200 ms of silence it says so, and makes none until
/// there is sound again.
pub type tr_sound_sender = u64;

struct Sender(Mutex<State>);

impl Noun for Sender {
    const NAME: &'static str = "sound sender";
}

struct State {
    inner: Inner,
    /// What C was given last.
    given: Option<SoundPacket>,
}

impl Sender {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a sender; the arguments are those of tr_opus_encoder_create(). It ends by tr_sound_sender_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_sound_sender_create(
    format: *const tr_sound_format,
    profile: u32,
    complexity: u32,
    options: u32,
    sender: *mut tr_sound_sender,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(sender, "sender") }?;
        // SAFETY: the caller promises a format.
        let format = unsafe { sound_format(format) }?;
        let inner = Inner::new(SenderConfig {
            stream: SoundStream::Desktop,
            encoder: encoder_config(format, profile, complexity, options)?,
        })?;
        let given = None;
        place.set(handle::insert(Sender(Mutex::new(State { inner, given })))?);
        Ok(())
    })
}

/// Ends a sender, and with it the packet it gave last.
#[unsafe(no_mangle)]
pub extern "C" fn tr_sound_sender_destroy(sender: tr_sound_sender) -> tr_result {
    guard(|| handle::remove::<Sender>(sender).map(drop))
}

/// Takes any number of frames, always of two channels, the first of which was captured at `captured_us`. A format of one
/// channel gets the mean of both. The samples are borrowed for the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_sound_sender_push(
    sender: tr_sound_sender,
    samples: *const f32,
    frames: usize,
    captured_us: u64,
) -> tr_result {
    guard(|| {
        let sender = handle::get::<Sender>(sender)?;
        let count = floats(frames, 2, "frames")?;
        // SAFETY: the caller promises so many frames of two channels.
        let samples = unsafe { slice(samples, count, "samples") }?;
        let captured = MediaTime::from_micros(captured_us);
        sender.lock().inner.push(samples, captured);
        Ok(())
    })
}

/// Gives the next packet that is to be sent; its `data` is NULL if there is none. What it points to is the sender's: valid
/// until the next packet is asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_sound_sender_poll(
    sender: tr_sound_sender,
    packet: *mut tr_sound_packet,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a packet.
        let place = unsafe { out(packet, "packet") }?;
        let sender = handle::get::<Sender>(sender)?;
        let mut state = sender.lock();
        state.given = state.inner.poll();
        place.set(state.given.as_ref().map(Into::into).unwrap_or_default());
        Ok(())
    })
}

/// Has each packet carry what the two before it can be had from, or no longer. Only where packets can be lost, and only while
/// they are: it doubles the bit rate.
#[unsafe(no_mangle)]
pub extern "C" fn tr_sound_sender_set_repair(sender: tr_sound_sender, repair: bool) -> tr_result {
    guard(|| {
        let sender = handle::get::<Sender>(sender)?;
        sender.lock().inner.set_repair(repair);
        Ok(())
    })
}

/// Sets the bits a second, 6,000 to 510,000, from the next packet on.
#[unsafe(no_mangle)]
pub extern "C" fn tr_sound_sender_set_bit_rate(
    sender: tr_sound_sender,
    bit_rate: u32,
) -> tr_result {
    guard(|| {
        let sender = handle::get::<Sender>(sender)?;
        Ok(sender.lock().inner.set_bit_rate(bit_rate)?)
    })
}
