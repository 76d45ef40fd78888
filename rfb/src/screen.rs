//! The screens a desktop is made of (rfbproto "ExtendedDesktopSize Pseudo-encoding").

use crate::wire::{Decode, Encode, Reader};
use crate::{DecodeError, Rect, Size};

/// One screen of the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// A number that stays with the screen while it moves.
    pub id: u32,
    /// The part of the framebuffer it shows.
    pub rect: Rect,
    /// Reserved by the specification; kept as it came.
    pub flags: u32,
}

impl Screen {
    /// One screen that covers a whole desktop of `size`.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self {
            // LibVNCClient takes a screen numbered 0 for none, and then does not follow the resize.
            id: 1,
            rect: size.into(),
            flags: 0,
        }
    }
}

impl Encode for Screen {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.id.to_be_bytes());
        self.rect.encode(out);
        out.extend(self.flags.to_be_bytes());
    }
}

impl Decode for Screen {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: r.u32("screen.id")?,
            rect: Rect::decode(r)?,
            flags: r.u32("screen.flags")?,
        })
    }
}

/// Why a desktop size is reported (the rectangle's x-position).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResizeReason(pub u16);

impl ResizeReason {
    /// The server's own doing.
    pub const SERVER: Self = Self(0);
    /// This client asked for it.
    pub const THIS_CLIENT: Self = Self(1);
    /// Another client asked for it.
    pub const OTHER_CLIENT: Self = Self(2);
}

/// How a SetDesktopSize ended (the rectangle's y-position).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResizeStatus(pub u16);

impl ResizeStatus {
    /// Done.
    pub const OK: Self = Self(0);
    /// Resizing is administratively prohibited.
    pub const PROHIBITED: Self = Self(1);
    /// Out of resources.
    pub const OUT_OF_RESOURCES: Self = Self(2);
    /// The layout is not one the server can show.
    pub const INVALID_LAYOUT: Self = Self(3);
    /// Passed on; the change may come later.
    pub const FORWARDED: Self = Self(4);
}
