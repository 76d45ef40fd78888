//! Codecs, pixel formats, pictures, and a link that cuts bytes.

use proptest::prelude::*;
use rfb::codec::{
    CorreDecoder, CorreEncoder, Decoder, EncodeSettings, Encoder, HextileDecoder, HextileEncoder,
    Progress, RawDecoder, RawEncoder, RectWriter, RreDecoder, RreEncoder, TrleDecoder, TrleEncoder,
    ZlibDecoder, ZlibEncoder, ZrleDecoder, ZrleEncoder,
};
use rfb::pixel::{Packer, Unpacker};
use rfb::wire::Reader;
use rfb::{DecodeError, Encoding, Framebuffer, PixelFormat, Rect, Region, Size};
use testkit::scenes;

/// A lossless encoding in both directions.
#[derive(Clone, Copy)]
pub(crate) struct Codec {
    pub(crate) encoding: Encoding,
    pub(crate) decoder: fn() -> Box<dyn Decoder>,
    pub(crate) encoder: fn() -> Box<dyn Encoder>,
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.encoding)
    }
}

macro_rules! codec {
    ($encoding:ident, $decoder:ident, $encoder:ident) => {
        Codec {
            encoding: Encoding::$encoding,
            decoder: || Box::new($decoder::default()),
            encoder: || Box::new($encoder::default()),
        }
    };
}

pub(crate) const CODECS: [Codec; 7] = [
    codec!(RAW, RawDecoder, RawEncoder),
    codec!(RRE, RreDecoder, RreEncoder),
    codec!(CORRE, CorreDecoder, CorreEncoder),
    codec!(HEXTILE, HextileDecoder, HextileEncoder),
    codec!(ZLIB, ZlibDecoder, ZlibEncoder),
    codec!(TRLE, TrleDecoder, TrleEncoder),
    codec!(ZRLE, ZrleDecoder, ZrleEncoder),
];

pub(crate) fn codec(encoding: Encoding) -> Codec {
    *CODECS
        .iter()
        .find(|codec| codec.encoding == encoding)
        .unwrap()
}

/// Any format that is allowed: channels of any width in any order, with gaps, maxima that need not fill them; or a
/// colour map. Those that are usual are more frequent.
pub(crate) fn formats() -> impl Strategy<Value = PixelFormat> {
    let usual = vec![
        PixelFormat::BGRX,
        PixelFormat::RGB565,
        PixelFormat::BGR233,
        PixelFormat::COLOUR_MAPPED,
    ];
    let bits = prop::sample::select(vec![8_u8, 16, 32]);
    let order = Just([0, 1, 2]).prop_shuffle();
    let odd = (bits, order, any::<[u16; 9]>()).prop_map(|(bits, order, numbers)| {
        let mut format = PixelFormat {
            bits_per_pixel: bits,
            depth: 1 + (numbers[8] % u16::from(bits)) as u8,
            ..PixelFormat::BGRX
        };
        let mut next = 0;
        for (left, channel) in (0..3).rev().zip(order) {
            // At least one bit is left for each channel to come.
            let room = bits - next - left;
            let gap = (numbers[channel] % u16::from(room)) as u8 / 3;
            let width = (1 + (numbers[channel + 3] % 16) as u8).min(room - gap);
            let full = u16::MAX >> (16 - width);
            format.max[channel] = full - numbers[channel + 6] % (full - full / 2);
            format.shift[channel] = next + gap;
            next += gap + width;
        }
        format
    });
    let format = prop_oneof![prop::sample::select(usual), odd];
    (format, any::<bool>()).prop_map(|(format, big_endian)| PixelFormat {
        big_endian,
        ..format
    })
}

/// A picture whose pixel at (x, y) is `colour(x, y)`, its X byte noise.
pub(crate) fn picture(size: Size, colour: impl Fn(u32, u32) -> u32) -> Framebuffer {
    let mut picture = Framebuffer::new(size);
    let mut view = picture.view_mut(size.into()).unwrap();
    for (y, row) in (0..).zip(view.rows_mut()) {
        for (x, pixel) in (0..).zip(row.as_chunks_mut::<4>().0) {
            let [b, g, r, _] = colour(x, y).to_le_bytes();
            *pixel = [b, g, r, x as u8];
        }
    }
    picture
}

pub(crate) fn noise(x: u32, y: u32) -> u32 {
    (x + 1)
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(y.wrapping_mul(0x85eb_ca6b))
        .wrapping_mul(0xc2b2_ae35)
        >> 8
}

/// A picture of one of the kinds that codecs treat differently.
pub(crate) fn scene(kind: u8, size: Size, seed: u32) -> Framebuffer {
    let shade = |n: u32| n.wrapping_mul(0x0001_f1ff).wrapping_add(seed);
    match kind % 9 {
        0 => scenes::flat(size),
        1 => scenes::text(size),
        2 => scenes::icons(size),
        3 => scenes::gradient(size),
        4 => scenes::noise(size),
        5 => scenes::desktop(size),
        6 => picture(size, |x, y| shade(noise(x, y) % (2 + seed % 140))),
        7 => picture(size, |x, y| {
            shade((x / (1 + seed % 40) + y / 9) % (2 + seed % 30))
        }),
        _ => picture(size, |x, y| {
            shade(if noise(x / 5, y / 3).is_multiple_of(7) {
                x ^ y
            } else {
                0
            })
        }),
    }
}

/// What a client with `format` should hold of `source`.
pub(crate) fn as_seen_in(format: &PixelFormat, source: &Framebuffer) -> Framebuffer {
    let mut wire = Vec::new();
    Packer::new(format).row(source.bytes(), &mut wire);
    let mut seen = Framebuffer::new(source.size());
    let size = source.size();
    let row_bytes = usize::from(size.width) * format.bytes_per_pixel();
    let unpacker = Unpacker::new(format);
    let mut view = seen.view_mut(size.into()).unwrap();
    for (row, wire) in view.rows_mut().zip(wire.chunks(row_bytes.max(1))) {
        unpacker.row(wire, row);
    }
    seen
}

pub(crate) fn settings(format: PixelFormat) -> EncodeSettings {
    EncodeSettings {
        format,
        ..EncodeSettings::default()
    }
}

/// All of `region` of `source`, encoded at once.
pub(crate) fn encode(
    encoder: &mut dyn Encoder,
    source: &Framebuffer,
    region: &Region,
    settings: &EncodeSettings,
) -> Vec<u8> {
    let mut wire = Vec::new();
    let mut out = RectWriter::new(&mut wire, usize::MAX);
    let left = encoder.encode(source.view(), region, settings, &mut out);
    assert!(left.is_empty(), "{left:?} of {region:?} was left over");
    assert!(out.into_lossy().is_empty());
    wire
}

/// A client: what it shows, and how it reads.
pub(crate) struct Client {
    pub(crate) screen: Framebuffer,
    unpacker: Unpacker,
    encoding: Encoding,
    decoder: Box<dyn Decoder>,
    /// Encoders may fall back to this.
    raw: RawDecoder,
}

impl Client {
    pub(crate) fn new(codec: Codec, format: &PixelFormat, size: Size) -> Self {
        Self {
            screen: Framebuffer::new(size),
            unpacker: Unpacker::new(format),
            encoding: codec.encoding,
            decoder: (codec.decoder)(),
            raw: RawDecoder::default(),
        }
    }

    /// Draws every rectangle of `wire`, of which `cuts` come one after the other; gives each with its encoding.
    pub(crate) fn draw_cut(
        &mut self,
        wire: &[u8],
        cuts: &[usize],
    ) -> Result<Vec<(Rect, Encoding)>, DecodeError> {
        let mut drawn = Vec::new();
        let mut cuts = cuts.iter().copied().chain([wire.len()]);
        let mut end = cuts.next().unwrap();
        let mut start = 0;
        while start < wire.len() {
            let mut header = Reader::new(&wire[start..start + 12]);
            let mut field = || header.u16("rectangle").unwrap();
            let rect = Rect::new(field(), field(), field(), field());
            let encoding = Encoding(header.i32("encoding").unwrap());
            start += 12;
            let decoder: &mut dyn Decoder = match encoding {
                Encoding::RAW => &mut self.raw,
                _ => self.decoder.as_mut(),
            };
            assert!([self.encoding, Encoding::RAW].contains(&encoding));
            loop {
                let target = self.screen.view_mut(rect).expect("inside the desktop");
                let mut r = Reader::new(&wire[start..end.max(start)]);
                let result = decoder.decode(&mut r, &self.unpacker, target);
                start += r.position();
                match result {
                    Ok(Progress::Whole) => break,
                    Ok(Progress::More) => assert!(r.position() > 0, "more, of nothing"),
                    Err(DecodeError::Incomplete { needed, .. }) if end < wire.len() => {
                        assert_eq!(r.position(), 0, "incomplete, and yet something was read");
                        assert!(start + needed > end, "{needed} bytes were there");
                        end = cuts.next().unwrap();
                    }
                    Err(error) => return Err(error),
                }
            }
            drawn.push((rect, encoding));
        }
        Ok(drawn)
    }

    /// Draws every rectangle of `wire`; gives where they were. None may overlap.
    pub(crate) fn draw(&mut self, wire: &[u8]) -> Region {
        let mut region = Region::default();
        for (rect, _) in self.draw_cut(wire, &[]).unwrap() {
            assert!(!region.intersects(rect), "{rect:?} twice");
            region.add(rect);
        }
        region
    }
}
