//! Bodies whose zlib data is made here, so that an input holds what is inflated: a fuzzer cannot guess checksums
//! and codes.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use rfb::{Encoding, PixelFormat};

use super::choices::Choices;

/// One connection's zlib streams.
#[derive(Default)]
pub(super) struct Deflater {
    streams: [Option<ZlibEncoder<Vec<u8>>>; 4],
}

impl Deflater {
    /// `data` as the next part of stream `id`, flushed.
    pub(super) fn deflate(&mut self, id: usize, data: &[u8]) -> Vec<u8> {
        let stream = self.streams[id % 4]
            .get_or_insert_with(|| ZlibEncoder::new(Vec::new(), Compression::new(1)));
        stream.write_all(data).unwrap();
        stream.flush().unwrap();
        std::mem::take(stream.get_mut())
    }

    /// A body of `encoding` around `data`: as it is where the encoding knows no zlib.
    pub(super) fn body(
        &mut self,
        encoding: Encoding,
        format: &PixelFormat,
        data: &[u8],
    ) -> Vec<u8> {
        match encoding.0 {
            6 | 16 | 17 => {
                let deflated = self.deflate(0, data);
                let length = u32::try_from(deflated.len()).unwrap();
                [&length.to_be_bytes()[..], &deflated].concat()
            }
            7 => self.tight(format, data),
            _ => data.to_vec(),
        }
    }

    /// Control byte, filter and palette are read from `data`; what follows them is deflated if it is long enough.
    fn tight(&mut self, format: &PixelFormat, data: &[u8]) -> Vec<u8> {
        let mut choices = Choices::new(data);
        let control = choices.byte();
        let mut body = vec![control];
        if control & 0x80 != 0 {
            body.extend(choices.rest());
            return body;
        }
        if control & 0x40 != 0 {
            let filter = choices.byte();
            body.push(filter);
            if filter == 1 {
                let last = choices.byte();
                body.push(last);
                let pixel = if format.is_tight_rgb() {
                    3
                } else {
                    format.bytes_per_pixel()
                };
                body.extend(choices.take((usize::from(last) + 1) * pixel));
            }
        }
        if choices.rest().len() < 12 {
            body.extend(choices.rest());
            return body;
        }
        let deflated = self.deflate(usize::from(control >> 4 & 3), choices.rest());
        body.extend(compact(deflated.len()));
        body.extend(deflated);
        body
    }
}

/// rfbproto "Tight Encoding": seven bits a byte, the lowest first; the third byte has eight.
fn compact(length: usize) -> Vec<u8> {
    let byte = |shift: u32| (length >> shift & 0x7f) as u8;
    match length {
        ..0x80 => vec![byte(0)],
        0x80..0x4000 => vec![byte(0) | 0x80, byte(7)],
        _ => vec![byte(0) | 0x80, byte(7) | 0x80, (length >> 14 & 0xff) as u8],
    }
}
