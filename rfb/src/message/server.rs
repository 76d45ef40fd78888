//! Server to client messages. RFC 6143 7.3.2 and 7.6, rfbproto.

use super::{AudioReport, ClockStamps, Extension, Fence, Gii, Power, encode_counted};
use crate::clipboard::CutText;
use crate::wire::{Decode, Encode, Reader};
use crate::{DecodeError, Limits, PixelFormat, Size};

/// What the server says of itself at the end of the handshake. RFC 6143 7.3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInit {
    /// The desktop.
    pub size: Size,
    /// The server's own pixel format.
    pub format: PixelFormat,
    /// Shown in the window title.
    pub name: String,
}

impl Encode for ServerInit {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.size.width.to_be_bytes());
        out.extend(self.size.height.to_be_bytes());
        self.format.encode(out);
        encode_counted(self.name.as_bytes(), out);
    }
}

impl ServerInit {
    /// Reads it; a name over `limits` is refused.
    ///
    /// The server's own format is of no use to us (we ask for ours), so one we could not speak, such as a colour
    /// map, is read as BGRX.
    pub fn decode(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, DecodeError> {
        let size = Size::new(r.u16("framebuffer-width")?, r.u16("framebuffer-height")?);
        let format = r.bytes("server-pixel-format", 16)?;
        let length = r.length("name-length", limits.name)?;
        let name = String::from_utf8_lossy(r.bytes("name-string", length)?).into_owned();
        let format = PixelFormat::decode(&mut Reader::new(format)).unwrap_or(PixelFormat::BGRX);
        Ok(Self { size, format, name })
    }
}

/// A message from the server; of an update only the head: its rectangles follow and are read one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerMessage {
    /// RFC 6143 7.6.1.
    Update {
        /// Rectangles that follow; 65535 if LastRect ends them.
        rects: u16,
    },
    /// RFC 6143 7.6.2: what the pixel values of a format with a colour map mean.
    SetColourMapEntries {
        /// The first value that is told.
        first: u16,
        /// Red, green and blue of it and those after it.
        colours: Vec<[u16; 3]>,
    },
    /// RFC 6143 7.6.3.
    Bell,
    /// RFC 6143 7.6.4, or the extended form of rfbproto.
    CutText(CutText),
    /// rfbproto "EndOfContinuousUpdates".
    EndOfContinuousUpdates,
    /// rfbproto "ServerFence".
    Fence(Fence),
    /// rfbproto "QEMU Audio Server Message".
    Audio(AudioReport),
    /// rfbproto "xvp Server Message".
    Power(Power),
    /// rfbproto "gii Server Message", read and not used.
    Gii(Gii),
    /// neatvnc's experiment: the server's clock.
    Clock(ClockStamps),
    /// docs/PROTOCOL.md.
    Extension(Extension),
}

impl Encode for ServerMessage {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Update { rects } => {
                out.extend([0, 0]);
                out.extend(rects.to_be_bytes());
            }
            Self::SetColourMapEntries { first, colours } => {
                out.extend([1, 0]);
                out.extend(first.to_be_bytes());
                let kept = colours.iter().take(usize::from(u16::MAX));
                out.extend(u16::try_from(kept.len()).unwrap_or(u16::MAX).to_be_bytes());
                kept.flatten()
                    .for_each(|level| out.extend(level.to_be_bytes()));
            }
            Self::Bell => out.push(2),
            Self::CutText(text) => {
                out.extend([3, 0, 0, 0]);
                text.encode(out);
            }
            Self::EndOfContinuousUpdates => out.push(150),
            Self::Fence(fence) => {
                out.push(248);
                fence.encode(out);
            }
            Self::Audio(report) => {
                out.extend([255, 1]);
                report.encode(out);
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

impl ServerMessage {
    /// Reads one message, or the head of an update; lengths over `limits` are refused.
    pub fn decode(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, DecodeError> {
        Ok(match r.u8("message-type")? {
            0 => {
                r.bytes("padding", 1)?;
                Self::Update {
                    rects: r.u16("number-of-rectangles")?,
                }
            }
            1 => decode_colours(r)?,
            2 => Self::Bell,
            3 => {
                r.bytes("padding", 3)?;
                Self::CutText(CutText::decode(r, limits)?)
            }
            150 => Self::EndOfContinuousUpdates,
            160 => Self::Clock(ClockStamps::decode(r)?),
            193 => Self::Extension(Extension::decode(r)?),
            248 => Self::Fence(Fence::decode(r)?),
            250 => Self::Power(Power::decode(r)?),
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

/// rfbproto "QEMU Server Message".
fn decode_qemu(r: &mut Reader<'_>) -> Result<ServerMessage, DecodeError> {
    match r.u8("qemu.sub-message-type")? {
        1 => AudioReport::decode(r).map(ServerMessage::Audio),
        value => Err(DecodeError::Invalid {
            field: "qemu.sub-message-type",
            value: value.into(),
        }),
    }
}

fn decode_colours(r: &mut Reader<'_>) -> Result<ServerMessage, DecodeError> {
    r.bytes("padding", 1)?;
    let first = r.u16("first-colour")?;
    let count = r.u16("number-of-colours")?;
    let levels = (0..count).map(|_| Ok([r.u16("red")?, r.u16("green")?, r.u16("blue")?]));
    let colours = levels.collect::<Result<_, _>>()?;
    Ok(ServerMessage::SetColourMapEntries { first, colours })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::PowerAction;

    fn decode(bytes: &[u8]) -> Result<ServerMessage, DecodeError> {
        ServerMessage::decode(&mut Reader::new(bytes), &Limits::default())
    }

    #[test]
    #[rustfmt::skip]
    fn messages_have_their_bytes_both_ways() {
        let cases: [(ServerMessage, &[u8]); 4] = [
            (ServerMessage::SetColourMapEntries { first: 254, colours: vec![[1, 2, 3], [0xffff, 0, 0x0102]] },
             &[1, 0, /* first */ 0, 254, /* count */ 0, 2, 0, 1, 0, 2, 0, 3, 0xff, 0xff, 0, 0, 1, 2]),
            (ServerMessage::Bell, &[2]),
            (ServerMessage::Power(Power::Action(PowerAction::Reboot)), &[250, 0, 1, 3]),
            (ServerMessage::Clock(ClockStamps { asked: 1, received: 2, answered: 3, returned: 0 }),
             &[160, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0]),
        ];
        for (message, wire) in cases {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes, wire, "{message:?}");
            assert_eq!(decode(wire), Ok(message));
        }
    }
}
