//! The segments of a JPEG image. ITU-T T.81 B.1.

use rfb::DecodeError;
use rfb::wire::Reader;

use super::invalid;

/// Start of image.
pub(crate) const SOI: u8 = 0xd8;
/// End of image.
pub(crate) const EOI: u8 = 0xd9;
/// Quantisation tables.
pub(crate) const DQT: u8 = 0xdb;
/// Huffman tables.
pub(crate) const DHT: u8 = 0xc4;
/// Start of scan: entropy-coded data follow.
pub(crate) const SOS: u8 = 0xda;

/// A marker with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Segment<'a> {
    /// Start or end of the image.
    Bare(u8),
    /// A byte that only pads before a marker.
    Padding,
    Full {
        marker: u8,
        /// Without marker and length.
        body: &'a [u8],
    },
}

impl<'a> Segment<'a> {
    /// Takes the segment that begins where `reader` is.
    pub(crate) fn take(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let start = reader.u8("jpeg.marker")?;
        if start != 0xff {
            return Err(invalid("jpeg.marker", start));
        }
        match reader.clone().u8("jpeg.marker")? {
            0xff => return Ok(Self::Padding),
            // Data bytes, restarts and what is reserved cannot stand here.
            marker @ (0x00..=0xbf | 0xd0..=0xd7) => return Err(invalid("jpeg.marker", marker)),
            _ => {}
        }
        let marker = reader.u8("jpeg.marker")?;
        if matches!(marker, SOI | EOI) {
            return Ok(Self::Bare(marker));
        }
        let length = reader.u16("jpeg.segment-length")?;
        let Some(length) = length.checked_sub(2) else {
            return Err(invalid("jpeg.segment-length", length));
        };
        let body = reader.bytes("jpeg.segment", length.into())?;
        Ok(Self::Full { marker, body })
    }
}

/// Appends a segment.
pub(crate) fn write(marker: u8, body: &[u8], out: &mut Vec<u8>) {
    // Bodies come from segments, so they fit.
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    out.extend_from_slice(body);
}

/// Whether a marker begins a frame header: baseline, progressive and others, but not tables.
pub(crate) fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, DHT | 0xc8 | 0xcc)
}

/// How many of `bytes` are surely entropy-coded data: up to a marker, or to what may become one.
pub(crate) fn scan_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    loop {
        let rest = bytes.get(length..).unwrap_or_default();
        let Some(place) = rest.iter().position(|&byte| byte == 0xff) else {
            return bytes.len();
        };
        match rest.get(place + 1) {
            // A data byte of 0xff, or a restart.
            Some(0x00 | 0xd0..=0xd7) => length += place + 2,
            _ => return length + place,
        }
    }
}
