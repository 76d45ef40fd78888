//! The Tight encoding of RFB, both directions (rfbproto "Tight Encoding"), plugged into `rfb` from outside.
//!
//! ```text
//!   View, Region ─► split ─► palette ─► choice ─► deflate │ jpeg ─► RectWriter      TightEncoder
//!   Reader ─► body (all bytes taken) ─► inflate ─► filter ─┐
//!                                    └─► jpeg ─────────────┴─► ViewMut              TightDecoder
//! ```
#![forbid(unsafe_code)]

mod body;
mod choice;
mod control;
mod decoder;
mod deflate;
mod encoder;
mod gradient;
mod inflate;
mod jpeg;
mod palette;
mod solid;
mod split;
mod tpixel;

pub use decoder::TightDecoder;
pub use encoder::TightEncoder;

use rfb::{Decoders, Encoders, Encoding};

/// Every decoder there is: Tight, preferred, then what `rfb` brings.
#[must_use]
pub fn decoders() -> Decoders {
    Decoders::standard().with(Encoding::TIGHT, TightDecoder::default())
}

/// Every encoder there is: Tight and what `rfb` brings.
#[must_use]
pub fn encoders() -> Encoders {
    Encoders::standard().with(Encoding::TIGHT, TightEncoder::default())
}

/// rfbproto "Tight Encoding": no wider rectangle may be sent.
const WIDTH_LIMIT: u16 = 2048;

/// rfbproto "Tight Encoding": filtered data shorter than this is sent as it is, without a length.
const MIN_TO_COMPRESS: usize = 12;
