//! Fences: marks that come back once what was sent before them is done. rfbproto "ClientFence", "ServerFence".

use crate::DecodeError;
use crate::wire::{Decode, Encode, Reader};

/// What a fence synchronises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FenceFlags(pub u32);

impl FenceFlags {
    /// Everything before it has been processed.
    pub const BLOCK_BEFORE: Self = Self(1);
    /// Nothing after it is processed before the answer has gone out.
    pub const BLOCK_AFTER: Self = Self(1 << 1);
    /// The message after it is processed before the answer has gone out.
    pub const SYNC_NEXT: Self = Self(1 << 2);
    /// An answer is wanted.
    pub const REQUEST: Self = Self(1 << 31);
    /// What a side can keep that handles one message after the other, and so may answer with.
    pub(crate) const IN_ORDER: Self = Self(Self::BLOCK_BEFORE.0 | Self::BLOCK_AFTER.0);

    /// Whether all of `other` is set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A fence: the same bytes both ways, only the message type differs in direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    /// What it synchronises.
    pub flags: FenceFlags,
    /// The asker's own mark, at most 64 bytes, sent back unchanged.
    pub payload: Vec<u8>,
}

/// rfbproto: the payload is at most this long.
const PAYLOAD_LIMIT: u8 = 64;

impl Fence {
    /// The answer that is due, if one was asked for, by a side that can keep the flags `kept`.
    #[must_use]
    pub fn answer(self, kept: FenceFlags) -> Option<Self> {
        self.flags.contains(FenceFlags::REQUEST).then_some(Self {
            flags: FenceFlags(self.flags.0 & kept.0),
            payload: self.payload,
        })
    }
}

impl Encode for Fence {
    /// Everything after the message type.
    fn encode(&self, out: &mut Vec<u8>) {
        let payload = self
            .payload
            .get(..PAYLOAD_LIMIT.into())
            .unwrap_or(&self.payload);
        out.extend([0; 3]); // padding
        out.extend(self.flags.0.to_be_bytes());
        out.push(u8::try_from(payload.len()).unwrap_or(PAYLOAD_LIMIT));
        out.extend(payload);
    }
}

impl Decode for Fence {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.bytes("fence.padding", 3)?;
        let flags = FenceFlags(r.u32("fence.flags")?);
        let length = r.u8("fence.length")?;
        if length > PAYLOAD_LIMIT {
            return Err(DecodeError::TooLarge {
                field: "fence.length",
                value: length.into(),
                limit: PAYLOAD_LIMIT.into(),
            });
        }
        let payload = r.bytes("fence.payload", length.into())?.to_vec();
        Ok(Self { flags, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_carries_the_payload_and_only_what_we_keep() {
        let asked = Fence {
            flags: FenceFlags(0xffff_ffff),
            payload: vec![7, 8],
        };
        let answer = asked.answer(FenceFlags::IN_ORDER).unwrap();
        assert_eq!(answer.flags.0, 3);
        assert_eq!(answer.payload, [7, 8]);
        assert_eq!(answer.answer(FenceFlags::IN_ORDER), None);
    }

    #[test]
    fn a_fence_is_flags_and_payload() {
        let fence = Fence {
            flags: FenceFlags::REQUEST.with(FenceFlags::BLOCK_BEFORE),
            payload: vec![9],
        };
        let mut bytes = Vec::new();
        fence.encode(&mut bytes);
        #[rustfmt::skip]
        assert_eq!(bytes, [/* padding */ 0, 0, 0, /* flags */ 0x80, 0, 0, 1, /* length */ 1, /* payload */ 9]);
        assert_eq!(Fence::decode(&mut Reader::new(&bytes)), Ok(fence));
    }
}
