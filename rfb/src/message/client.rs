//! Client to server messages. RFC 6143 7.5, rfbproto.

use super::{Extension, Fence};
use crate::clipboard::CutText;
use crate::wire::{Decode, Encode, Reader};
use crate::{DecodeError, Encoding, Limits, PixelFormat, Point, Rect, Screen, Size};

/// A message from the client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientMessage {
    /// RFC 6143 7.5.1.
    SetPixelFormat(PixelFormat),
    /// RFC 6143 7.5.2, most preferred first.
    SetEncodings(Vec<Encoding>),
    /// RFC 6143 7.5.3.
    UpdateRequest {
        /// Whether only changes are wanted.
        incremental: bool,
        /// The part of the desktop that is wanted.
        rect: Rect,
    },
    /// RFC 6143 7.5.4.
    Key {
        /// An X11 keysym.
        keysym: u32,
        /// Pressed or released.
        down: bool,
    },
    /// RFC 6143 7.5.5.
    Pointer {
        /// Where.
        at: Point,
        /// Bit 0 is the left button, 1 the middle, 2 the right, 3 to 6 the wheel up, down, left, right.
        buttons: u8,
    },
    /// RFC 6143 7.5.6, or the extended form of rfbproto.
    CutText(CutText),
    /// rfbproto "EnableContinuousUpdates".
    EnableContinuousUpdates {
        /// On or off.
        enable: bool,
        /// The part of the desktop that is wanted.
        rect: Rect,
    },
    /// rfbproto "ClientFence".
    Fence(Fence),
    /// rfbproto "SetDesktopSize".
    SetDesktopSize {
        /// The wanted framebuffer.
        size: Size,
        /// The wanted screens.
        screens: Vec<Screen>,
    },
    /// docs/PROTOCOL.md.
    Extension(Extension),
}

impl Encode for ClientMessage {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::SetPixelFormat(format) => {
                out.extend([0, 0, 0, 0]);
                format.encode(out);
            }
            Self::SetEncodings(encodings) => {
                out.extend([2, 0]);
                let kept = encodings.iter().take(usize::from(u16::MAX));
                out.extend(u16::try_from(kept.len()).unwrap_or(u16::MAX).to_be_bytes());
                kept.for_each(|encoding| out.extend(encoding.0.to_be_bytes()));
            }
            Self::UpdateRequest { incremental, rect } => {
                out.extend([3, (*incremental).into()]);
                rect.encode(out);
            }
            Self::Key { keysym, down } => {
                out.extend([4, (*down).into(), 0, 0]);
                out.extend(keysym.to_be_bytes());
            }
            Self::Pointer { at, buttons } => {
                out.extend([5, *buttons]);
                out.extend(at.x.to_be_bytes());
                out.extend(at.y.to_be_bytes());
            }
            Self::CutText(text) => {
                out.extend([6, 0, 0, 0]);
                text.encode(out);
            }
            Self::EnableContinuousUpdates { enable, rect } => {
                out.extend([150, (*enable).into()]);
                rect.encode(out);
            }
            Self::Fence(fence) => {
                out.push(248);
                fence.encode(out);
            }
            Self::SetDesktopSize { size, screens } => {
                out.extend([251, 0]);
                out.extend(size.width.to_be_bytes());
                out.extend(size.height.to_be_bytes());
                let kept = screens.iter().take(usize::from(u8::MAX));
                out.extend([u8::try_from(kept.len()).unwrap_or(u8::MAX), 0]);
                kept.for_each(|screen| screen.encode(out));
            }
            Self::Extension(extension) => {
                out.push(193);
                extension.encode(out);
            }
        }
    }
}

impl ClientMessage {
    /// Reads one whole message; lengths over `limits` are refused.
    pub fn decode(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, DecodeError> {
        Ok(match r.u8("message-type")? {
            0 => {
                r.bytes("padding", 3)?;
                Self::SetPixelFormat(PixelFormat::decode(r)?)
            }
            2 => {
                r.bytes("padding", 1)?;
                let count = r.u16("number-of-encodings")?;
                let encodings = (0..count).map(|_| r.i32("encoding-type").map(Encoding));
                Self::SetEncodings(encodings.collect::<Result<_, _>>()?)
            }
            3 => Self::UpdateRequest {
                incremental: r.u8("incremental")? != 0,
                rect: Rect::decode(r)?,
            },
            4 => {
                let down = r.u8("down-flag")? != 0;
                r.bytes("padding", 2)?;
                let keysym = r.u32("key")?;
                Self::Key { keysym, down }
            }
            5 => {
                let buttons = r.u8("button-mask")?;
                let at = Point::new(r.u16("x-position")?, r.u16("y-position")?);
                Self::Pointer { at, buttons }
            }
            6 => {
                r.bytes("padding", 3)?;
                Self::CutText(CutText::decode(r, limits)?)
            }
            150 => Self::EnableContinuousUpdates {
                enable: r.u8("enable-flag")? != 0,
                rect: Rect::decode(r)?,
            },
            193 => Self::Extension(Extension::decode(r)?),
            248 => Self::Fence(Fence::decode(r)?),
            251 => {
                r.bytes("padding", 1)?;
                let size = Size::new(r.u16("width")?, r.u16("height")?);
                let count = r.u8("number-of-screens")?;
                r.bytes("padding", 1)?;
                let screens = (0..count).map(|_| Screen::decode(r));
                let screens = screens.collect::<Result<_, _>>()?;
                Self::SetDesktopSize { size, screens }
            }
            value => {
                return Err(DecodeError::Invalid {
                    field: "message-type",
                    value: value.into(),
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn messages_have_their_bytes_both_ways() {
        let cases: [(ClientMessage, &[u8]); 7] = [
            (ClientMessage::SetEncodings(vec![Encoding::TIGHT, Encoding::LAST_RECT]),
             &[2, /* padding */ 0, /* count */ 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0x20]),
            (ClientMessage::UpdateRequest { incremental: true, rect: Rect::new(1, 2, 3, 4) },
             &[3, /* incremental */ 1, 0, 1, 0, 2, 0, 3, 0, 4]),
            (ClientMessage::Key { keysym: 0x61, down: true },
             &[4, /* down */ 1, /* padding */ 0, 0, 0, 0, 0, 0x61]),
            (ClientMessage::Pointer { at: Point::new(258, 3), buttons: 5 },
             &[5, /* mask */ 5, 1, 2, 0, 3]),
            (ClientMessage::EnableContinuousUpdates { enable: true, rect: Rect::new(0, 0, 9, 8) },
             &[150, 1, 0, 0, 0, 0, 0, 9, 0, 8]),
            (ClientMessage::SetDesktopSize { size: Size::new(640, 480), screens: vec![Screen::whole(Size::new(640, 480))] },
             &[251, 0, 2, 0x80, 1, 0xe0, /* screens */ 1, 0, /* id */ 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x80, 1, 0xe0, /* flags */ 0, 0, 0, 0]),
            (ClientMessage::CutText(CutText::Latin1("é".into())),
             &[6, 0, 0, 0, /* length */ 0, 0, 0, 1, 0xe9]),
        ];
        for (message, wire) in cases {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes, wire, "{message:?}");
            assert_eq!(ClientMessage::decode(&mut Reader::new(wire), &Limits::default()), Ok(message));
        }
    }

    #[test]
    fn an_unknown_message_is_refused_by_name() {
        let error = ClientMessage::decode(&mut Reader::new(&[99]), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "message-type: invalid value 99");
    }
}
