//! Rectangles to pixels.

use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use tightrope::rfb::{Encoding, RectReader, ViewMut};
use tightrope::tight;

use super::{clock, nanoseconds, pixel_format, tr_coded_rect, tr_pixel_format};
use crate::client::quality;
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{self, out, size, slice, slice_mut, start_of};

/// Draws rectangles of every encoding. It holds streams: it is to be given all that one encoder wrote, in order.
pub type tr_decoder = u64;

struct Decoder(Mutex<State>);

impl Noun for Decoder {
    const NAME: &'static str = "decoder";
}

struct State {
    reader: RectReader,
    /// What C was told last.
    rects: Vec<tr_coded_rect>,
}

/// Makes a decoder of rectangles whose pixels are written in `format`; NULL for BGRX. It ends by tr_decoder_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_decoder_create(
    format: *const tr_pixel_format,
    decoder: *mut tr_decoder,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(decoder, "decoder") }?;
        // SAFETY: the caller promises a format, or NULL.
        let format = unsafe { pixel_format(format) }?;
        let decoders = tight::decoders().preferring(Encoding::ZYWRLE);
        place.set(handle::insert(Decoder(Mutex::new(State {
            reader: RectReader::new(decoders, &format),
            rects: Vec::new(),
        })))?);
        Ok(())
    })
}

/// Ends a decoder, and with it what tr_decoder_decode() has given.
#[unsafe(no_mangle)]
pub extern "C" fn tr_decoder_destroy(decoder: tr_decoder) -> tr_result {
    guard(|| handle::remove::<Decoder>(decoder).map(drop))
}

/// Tells the JPEG quality level, 0 to 9, that the encoder was asked for; -1 for none. ZYWRLE alone depends on it.
#[unsafe(no_mangle)]
pub extern "C" fn tr_decoder_set_quality(decoder: tr_decoder, quality: i32) -> tr_result {
    guard(|| {
        let decoder = handle::get::<Decoder>(decoder)?;
        let level = self::quality(quality)?;
        let mut state = decoder.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.reader.set_quality(level);
        Ok(())
    })
}

/// What tr_decoder_decode() gives. The pointer is the decoder's: valid until it decodes again or is destroyed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_decoded {
    /// The rectangles that are whole now.
    pub rects: *const tr_coded_rect,
    /// How many.
    pub rects_count: usize,
    /// Bytes kept of a rectangle that is not whole yet: 0 between two of them.
    pub unread: usize,
    /// Nanoseconds that the call took.
    pub time_ns: u64,
}

/// Draws the rectangles of `bytes`, as tr_encoder_encode() gives them, however they are cut, on a picture of the caller's:
/// `width` by `height` BGRX pixels, in rows that begin `stride` bytes apart (0: `width * 4`). What is not whole is kept until
/// the rest comes. The picture may move between calls if its pixels go with it: copies are taken from it.
///
/// TR_ERROR_DATA if the bytes cannot be read, or a rectangle lies outside the picture. That ends the decoder: the streams
/// behind the error are lost, and every further call fails in the same way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_decoder_decode(
    decoder: tr_decoder,
    bytes: *const u8,
    bytes_length: usize,
    pixels: *mut c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    stride: usize,
    decoded: *mut tr_decoded,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for what is told.
        let place = unsafe { out(decoded, "decoded") }?;
        let decoder = handle::get::<Decoder>(decoder)?;
        let size = size(width, height)?;
        memory::apart(
            (pixels.cast::<u8>(), pixels_length, "pixels"),
            (bytes, bytes_length, "bytes"),
        )?;
        // SAFETY: the caller promises so many readable bytes.
        let bytes = unsafe { slice(bytes, bytes_length, "bytes") }?;
        // SAFETY: the caller promises so many bytes that are its own.
        let pixels = unsafe { slice_mut(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        let stride = memory::view(pixels, size, stride)?.stride();
        let mut picture = ViewMut::over(pixels, size, stride)?;
        let start = clock();
        let mut state = decoder.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { reader, rects } = &mut *state;
        rects.clear();
        reader.handle_bytes(bytes);
        while let Some(own) = reader.poll_rect(&mut picture).map_err(Fault::from)? {
            rects.push(tr_coded_rect {
                bytes: own.bytes,
                ..tr_coded_rect::new(own.rect, own.encoding, &own.head)
            });
        }
        place.set(tr_decoded {
            rects: start_of(rects),
            rects_count: rects.len(),
            unread: reader.unread(),
            time_ns: nanoseconds(clock().saturating_sub(start)),
        });
        Ok(())
    })
}
