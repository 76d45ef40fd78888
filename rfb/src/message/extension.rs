//! Our own messages: type 193 both ways, announced by [`Encoding::TIGHTROPE`](crate::Encoding::TIGHTROPE).
//! Byte tables in docs/PROTOCOL.md.

use super::{Presented, Probe, ProbeAnswer, SoundMessage, Ticket, picture};
use crate::wire::{Decode, Encode, Reader};
use crate::{DecodeError, MediaTime};

/// Bytes of one extension message we accept.
const LENGTH_LIMIT: usize = 1 << 16;
/// The version of every sub-type we write.
const VERSION: u8 = 1;
const GOODBYE: u8 = 1;
const TICKET: u8 = 2;
const PICTURE_END: u8 = 8;
const PRESENTED: u8 = 9;
const PROBE: u8 = 10;
const PROBE_ANSWER: u8 = 11;

/// Why a session is ended. Open-ended: unknown codes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoodbyeCode(pub u16);

impl GoodbyeCode {
    /// The server, or the viewer, is going away.
    pub const SHUTTING_DOWN: Self = Self(0);
    /// The application that was shown has ended.
    pub const APPLICATION_ENDED: Self = Self(1);
    /// The session is not wanted any more: too slow, replaced, or ended by its owner.
    pub const REFUSED: Self = Self(2);
    /// Nothing happened for too long.
    pub const IDLE: Self = Self(3);
}

/// The last message of a session: why it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goodbye {
    /// For programs.
    pub code: GoodbyeCode,
    /// For people.
    pub text: String,
}

/// A message of our own family. Unknown sub-types are skipped whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extension {
    /// The session ends.
    Goodbye(Goodbye),
    /// What the client may come back with. Only from servers.
    Ticket(Ticket),
    /// About sound.
    Sound(SoundMessage),
    /// All has come of the picture that was captured then. Only from servers.
    PictureEnd(MediaTime),
    /// A picture is seen. Only from clients.
    Presented(Presented),
    /// What does the link deliver? Only from clients.
    Probe(Probe),
    /// Only from servers.
    ProbeAnswer(ProbeAnswer),
    /// A sub-type or version we do not know.
    Unknown {
        /// The sub-type.
        kind: u8,
        /// Its version.
        version: u8,
    },
}

impl Encode for Extension {
    /// Everything after the message type. An unknown one is written without payload.
    fn encode(&self, out: &mut Vec<u8>) {
        let (kind, version, payload) = match self {
            Self::Goodbye(goodbye) => {
                let mut payload = goodbye.code.0.to_be_bytes().to_vec();
                payload.extend(goodbye.text.bytes().take(LENGTH_LIMIT - payload.len()));
                (GOODBYE, VERSION, payload)
            }
            Self::Ticket(ticket) => (TICKET, VERSION, ticket.payload()),
            Self::Sound(message) => {
                let (kind, payload) = message.payload();
                (kind, VERSION, payload)
            }
            Self::PictureEnd(captured) => (PICTURE_END, VERSION, picture::end_payload(*captured)),
            Self::Presented(presented) => (PRESENTED, VERSION, presented.payload()),
            Self::Probe(probe) => (PROBE, VERSION, probe.payload()),
            Self::ProbeAnswer(answer) => (PROBE_ANSWER, VERSION, answer.payload()),
            Self::Unknown { kind, version } => (*kind, *version, Vec::new()),
        };
        out.extend([kind, version, 0, 0]);
        super::encode_counted(&payload, out);
    }
}

impl Decode for Extension {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let kind = r.u8("extension.sub-type")?;
        let version = r.u8("extension.version")?;
        r.bytes("extension.padding", 2)?;
        let length = r.length("extension.length", LENGTH_LIMIT)?;
        let payload = r.bytes("extension.payload", length)?;
        match (kind, version) {
            (GOODBYE, VERSION) => Goodbye::decode(payload).map(Self::Goodbye),
            (TICKET, VERSION) => Ticket::decode(payload).map(Self::Ticket),
            (PICTURE_END, VERSION) => picture::decode_end(payload).map(Self::PictureEnd),
            (PRESENTED, VERSION) => Presented::decode(payload).map(Self::Presented),
            (PROBE, VERSION) => Probe::decode(payload).map(Self::Probe),
            (PROBE_ANSWER, VERSION) => ProbeAnswer::decode(payload).map(Self::ProbeAnswer),
            (_, VERSION) => {
                let sound = SoundMessage::decode(kind, payload)?;
                Ok(sound.map_or(Self::Unknown { kind, version }, Self::Sound))
            }
            _ => Ok(Self::Unknown { kind, version }),
        }
    }
}

impl Goodbye {
    /// Its text, or what its code stands for if it has none.
    #[must_use]
    pub fn reason(&self) -> String {
        if !self.text.is_empty() {
            return self.text.clone();
        }
        match self.code {
            GoodbyeCode::SHUTTING_DOWN => "the other side is going away".to_owned(),
            GoodbyeCode::APPLICATION_ENDED => "the application has ended".to_owned(),
            GoodbyeCode::REFUSED => "the session is not wanted any more".to_owned(),
            GoodbyeCode::IDLE => "nothing happened for too long".to_owned(),
            GoodbyeCode(code) => format!("goodbye, with code {code}"),
        }
    }

    /// Reads a whole payload.
    fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let Some((code, text)) = payload.split_first_chunk::<2>() else {
            return Err(DecodeError::Invalid {
                field: "goodbye.length",
                value: i64::try_from(payload.len()).unwrap_or(i64::MAX),
            });
        };
        Ok(Self {
            code: GoodbyeCode(u16::from_be_bytes(*code)),
            text: String::from_utf8_lossy(text).into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goodbye_is_a_code_and_a_text() {
        let goodbye = Extension::Goodbye(Goodbye {
            code: GoodbyeCode::APPLICATION_ENDED,
            text: "hé".into(),
        });
        let mut bytes = Vec::new();
        goodbye.encode(&mut bytes);
        #[rustfmt::skip]
        assert_eq!(bytes, [
            /* sub-type */ 1, /* version */ 1, /* zero */ 0, 0, /* length */ 0, 0, 0, 5,
            /* code */ 0, 1, /* text */ b'h', 0xc3, 0xa9,
        ]);
        assert_eq!(Extension::decode(&mut Reader::new(&bytes)), Ok(goodbye));
    }

    #[test]
    fn a_goodbye_without_a_text_has_a_reason_all_the_same() {
        let reason = |code: u16, text: &str| {
            let (code, text) = (GoodbyeCode(code), text.to_owned());
            Goodbye { code, text }.reason()
        };
        assert_eq!(reason(3, "lunch"), "lunch");
        assert_eq!(reason(3, ""), "nothing happened for too long");
        assert_eq!(reason(700, ""), "goodbye, with code 700");
    }

    #[test]
    fn an_unknown_sub_type_is_skipped_whole() {
        let bytes = [77, 3, 0, 0, 0, 0, 0, 2, 9, 9, 42];
        let mut reader = Reader::new(&bytes);
        let unknown = Extension::Unknown {
            kind: 77,
            version: 3,
        };
        assert_eq!(Extension::decode(&mut reader), Ok(unknown));
        assert_eq!(reader.u8("next"), Ok(42));
    }

    #[test]
    fn a_goodbye_without_a_code_is_refused_by_name() {
        let error = Extension::decode(&mut Reader::new(&[1, 1, 0, 0, 0, 0, 0, 1, 9])).unwrap_err();
        assert_eq!(error.to_string(), "goodbye.length: invalid value 1");
    }
}
