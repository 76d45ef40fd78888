//! The messages of the extended clipboard.

use std::io::{Read, Write};
use std::ops::BitOr;

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::with_newlines;
use crate::wire::Reader;
use crate::{DecodeError, Limits};

/// Kinds of clipboard data, a bit each. Unknown ones are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats(pub u32);

impl Formats {
    /// Unicode text.
    pub const TEXT: Self = Self(1);
    /// Microsoft Rich Text Format.
    pub const RTF: Self = Self(1 << 1);
    /// Microsoft HTML clipboard fragments.
    pub const HTML: Self = Self(1 << 2);
    /// Microsoft Device Independent Bitmap v5, without file header.
    pub const DIB: Self = Self(1 << 3);
    /// Reserved by the specification.
    pub const FILES: Self = Self(1 << 4);
    const MASK: u32 = 0xffff;

    /// Whether all of `others` are among them.
    #[must_use]
    pub fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Formats {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a peer is willing to be sent, a bit each. Unknown ones are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(pub u32);

impl Actions {
    /// The sender's [`Caps`].
    pub const CAPS: Self = Self(1 << 24);
    /// [`Message::Request`].
    pub const REQUEST: Self = Self(1 << 25);
    /// [`Message::Peek`].
    pub const PEEK: Self = Self(1 << 26);
    /// [`Message::Notify`].
    pub const NOTIFY: Self = Self(1 << 27);
    /// [`Message::Provide`].
    pub const PROVIDE: Self = Self(1 << 28);
    const MASK: u32 = 0xff00_0000;
    const KNOWN: u32 = 0x1f00_0000;

    /// Whether all of `others` are among them.
    #[must_use]
    pub fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl BitOr for Actions {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the sender of this is willing to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// The kinds of data.
    pub formats: Formats,
    /// The messages.
    pub actions: Actions,
    /// The most bytes of each format, by bit number, to be provided without a request; 0 for formats not taken.
    pub unsolicited: [u32; 16],
}

impl Caps {
    /// What a client that has not sent its own is taken to support.
    pub const ASSUMED: Self = Self {
        formats: Formats(Formats::TEXT.0 | Formats::RTF.0 | Formats::HTML.0),
        actions: Actions(Actions::REQUEST.0 | Actions::NOTIFY.0 | Actions::PROVIDE.0),
        unsolicited: [20 << 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    };
    /// Ours: text, and never without a request, as the specification recommends.
    pub const OURS: Self = Self {
        formats: Formats::TEXT,
        actions: Actions(Actions::KNOWN),
        unsolicited: [0; 16],
    };

    fn flags(&self) -> u32 {
        self.formats.0 & Formats::MASK | self.actions.0 & Actions::MASK | Actions::CAPS.0
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.flags().to_be_bytes());
        for (bit, size) in self.unsolicited.iter().enumerate() {
            if self.formats.contains(Formats(1 << bit)) {
                out.extend(size.to_be_bytes());
            }
        }
    }
    fn decode(flags: u32, r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let formats = Formats(flags & Formats::MASK);
        let mut unsolicited = [0; 16];
        for (bit, size) in unsolicited.iter_mut().enumerate() {
            if formats.contains(Formats(1 << bit)) {
                *size = r.u32("clipboard.caps.sizes")?;
            }
        }
        Ok(Self {
            formats,
            actions: Actions(flags & Actions::MASK),
            unsolicited,
        })
    }
}

/// One message of the extended clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// What the sender is willing to receive.
    Caps(Caps),
    /// Send these, in a [`Message::Provide`].
    Request(Formats),
    /// Say what you have, in a [`Message::Notify`].
    Peek,
    /// The sender's clipboard holds these.
    Notify(Formats),
    /// The data. Formats other than text are passed over.
    Provide {
        /// The text, if there is one.
        text: Option<String>,
    },
    /// Flags without any action we know: nothing to be done.
    Other(u32),
}

impl Message {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let mut flags = |formats: Formats, action: Actions| {
            out.extend((formats.0 & Formats::MASK | action.0).to_be_bytes());
        };
        match self {
            Self::Caps(caps) => caps.encode(out),
            Self::Request(formats) => flags(*formats, Actions::REQUEST),
            Self::Peek => flags(Formats::default(), Actions::PEEK),
            Self::Notify(formats) => flags(*formats, Actions::NOTIFY),
            Self::Provide { text: None } => {
                flags(Formats::default(), Actions::PROVIDE);
                deflate(&[], out);
            }
            Self::Provide { text: Some(text) } => {
                flags(Formats::TEXT, Actions::PROVIDE);
                let text = wire_text(text);
                let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
                deflate(&[&size.to_be_bytes(), text.as_bytes()], out);
            }
            Self::Other(flags) => out.extend((flags & !Actions::KNOWN).to_be_bytes()),
        }
    }

    /// Reads the whole `body` of an extended message. Never `Incomplete`: what it lacks will not come.
    pub(super) fn decode(body: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        Self::read(&mut r, body, limits).map_err(|error| match error {
            DecodeError::Incomplete { field, .. } => invalid(field, body),
            other => other,
        })
    }

    fn read(r: &mut Reader<'_>, body: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        let flags = r.u32("clipboard.flags")?;
        let formats = Formats(flags & Formats::MASK);
        if flags & Actions::CAPS.0 != 0 {
            return Caps::decode(flags, r).map(Self::Caps);
        }
        match Actions(flags & Actions::KNOWN) {
            Actions(0) => Ok(Self::Other(flags)),
            Actions::REQUEST => Ok(Self::Request(formats)),
            Actions::PEEK => Ok(Self::Peek),
            Actions::NOTIFY => Ok(Self::Notify(formats)),
            Actions::PROVIDE if formats.contains(Formats::TEXT) => {
                let deflated = body.get(r.position()..).unwrap_or_default();
                let text = Some(inflate_text(deflated, limits)?);
                Ok(Self::Provide { text })
            }
            Actions::PROVIDE => Ok(Self::Provide { text: None }),
            Actions(_) => Err(DecodeError::Invalid {
                field: "clipboard.flags",
                value: flags.into(),
            }),
        }
    }
}

/// Bytes of `text` on the wire: with its line ends and terminator.
pub(super) fn wire_length(text: &str) -> usize {
    text.len() + text.bytes().filter(|&byte| byte == b'\n').count() + 1
}

/// `text` with its line ends and terminator as they are on the wire.
fn wire_text(text: &str) -> String {
    let mut wire = with_newlines(text).replace('\n', "\r\n");
    wire.push('\0');
    wire
}

/// Flushed but not ended, as TigerVNC does it: LibVNCServer takes the end of the stream for an error and disconnects.
fn deflate(pieces: &[&[u8]], out: &mut Vec<u8>) {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to a Vec cannot fail.
    let _ = pieces
        .iter()
        .try_for_each(|piece| encoder.write_all(piece))
        .and_then(|()| encoder.flush());
    out.extend_from_slice(encoder.get_ref());
}

/// The text of a Provide. Text is the lowest bit, so it comes first: whatever follows is never inflated.
fn inflate_text(deflated: &[u8], limits: &Limits) -> Result<String, DecodeError> {
    let mut stream = ZlibDecoder::new(deflated);
    let mut size = [0; 4];
    stream
        .read_exact(&mut size)
        .map_err(|_| invalid("clipboard.text.size", deflated))?;
    let size = u32::from_be_bytes(size);
    let limit = limits.clipboard_text.saturating_add(1); // the terminator
    if !usize::try_from(size).is_ok_and(|size| size <= limit) {
        return Err(DecodeError::TooLarge {
            field: "clipboard.text.size",
            value: size.into(),
            limit: limit as u64,
        });
    }
    let mut text = Vec::new();
    let read = stream.take(size.into()).read_to_end(&mut text);
    if read.ok().and_then(|read| u32::try_from(read).ok()) != Some(size) {
        return Err(invalid("clipboard.text", deflated));
    }
    // Some peers leave the terminator out.
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(with_newlines(&String::from_utf8_lossy(text)).into_owned())
}

/// `field` cannot be read from `bytes`; carries their number.
fn invalid(field: &'static str, bytes: &[u8]) -> DecodeError {
    let value = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    DecodeError::Invalid { field, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &[u8]) -> Result<Message, DecodeError> {
        Message::decode(body, &Limits::default())
    }

    fn encode(message: &Message) -> Vec<u8> {
        let mut body = Vec::new();
        message.encode(&mut body);
        body
    }

    #[test]
    fn each_action_is_one_flag() {
        let both = Formats::TEXT | Formats::HTML;
        for (message, bytes) in [
            (Message::Request(Formats::TEXT), [0b0000_0010, 0, 0, 1]),
            (Message::Peek, [0b0000_0100, 0, 0, 0]),
            (Message::Notify(both), [0b0000_1000, 0, 0, 0b101]),
        ] {
            assert_eq!(encode(&message), bytes);
            assert_eq!(decode(&bytes), Ok(message));
        }
    }

    #[test]
    fn caps_hold_a_size_for_each_format_set() {
        #[rustfmt::skip]
        let bytes = [
            /* provide, notify, caps */ 0b0001_1001, 0, /* text, html */ 0, 0b101,
            /* text */ 0x01, 0x40, 0, 0, /* html */ 0, 0, 0, 7,
        ];
        let mut unsolicited = [0; 16];
        (unsolicited[0], unsolicited[2]) = (20 << 20, 7);
        let caps = Message::Caps(Caps {
            formats: Formats::TEXT | Formats::HTML,
            actions: Actions::CAPS | Actions::NOTIFY | Actions::PROVIDE,
            unsolicited,
        });
        assert_eq!(encode(&caps), bytes);
        assert_eq!(decode(&bytes), Ok(caps));
        let error = decode(&bytes[..11]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "clipboard.caps.sizes: invalid value 11",
            "a whole message must not wait for more"
        );
    }

    #[test]
    fn text_is_inflated_and_loses_its_terminator_and_carriage_returns() {
        #[rustfmt::skip]
        let bytes = [
            /* provide */ 0b0001_0000, 0, 0, /* text */ 1,
            /* zlib header */ 0x78, 0x01,
            /* last block, stored, length and its complement */ 1, 10, 0, !10, 0xff,
            /* size */ 0, 0, 0, 6, b'a', b'\r', b'\n', 0xc3, 0xa9, /* terminator */ 0,
        ];
        let text = Some("a\né".to_owned());
        assert_eq!(decode(&bytes), Ok(Message::Provide { text }));
    }

    #[test]
    fn what_we_provide_is_carriage_returns_and_a_terminator() {
        let text = Some("a\nb".to_owned());
        let bytes = encode(&Message::Provide { text });
        assert_eq!(bytes[..4], [0b0001_0000, 0, 0, 1]);
        let wanted = b"\0\0\0\x05a\r\nb\0";
        let mut inflated = [0; 9];
        let mut stream = flate2::Decompress::new(true);
        let status = stream
            .decompress(&bytes[4..], &mut inflated, flate2::FlushDecompress::None)
            .unwrap();
        assert_eq!((&inflated, stream.total_out()), (wanted, 9));
        assert_eq!(
            status,
            flate2::Status::Ok,
            "LibVNCServer disconnects where the stream ends"
        );
    }

    fn provide(flags: u32, inflated: &[u8]) -> Vec<u8> {
        let mut body = (Actions::PROVIDE.0 | flags).to_be_bytes().to_vec();
        deflate(&[inflated], &mut body);
        body
    }

    #[test]
    fn a_bomb_is_refused_by_the_size_it_claims() {
        let mut bomb = 0x7fff_ffff_u32.to_be_bytes().to_vec();
        bomb.resize(64 << 20, b'a');
        assert_eq!(
            decode(&provide(1, &bomb)),
            Err(DecodeError::TooLarge {
                field: "clipboard.text.size",
                value: 0x7fff_ffff,
                limit: (1 << 20) + 1
            })
        );
    }

    #[test]
    fn other_formats_are_passed_over() {
        let inflated = b"\0\0\0\x03hi\0\0\0\0\x02{}";
        let text = Some("hi".to_owned());
        assert_eq!(
            decode(&provide(0b11, inflated)),
            Ok(Message::Provide { text })
        );
        assert_eq!(
            decode(&provide(0b10, inflated)),
            Ok(Message::Provide { text: None })
        );
    }

    #[test]
    fn a_stream_that_is_flushed_but_not_ended_is_enough() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"\0\0\0\x03hi\0").unwrap();
        encoder.flush().unwrap();
        let mut body = (Actions::PROVIDE.0 | 1).to_be_bytes().to_vec();
        body.extend(encoder.get_ref());
        let text = Some("hi".to_owned());
        assert_eq!(decode(&body), Ok(Message::Provide { text }));
    }

    #[test]
    fn text_shorter_than_it_says_is_refused() {
        let body = provide(1, b"\0\0\0\x09hi\0");
        let Err(DecodeError::Invalid { field, .. }) = decode(&body) else {
            panic!("accepted");
        };
        assert_eq!(field, "clipboard.text");
    }

    #[test]
    fn unknown_flags_are_ignored_but_two_actions_at_once_are_not() {
        assert_eq!(
            decode(&[0b0100_0010, 0xff, 0, 1]),
            Ok(Message::Request(Formats::TEXT))
        );
        assert_eq!(
            decode(&[0b0100_0000, 0, 0, 1]),
            Ok(Message::Other(0x4000_0001))
        );
        assert!(decode(&[0b0000_0110, 0, 0, 1]).is_err());
        assert!(decode(&[0b0000_0010, 0, 0]).is_err());
    }
}
