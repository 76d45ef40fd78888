//! The messages of the extended clipboard.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::ops::{BitAnd, BitOr};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::content::{Content, Image};
use super::{html, with_newlines};
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
    /// Reserved by the specification, which does not say how they would look: never offered, never asked for.
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

impl BitAnd for Formats {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
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
    /// Ours: all that is defined, and never without a request, as the specification recommends.
    pub const OURS: Self = Self {
        formats: Formats(Formats::TEXT.0 | Formats::RTF.0 | Formats::HTML.0 | Formats::DIB.0),
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
    /// The data. An image that is [`Image::OnRequest`] is not among it; formats that are not in [`Caps::OURS`] are passed
    /// over.
    Provide(Content),
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
            Self::Provide(content) => {
                let pieces = pieces(content);
                let bits = pieces.iter().map(|(format, _)| *format);
                flags(
                    bits.fold(Formats::default(), BitOr::bitor),
                    Actions::PROVIDE,
                );
                deflate(&pieces, out);
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
            Actions::PROVIDE => {
                let deflated = body.get(r.position()..).unwrap_or_default();
                inflate(formats, deflated, limits).map(Self::Provide)
            }
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

/// The data of each format as it is on the wire, in the order of their bits.
fn pieces(content: &Content) -> Vec<(Formats, Cow<'_, [u8]>)> {
    let mut pieces = Vec::new();
    if let Some(text) = &content.text {
        pieces.push((Formats::TEXT, Cow::Owned(wire_text(text).into_bytes())));
    }
    if let Some(rtf) = &content.rtf {
        pieces.push((Formats::RTF, Cow::Borrowed(&rtf[..])));
    }
    if let Some(html) = &content.html {
        pieces.push((Formats::HTML, Cow::Owned(html::to_wire(html).into_bytes())));
    }
    if let Some(Image::Dib(dib)) = &content.image {
        pieces.push((Formats::DIB, Cow::Borrowed(&dib[..])));
    }
    pieces
}

/// Flushed but not ended, as TigerVNC does it: LibVNCServer takes the end of the stream for an error and disconnects.
fn deflate(pieces: &[(Formats, Cow<'_, [u8]>)], out: &mut Vec<u8>) {
    let has_image = pieces.iter().any(|(format, _)| *format == Formats::DIB);
    let level = match has_image {
        // Megabytes, while nothing else can be sent: better soon than small.
        true => Compression::fast(),
        false => Compression::default(),
    };
    let mut encoder = ZlibEncoder::new(Vec::new(), level);
    // Writing to a Vec cannot fail.
    let _ = pieces
        .iter()
        .try_for_each(|(_, piece)| {
            let size = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            encoder.write_all(&size.to_be_bytes())?;
            encoder.write_all(piece)
        })
        .and_then(|()| encoder.flush());
    out.extend_from_slice(encoder.get_ref());
}

/// The data of a Provide. Ours are the lowest bits, so they come first: whatever follows is never inflated.
fn inflate(formats: Formats, deflated: &[u8], limits: &Limits) -> Result<Content, DecodeError> {
    let mut stream = Inflater {
        stream: ZlibDecoder::new(deflated),
        length: deflated.len(),
    };
    let mut content = Content::default();
    let most = limits.clipboard_text;
    if formats.contains(Formats::TEXT) {
        let terminated = most.saturating_add(1);
        let text = stream.piece(["clipboard.text.size", "clipboard.text"], terminated)?;
        let text = with_newlines(&text_of(&text)).into_owned();
        // A lone `\n` and a byte that is no UTF-8 take more than they took on the wire.
        content.text = Some(within("clipboard.text", text, most, |text| {
            wire_length(text) - 1
        })?);
    }
    if formats.contains(Formats::RTF) {
        let mut rtf = stream.piece(["clipboard.rtf.size", "clipboard.rtf"], most)?;
        while rtf.pop_if(|byte| *byte == 0).is_some() {}
        content.rtf = Some(rtf);
    }
    if formats.contains(Formats::HTML) {
        let html = stream.piece(["clipboard.html.size", "clipboard.html"], most)?;
        let html = html::from_wire(&text_of(&html));
        content.html = Some(within("clipboard.html", html, most, html::wire_length)?);
    }
    if formats.contains(Formats::DIB) {
        let most = limits.clipboard_image;
        let dib = stream.piece(["clipboard.dib.size", "clipboard.dib"], most)?;
        content.image = Some(Image::Dib(dib.into()));
    }
    Ok(content)
}

/// The inflated data of a Provide.
struct Inflater<'a> {
    stream: ZlibDecoder<&'a [u8]>,
    /// Bytes before inflating, to be told in errors.
    length: usize,
}

impl Inflater<'_> {
    /// The next format's data, at most `limit` bytes. It grows as it is inflated: a size alone allocates nothing.
    fn piece(
        &mut self,
        [size_field, field]: [&'static str; 2],
        limit: usize,
    ) -> Result<Vec<u8>, DecodeError> {
        let length = i64::try_from(self.length).unwrap_or(i64::MAX);
        let invalid = |field| DecodeError::Invalid {
            field,
            value: length,
        };
        let mut size = [0; 4];
        self.stream
            .read_exact(&mut size)
            .map_err(|_| invalid(size_field))?;
        let size = u32::from_be_bytes(size);
        if !usize::try_from(size).is_ok_and(|size| size <= limit) {
            return Err(too_large(size_field, size.into(), limit));
        }
        let mut piece = Vec::new();
        let mut stream = (&mut self.stream).take(size.into());
        let read = stream.read_to_end(&mut piece);
        match read.ok().and_then(|read| u32::try_from(read).ok()) == Some(size) {
            true => Ok(piece),
            false => Err(invalid(field)),
        }
    }
}

/// Up to the terminator, which some peers leave out and some send where none belongs.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text)
}

fn within(
    field: &'static str,
    text: String,
    limit: usize,
    length: impl Fn(&str) -> usize,
) -> Result<String, DecodeError> {
    match length(&text) {
        fits if fits <= limit => Ok(text),
        length => Err(too_large(field, length as u64, limit)),
    }
}

fn too_large(field: &'static str, value: u64, limit: usize) -> DecodeError {
    DecodeError::TooLarge {
        field,
        value,
        limit: limit as u64,
    }
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
        assert_eq!(decode(&bytes), Ok(Message::Provide("a\né".into())));
    }

    #[test]
    fn what_we_provide_is_carriage_returns_and_a_terminator() {
        let bytes = encode(&Message::Provide("a\nb".into()));
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
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(inflated).unwrap();
        body.extend(encoder.finish().unwrap());
        body
    }

    #[test]
    fn a_bomb_is_refused_by_the_size_it_claims() {
        let mut bomb = 0x7fff_ffff_u32.to_be_bytes().to_vec();
        bomb.resize(64 << 20, b'a');
        for (flag, field, limit) in [
            (1, "clipboard.text.size", (1 << 20) + 1),
            (0b10, "clipboard.rtf.size", 1 << 20),
            (0b100, "clipboard.html.size", 1 << 20),
            (0b1000, "clipboard.dib.size", 32 << 20),
        ] {
            let value = 0x7fff_ffff;
            assert_eq!(
                decode(&provide(flag, &bomb)),
                Err(DecodeError::TooLarge {
                    field,
                    value,
                    limit
                })
            );
        }
    }

    #[test]
    fn the_formats_of_a_provide_follow_one_another() {
        let content = Content {
            text: Some("hi\n".to_owned()),
            rtf: Some(b"{\\rtf1 hi}".to_vec()),
            html: Some("<b>hi</b>".to_owned()),
            image: Some(Image::Dib(vec![1, 2, 3].into())),
        };
        let bytes = encode(&Message::Provide(content.clone()));
        assert_eq!(bytes[..4], [0b0001_0000, 0, 0, 0b1111]);
        assert_eq!(decode(&bytes), Ok(Message::Provide(content.clone())));
        for formats in 0..16 {
            let part = Message::Provide(content.only(Formats(formats)));
            let bytes = encode(&part);
            assert_eq!(u32::from(bytes[3]), formats);
            assert_eq!(decode(&bytes), Ok(part));
        }
    }

    #[test]
    fn files_and_unknown_formats_are_passed_over() {
        let inflated = b"\0\0\0\x03hi\0\0\0\0\x02{}\x7f\xff\xff\xff";
        let content = Content {
            rtf: Some(b"{}".to_vec()),
            ..Content::from("hi")
        };
        assert_eq!(
            decode(&provide(0x8013, inflated)),
            Ok(Message::Provide(content))
        );
        let files = provide(Formats::FILES.0, b"\x7f\xff\xff\xff");
        assert_eq!(decode(&files), Ok(Message::Provide(Content::default())));
    }

    #[test]
    fn what_would_be_over_the_limit_when_sent_back_is_refused() {
        for (flag, byte) in [(1, b'\n'), (1, 0xff), (0b100, b'a')] {
            let length = 1_u32 << 20;
            let inflated = [&length.to_be_bytes()[..], &vec![byte; 1 << 20]].concat();
            let result = decode(&provide(flag, &inflated));
            assert!(matches!(result, Err(DecodeError::TooLarge { .. })));
        }
    }

    #[test]
    fn a_stream_that_is_flushed_but_not_ended_is_enough() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"\0\0\0\x03hi\0").unwrap();
        encoder.flush().unwrap();
        let mut body = (Actions::PROVIDE.0 | 1).to_be_bytes().to_vec();
        body.extend(encoder.get_ref());
        assert_eq!(decode(&body), Ok(Message::Provide("hi".into())));
    }

    #[test]
    fn data_shorter_than_it_says_is_refused() {
        for (flag, wanted) in [
            (1, "clipboard.text"),
            (0b10, "clipboard.rtf"),
            (0b100, "clipboard.html"),
            (0b1000, "clipboard.dib"),
            (0b1001, "clipboard.text"),
        ] {
            let body = provide(flag, b"\0\0\0\x09hi\0");
            let Err(DecodeError::Invalid { field, .. }) = decode(&body) else {
                panic!("accepted");
            };
            assert_eq!(field, wanted);
        }
        let Err(DecodeError::Invalid { field, .. }) = decode(&provide(0b11, b"\0\0\0\x01a")) else {
            panic!("accepted");
        };
        assert_eq!(field, "clipboard.rtf.size");
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
