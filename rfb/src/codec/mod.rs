//! The seam where encodings plug in. `rfb` brings those of RFC 6143 and Zlib; other crates bring theirs.

mod grid;
mod hextile;
mod job;
mod pixels;
mod raw;
mod rects;
mod rre;
mod settings;
mod subrects;
mod tile;
mod trace;
mod trle;
mod zlib;
mod zlib_stream;
mod zrle;
mod zywrle;

pub use hextile::{HextileDecoder, HextileEncoder};
pub use job::Job;
pub use raw::{RawDecoder, RawEncoder};
pub use rects::{ReadRect, RectReader};
pub use rre::{CorreDecoder, CorreEncoder, RreDecoder, RreEncoder};
pub use settings::{EncodeSettings, JpegQuality};
pub use trace::Written;
pub use trle::{TrleDecoder, TrleEncoder};
pub use zlib::{ZlibDecoder, ZlibEncoder};
pub use zrle::{ZrleDecoder, ZrleEncoder};
pub use zywrle::ZywrleDecoder;

use std::time::Duration;

use crate::pixel::Unpacker;
use crate::wire::{Encode, Reader};
use crate::{DecodeError, Encoding, Rect, Region, Size, View, ViewMut};
use trace::Trace;

/// How far a decoder has come with a rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// The body was read to its end: the next call begins another rectangle.
    Whole,
    /// Some units (rows, tiles, sub-rectangles) were read and drawn: the next call gets the same rectangle, and
    /// the bytes that follow.
    More,
}

/// Turns the bodies of rectangles into pixels.
pub trait Decoder: Send {
    /// Reads what it can of a body and draws it on `target`, which is exactly the rectangle.
    ///
    /// A body is read unit by unit, so that a large one that trickles in takes time and memory in proportion; what
    /// goes through a zlib stream is one unit. Every whole unit at hand is read. The decoder remembers where it is
    /// until it gives `Whole` or an error. On `Incomplete` nothing was read and the decoder is as it was before the
    /// call: take every byte before touching a zlib stream. Draws BGRX with X = 0.
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError>;

    /// Takes a whole body for a rectangle of `size` to be drawn later, perhaps by another thread; `None` if it must be
    /// drawn here and now by [`Self::decode`], which the body is then given to from its start. Changes nothing itself, so
    /// whoever meets an error or `Incomplete` here may leave it to `decode` to tell.
    ///
    /// Every job is done, in the order of its lane, before `decode` is called again.
    fn take<'a>(
        &self,
        _body: &mut Reader<'a>,
        _pixels: &'a Unpacker,
        _size: Size,
    ) -> Result<Option<Job<'a>>, DecodeError> {
        Ok(None)
    }

    /// Tells what JPEG quality level (0 to 9) the server is asked for, to decoders of what depends on it.
    fn set_quality(&mut self, _level: Option<u8>) {}
}

/// Turns pixels into rectangles. Holds one connection's streams, so what it wrote must be sent, in order.
pub trait Encoder: Send {
    /// Appends rectangles that together cover `region` of `source`, until `out` is full. They may cover more, inside the
    /// bounds of `region`.
    ///
    /// Gives what it left over: empty unless `out` became full. Parts of `region` outside `source` are ignored.
    /// The X byte of a source pixel is ignored.
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region;
}

/// The decoders of one connection, in order of preference.
pub struct Decoders {
    entries: Vec<(Encoding, Box<dyn Decoder>)>,
}

impl Decoders {
    /// Raw only, which every client must support.
    #[must_use]
    pub fn raw() -> Self {
        let entries = vec![(Encoding::RAW, Box::new(RawDecoder::default()) as Box<_>)];
        Self { entries }
    }
    /// What this crate decodes without loss: ZRLE, TRLE, Hextile, Zlib, CoRRE, RRE, Raw.
    #[must_use]
    pub fn standard() -> Self {
        Self::raw()
            .with(Encoding::RRE, RreDecoder::default())
            .with(Encoding::CORRE, CorreDecoder::default())
            .with(Encoding::ZLIB, ZlibDecoder::default())
            .with(Encoding::HEXTILE, HextileDecoder::default())
            .with(Encoding::TRLE, TrleDecoder::default())
            .with(Encoding::ZRLE, ZrleDecoder::default())
    }
    /// Adds `decoder` for `encoding`, preferred over those already present.
    #[must_use]
    pub fn with(mut self, encoding: Encoding, decoder: impl Decoder + 'static) -> Self {
        self.entries.insert(0, (encoding, Box::new(decoder)));
        self
    }
    /// Moves `encoding` to the front, if there is a decoder for it. ZYWRLE is added: it is lossy, and its number means
    /// other things to some servers, so that it is for those who ask for it.
    #[must_use]
    pub fn preferring(mut self, encoding: Encoding) -> Self {
        if encoding == Encoding::ZYWRLE && self.find(encoding).is_none() {
            self = self.with(encoding, ZywrleDecoder::default());
        }
        self.entries.sort_by_key(|(own, _)| *own != encoding);
        self
    }
    /// Keeps `encoding`, if there is a decoder for it, and Raw, which every client must support.
    #[must_use]
    pub fn only(self, encoding: Encoding) -> Self {
        let mut own = self.preferring(encoding);
        own.entries
            .retain(|(kept, _)| [encoding, Encoding::RAW].contains(kept));
        own
    }
    /// The encodings, most preferred first.
    pub fn encodings(&self) -> impl Iterator<Item = Encoding> + '_ {
        self.entries.iter().map(|(encoding, _)| *encoding)
    }
    /// Tells every decoder what quality level the server is asked for.
    pub(crate) fn set_quality(&mut self, level: Option<u8>) {
        for (_, decoder) in &mut self.entries {
            decoder.set_quality(level);
        }
    }
    pub(crate) fn find(&mut self, wanted: Encoding) -> Option<&mut dyn Decoder> {
        let (_, decoder) = self
            .entries
            .iter_mut()
            .find(|(encoding, _)| *encoding == wanted)?;
        Some(decoder.as_mut())
    }
}

/// The encoders of one connection. The client's order decides which is used.
pub struct Encoders {
    entries: Vec<(Encoding, Box<dyn Encoder>)>,
    /// One is in use elsewhere.
    lent: bool,
}

impl Encoders {
    /// Raw only, which every client understands.
    #[must_use]
    pub fn raw() -> Self {
        let entries = vec![(Encoding::RAW, Box::new(RawEncoder::default()) as Box<_>)];
        let lent = false;
        Self { entries, lent }
    }
    /// What this crate encodes: ZRLE, TRLE, Hextile, Zlib, CoRRE, RRE and Raw.
    #[must_use]
    pub fn standard() -> Self {
        Self::raw()
            .with(Encoding::RRE, RreEncoder::default())
            .with(Encoding::CORRE, CorreEncoder::default())
            .with(Encoding::ZLIB, ZlibEncoder::default())
            .with(Encoding::HEXTILE, HextileEncoder::default())
            .with(Encoding::TRLE, TrleEncoder::default())
            .with(Encoding::ZRLE, ZrleEncoder::default())
    }
    /// Adds `encoder` for `encoding`.
    #[must_use]
    pub fn with(mut self, encoding: Encoding, encoder: impl Encoder + 'static) -> Self {
        self.entries.insert(0, (encoding, Box::new(encoder)));
        self
    }
    /// The encoder for `encoding` alone, for whoever writes rectangles without a connection; `None` if there is none.
    #[must_use]
    pub fn only(self, encoding: Encoding) -> Option<Box<dyn Encoder>> {
        let mut entries = self.entries.into_iter();
        entries.find_map(|(own, encoder)| (own == encoding).then_some(encoder))
    }
    /// Takes the encoder of the first of `preferences` there is one for; Raw if there is none.
    pub(crate) fn take(
        &mut self,
        preferences: &[Encoding],
    ) -> Option<(Encoding, Box<dyn Encoder>)> {
        let position = |wanted: Encoding| self.entries.iter().position(|(own, _)| *own == wanted);
        let index = preferences
            .iter()
            .copied()
            .chain([Encoding::RAW])
            .find_map(position)?;
        self.lent = true;
        Some(self.entries.swap_remove(index))
    }
    /// Whether one has been taken and not put back.
    pub(crate) fn lent(&self) -> bool {
        self.lent
    }
    /// Puts an encoder back after use.
    pub(crate) fn put(&mut self, encoding: Encoding, encoder: Box<dyn Encoder>) {
        self.entries.push((encoding, encoder));
        self.lent = false;
    }
}

/// The most rectangles of an update that tells their number: 65535 means "ends with LastRect".
pub(crate) const RECTS_LIMIT: u32 = 65_534;

/// Writes rectangles, counts them, and knows when enough has been written.
#[derive(Debug)]
pub struct RectWriter<'a> {
    out: &'a mut Vec<u8>,
    count: u32,
    rects_limit: u32,
    full_at: usize,
    /// What the client will hold with loss, and the quality of it.
    lossy: Vec<(Rect, u8)>,
    /// Where what has not been told to be lossy begins.
    unmarked: usize,
    cost: LossyCost,
    trace: Option<Trace>,
}

/// How much was written with loss.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LossyCost {
    /// Bytes, with the headers of their rectangles.
    pub(crate) bytes: usize,
    /// Pixels, more than once where rectangles overlap.
    pub(crate) pixels: usize,
}

impl<'a> RectWriter<'a> {
    /// Appends to `out`; full once `budget` bytes have been appended.
    #[must_use]
    pub fn new(out: &'a mut Vec<u8>, budget: usize) -> Self {
        let full_at = out.len().saturating_add(budget);
        Self {
            out,
            count: 0,
            rects_limit: RECTS_LIMIT,
            full_at,
            lossy: Vec::new(),
            unmarked: 0,
            cost: LossyCost::default(),
            trace: None,
        }
    }
    /// The same, but remembers what it wrote ([`Self::into_written`]), with times of `clock`.
    #[must_use]
    pub fn traced(self, clock: fn() -> Duration) -> Self {
        Self {
            trace: Some(Trace::new(clock)),
            ..self
        }
    }
    /// What times are taken with, if they are.
    #[must_use]
    pub fn clock(&self) -> Option<fn() -> Duration> {
        self.trace.as_ref().map(Trace::clock)
    }
    /// The same, but full after `limit` rectangles; without this it is after 65534.
    #[must_use]
    pub(crate) fn with_rects_limit(self, limit: u32) -> Self {
        Self {
            rects_limit: limit,
            ..self
        }
    }
    /// Starts a rectangle; append its body to what this returns.
    pub fn begin(&mut self, rect: Rect, encoding: Encoding) -> &mut Vec<u8> {
        self.count = self.count.saturating_add(1);
        self.unmarked = self.out.len();
        if let Some(trace) = &mut self.trace {
            trace.begin(rect, encoding, self.out.len());
        }
        rect.encode(self.out);
        self.out.extend(encoding.0.to_be_bytes());
        self.out
    }
    /// Notes that the body is whole. Only times depend on it: what is done from here on is for the next rectangle.
    pub fn end(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.end(self.out.len());
        }
    }
    /// The same for a body that took `time` on another thread.
    pub fn end_after(&mut self, time: Duration) {
        if let Some(trace) = &mut self.trace {
            trace.took(time, self.out.len());
        }
    }
    /// Notes that the client will hold `rect`, which was written just now, with the loss of JPEG at `quality`, 1 to 100.
    pub fn mark_lossy(&mut self, rect: Rect, quality: u8) {
        self.cost.bytes += self.out.len().saturating_sub(self.unmarked);
        self.cost.pixels += rect.area();
        self.unmarked = self.out.len();
        self.lossy.push((rect, quality));
        if let Some(trace) = &mut self.trace {
            trace.mark_lossy(rect, quality);
        }
    }
    /// Notes that the client will hold `rect` as it is, whatever was noted before.
    pub fn mark_exact(&mut self, rect: Rect) {
        let touched = |(own, _): &(Rect, u8)| !own.intersection(rect).is_empty();
        if !self.lossy.iter().any(touched) {
            return;
        }
        for (own, quality) in std::mem::take(&mut self.lossy) {
            let rest = Region::from(own).difference(&rect.into());
            let rest = rest.rects().iter().map(|part| (*part, quality));
            self.lossy.extend(rest);
        }
    }
    /// Bytes until it is full.
    #[must_use]
    pub fn room(&self) -> usize {
        self.full_at.saturating_sub(self.out.len())
    }
    /// Bytes of the message so far, with what was there before the first rectangle.
    #[must_use]
    pub fn written(&self) -> usize {
        self.out.len()
    }
    /// Whether an encoder should stop before its next rectangle and leave the rest over.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.out.len() >= self.full_at || self.count >= self.rects_limit
    }
    /// Rectangles started so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }
    /// What was marked lossy.
    #[must_use]
    pub fn into_lossy(self) -> Region {
        self.lossy.into_iter().map(|(rect, _)| rect).collect()
    }
    /// What was written, rectangle by rectangle, if it was [`Self::traced`].
    #[must_use]
    pub fn into_written(self) -> Vec<Written> {
        let written = self.out.len();
        self.trace
            .map(|own| own.finish(written))
            .unwrap_or_default()
    }
    /// How much was marked lossy when it was written.
    pub(crate) fn lossy_cost(&self) -> LossyCost {
        self.cost
    }
    /// What was marked lossy, rectangle by rectangle, with the quality of each.
    pub(crate) fn into_marks(self) -> Vec<(Rect, u8)> {
        self.lossy
    }
}
