//! The RFB protocol as a pure state machine: bytes and time in, bytes and events out.
//!
//! Nothing here opens a socket, reads a clock or draws a random number. Threads are started only to share the work on
//! one picture, and have ended when the call returns ([`Workers`]).
//!
//! ```text
//!   handle_bytes ──►┌──────────────────┐──► poll_event
//!                   │ ClientConnection │
//!   handle_timeout ►│ ServerConnection │──► poll_timeout
//!   (commands) ────►└──────────────────┘──► poll_output
//! ```
//!
//! Any call order is legal: feed what you have, then drain events and output until both give `None`.

pub mod blocks;
pub mod client;
pub mod clipboard;
pub mod codec;
pub mod cursor;
pub mod damage;
pub mod encoding;
pub mod error;
pub mod framebuffer;
pub mod geometry;
pub mod handshake;
pub mod keycode;
pub mod leds;
pub mod limits;
pub mod message;
pub mod pixel;
pub mod region;
pub mod round_trips;
pub mod screen;
pub mod server;
pub mod sound;
pub mod time;
pub mod traffic;
pub mod wire;
pub mod workers;

pub use client::{ClientConfig, ClientConnection, ClientEvent};
pub use codec::{
    Decoder, Decoders, EncodeSettings, Encoder, Encoders, Progress, RectReader, RectWriter,
};
pub use cursor::{Cursor, CursorForm};
pub use encoding::{Encoding, Subsampling};
pub use error::{DecodeError, Error};
pub use framebuffer::{BYTES_PER_PIXEL, Framebuffer, View, ViewMut};
pub use geometry::{Point, Rect, Size};
pub use leds::Leds;
pub use limits::Limits;
pub use message::{ClientMessage, Goodbye, GoodbyeCode, PowerAction, ServerMessage, Ticket};
pub use pixel::PixelFormat;
pub use region::Region;
pub use round_trips::RoundTrips;
pub use screen::Screen;
pub use server::{ServerConfig, ServerConnection, ServerEvent};
pub use sound::{
    PcmFormat, SoundEnd, SoundFeed, SoundFormat, SoundOffer, SoundPacket, SoundStream, SoundVolume,
};
pub use time::{LocalTime, MediaTime};
pub use traffic::Traffic;
pub use workers::Workers;
