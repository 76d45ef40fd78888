//! An oracle takes any bytes and panics if we have a bug. Fuzz targets and tests call the same ones.

mod bitmaps;
mod choices;
mod clipboard;
mod cursors;
mod decoders;
mod deflate;
mod deflated;
mod handshakes;
mod messages;
#[cfg(feature = "recordings")]
mod recordings;
mod resumes;
mod round_trip;
#[cfg(feature = "transport")]
mod rsa_aes;
mod sessions;
#[cfg(feature = "sound")]
mod sound;
mod split;
#[cfg(feature = "transport")]
mod websocket;

pub use bitmaps::bitmaps;
pub(crate) use choices::{ENCODINGS, formats};
pub use clipboard::clipboard;
pub use cursors::cursors;
pub use decoders::decoders;
pub use deflate::deflate;
pub use handshakes::{client_handshake, server_handshake};
pub use messages::{client_messages, server_messages};
#[cfg(feature = "recordings")]
pub use recordings::{fbs, vtz};
pub use resumes::resumes;
pub use round_trip::round_trip;
#[cfg(feature = "transport")]
pub use rsa_aes::rsa_aes;
pub(crate) use sessions::{SOUND, packet, sound_offer};
pub use sessions::{client_session, client_split, greeting, login, server_session, server_split};
#[cfg(feature = "sound")]
pub use sound::sound;
#[cfg(feature = "transport")]
pub use websocket::websocket;

use rfb::Limits;

use crate::seeds;

/// An oracle, the name of its fuzz target and of the directories of its inputs, and inputs to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// `fuzz/fuzz_targets/NAME.rs`, `fuzz/corpus/NAME/`, `fuzz/regressions/NAME/`.
    pub name: &'static str,
    /// Panics if `data` shows a bug.
    pub oracle: fn(data: &[u8]),
    /// Small inputs that reach far.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target there is.
#[rustfmt::skip]
pub const TARGETS: &[Target] = &[
    Target { name: "client_handshake", oracle: client_handshake, seeds: seeds::client_handshake },
    Target { name: "server_handshake", oracle: server_handshake, seeds: seeds::server_handshake },
    Target { name: "client_messages", oracle: client_messages, seeds: seeds::client_messages },
    Target { name: "server_messages", oracle: server_messages, seeds: seeds::server_messages },
    Target { name: "client_session", oracle: client_session, seeds: seeds::client_session },
    Target { name: "server_session", oracle: server_session, seeds: seeds::server_session },
    Target { name: "resumes", oracle: resumes, seeds: seeds::resumes },
    Target { name: "decoders", oracle: decoders, seeds: seeds::decoders },
    Target { name: "deflate", oracle: deflate, seeds: seeds::deflate },
    Target { name: "round_trip", oracle: round_trip, seeds: seeds::round_trip },
    Target { name: "clipboard", oracle: clipboard, seeds: seeds::clipboard },
    Target { name: "bitmaps", oracle: bitmaps, seeds: seeds::bitmaps },
    Target { name: "cursors", oracle: cursors, seeds: seeds::cursors },
    #[cfg(feature = "sound")]
    Target { name: "sound", oracle: sound, seeds: seeds::sound },
    #[cfg(feature = "recordings")]
    Target { name: "fbs", oracle: fbs, seeds: seeds::fbs },
    #[cfg(feature = "recordings")]
    Target { name: "vtz", oracle: vtz, seeds: seeds::vtz },
    #[cfg(feature = "transport")]
    Target { name: "rsa_aes", oracle: rsa_aes, seeds: seeds::rsa_aes },
    #[cfg(feature = "transport")]
    Target { name: "websocket", oracle: websocket, seeds: seeds::websocket },
];

/// Limits small enough that any bytes can be tried.
#[must_use]
pub fn small_limits() -> Limits {
    Limits {
        framebuffer_pixels: 1 << 16,
        clipboard_text: 1 << 12,
        clipboard_image: 1 << 14,
        name: 1 << 8,
        reason: 1 << 8,
        cursor_side: 64,
        unread_output: 1 << 12,
    }
}

/// The same, but answers may pile up: how many wait when nobody takes them depends on how the bytes were cut.
fn patient_limits() -> Limits {
    Limits {
        unread_output: 1 << 24,
        ..small_limits()
    }
}
