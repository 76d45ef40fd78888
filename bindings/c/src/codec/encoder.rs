//! Pixels to rectangles.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tightrope::rfb::{EncodeSettings, Encoder as Codec, Encoding, RectWriter};
use tightrope::{Workers, tight};

use super::{clock, nanoseconds, pixel_format, tr_coded_rect, tr_pixel_format};
use crate::client::{compression, fine_quality, quality};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, out, region, size, slice, start_of, tr_rect};

/// Writes rectangles of one encoding. It holds streams: what it writes is to be decoded in order, by one decoder.
pub type tr_encoder = u64;

struct Encoder(Mutex<State>);

impl Noun for Encoder {
    const NAME: &'static str = "encoder";
}

struct State {
    codec: Box<dyn Codec>,
    settings: EncodeSettings,
    /// What was written last, and what C was told of it.
    bytes: Vec<u8>,
    rects: Vec<tr_coded_rect>,
    left: Vec<tr_rect>,
}

impl Encoder {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an encoder of `encoding` (TR_ENCODING_*), without loss at first, that works on at most `threads` threads; 0 for as
/// many as there are processors. It ends by tr_encoder_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_encoder_create(
    encoding: i32,
    threads: u32,
    encoder: *mut tr_encoder,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(encoder, "encoder") }?;
        let shared = tight::Shared::new(workers(threads));
        let encoders = tight::encoders_sharing(&shared);
        let codec = encoders.only(Encoding(encoding)).ok_or_else(|| {
            let expected =
                format_args!("{encoding} is no TR_ENCODING_* that there is an encoder of");
            Fault::argument("encoding", expected)
        })?;
        place.set(handle::insert(Encoder(Mutex::new(State {
            codec,
            settings: EncodeSettings::default(),
            bytes: Vec::new(),
            rects: Vec::new(),
            left: Vec::new(),
        })))?);
        Ok(())
    })
}

/// So many threads; as many as there are processors if it is 0.
pub(crate) fn workers(threads: u32) -> Workers {
    let threads = usize::try_from(threads).unwrap_or(usize::MAX);
    NonZeroUsize::new(threads.min(256)).map_or_else(Workers::available, Workers::new)
}

/// Ends an encoder, and with it what tr_encoder_encode() has given.
#[unsafe(no_mangle)]
pub extern "C" fn tr_encoder_destroy(encoder: tr_encoder) -> tr_result {
    guard(|| handle::remove::<Encoder>(encoder).map(drop))
}

/// Sets the JPEG quality level, 0 (small) to 9 (good), or -1 for no loss, and how hard it tries, 0 (fast) to 9 (small). At
/// first -1 and 2.
#[unsafe(no_mangle)]
pub extern "C" fn tr_encoder_set_quality(
    encoder: tr_encoder,
    quality: i32,
    compression: u32,
) -> tr_result {
    set(encoder, |settings| {
        let compression = self::compression(compression)?;
        settings.quality = self::quality(quality)?;
        settings.compression = compression;
        Ok(())
    })
}

/// Sets JPEG quality in finer steps, 0 to 100, and one of TR_SUBSAMPLING_*; -1 for what the quality level stands for, which is so
/// at first.
#[unsafe(no_mangle)]
pub extern "C" fn tr_encoder_set_fine_quality(
    encoder: tr_encoder,
    quality: i32,
    subsampling: i32,
) -> tr_result {
    set(encoder, |settings| {
        (settings.fine_quality, settings.subsampling) = fine_quality(quality, subsampling)?;
        Ok(())
    })
}

/// Sets how pixels are written; NULL for BGRX, which is so at first. Decoders must be told the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_encoder_set_format(
    encoder: tr_encoder,
    format: *const tr_pixel_format,
) -> tr_result {
    set(encoder, |settings| {
        // SAFETY: the caller promises a format, or NULL.
        settings.format = unsafe { pixel_format(format) }?;
        Ok(())
    })
}

/// Tight: rectangles may be written without zlib, for decoders that know it. (Ours do.)
pub const TR_ENCODE_WITHOUT_ZLIB: u32 = 1;
/// Tight: the gradient filter may be used. On at first.
pub const TR_ENCODE_GRADIENT: u32 = 2;
/// Bytes are dearer than time: JPEG images get Huffman tables of their own.
pub const TR_ENCODE_THRIFTY: u32 = 4;
/// What is encoded keeps changing, as videos do: mostly a photograph, it is sent as one altogether.
pub const TR_ENCODE_MOVING: u32 = 8;

/// Sets options, TR_ENCODE_* together.
#[unsafe(no_mangle)]
pub extern "C" fn tr_encoder_set_options(encoder: tr_encoder, options: u32) -> tr_result {
    set(encoder, |settings| {
        let known =
            TR_ENCODE_WITHOUT_ZLIB | TR_ENCODE_GRADIENT | TR_ENCODE_THRIFTY | TR_ENCODE_MOVING;
        if options & !known != 0 {
            let expected = format_args!("{options:#x} has more than TR_ENCODE_*");
            return Err(Fault::argument("options", expected));
        }
        settings.without_zlib = options & TR_ENCODE_WITHOUT_ZLIB != 0;
        settings.gradient = options & TR_ENCODE_GRADIENT != 0;
        settings.thrifty = options & TR_ENCODE_THRIFTY != 0;
        settings.moving = options & TR_ENCODE_MOVING != 0;
        Ok(())
    })
}

fn set(
    encoder: tr_encoder,
    change: impl FnOnce(&mut EncodeSettings) -> Result<(), Fault>,
) -> tr_result {
    guard(|| {
        let encoder = handle::get::<Encoder>(encoder)?;
        let mut state = encoder.state();
        change(&mut state.settings)
    })
}

/// What tr_encoder_encode() gives. The pointers are the encoder's: valid until it encodes again or is destroyed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_encoded {
    /// Rectangles, one after the other, each with its header of 12 bytes: what stands in a FramebufferUpdate behind the
    /// number of rectangles.
    pub bytes: *const u8,
    /// How many bytes.
    pub bytes_length: usize,
    /// What each of the rectangles took.
    pub rects: *const tr_coded_rect,
    /// How many rectangles.
    pub rects_count: usize,
    /// What was not encoded, for lack of budget.
    pub left: *const tr_rect,
    /// How many rectangles of that.
    pub left_count: usize,
    /// Nanoseconds that the call took.
    pub time_ns: u64,
}

/// Encodes the pixels of `damage` (NULL and 0: all) of a picture of `width` by `height` BGRX pixels, in rows that begin `stride`
/// bytes apart (0: `width * 4`). It ends once `budget` bytes were written (0: no limit); what is left then is told.
///
/// The pixels are borrowed for the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_encoder_encode(
    encoder: tr_encoder,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    stride: usize,
    damage: *const tr_rect,
    damage_count: usize,
    budget: usize,
    encoded: *mut tr_encoded,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for what is told.
        let place = unsafe { out(encoded, "encoded") }?;
        let encoder = handle::get::<Encoder>(encoder)?;
        let size = size(width, height)?;
        // SAFETY: the caller promises so many readable bytes.
        let pixels = unsafe { slice(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        // SAFETY: the caller promises so many rectangles.
        let damage = unsafe { slice(damage, damage_count, "damage") }?;
        let picture = memory::view(pixels, size, stride)?;
        let damage = region(damage, size);
        let start = clock();
        let mut state = encoder.state();
        let State {
            codec,
            settings,
            bytes,
            rects,
            left,
        } = &mut *state;
        bytes.clear();
        let budget = if budget == 0 { usize::MAX } else { budget };
        let mut writer = RectWriter::new(bytes, budget).traced(clock);
        let rest = codec.encode(picture, &damage, settings, &mut writer);
        let written = writer.into_written();
        let mut at = 0;
        rects.clear();
        rects.extend(written.iter().map(|own| {
            let end = at + own.bytes;
            let body = bytes.get(at + HEADER..end).unwrap_or_default();
            at = end;
            tr_coded_rect {
                quality: own.quality.unwrap_or_default().into(),
                bytes: own.bytes,
                time_ns: nanoseconds(own.time),
                ..tr_coded_rect::new(own.rect, own.encoding, body)
            }
        }));
        left.clear();
        left.extend(rest.rects().iter().map(|rect| tr_rect::from(*rect)));
        place.set(tr_encoded {
            bytes: start_of(bytes),
            bytes_length: bytes.len(),
            rects: start_of(rects),
            rects_count: rects.len(),
            left: start_of(left),
            left_count: left.len(),
            time_ns: nanoseconds(clock().saturating_sub(start)),
        });
        Ok(())
    })
}

/// Bytes of a rectangle's header.
const HEADER: usize = 12;
