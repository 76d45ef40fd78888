//! Protocol versions. RFC 6143 7.1.1.

use crate::DecodeError;
use crate::wire::Reader;

/// A protocol version both sides speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// RFB 003.003: the server decides on the security type.
    V3_3,
    /// RFB 003.007: the client chooses it.
    V3_7,
    /// RFB 003.008: every choice has a result, and a failure a reason.
    V3_8,
}

impl Version {
    /// Its twelve bytes on the wire.
    #[must_use]
    pub fn bytes(self) -> &'static [u8; 12] {
        match self {
            Self::V3_3 => b"RFB 003.003\n",
            Self::V3_7 => b"RFB 003.007\n",
            Self::V3_8 => b"RFB 003.008\n",
        }
    }

    /// Reads a peer's version: the newest of ours it can follow. RFC 6143 7.1.1: unknown ones count as 3.3.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = r.bytes("protocol-version", 12)?;
        let invalid = |value: u8| DecodeError::Invalid {
            field: "protocol-version",
            value: value.into(),
        };
        let pattern = b"RFB ddd.ddd\n";
        for (&byte, &expected) in bytes.iter().zip(pattern) {
            let fits = match expected {
                b'd' => byte.is_ascii_digit(),
                _ => byte == expected,
            };
            if !fits {
                return Err(invalid(byte));
            }
        }
        let number = |digits: &[u8]| {
            digits
                .iter()
                .fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
        };
        let major = number(bytes.get(4..7).unwrap_or_default());
        let minor = number(bytes.get(8..11).unwrap_or_default());
        match (major, minor) {
            (..3, _) | (3, ..3) => Err(invalid(u8::try_from(minor).unwrap_or(u8::MAX))),
            (3, 7) => Ok(Self::V3_7),
            (3, 3..8) => Ok(Self::V3_3),
            // Apple's server says 003.889 and speaks 3.8.
            _ => Ok(Self::V3_8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_the_newest_of_ours_the_peer_can_follow() {
        let read = |text: &str| Version::decode(&mut Reader::new(text.as_bytes()));
        assert_eq!(read("RFB 003.003\n"), Ok(Version::V3_3));
        assert_eq!(read("RFB 003.005\n"), Ok(Version::V3_3));
        assert_eq!(read("RFB 003.007\n"), Ok(Version::V3_7));
        assert_eq!(read("RFB 003.008\n"), Ok(Version::V3_8));
        assert_eq!(read("RFB 003.889\n"), Ok(Version::V3_8));
        assert_eq!(read("RFB 004.001\n"), Ok(Version::V3_8));
        assert!(read("GET / HTTP/1").is_err());
        assert!(read("RFB 002.002\n").is_err());
    }
}
