//! What a clipboard holds.

use bytes::Bytes;

use super::{Formats, html, message, with_newlines};
use crate::Limits;

/// One thing that was copied, in as many forms as there are. Each is another form of the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Plain text; lines end in `\n`.
    pub text: Option<String>,
    /// Rich Text Format.
    pub rtf: Option<Vec<u8>>,
    /// HTML, a document or a part of one.
    pub html: Option<String>,
    /// A picture.
    pub image: Option<Image>,
}

/// A picture on a clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// A device-independent bitmap: see [`Bitmap`](super::Bitmap).
    Dib(Bytes),
    /// There is one. It is large, so it moves when somebody wants it.
    OnRequest,
}

impl Content {
    /// Whether nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is there.
    #[must_use]
    pub fn formats(&self) -> Formats {
        let bit = |is_there, format| if is_there { format } else { Formats::default() };
        bit(self.text.is_some(), Formats::TEXT)
            | bit(self.rtf.is_some(), Formats::RTF)
            | bit(self.html.is_some(), Formats::HTML)
            | bit(self.image.is_some(), Formats::DIB)
    }

    /// The part of it in these formats.
    #[must_use]
    pub fn only(&self, formats: Formats) -> Self {
        Self {
            text: kept(&self.text, formats, Formats::TEXT),
            rtf: kept(&self.rtf, formats, Formats::RTF),
            html: kept(&self.html, formats, Formats::HTML),
            image: kept(&self.image, formats, Formats::DIB),
        }
    }

    /// The part of it that is within the limits on the wire, with `\n` line ends.
    pub(super) fn within(self, limits: &Limits) -> Self {
        let text = self.text.map(|text| with_newlines(&text).into_owned());
        let most = limits.clipboard_text;
        Self {
            text: text.filter(|text| message::wire_length(text) - 1 <= most),
            rtf: self.rtf.filter(|rtf| rtf.len() <= most),
            html: self.html.filter(|html| html::wire_length(html) <= most),
            image: self.image.filter(|image| match image {
                Image::Dib(dib) => dib.len() <= limits.clipboard_image,
                Image::OnRequest => limits.clipboard_image > 0,
            }),
        }
    }

    /// How much it is, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let image = match &self.image {
            Some(Image::Dib(dib)) => dib.len(),
            Some(Image::OnRequest) | None => 0,
        };
        let text = self.text.as_ref().map_or(0, String::len);
        let html = self.html.as_ref().map_or(0, String::len);
        text + html + self.rtf.as_ref().map_or(0, Vec::len) + image
    }

    /// Whether it is `other`, or some forms of it, given back: programs that keep clipboards take fewer than there were.
    ///
    /// An image that was not looked at may be another one, unless a text that goes with it is the same.
    #[must_use]
    pub fn is_part_of(&self, other: &Self) -> bool {
        let same_text = is_same(&self.text, &other.text)
            && is_same(&self.rtf, &other.rtf)
            && is_same(&self.html, &other.html);
        let image = match (&self.image, &other.image) {
            (None, _) => !self.is_empty(),
            (Some(Image::OnRequest), Some(_)) => self.formats() != Formats::DIB,
            (image, other) => image == other,
        };
        same_text && image
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self {
            text: Some(text),
            ..Self::default()
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

fn kept<T: Clone>(part: &Option<T>, formats: Formats, format: Formats) -> Option<T> {
    part.clone().filter(|_| formats.contains(format))
}

fn is_same<T: PartialEq>(part: &Option<T>, other: &Option<T>) -> bool {
    part.is_none() || part == other
}
