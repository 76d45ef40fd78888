//! Client to server messages. RFC 6143 7.5, rfbproto.

use super::{AudioCommand, ClockStamps, Extension, Fence, Gii, Power};
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
        /// Bit 0 is the left button, 1 the middle, 2 the right, 3 to 6 the wheel up, down, left, right; 7 and 8 are
        /// buttons 8 (back) and 9 (forward), which need [`Encoding::EXTENDED_BUTTONS`].
        buttons: u16,
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
    /// rfbproto "QEMU Extended Key Event Message".
    ExtendedKey {
        /// An X11 keysym; 0 if the client knows none.
        keysym: u32,
        /// The key itself: its code in the PC's set 1, with 0x80 added for those behind 0xe0.
        keycode: u32,
        /// Pressed or released.
        down: bool,
    },
    /// rfbproto "QEMU Audio Client Message".
    Audio(AudioCommand),
    /// rfbproto "xvp Client Message".
    Power(Power),
    /// rfbproto "gii Client Message", read and not used.
    Gii(Gii),
    /// neatvnc's experiment: the client asks for the server's clock.
    Clock(ClockStamps),
    /// docs/PROTOCOL.md.
    Extension(Extension),
}

/// Set in the button mask if a second byte of buttons follows. rfbproto "Extended Mouse Buttons Pseudo-encoding".
const MORE_BUTTONS: u16 = 0x80;

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
                let low = buttons & !MORE_BUTTONS;
                let high = buttons >> 7;
                let mask = if high == 0 { low } else { low | MORE_BUTTONS };
                out.extend([5, low_byte(mask)]);
                out.extend(at.x.to_be_bytes());
                out.extend(at.y.to_be_bytes());
                out.extend((high != 0).then_some(low_byte(high)));
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
            Self::ExtendedKey {
                keysym,
                keycode,
                down,
            } => {
                out.extend([255, 0, 0, (*down).into()]);
                out.extend(keysym.to_be_bytes());
                out.extend(keycode.to_be_bytes());
            }
            Self::Audio(command) => {
                out.extend([255, 1]);
                command.encode(out);
            }
            Self::Power(power) => {
                out.push(250);
                power.encode(out);
            }
            Self::Gii(gii) => {
                out.push(253);
                gii.encode(out);
            }
            Self::Clock(stamps) => {
                out.push(160);
                stamps.encode(out);
            }
            Self::Extension(extension) => {
                out.push(193);
                extension.encode(out);
            }
        }
    }
}

fn low_byte(value: u16) -> u8 {
    let [_, low] = value.to_be_bytes();
    low
}

impl ClientMessage {
    /// Reads one whole message; lengths over `limits` are refused.
    ///
    /// `extended_buttons`: the client announced [`Encoding::EXTENDED_BUTTONS`], so a button mask may have a second byte.
    pub fn decode(
        r: &mut Reader<'_>,
        limits: &Limits,
        extended_buttons: bool,
    ) -> Result<Self, DecodeError> {
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
                let mask = r.u8("button-mask")?;
                let at = Point::new(r.u16("x-position")?, r.u16("y-position")?);
                let mut buttons = u16::from(mask);
                if extended_buttons && buttons & MORE_BUTTONS != 0 {
                    buttons &= !MORE_BUTTONS;
                    buttons |= u16::from(r.u8("extended-button-mask")?) << 7;
                }
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
            160 => Self::Clock(ClockStamps::decode(r)?),
            193 => Self::Extension(Extension::decode(r)?),
            248 => Self::Fence(Fence::decode(r)?),
            250 => Self::Power(Power::decode(r)?),
            251 => {
                r.bytes("padding", 1)?;
                let size = Size::new(r.u16("width")?, r.u16("height")?);
                let count = r.u8("number-of-screens")?;
                r.bytes("padding", 1)?;
                let screens = (0..count).map(|_| Screen::decode(r));
                let screens = screens.collect::<Result<_, _>>()?;
                Self::SetDesktopSize { size, screens }
            }
            253 => Self::Gii(Gii::decode(r)?),
            255 => decode_qemu(r)?,
            value => {
                return Err(DecodeError::Invalid {
                    field: "message-type",
                    value: value.into(),
                });
            }
        })
    }
}

/// rfbproto "QEMU Client Message".
fn decode_qemu(r: &mut Reader<'_>) -> Result<ClientMessage, DecodeError> {
    match r.u8("qemu.sub-message-type")? {
        0 => {
            let down = r.u16("qemu.down-flag")? != 0;
            let keysym = r.u32("qemu.keysym")?;
            let keycode = r.u32("qemu.keycode")?;
            Ok(ClientMessage::ExtendedKey {
                keysym,
                keycode,
                down,
            })
        }
        1 => AudioCommand::decode(r).map(ClientMessage::Audio),
        value => Err(DecodeError::Invalid {
            field: "qemu.sub-message-type",
            value: value.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn messages_have_their_bytes_both_ways() {
        let cases: [(ClientMessage, &[u8]); 9] = [
            (ClientMessage::SetEncodings(vec![Encoding::TIGHT, Encoding::LAST_RECT]),
             &[2, /* padding */ 0, /* count */ 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0x20]),
            (ClientMessage::UpdateRequest { incremental: true, rect: Rect::new(1, 2, 3, 4) },
             &[3, /* incremental */ 1, 0, 1, 0, 2, 0, 3, 0, 4]),
            (ClientMessage::Key { keysym: 0x61, down: true },
             &[4, /* down */ 1, /* padding */ 0, 0, 0, 0, 0, 0x61]),
            (ClientMessage::Pointer { at: Point::new(258, 3), buttons: 5 },
             &[5, /* mask */ 5, 1, 2, 0, 3]),
            (ClientMessage::Pointer { at: Point::new(258, 3), buttons: 0b1_0000_0001 },
             &[5, /* mask */ 0x81, 1, 2, 0, 3, /* extended */ 2]),
            (ClientMessage::ExtendedKey { keysym: 0xffe4, keycode: 0x9d, down: true },
             &[255, 0, /* down */ 0, 1, 0, 0, 0xff, 0xe4, 0, 0, 0, 0x9d]),
            (ClientMessage::EnableContinuousUpdates { enable: true, rect: Rect::new(0, 0, 9, 8) },
             &[150, 1, 0, 0, 0, 0, 0, 9, 0, 8]),
            (ClientMessage::SetDesktopSize { size: Size::new(640, 480), screens: vec![Screen::whole(Size::new(640, 480))] },
             &[251, 0, 2, 0x80, 1, 0xe0, /* screens */ 1, 0, /* id */ 0, 0, 0, 1, 0, 0, 0, 0, 2, 0x80, 1, 0xe0, /* flags */ 0, 0, 0, 0]),
            (ClientMessage::CutText(CutText::Latin1("é".into())),
             &[6, 0, 0, 0, /* length */ 0, 0, 0, 1, 0xe9]),
        ];
        for (message, wire) in cases {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes, wire, "{message:?}");
            assert_eq!(ClientMessage::decode(&mut Reader::new(wire), &Limits::default(), true), Ok(message));
        }
    }

    #[test]
    fn an_unknown_message_is_refused_by_name() {
        for (bytes, said) in [
            (&[99][..], "message-type: invalid value 99"),
            (&[255, 7], "qemu.sub-message-type: invalid value 7"),
        ] {
            let mut reader = Reader::new(bytes);
            let error = ClientMessage::decode(&mut reader, &Limits::default(), true).unwrap_err();
            assert_eq!(error.to_string(), said);
        }
    }

    #[test]
    fn without_the_extension_the_eighth_bit_is_a_button_and_no_byte_follows() {
        let mut reader = Reader::new(&[5, 0x81, 0, 1, 0, 2, 77]);
        let (at, buttons) = (Point::new(1, 2), 0x81);
        assert_eq!(
            ClientMessage::decode(&mut reader, &Limits::default(), false),
            Ok(ClientMessage::Pointer { at, buttons })
        );
        assert_eq!(reader.u8("next"), Ok(77));
    }
}
