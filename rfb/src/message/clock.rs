//! Comparing the two sides' clocks: message 160 both ways, announced by
//! [`Encoding::CLOCK`](crate::Encoding::CLOCK). From neatvnc's experiment.

use crate::DecodeError;
use crate::wire::{Decode, Encode, Reader};

/// The four moments of one exchange, in microseconds, each cut to 32 bits: they wrap after 71 minutes.
///
/// The client sends the first, the server fills in the second and third, the client adds the fourth when it is back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockStamps {
    /// The client sent it: the client's clock.
    pub asked: u32,
    /// The server received it: the server's clock.
    pub received: u32,
    /// The server sent it back: the server's clock.
    pub answered: u32,
    /// The client received it: the client's clock. Zero on the wire.
    pub returned: u32,
}

impl Encode for ClockStamps {
    /// Everything after the message type.
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([0; 3]);
        for stamp in [self.asked, self.received, self.answered, self.returned] {
            out.extend(stamp.to_be_bytes());
        }
    }
}

impl Decode for ClockStamps {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        r.bytes("clock.padding", 3)?;
        Ok(Self {
            asked: r.u32("clock.t0")?,
            received: r.u32("clock.t1")?,
            answered: r.u32("clock.t2")?,
            returned: r.u32("clock.t3")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_four_stamps() {
        let stamps = ClockStamps {
            asked: 1,
            received: 0x0102_0304,
            answered: 3,
            returned: 4,
        };
        let mut bytes = Vec::new();
        stamps.encode(&mut bytes);
        #[rustfmt::skip]
        assert_eq!(bytes, [
            /* padding */ 0, 0, 0, /* t0 */ 0, 0, 0, 1, /* t1 */ 1, 2, 3, 4, /* t2 */ 0, 0, 0, 3, /* t3 */ 0, 0, 0, 4,
        ]);
        assert_eq!(ClockStamps::decode(&mut Reader::new(&bytes)), Ok(stamps));
    }
}
