//! The clipboard: Latin-1 text (RFC 6143 7.5.6, 7.6.4), and Unicode text, RTF, HTML and images (rfbproto "Extended
//! Clipboard Pseudo-Encoding").
//!
//! In memory text is UTF-8, its lines end in `\n`, and nothing terminates it; HTML is a document or a part of one, as
//! programs other than those of Windows exchange it; an image is a DIB, which [`Bitmap`] reads and writes.

mod content;
mod dib;
mod exchange;
mod html;
mod message;

pub use content::{Content, Image};
pub use dib::Bitmap;
pub use exchange::{Event, Exchange, Handled};
pub use message::{Actions, Caps, Formats, Message};

use std::borrow::Cow;

use crate::wire::{Encode, Reader};
use crate::{DecodeError, Limits};

/// ClientCutText or ServerCutText after the message type and its padding; the same both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CutText {
    /// Text. What Latin-1 lacks is sent as `?`.
    Latin1(String),
    /// A message of the extended clipboard. Only for a peer that announced it.
    Extended(Message),
}

impl CutText {
    /// Reads one body. `TooLarge` if a text, as it is on the wire or inflated, is over `limits.clipboard_text`, or an
    /// image over `limits.clipboard_image`.
    pub fn decode(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, DecodeError> {
        let field = "cut-text.length";
        let value = r.i32(field)?;
        let extended = value < 0;
        let limit = match extended {
            true => limits.extended_clipboard(),
            false => limits.clipboard_text,
        };
        let length = usize::try_from(value.unsigned_abs())
            .ok()
            .filter(|&length| length <= limit)
            .ok_or(DecodeError::TooLarge {
                field,
                value: value.unsigned_abs().into(),
                limit: limit as u64,
            })?;
        let body = r.bytes("cut-text.text", length)?;
        if extended {
            return Message::decode(body, limits).map(Self::Extended);
        }
        let text: String = body.iter().copied().map(char::from).collect();
        Ok(Self::Latin1(with_newlines(&text).into_owned()))
    }
}

impl Encode for CutText {
    fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend([0; 4]);
        match self {
            Self::Latin1(text) => out.extend(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?'))),
            Self::Extended(message) => message.encode(out),
        }
        let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
        let signed = match self {
            Self::Latin1(_) => length,
            Self::Extended(_) => -length,
        };
        if let Some(field) = out.get_mut(start..start + 4) {
            field.copy_from_slice(&signed.to_be_bytes());
        }
    }
}

/// `text` with every end of line as `\n`.
fn with_newlines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(bytes: &[u8]) -> Result<CutText, DecodeError> {
        CutText::decode(&mut Reader::new(bytes), &Limits::default())
    }

    fn encode(text: &CutText) -> Vec<u8> {
        let mut bytes = Vec::new();
        text.encode(&mut bytes);
        bytes
    }

    #[test]
    fn latin_1_is_one_byte_a_character() {
        let bytes = [/* length */ 0, 0, 0, 4, b'n', 0xe9, b'\n', 0xff];
        let text = CutText::Latin1("né\nÿ".into());
        assert_eq!(encode(&text), bytes);
        assert_eq!(decode(&bytes), Ok(text));
        let beyond = CutText::Latin1("a€".into());
        assert_eq!(encode(&beyond), [0, 0, 0, 2, b'a', b'?']);
    }

    #[test]
    fn every_kind_of_line_end_comes_in_as_a_newline() {
        let bytes = [0, 0, 0, 7, b'a', b'\r', b'\n', b'b', b'\r', b'c', b'\n'];
        assert_eq!(decode(&bytes), Ok(CutText::Latin1("a\nb\nc\n".into())));
    }

    #[test]
    fn text_over_the_limit_is_refused_before_it_arrives() {
        let too_large = |value, limit| {
            Err(DecodeError::TooLarge {
                field: "cut-text.length",
                value,
                limit,
            })
        };
        assert_eq!(decode(&[0, 0x10, 0, 1]), too_large((1 << 20) + 1, 1 << 20));
        let all = (3 << 20) + (32 << 20);
        let extended = all + all / 256 + 1024;
        assert_eq!(decode(&[0x80, 0, 0, 0]), too_large(1 << 31, extended));
    }

    #[test]
    fn a_message_cut_anywhere_is_incomplete() {
        for text in [
            CutText::Latin1("héllo".into()),
            CutText::Extended(Message::Provide("日本".into())),
        ] {
            let bytes = encode(&text);
            for end in 0..bytes.len() {
                let result = decode(&bytes[..end]);
                assert!(matches!(result, Err(DecodeError::Incomplete { .. })));
            }
            assert_eq!(decode(&bytes), Ok(text));
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "[^\r\0]{0,200}") {
            let sent = CutText::Extended(Message::Provide(text.into()));
            prop_assert_eq!(decode(&encode(&sent)), Ok(sent));
        }

        #[test]
        fn random_bodies_never_panic(flags in any::<u32>(), rest in prop::collection::vec(any::<u8>(), 0..64)) {
            let length = -i32::try_from(rest.len() + 4).unwrap();
            let mut bytes = length.to_be_bytes().to_vec();
            bytes.extend(flags.to_be_bytes());
            bytes.extend(&rest);
            let result = decode(&bytes);
            let waits = matches!(result, Err(DecodeError::Incomplete { .. }));
            prop_assert!(!waits, "a whole message waits for more: {result:?}");
        }
    }
}
