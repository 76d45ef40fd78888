//! Reading rectangles without a connection around them: for recordings, for research, for other ways to carry them.

use super::{Decoders, Progress};
use crate::pixel::Unpacker;
use crate::wire::{Decode, Input, Reader};
use crate::{BYTES_PER_PIXEL, DecodeError, Encoding, Error, PixelFormat, Point, Rect, ViewMut};

/// Bytes a rectangle may take beyond twice the picture's.
const SLACK: usize = 1 << 20;

/// One rectangle as a [`RectReader`] has drawn it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRect {
    /// Which pixels.
    pub rect: Rect,
    /// How they were coded.
    pub encoding: Encoding,
    /// Bytes it took, its header of 12 among them.
    pub bytes: usize,
    /// What its body began with: there some encodings say how they went about it. Zeros where it was shorter.
    pub head: [u8; 3],
}

/// Draws rectangles, however their bytes were cut, onto a picture of the caller's.
///
/// Feed what comes with [`handle_bytes`](Self::handle_bytes), then call [`poll_rect`](Self::poll_rect) until it gives
/// `None`. What was drawn of a rectangle that is not whole yet stays on the picture.
pub struct RectReader {
    decoders: Decoders,
    pixels: Unpacker,
    input: Input,
    /// The rectangle whose body is being read.
    current: Option<ReadRect>,
    failure: Option<Error>,
}

impl RectReader {
    /// A reader of pixels of `format` that has not seen a byte: every stream is at its start.
    #[must_use]
    pub fn new(decoders: Decoders, format: &PixelFormat) -> Self {
        Self {
            decoders,
            pixels: Unpacker::new(format),
            input: Input::default(),
            current: None,
            failure: None,
        }
    }

    /// Tells what JPEG quality level (0 to 9) was asked for, to decoders of what depends on it.
    pub fn set_quality(&mut self, level: Option<u8>) {
        self.decoders.set_quality(level);
    }

    /// Takes the bytes that come next.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        self.input.push(bytes);
    }

    /// Bytes that were taken and are not understood yet.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.input.unread().len()
    }

    /// The next rectangle that was drawn whole on `picture`; `None` until more bytes come. Every call may be given another
    /// picture, as long as all show the same: CopyRect takes from it.
    ///
    /// # Errors
    /// A rectangle cannot be read, lies outside of `picture`, or is of an encoding without a decoder. That ends the
    /// reader: the streams behind it are lost, so the error is given again and again.
    pub fn poll_rect(&mut self, picture: &mut ViewMut<'_>) -> Result<Option<ReadRect>, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let limit = picture.size().area() * BYTES_PER_PIXEL * 2 + SLACK;
        loop {
            let (decoders, pixels) = (&mut self.decoders, &self.pixels);
            let current = &mut self.current;
            let step = self.input.step(limit, |reader| match current {
                None => {
                    *current = Some(header(reader)?);
                    Ok(Progress::More)
                }
                Some(current) => draw(current, decoders, pixels, reader, picture),
            });
            match step {
                Ok(None) => return Ok(None),
                Ok(Some(Progress::More)) => {}
                Ok(Some(Progress::Whole)) => return Ok(self.current.take()),
                Err(error) => {
                    self.failure = Some(error.clone());
                    return Err(error);
                }
            }
        }
    }
}

fn header(reader: &mut Reader<'_>) -> Result<ReadRect, Error> {
    Ok(ReadRect {
        rect: Rect::decode(reader)?,
        encoding: Encoding(reader.i32("encoding-type")?),
        bytes: reader.position(),
        head: [0; 3],
    })
}

/// Draws what is at hand of the body of `current`.
fn draw(
    current: &mut ReadRect,
    decoders: &mut Decoders,
    pixels: &Unpacker,
    body: &mut Reader<'_>,
    picture: &mut ViewMut<'_>,
) -> Result<Progress, Error> {
    let rect = current.rect;
    let outside = DecodeError::Invalid {
        field: "rectangle",
        value: rect.right().max(rect.bottom()).into(),
    };
    let head = body.rest();
    let progress = match current.encoding {
        Encoding::COPY_RECT => {
            let from = Point::new(body.u16("src-x-position")?, body.u16("src-y-position")?);
            picture.copy_within(from, rect).ok_or(outside)?;
            Progress::Whole
        }
        encoding => {
            let decoder = decoders.find(encoding).ok_or(DecodeError::Invalid {
                field: "encoding-type",
                value: encoding.0.into(),
            })?;
            let target = picture.part(rect).ok_or(outside)?;
            decoder.decode(body, pixels, target)?
        }
    };
    if current.bytes == HEADER {
        let own = head.get(..body.position()).unwrap_or(head);
        for (to, from) in current.head.iter_mut().zip(own) {
            *to = *from;
        }
    }
    current.bytes += body.position();
    Ok(progress)
}

/// Bytes of a rectangle's header.
const HEADER: usize = 12;
