//! Draws JPEG bodies. rfbproto "JPEG Encoding".

use rfb::pixel::Unpacker;
use rfb::wire::Reader;
use rfb::{DecodeError, Decoder, Progress, Size, ViewMut};

use super::image::{Fields, JpegReader};
use super::invalid;
use super::segment::{self, DHT, DQT, EOI, SOI, SOS, Segment};
use super::tables::Tables;
use crate::decoder::body::image_limit;

const FIELDS: Fields = Fields {
    image: "jpeg.image",
    width: "jpeg.width",
    height: "jpeg.height",
};

/// The JPEG decoder of one connection. It remembers Huffman and quantisation tables, which images may leave out.
///
/// A body has no length: it is read segment by segment, and ends with the image.
#[derive(Debug, Default)]
pub struct JpegDecoder {
    reader: JpegReader,
    tables: Tables,
    /// The image as far as it was read, with all its tables.
    image: Vec<u8>,
    place: Place,
}

/// Where in the image its reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before its first marker.
    #[default]
    Start,
    /// Before another marker.
    Segment,
    /// Within entropy-coded data.
    Scan,
    /// Behind its last marker.
    End,
}

impl Decoder for JpegDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        _pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let start = body.position();
        while self.place != Place::End {
            let mut ahead = body.clone();
            match self.take(&mut ahead, target.size()) {
                Ok(()) => *body = ahead,
                Err(DecodeError::Incomplete { .. }) if body.position() > start => {
                    return Ok(Progress::More);
                }
                Err(incomplete @ DecodeError::Incomplete { .. }) => return Err(incomplete),
                Err(error) => {
                    self.place = Place::Start;
                    return Err(error);
                }
            }
        }
        self.place = Place::Start;
        self.reader.decode(&self.image, &FIELDS, target)?;
        Ok(Progress::Whole)
    }
}

impl JpegDecoder {
    /// Takes one segment, or the entropy-coded data at hand. `Incomplete`: nothing was taken.
    fn take(&mut self, reader: &mut Reader<'_>, size: Size) -> Result<(), DecodeError> {
        if self.place == Place::Scan {
            return self.take_scan(reader, size);
        }
        match (Segment::take(reader)?, self.place) {
            (Segment::Bare(SOI), Place::Start) => {
                self.tables.begin();
                self.image.clear();
                self.image.extend([0xff, SOI]);
                self.place = Place::Segment;
            }
            (Segment::Bare(EOI), Place::Segment) => {
                self.image.extend([0xff, EOI]);
                self.place = Place::End;
            }
            (Segment::Bare(marker) | Segment::Full { marker, .. }, Place::Start)
            | (Segment::Bare(marker), _) => return Err(invalid("jpeg.marker", marker)),
            (Segment::Padding, _) => {}
            (Segment::Full { marker, body }, _) => self.take_segment(marker, body, size)?,
        }
        Ok(())
    }

    fn take_segment(&mut self, marker: u8, body: &[u8], size: Size) -> Result<(), DecodeError> {
        match marker {
            DQT => return self.tables.read_quantisation(body),
            DHT => return self.tables.read_huffman(body),
            SOS => {
                self.tables.write(&mut self.image);
                self.place = Place::Scan;
            }
            _ if segment::is_frame(marker) => check_size(body, size)?,
            _ => {}
        }
        check_length(self.image.len() + body.len(), size)?;
        segment::write(marker, body, &mut self.image);
        Ok(())
    }

    fn take_scan(&mut self, reader: &mut Reader<'_>, size: Size) -> Result<(), DecodeError> {
        let length = segment::scan_length(reader.rest());
        if length == 0 {
            // Both bytes of the marker, to be sure that it is one.
            reader.clone().bytes("jpeg.scan", 2)?;
            self.place = Place::Segment;
            return Ok(());
        }
        check_length(self.image.len() + length, size)?;
        self.image
            .extend_from_slice(reader.bytes("jpeg.scan", length)?);
        Ok(())
    }
}

/// Refuses an image that grows beyond what its pixels can take.
fn check_length(length: usize, size: Size) -> Result<(), DecodeError> {
    let limit = image_limit(size);
    if length <= limit {
        return Ok(());
    }
    Err(DecodeError::TooLarge {
        field: "jpeg.length",
        value: length as u64,
        limit: limit as u64,
    })
}

/// Checks a frame header (ITU-T T.81 B.2.2): the image must be of the rectangle's size.
fn check_size(body: &[u8], size: Size) -> Result<(), DecodeError> {
    let Some(&[_precision, h, height, w, width]) = body.first_chunk() else {
        let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
        return Err(invalid("jpeg.frame-length", length));
    };
    for (field, found, expected) in [
        (FIELDS.width, u16::from_be_bytes([w, width]), size.width),
        (FIELDS.height, u16::from_be_bytes([h, height]), size.height),
    ] {
        if found != expected {
            return Err(invalid(field, found));
        }
    }
    Ok(())
}
