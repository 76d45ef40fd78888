//! The Tight encoding of RFB and its relatives TightPNG and JPEG, both directions (rfbproto "Tight Encoding", "Tight PNG
//! Encoding", "JPEG Encoding"), plugged into `rfb` from outside.
//!
//! ```text
//!   View, Region ─► split ─► palette ─► choice ─► basic │ png │ jpeg ─► RectWriter         TightEncoder, TightPngEncoder
//!   Reader ─► body (all bytes taken) ─► inflate ─► filter ─┐
//!                                    └─► jpeg │ png ───────┴─► ViewMut                     TightDecoder, TightPngDecoder
//!   View, Region ─► split ─► jpeg ─► tables left out ─► RectWriter                         JpegEncoder
//!   Reader ─► segments (as they come) ─► tables put back ─► jpeg ─► ViewMut                JpegDecoder
//! ```
#![forbid(unsafe_code)]

mod choice;
mod content;
mod control;
mod decoder;
pub mod deflate;
mod encoder;
mod gradient;
mod jpeg;
mod kind;
mod png;
mod split;
mod tpixel;

pub use decoder::{TightDecoder, TightPngDecoder};
pub use encoder::{Shared, TightEncoder, TightPngEncoder};
pub use jpeg::{JpegDecoder, JpegEncoder};
pub use kind::Kind;

use rfb::{Decoders, Encoders, Encoding};

/// Every decoder there is: Tight, preferred, then TightPNG and JPEG, then what `rfb` brings.
#[must_use]
pub fn decoders() -> Decoders {
    Decoders::standard()
        .with(Encoding::JPEG, JpegDecoder::default())
        .with(Encoding::TIGHT_PNG, TightPngDecoder::default())
        .with(Encoding::TIGHT, TightDecoder::default())
}

/// Every encoder there is: Tight and its relatives, and what `rfb` brings.
#[must_use]
pub fn encoders() -> Encoders {
    encoders_sharing(&Shared::default())
}

/// The same, sharing threads and work with the encoders of other clients of the same desktop.
#[must_use]
pub fn encoders_sharing(shared: &Shared) -> Encoders {
    Encoders::standard()
        .with(Encoding::JPEG, JpegEncoder::default())
        .with(Encoding::TIGHT_PNG, TightPngEncoder::sharing(shared))
        .with(Encoding::TIGHT, TightEncoder::sharing(shared))
}

/// rfbproto "Tight Encoding": no wider rectangle may be sent.
const WIDTH_LIMIT: u16 = 2048;

/// rfbproto "Tight Encoding": filtered data shorter than this is sent as it is, without a length.
const MIN_TO_COMPRESS: usize = 12;
