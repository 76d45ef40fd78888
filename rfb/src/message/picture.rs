//! The end of a picture, and when it was seen: sub-types 8 and 9 of our own messages. docs/PROTOCOL.md.

use std::time::Duration;

use crate::wire::Reader;
use crate::{DecodeError, MediaTime};

/// A picture that was presented: from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Which: when it was captured.
    pub captured: MediaTime,
    /// How long after all of it had come it was drawn, in whole microseconds; longer than 71 minutes is that.
    pub after: Duration,
}

/// The payload of an end of picture.
pub(super) fn end_payload(captured: MediaTime) -> Vec<u8> {
    captured.as_micros().to_be_bytes().to_vec()
}

/// Reads the whole payload of an end of picture. What follows is of a later time, and not read.
pub(super) fn decode_end(payload: &[u8]) -> Result<MediaTime, DecodeError> {
    let mut r = Reader::new(payload);
    captured(&mut r).map_err(|_| cut_short("end-of-picture.length", payload))
}

impl Presented {
    pub(super) fn payload(&self) -> Vec<u8> {
        let mut payload = end_payload(self.captured);
        let after = u32::try_from(self.after.as_micros()).unwrap_or(u32::MAX);
        payload.extend(after.to_be_bytes());
        payload
    }

    /// Reads a whole payload. What follows is of a later time, and not read.
    pub(super) fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(payload);
        let mut read = || {
            let captured = captured(&mut r)?;
            let after = Duration::from_micros(r.u32("presented.after")?.into());
            Ok(Self { captured, after })
        };
        read().map_err(|_: DecodeError| cut_short("presented.length", payload))
    }
}

fn captured(r: &mut Reader<'_>) -> Result<MediaTime, DecodeError> {
    let micros = u64::from(r.u32("pts")?) << 32 | u64::from(r.u32("pts")?);
    Ok(MediaTime::from_micros(micros))
}

/// The payload is whole: what is missing will not come.
fn cut_short(field: &'static str, payload: &[u8]) -> DecodeError {
    DecodeError::Invalid {
        field,
        value: i64::try_from(payload.len()).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_picture_is_its_time() {
        let captured = MediaTime::from_micros(0x0102_0304_0506_0708);
        let payload = end_payload(captured);
        assert_eq!(payload, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(decode_end(&payload), Ok(captured));
        let error = decode_end(&payload[..7]).unwrap_err().to_string();
        assert_eq!(error, "end-of-picture.length: invalid value 7");
    }

    #[test]
    fn a_picture_was_presented_some_time_after_it_had_come() {
        let presented = Presented {
            captured: MediaTime::from_micros(9),
            after: Duration::from_micros(0x0a0b),
        };
        let payload = presented.payload();
        #[rustfmt::skip]
        assert_eq!(payload, [/* pts */ 0, 0, 0, 0, 0, 0, 0, 9, /* after */ 0, 0, 10, 11]);
        assert_eq!(Presented::decode(&payload), Ok(presented));
        let error = Presented::decode(&payload[..11]).unwrap_err().to_string();
        assert_eq!(error, "presented.length: invalid value 11");
        let late = Presented {
            after: Duration::from_secs(9999),
            ..presented
        };
        assert_eq!(&late.payload()[8..], [255; 4]);
    }
}
