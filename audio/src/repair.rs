//! Repairs: what lost frames can be had from, exactly. docs/PROTOCOL.md "Repairs of sound".
//!
//! Packet n carries the frames n−1 and n−3, one over the other (XOR). So each frame is in two packets, and comes back if
//! either has come together with the other frame in it: any one, and any two in a row.

use bytes::Bytes;

use crate::codec::FRAME_LIMIT;

/// Bits of the first byte: the frame one before is in it, and the one three before; each was the last before silence.
const NEAR: u8 = 1;
const FAR: u8 = 2;
const NEAR_LAST: u8 = 4;
const FAR_LAST: u8 = 8;
/// The flags, and both lengths, one over the other.
const HEADER: usize = 3;

/// A frame as repairs know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) frame: &'a [u8],
}

/// The last frames that were sent, the newest first; `None` for those that were not, for silence.
#[derive(Debug, Default)]
pub(crate) struct Repairs {
    sent: [Option<(Bytes, bool)>; 3],
}

impl Repairs {
    /// `frame` was sent.
    pub(crate) fn push(&mut self, frame: &Bytes, is_last: bool) {
        let [first, second, _] = std::mem::take(&mut self.sent);
        self.sent = [Some((frame.clone(), is_last)), first, second];
    }

    /// A frame was not sent.
    pub(crate) fn skip(&mut self) {
        let [first, second, _] = std::mem::take(&mut self.sent);
        self.sent = [None, first, second];
    }

    /// What the packet that comes next is to carry; `None` if there is nothing to repair.
    pub(crate) fn repair(&self) -> Option<Bytes> {
        let [near, _, far] = &self.sent;
        if near.is_none() && far.is_none() {
            return None;
        }
        let mut out = vec![0; HEADER];
        let mut flags = 0;
        let mut lengths = 0;
        for (piece, here, last) in [(near, NEAR, NEAR_LAST), (far, FAR, FAR_LAST)] {
            let Some((frame, is_last)) = piece else {
                continue;
            };
            flags |= here | if *is_last { last } else { 0 };
            lengths ^= u16::try_from(frame.len()).unwrap_or_default();
            over(&mut out, HEADER, frame);
        }
        let [high, low] = lengths.to_be_bytes();
        if let Some(header) = out.first_chunk_mut() {
            *header = [flags, high, low];
        }
        Some(Bytes::from(out))
    }
}

/// Which of the two frames of a repair is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The one before the packet.
    Near,
    /// The third before it.
    Far,
}

/// Whether the other frame is in `repair` too, so that it is needed to have the one that is wanted; `None` if that one is
/// not in it, or the repair is malformed.
pub(crate) fn needs_other(repair: &[u8], wanted: Wanted) -> Option<bool> {
    let flags = *repair.first().filter(|_| HEADER <= repair.len())?;
    let (this, other) = match wanted {
        Wanted::Near => (NEAR, FAR),
        Wanted::Far => (FAR, NEAR),
    };
    (flags & this != 0).then_some(flags & other != 0)
}

/// Writes the frame that is `wanted` to `out` and tells whether it was the last before silence; `None` if it is not in
/// `repair`, or cannot be had. `other` is the other frame of the two, if it has come.
pub(crate) fn recover(
    repair: &[u8],
    wanted: Wanted,
    other: Option<Piece<'_>>,
    out: &mut Vec<u8>,
) -> Option<bool> {
    let (&[flags, high, low], mixed) = repair.split_first_chunk()?;
    let other = if needs_other(repair, wanted)? {
        other?.frame
    } else {
        &[]
    };
    let other_length = u16::try_from(other.len()).ok()?;
    let length = usize::from(u16::from_be_bytes([high, low]) ^ other_length);
    if mixed.len() < length || mixed.len() < other.len() || FRAME_LIMIT < length {
        return None;
    }
    out.clear();
    out.extend_from_slice(mixed);
    over(out, 0, other);
    out.truncate(length);
    let last = match wanted {
        Wanted::Near => NEAR_LAST,
        Wanted::Far => FAR_LAST,
    };
    Some(flags & last != 0)
}

/// XORs `frame` onto `out` from `start` on, which grows as need be.
fn over(out: &mut Vec<u8>, start: usize, frame: &[u8]) {
    let end = start + frame.len();
    if out.len() < end {
        out.resize(end, 0);
    }
    for (byte, other) in out.iter_mut().skip(start).zip(frame) {
        *byte ^= other;
    }
}
