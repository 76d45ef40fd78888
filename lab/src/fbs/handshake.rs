//! The start of the recorded stream, up to the first message.

use tightrope::rfb::handshake::{SecurityType, Version};
use tightrope::rfb::message::ServerInit;
use tightrope::rfb::wire::{Encode, Reader};
use tightrope::rfb::{DecodeError, PixelFormat};
use tightrope::{Limits, Size};

/// Bytes of a VncAuth challenge.
const CHALLENGE: usize = 16;

/// What a stream says of itself at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The desktop.
    pub size: Size,
    /// Its name.
    pub name: String,
    /// How its pixels are written.
    pub format: PixelFormat,
}

/// The start of a stream as players expect it: version 3.3, security type None, `ServerInit`.
#[must_use]
pub fn start_bytes(start: &Start) -> Vec<u8> {
    let mut bytes = Version::V3_3.bytes().to_vec();
    bytes.extend(u32::from(SecurityType::NONE.0).to_be_bytes());
    let init = ServerInit {
        size: start.size,
        format: start.format,
        name: start.name.clone(),
    };
    init.encode(&mut bytes);
    bytes
}

impl Start {
    /// Reads the start of anybody's recording, which may have been made without rewriting it: any version, with a
    /// challenge and its result where there was one. `Incomplete` until all of it is there.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = Version::decode(r)?;
        let security = match version {
            Version::V3_3 => r.u32("security-type")?,
            _ => {
                let count = r.u8("number-of-security-types")?;
                let offered = r.bytes("security-types", count.into())?;
                // What the client chose is not in the stream; recorders offer one.
                let first = offered.first().copied().unwrap_or_default();
                u32::from(match offered.contains(&SecurityType::NONE.0) {
                    true => SecurityType::NONE.0,
                    false => first,
                })
            }
        };
        let authenticated = match u8::try_from(security).map(SecurityType) {
            Ok(SecurityType::NONE) => false,
            Ok(SecurityType::VNC_AUTH) => {
                r.bytes("challenge", CHALLENGE)?;
                true
            }
            _ => {
                return Err(DecodeError::Invalid {
                    field: "security-type",
                    value: security.into(),
                });
            }
        };
        if authenticated || version == Version::V3_8 {
            read_result(r)?;
        }
        let limits = Limits::default();
        let init = ServerInit::decode(r, &limits)?;
        if init.size.area() > limits.framebuffer_pixels {
            return Err(DecodeError::TooLarge {
                field: "framebuffer pixels",
                value: init.size.area() as u64,
                limit: limits.framebuffer_pixels as u64,
            });
        }
        Ok(Self {
            size: init.size,
            name: init.name,
            format: init.format,
        })
    }
}

/// Reads the result of the authentication, if it is there: rfbproxy leaves it out after version 3.8's None. Then a size
/// stands in its place, which no result is like, as no desktop is 0 pixels wide.
fn read_result(r: &mut Reader<'_>) -> Result<(), DecodeError> {
    let result = r.clone().u32("security-result")?;
    if result > u16::MAX.into() {
        return Ok(());
    }
    match r.u32("security-result")? {
        0 => Ok(()),
        value => Err(DecodeError::Invalid {
            field: "security-result",
            value: value.into(),
        }),
    }
}
