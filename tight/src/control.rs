//! The first byte of a body and the compact length. rfbproto "Tight Encoding".

use rfb::DecodeError;
use rfb::wire::{Encode, Reader};

/// The two encodings whose bodies begin with a compression-control byte. They differ in what one value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Tight,
    TightPng,
}

/// The compression-control byte: which zlib streams start afresh, and how the body is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Control {
    /// Bit n set: stream n is reset before this rectangle, whatever the method.
    pub(crate) resets: u8,
    pub(crate) method: Method,
}

/// How the body that follows is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Filtered pixels through zlib stream `stream` (0 to 3); `filtered` if a filter id follows.
    Basic { stream: u8, filtered: bool },
    /// The same as they are. rfbproto "Tight Encoding Without Zlib Pseudo-encoding".
    WithoutZlib { filtered: bool },
    /// One pixel, for all.
    Fill,
    /// A JFIF image.
    Jpeg,
    /// A PNG image; in [`Flavour::TightPng`] only. rfbproto "Tight PNG Encoding".
    Png,
}

/// Filter ids.
pub(crate) const COPY_FILTER: u8 = 0;
pub(crate) const PALETTE_FILTER: u8 = 1;
pub(crate) const GRADIENT_FILTER: u8 = 2;

const FILTERED: u8 = 0b0100_0000;
const FILL: u8 = 0b1000_0000;
const JPEG: u8 = 0b1001_0000;
/// What is a PNG image in [`Flavour::TightPng`] is a body without zlib in [`Flavour::Tight`].
const PNG: u8 = 0b1010_0000;
const WITHOUT_ZLIB: u8 = 0b1010_0000;

impl Encode for Control {
    fn encode(&self, out: &mut Vec<u8>) {
        let flag = |filtered| if filtered { FILTERED } else { 0 };
        let method = match self.method {
            Method::Basic { stream, filtered } => (stream & 3) << 4 | flag(filtered),
            Method::WithoutZlib { filtered } => WITHOUT_ZLIB | flag(filtered),
            Method::Fill => FILL,
            Method::Jpeg => JPEG,
            Method::Png => PNG,
        };
        out.push(method | (self.resets & 0xf));
    }
}

impl Control {
    /// Reads the byte as `flavour` has it.
    pub(crate) fn read(reader: &mut Reader<'_>, flavour: Flavour) -> Result<Self, DecodeError> {
        let byte = reader.u8("tight.compression-control")?;
        let filtered = byte & FILTERED != 0;
        let method = match (byte & 0xf0, flavour) {
            (FILL, _) => Method::Fill,
            (JPEG, _) => Method::Jpeg,
            (PNG, Flavour::TightPng) => Method::Png,
            (high, Flavour::Tight) if high & !FILTERED == WITHOUT_ZLIB => {
                Method::WithoutZlib { filtered }
            }
            // Not for TightPNG, but there it can mean nothing else.
            (high, _) if high < FILL => Method::Basic {
                stream: byte >> 4 & 3,
                filtered,
            },
            _ => return Err(invalid("tight.compression-control", byte)),
        };
        Ok(Self {
            resets: byte & 0xf,
            method,
        })
    }
}

/// A field whose value is not allowed.
pub(crate) fn invalid(field: &'static str, value: impl Into<i64>) -> DecodeError {
    DecodeError::Invalid {
        field,
        value: value.into(),
    }
}

/// Appends `length`, below 2^22, in one to three bytes.
pub(crate) fn write_length(length: usize, out: &mut Vec<u8>) {
    let byte = |value: usize| {
        let [low, ..] = value.to_le_bytes();
        low
    };
    let more = |value| byte(value) | 0x80;
    match length {
        0..0x80 => out.push(byte(length)),
        0x80..0x4000 => out.extend([more(length), byte(length >> 7)]),
        _ => out.extend([more(length), more(length >> 7), byte(length >> 14)]),
    }
}

/// Reads a length of one to three bytes, at most 2^22 - 1, and no larger than `limit`.
pub(crate) fn read_length(
    reader: &mut Reader<'_>,
    field: &'static str,
    limit: usize,
) -> Result<usize, DecodeError> {
    let length = compact(reader, field)?;
    if length <= limit {
        return Ok(length);
    }
    Err(DecodeError::TooLarge {
        field,
        value: length as u64,
        limit: limit as u64,
    })
}

fn compact(reader: &mut Reader<'_>, field: &'static str) -> Result<usize, DecodeError> {
    let mut length = 0;
    for shift in [0, 7] {
        let byte = usize::from(reader.u8(field)?);
        length |= (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(length);
        }
    }
    Ok(length | usize::from(reader.u8(field)?) << 14)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_byte_is_read_as_written_or_refused() {
        for flavour in [Flavour::Tight, Flavour::TightPng] {
            for byte in 0..=255 {
                match Control::read(&mut Reader::new(&[byte]), flavour) {
                    Ok(control) => {
                        let mut bytes = Vec::new();
                        control.encode(&mut bytes);
                        assert_eq!(bytes, [byte]);
                    }
                    Err(error) => {
                        let reserved = matches!(byte >> 4, 0xb | 0xc | 0xd | 0xf);
                        let filtered = byte >> 4 == 0xe && flavour == Flavour::TightPng;
                        assert!(reserved || filtered, "{byte:#x} {flavour:?}");
                        assert_eq!(
                            error.to_string(),
                            format!("tight.compression-control: invalid value {byte}")
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn lengths_are_those_of_the_specification() {
        for (length, bytes) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 0x01]),
            (10_000, &[0x90, 0x4e]), // the example in rfbproto
            (16_383, &[0xff, 0x7f]),
            (16_384, &[0x80, 0x80, 0x01]),
            (4_194_303, &[0xff, 0xff, 0xff]),
        ] {
            let mut written = Vec::new();
            write_length(length, &mut written);
            assert_eq!(written, bytes);
            let read = |limit| read_length(&mut Reader::new(bytes), "length", limit);
            assert_eq!(read(length), Ok(length));
            if length > 0 {
                let error = read(length - 1).unwrap_err().to_string();
                assert!(
                    error.starts_with(&format!("length: {length} is over")),
                    "{error}"
                );
            }
        }
    }
}
