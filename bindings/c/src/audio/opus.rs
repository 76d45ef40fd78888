//! Opus alone: samples to packets and back. RFC 6716.

use std::mem::MaybeUninit;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tightrope::audio::codec::{CodecError, Decoder as Codec, Encoder as Coder};
use tightrope::audio::{EncoderConfig, Profile};
use tightrope::rfb::SoundFormat;

use super::{floats, sound_format, tr_sound_format};
use crate::error::{Fault, tr_result};
use crate::guard::{guard, guard_or};
use crate::handle::{self, Noun};
use crate::memory::{self, out, slice};

/// The longest packet that is taken or made, in bytes.
pub const TR_OPUS_PACKET_LIMIT: usize = 1275;

/// The shortest delay: 2.5 ms besides the packet itself.
pub const TR_OPUS_LOW_DELAY: u32 = 0;
/// Whatever mode suits the sound: 6.5 ms of delay, more time of the processor.
pub const TR_OPUS_MUSIC: u32 = 1;
/// For voices at low bit rates.
pub const TR_OPUS_VOICE: u32 = 2;

/// Each packet carries the one before it once more, in low quality: see tr_opus_decoder_recover(). Not for
/// TR_OPUS_LOW_DELAY, nor in packets of 5 ms.
pub const TR_OPUS_REPAIR: u32 = 1;
/// Packets without anything to hear become one or two bytes.
pub const TR_OPUS_DISCONTINUOUS: u32 = 2;

/// Codes one stream of sound.
pub type tr_opus_encoder = u64;

struct Encoder(Mutex<Coder>);

impl Noun for Encoder {
    const NAME: &'static str = "opus encoder";
}

impl Encoder {
    fn lock(&self) -> MutexGuard<'_, Coder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<CodecError> for Fault {
    fn from(error: CodecError) -> Self {
        let code = match &error {
            CodecError::Frame(_) => tr_result::TR_ERROR_DATA,
            CodecError::Field { .. } => tr_result::TR_ERROR_ARGUMENT,
            CodecError::Library(..) => tr_result::TR_ERROR_SYSTEM,
        };
        Self::new(code, error)
    }
}

/// What an encoder is to do.
pub(super) fn encoder_config(
    format: SoundFormat,
    profile: u32,
    complexity: u32,
    options: u32,
) -> Result<EncoderConfig, Fault> {
    let profile = match profile {
        TR_OPUS_LOW_DELAY => Profile::LowDelay,
        TR_OPUS_MUSIC => Profile::Music,
        TR_OPUS_VOICE => Profile::Voice,
        _ => {
            let expected =
                format_args!("{profile} is not TR_OPUS_LOW_DELAY, TR_OPUS_MUSIC or TR_OPUS_VOICE");
            return Err(Fault::argument("profile", expected));
        }
    };
    let complexity = u8::try_from(complexity).ok().filter(|own| *own <= 10);
    let complexity =
        complexity.ok_or_else(|| Fault::argument("complexity", "it is not 0 to 10"))?;
    if options & !(TR_OPUS_REPAIR | TR_OPUS_DISCONTINUOUS) != 0 {
        let expected =
            format_args!("{options:#x} has more than TR_OPUS_REPAIR and TR_OPUS_DISCONTINUOUS");
        return Err(Fault::argument("options", expected));
    }
    Ok(EncoderConfig {
        profile,
        complexity,
        in_band_repair: options & TR_OPUS_REPAIR != 0,
        discontinuous: options & TR_OPUS_DISCONTINUOUS != 0,
        ..EncoderConfig::new(format)
    })
}

/// Makes an encoder for `format`, for TR_OPUS_LOW_DELAY, TR_OPUS_MUSIC or TR_OPUS_VOICE. It tries as hard as `complexity`
/// says, 0 to 10; 5 is a good one. `options` are TR_OPUS_REPAIR and TR_OPUS_DISCONTINUOUS together. It ends by
/// tr_opus_encoder_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_opus_encoder_create(
    format: *const tr_sound_format,
    profile: u32,
    complexity: u32,
    options: u32,
    encoder: *mut tr_opus_encoder,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(encoder, "encoder") }?;
        // SAFETY: the caller promises a format.
        let format = unsafe { sound_format(format) }?;
        let coder = Coder::new(encoder_config(format, profile, complexity, options)?)?;
        place.set(handle::insert(Encoder(Mutex::new(coder)))?);
        Ok(())
    })
}

/// Ends an encoder.
#[unsafe(no_mangle)]
pub extern "C" fn tr_opus_encoder_destroy(encoder: tr_opus_encoder) -> tr_result {
    guard(|| handle::remove::<Encoder>(encoder).map(drop))
}

/// So many frames later than they went in does the decoder give them out. 0 if there is no such encoder.
#[unsafe(no_mangle)]
pub extern "C" fn tr_opus_encoder_lookahead(encoder: tr_opus_encoder) -> u32 {
    guard_or(0, || {
        Ok(handle::get::<Encoder>(encoder)?.lock().lookahead())
    })
}

/// Sets the bits a second, 6,000 to 510,000, from the next packet on.
#[unsafe(no_mangle)]
pub extern "C" fn tr_opus_encoder_set_bit_rate(
    encoder: tr_opus_encoder,
    bit_rate: u32,
) -> tr_result {
    guard(|| {
        let encoder = handle::get::<Encoder>(encoder)?;
        Ok(encoder.lock().set_bit_rate(bit_rate)?)
    })
}

/// Codes one packet: `frames` frames of interleaved `samples` in the channels of the format, exactly as many as a packet is
/// long (48 a millisecond). `packet` has room for `room` bytes, TR_OPUS_PACKET_LIMIT at least; `length` is how many it took.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_opus_encoder_encode(
    encoder: tr_opus_encoder,
    samples: *const f32,
    frames: usize,
    packet: *mut u8,
    room: usize,
    length: *mut usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a length.
        let place = unsafe { out(length, "length") }?;
        let encoder = handle::get::<Encoder>(encoder)?;
        let mut coder = encoder.lock();
        let format = coder.config().format;
        let expected = format.frame.samples();
        if frames != expected {
            let told = format_args!("{frames} is not {expected}, the length of a packet");
            return Err(Fault::argument("frames", told));
        }
        let count = floats(frames, format.channels.into(), "frames")?;
        // SAFETY: the caller promises so many frames of so many channels.
        let samples = unsafe { slice(samples, count, "samples") }?;
        memory::apart(
            (packet, room, "packet"),
            (samples.as_ptr(), count, "samples"),
        )?;
        // SAFETY: the caller promises room for so many bytes.
        let packet = unsafe { memory::room(packet, room, "packet") }?;
        if room < TR_OPUS_PACKET_LIMIT {
            let told =
                format!("room: {room} is less than TR_OPUS_PACKET_LIMIT, {TR_OPUS_PACKET_LIMIT}");
            return Err(Fault::new(tr_result::TR_ERROR_ROOM, told));
        }
        let coded = coder.encode(samples)?;
        copy(&coded, packet);
        place.set(coded.len());
        Ok(())
    })
}

/// Forgets the sound before: the next packet begins another stretch.
#[unsafe(no_mangle)]
pub extern "C" fn tr_opus_encoder_reset(encoder: tr_opus_encoder) -> tr_result {
    guard(|| {
        handle::get::<Encoder>(encoder)?.lock().reset();
        Ok(())
    })
}

/// Decodes one stream of sound.
pub type tr_opus_decoder = u64;

struct Decoder(Mutex<Codec>);

impl Noun for Decoder {
    const NAME: &'static str = "opus decoder";
}

/// Makes a decoder for `format`, whose bit rate does not matter. It ends by tr_opus_decoder_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_opus_decoder_create(
    format: *const tr_sound_format,
    decoder: *mut tr_opus_decoder,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(decoder, "decoder") }?;
        // SAFETY: the caller promises a format.
        let format = unsafe { sound_format(format) }?;
        let codec = Codec::new(format)?;
        place.set(handle::insert(Decoder(Mutex::new(codec)))?);
        Ok(())
    })
}

/// Ends a decoder.
#[unsafe(no_mangle)]
pub extern "C" fn tr_opus_decoder_destroy(decoder: tr_opus_decoder) -> tr_result {
    guard(|| handle::remove::<Decoder>(decoder).map(drop))
}

/// Decodes one packet: its frames go to `samples`, which has room for `room` of them; `frames` is how many there were, always
/// the length of a packet. TR_ERROR_DATA, and the decoder is as it was, if it is no packet of this format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_opus_decoder_decode(
    decoder: tr_opus_decoder,
    packet: *const u8,
    packet_length: usize,
    samples: *mut f32,
    room: usize,
    frames: *mut usize,
) -> tr_result {
    let run = |codec: &mut Codec, samples: &mut [MaybeUninit<f32>]| {
        let written = (samples.as_ptr(), samples.len(), "samples");
        memory::apart(written, (packet, packet_length, "packet"))?;
        // SAFETY: the caller promises so many readable bytes.
        let packet = unsafe { slice(packet, packet_length, "packet") }?;
        copy(codec.decode(packet)?, samples);
        Ok(())
    };
    // SAFETY: the caller promises what is asked for here.
    unsafe { decode(decoder, samples, room, frames, run) }
}

/// Gives what stands in for a packet that was lost: the sound before it goes on, and fades if several are lost. Else as
/// tr_opus_decoder_decode().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_opus_decoder_conceal(
    decoder: tr_opus_decoder,
    samples: *mut f32,
    room: usize,
    frames: *mut usize,
) -> tr_result {
    let run = |codec: &mut Codec, samples: &mut [MaybeUninit<f32>]| {
        copy(codec.conceal()?, samples);
        Ok(())
    };
    // SAFETY: the caller promises what is asked for here.
    unsafe { decode(decoder, samples, room, frames, run) }
}

/// Gives a packet that was lost from what the one after it, `next`, repeats of it (TR_OPUS_REPAIR); concealed if it repeats
/// nothing. Decode `next` itself after that. Else as tr_opus_decoder_decode().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_opus_decoder_recover(
    decoder: tr_opus_decoder,
    next: *const u8,
    next_length: usize,
    samples: *mut f32,
    room: usize,
    frames: *mut usize,
) -> tr_result {
    let run = |codec: &mut Codec, samples: &mut [MaybeUninit<f32>]| {
        let written = (samples.as_ptr(), samples.len(), "samples");
        memory::apart(written, (next, next_length, "next"))?;
        // SAFETY: the caller promises so many readable bytes.
        let next = unsafe { slice(next, next_length, "next") }?;
        copy(codec.recover(next)?, samples);
        Ok(())
    };
    // SAFETY: the caller promises what is asked for here.
    unsafe { decode(decoder, samples, room, frames, run) }
}

/// Forgets the sound before: the next packet begins another stream.
#[unsafe(no_mangle)]
pub extern "C" fn tr_opus_decoder_reset(decoder: tr_opus_decoder) -> tr_result {
    guard(|| {
        let decoder = handle::get::<Decoder>(decoder)?;
        decoder
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reset();
        Ok(())
    })
}

/// Has `run` fill the frames of one packet at `samples`.
///
/// The caller promises room for `room` frames there, and for a number at `frames`.
unsafe fn decode(
    decoder: tr_opus_decoder,
    samples: *mut f32,
    room: usize,
    frames: *mut usize,
    run: impl FnOnce(&mut Codec, &mut [MaybeUninit<f32>]) -> Result<(), Fault>,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a number.
        let place = unsafe { out(frames, "frames") }?;
        let decoder = handle::get::<Decoder>(decoder)?;
        let mut codec = decoder.0.lock().unwrap_or_else(PoisonError::into_inner);
        let format = *codec.format();
        let expected = format.frame.samples();
        let count = floats(room, format.channels.into(), "room")?;
        // SAFETY: the caller promises room for so many frames of so many channels.
        let samples = unsafe { memory::room(samples, count, "samples") }?;
        if room < expected {
            let told = format!("room: {room} is less than {expected}, the length of a packet");
            return Err(Fault::new(tr_result::TR_ERROR_ROOM, told));
        }
        run(&mut codec, samples)?;
        place.set(expected);
        Ok(())
    })
}

fn copy<T: Copy>(from: &[T], to: &mut [MaybeUninit<T>]) {
    for (to, from) in to.iter_mut().zip(from) {
        to.write(*from);
    }
}
