//! Finding out what the link delivers: sub-types 10 and 11 of our own messages. docs/PROTOCOL.md.

use crate::wire::Reader;
use crate::{DecodeError, MediaTime};

/// Bytes in front of the padding.
const PROBE_HEAD: usize = 8;
const ANSWER_HEAD: usize = 16;
/// Bytes of padding in one message.
pub(crate) const PADDING: usize = 32 << 10;

/// What a client sends: padding to see how fast it arrives, and how much it wants back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Comes back with the answers.
    pub number: u32,
    /// Bytes of padding the server is to send.
    pub wanted: u32,
    /// Bytes of padding in this message, at most 32 KiB.
    pub padding: usize,
}

/// What the server says to a [`Probe`]: one, or as many as it takes to send what was wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// That of the probe.
    pub number: u32,
    /// When the probe was there, all of it: the server's clock.
    pub received: MediaTime,
    /// Bytes of padding that follow in further answers.
    pub left: u32,
    /// Bytes of padding in this message, at most 32 KiB.
    pub padding: usize,
}

impl Probe {
    pub(super) fn payload(self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(PROBE_HEAD + self.padding.min(PADDING));
        payload.extend(self.number.to_be_bytes());
        payload.extend(self.wanted.to_be_bytes());
        pad(&mut payload, self.padding);
        payload
    }

    /// Reads a whole payload.
    pub(super) fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(payload);
        let head = (|| Ok((r.u32("probe.number")?, r.u32("probe.wanted")?)))();
        let (number, wanted) = head.map_err(|_: DecodeError| short("probe.length", payload))?;
        let padding = r.rest().len();
        Ok(Self {
            number,
            wanted,
            padding,
        })
    }
}

impl ProbeAnswer {
    pub(super) fn payload(self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(ANSWER_HEAD + self.padding.min(PADDING));
        payload.extend(self.number.to_be_bytes());
        payload.extend(self.received.as_micros().to_be_bytes());
        payload.extend(self.left.to_be_bytes());
        pad(&mut payload, self.padding);
        payload
    }

    /// Reads a whole payload.
    pub(super) fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(payload);
        let head = (|| {
            let number = r.u32("probe-answer.number")?;
            let high = u64::from(r.u32("probe-answer.received")?);
            let low = u64::from(r.u32("probe-answer.received")?);
            Ok((number, high << 32 | low, r.u32("probe-answer.left")?))
        })();
        let (number, received, left) =
            head.map_err(|_: DecodeError| short("probe-answer.length", payload))?;
        Ok(Self {
            number,
            received: MediaTime::from_micros(received),
            left,
            padding: r.rest().len(),
        })
    }
}

/// The payload is whole: what is missing will not come.
fn short(field: &'static str, payload: &[u8]) -> DecodeError {
    DecodeError::Invalid {
        field,
        value: i64::try_from(payload.len()).unwrap_or(i64::MAX),
    }
}

/// Bytes that nothing on the way makes fewer.
fn pad(payload: &mut Vec<u8>, count: usize) {
    let mut state = 0x9e37_79b9_u32;
    payload.extend((0..count.min(PADDING)).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Extension;
    use crate::wire::{Decode, Encode};

    #[test]
    #[rustfmt::skip]
    fn probes_and_answers_have_their_bytes_both_ways() {
        let probe = Extension::Probe(Probe { number: 7, wanted: 258, padding: 0 });
        let answer = ProbeAnswer { number: 7, received: MediaTime::from_micros(0x1_0000_0002), left: 3, padding: 0 };
        let cases: [(Extension, &[u8]); 2] = [
            (probe, &[/* sub-type */ 10, /* version */ 1, 0, 0, /* length */ 0, 0, 0, 8,
                /* number */ 0, 0, 0, 7, /* wanted */ 0, 0, 1, 2]),
            (Extension::ProbeAnswer(answer), &[11, 1, 0, 0, /* length */ 0, 0, 0, 16, /* number */ 0, 0, 0, 7,
                /* received */ 0, 0, 0, 1, 0, 0, 0, 2, /* left */ 0, 0, 0, 3]),
        ];
        for (message, wire) in cases {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            assert_eq!(bytes, wire);
            assert_eq!(Extension::decode(&mut Reader::new(wire)), Ok(message));
        }
    }

    #[test]
    fn padding_counts_and_is_bounded() {
        for (padding, arrives) in [(1, 1), (PADDING, PADDING), (usize::MAX, PADDING)] {
            let probe = Probe {
                padding,
                ..Probe::default()
            };
            let read = Probe::decode(&probe_payload(probe)).unwrap();
            assert_eq!(read.padding, arrives);
        }
    }

    fn probe_payload(probe: Probe) -> Vec<u8> {
        probe.payload()
    }

    #[test]
    fn what_is_too_short_is_refused_by_field() {
        let error = Probe::decode(&[0; 7]).unwrap_err();
        assert_eq!(error.to_string(), "probe.length: invalid value 7");
        let error = ProbeAnswer::decode(&[0; 15]).unwrap_err();
        assert_eq!(error.to_string(), "probe-answer.length: invalid value 15");
    }
}
