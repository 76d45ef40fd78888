//! Writes JPEG bodies. rfbproto "JPEG Encoding".

use rfb::codec::RawEncoder;
use rfb::wire::Reader;
use rfb::{EncodeSettings, Encoder, Encoding, RectWriter, Region, View};

use super::image::JpegWriter;
use super::segment::{self, DHT, DQT, SOI, SOS, Segment};
use crate::WIDTH_LIMIT;
use crate::choice;
use crate::split::split;

/// Pixels of one image.
const AREA_LIMIT: usize = 65_536;

/// The JPEG encoder of one connection. Tables are left out that are those of the image before.
///
/// Where no loss is allowed, or to clients of eight bits a pixel, it sends Raw instead.
#[derive(Debug, Default)]
pub struct JpegEncoder {
    writer: JpegWriter,
    sent: Sent,
}

impl Encoder for JpegEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let Some(quality) = choice::jpeg(settings) else {
            return RawEncoder::default().encode(source, region, settings, out);
        };
        let region = region.clipped(source.size());
        let parts = region.rects().iter();
        let mut parts = parts.flat_map(|rect| split(*rect, WIDTH_LIMIT, AREA_LIMIT));
        while !out.is_full()
            && let Some(rect) = parts.next()
        {
            let Some(image) = self.writer.encode(source, rect, quality, settings.thrifty) else {
                RawEncoder::default().encode(source, &rect.into(), settings, out);
                continue;
            };
            let body = out.begin(rect, Encoding::JPEG);
            if self.sent.write(image, body).is_none() {
                body.extend_from_slice(image);
            }
            out.end();
            out.mark_lossy(rect, quality.quality);
        }
        parts.collect()
    }
}

/// The tables sent last, which the client remembers.
///
/// Clients remember all Huffman tables of an image or none, and all quantisation tables or none. So they are sent and
/// left out.
#[derive(Debug, Default)]
struct Sent {
    quantisation: Vec<u8>,
    huffman: Vec<u8>,
}

impl Sent {
    /// Appends `image` without the tables that the client has. `None` if it is not understood: nothing was appended.
    fn write(&mut self, image: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let header = Header::of(image)?;
        let same = [
            (DQT, header.quantisation == self.quantisation),
            (DHT, header.huffman == self.huffman),
        ];
        out.extend([0xff, SOI]);
        for &(marker, body) in &header.segments {
            if !same.contains(&(marker, true)) {
                segment::write(marker, body, out);
            }
        }
        out.extend_from_slice(header.rest);
        self.quantisation = header.quantisation;
        self.huffman = header.huffman;
        Some(())
    }
}

/// What comes before the first scan of an image.
struct Header<'a> {
    /// Markers and bodies.
    segments: Vec<(u8, &'a [u8])>,
    /// The bodies of all DQT segments.
    quantisation: Vec<u8>,
    /// The bodies of all DHT segments.
    huffman: Vec<u8>,
    /// The first scan and what follows.
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    fn of(image: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(image);
        let mut header = Self {
            segments: Vec::new(),
            quantisation: Vec::new(),
            huffman: Vec::new(),
            rest: &[],
        };
        loop {
            let rest = reader.rest();
            match Segment::take(&mut reader).ok()? {
                Segment::Full { marker: SOS, .. } => {
                    header.rest = rest;
                    return Some(header);
                }
                Segment::Full { marker, body } => {
                    header.segments.push((marker, body));
                    match marker {
                        DQT => header.quantisation.extend_from_slice(body),
                        DHT => header.huffman.extend_from_slice(body),
                        _ => {}
                    }
                }
                Segment::Bare(_) | Segment::Padding => {}
            }
        }
    }
}
