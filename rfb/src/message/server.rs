//! Server to client messages. RFC 6143 7.3.2 and 7.6, rfbproto.

use super::{Extension, Fence, encode_counted};
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
    /// RFC 6143 7.6.2, read over: we ask for true colour.
    SetColourMapEntries,
    /// RFC 6143 7.6.3.
    Bell,
    /// RFC 6143 7.6.4, or the extended form of rfbproto.
    CutText(CutText),
    /// rfbproto "EndOfContinuousUpdates".
    EndOfContinuousUpdates,
    /// rfbproto "ServerFence".
    Fence(Fence),
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
            Self::SetColourMapEntries => out.extend([1, 0, 0, 0, 0, 0]),
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
            1 => {
                r.bytes("padding", 1)?;
                r.u16("first-colour")?;
                let count = r.u16("number-of-colours")?;
                r.bytes("colours", usize::from(count) * 6)?;
                Self::SetColourMapEntries
            }
            2 => Self::Bell,
            3 => {
                r.bytes("padding", 3)?;
                Self::CutText(CutText::decode(r, limits)?)
            }
            150 => Self::EndOfContinuousUpdates,
            193 => Self::Extension(Extension::decode(r)?),
            248 => Self::Fence(Fence::decode(r)?),
            value => {
                return Err(DecodeError::Invalid {
                    field: "message-type",
                    value: value.into(),
                });
            }
        })
    }
}
