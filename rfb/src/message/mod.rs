//! Every message, one type each, spec section named.

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
