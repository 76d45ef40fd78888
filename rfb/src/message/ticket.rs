//! What a client needs to come back to its session: sub-type 2 of our own messages. docs/PROTOCOL.md.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::DecodeError;
use crate::wire::Reader;

/// Bytes of a ticket.
const LIMIT: usize = 4096;
/// Flag: the session goes on.
const RESUMED: u8 = 1;

/// What a server gives a client, for it to show when it comes back. It prints without its bytes, which are secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The session goes on where it was: the client is sent only what it does not hold.
    pub resumed: bool,
    /// How long it is good for, in whole seconds.
    pub lifetime: Duration,
    /// For the server alone, at most 4096.
    pub bytes: Bytes,
}

impl Ticket {
    /// The payload of the message. What is too long is cut, and is then no ticket.
    pub(super) fn payload(&self) -> Vec<u8> {
        let flags = if self.resumed { RESUMED } else { 0 };
        let seconds = u32::try_from(self.lifetime.as_secs()).unwrap_or(u32::MAX);
        let mut payload = vec![flags, 0, 0, 0];
        payload.extend(seconds.to_be_bytes());
        payload.extend(self.bytes.iter().take(LIMIT));
        payload
    }

    /// Reads a whole payload.
    pub(super) fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(payload);
        let head = (|| {
            let flags = r.u8("ticket.flags")?;
            r.bytes("ticket.padding", 3)?;
            Ok((flags, r.u32("ticket.lifetime")?))
        })();
        // The payload is whole: what is missing will not come.
        let (flags, seconds) = head.map_err(|_: DecodeError| DecodeError::Invalid {
            field: "ticket.length",
            value: i64::try_from(payload.len()).unwrap_or(i64::MAX),
        })?;
        let bytes = r.rest();
        if bytes.len() > LIMIT {
            return Err(DecodeError::TooLarge {
                field: "ticket.length",
                value: bytes.len() as u64,
                limit: LIMIT as u64,
            });
        }
        Ok(Self {
            resumed: flags & RESUMED != 0,
            lifetime: Duration::from_secs(seconds.into()),
            bytes: Bytes::copy_from_slice(bytes),
        })
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("resumed", &self.resumed)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_flags_a_lifetime_and_bytes() {
        let ticket = Ticket {
            resumed: true,
            lifetime: Duration::from_secs(60),
            bytes: Bytes::from_static(&[7, 8, 9]),
        };
        let payload = ticket.payload();
        #[rustfmt::skip]
        assert_eq!(payload, [/* flags */ 1, /* zero */ 0, 0, 0, /* lifetime */ 0, 0, 0, 60, 7, 8, 9]);
        assert_eq!(Ticket::decode(&payload), Ok(ticket));
    }

    #[test]
    fn a_ticket_too_short_or_too_long_is_refused_by_name() {
        let error = Ticket::decode(&[0; 7]).unwrap_err().to_string();
        assert_eq!(error, "ticket.length: invalid value 7");
        let error = Ticket::decode(&[0; 8 + 4097]).unwrap_err().to_string();
        assert_eq!(error, "ticket.length: 4097 is over the limit 4096");
    }

    #[test]
    fn a_ticket_does_not_print_its_bytes() {
        let ticket = Ticket::decode(&[0, 0, 0, 0, 0, 0, 0, 5, 77, 78]).unwrap();
        let printed = format!("{ticket:?}");
        assert_eq!(printed, "Ticket { resumed: false, lifetime: 5s, .. }");
    }
}
