//! Every message, one type each, spec section named.

mod client;
mod clock;
mod extension;
mod fence;
mod gii;
mod picture;
mod power;
mod probe;
mod qemu_audio;
mod server;
mod sound;
mod ticket;

pub use client::ClientMessage;
pub use clock::ClockStamps;
pub use extension::{Extension, Goodbye, GoodbyeCode};
pub use fence::{Fence, FenceFlags};
pub use gii::Gii;
pub use picture::Presented;
pub use power::{Power, PowerAction};
pub(crate) use probe::PADDING as PROBE_PADDING;
pub use probe::{Probe, ProbeAnswer};
pub use qemu_audio::{AudioCommand, AudioReport};
pub use server::{ServerInit, ServerMessage};
pub use sound::{SoundMessage, SoundStart};
pub(crate) use sound::{decode_packet, encode_packet};
pub use ticket::Ticket;

use crate::wire::{Decode, Encode, Reader};
use crate::{DecodeError, Rect};

impl Encode for Rect {
    fn encode(&self, out: &mut Vec<u8>) {
        for field in [self.left, self.top, self.width, self.height] {
            out.extend(field.to_be_bytes());
        }
    }
}

impl Decode for Rect {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            left: r.u16("x-position")?,
            top: r.u16("y-position")?,
            width: r.u16("width")?,
            height: r.u16("height")?,
        })
    }
}

/// Appends a `U32` length and `bytes`, cut at what a `U32` can say.
pub(crate) fn encode_counted(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(
        bytes
            .iter()
            .take(usize::try_from(length).unwrap_or(usize::MAX)),
    );
}
