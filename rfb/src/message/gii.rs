//! General Input Interface: message 253 both ways. rfbproto "gii Client Message", "gii Server Message".
//!
//! Read whole so that a peer that speaks it keeps its place in the stream; what its devices do is not used.

use crate::DecodeError;
use crate::wire::{Decode, Encode, Reader};

/// Set in the first byte if the rest of the message is big-endian.
const BIG_ENDIAN: u8 = 0x80;

/// One message of the General Input Interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gii {
    /// 0 event injection, 1 version, 2 device creation, 3 device destruction.
    pub kind: u8,
    /// Whether the payload's numbers are big-endian.
    pub big_endian: bool,
    /// What follows the length.
    pub payload: Vec<u8>,
}

impl Encode for Gii {
    /// Everything after the message type. A payload over 65535 bytes is cut.
    fn encode(&self, out: &mut Vec<u8>) {
        let length = u16::try_from(self.payload.len()).unwrap_or(u16::MAX);
        let kind = self.kind & !BIG_ENDIAN;
        if self.big_endian {
            out.push(kind | BIG_ENDIAN);
            out.extend(length.to_be_bytes());
        } else {
            out.push(kind);
            out.extend(length.to_le_bytes());
        }
        out.extend(self.payload.iter().take(length.into()));
    }
}

impl Decode for Gii {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first = r.u8("gii.endian-and-sub-type")?;
        let length = r.u16("gii.length")?;
        let big_endian = first & BIG_ENDIAN != 0;
        let length = if big_endian {
            length
        } else {
            length.swap_bytes()
        };
        Ok(Self {
            kind: first & !BIG_ENDIAN,
            big_endian,
            payload: r.bytes("gii.payload", length.into())?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_in_the_byte_order_the_first_byte_tells() {
        for (bytes, big_endian) in [([0x81, 0, 2, 7, 8], true), ([0x01, 2, 0, 7, 8], false)] {
            let gii = Gii {
                kind: 1,
                big_endian,
                payload: vec![7, 8],
            };
            let mut encoded = Vec::new();
            gii.encode(&mut encoded);
            assert_eq!(encoded, bytes);
            assert_eq!(Gii::decode(&mut Reader::new(&bytes)), Ok(gii));
        }
    }
}
