//! Scenes, pixel formats, and a connection of an encoder with a decoder.

use rfb::codec::{Decoder, EncodeSettings, Encoder, Progress, RawDecoder, RectWriter};
use rfb::pixel::{Packer, Unpacker};
use rfb::wire::Reader;
use rfb::{DecodeError, Encoding, Framebuffer, PixelFormat, Rect, Region, Size};
use tightrope_tight::{
    JpegDecoder, JpegEncoder, TightDecoder, TightEncoder, TightPngDecoder, TightPngEncoder,
};

/// Red, green, blue, red in the highest byte, sent that way round.
pub(crate) const BIG_ENDIAN: PixelFormat = PixelFormat {
    big_endian: true,
    ..PixelFormat::BGRX
};
/// Sixteen bits, five a channel, most significant byte first.
pub(crate) const RGB555_BIG: PixelFormat = PixelFormat {
    bits_per_pixel: 16,
    depth: 15,
    big_endian: true,
    true_colour: true,
    max: [31; 3],
    shift: [10, 5, 0],
};
/// Four bytes a pixel also in Tight: ten bits a channel.
pub(crate) const DEEP: PixelFormat = PixelFormat {
    bits_per_pixel: 32,
    depth: 30,
    big_endian: false,
    true_colour: true,
    max: [1023; 3],
    shift: [20, 10, 0],
};
/// Eight bits a channel at odd places, blue highest.
pub(crate) const ODD_SHIFT: PixelFormat = PixelFormat {
    bits_per_pixel: 32,
    depth: 32,
    big_endian: true,
    true_colour: true,
    max: [255; 3],
    shift: [1, 11, 21],
};
/// Maxima that are no masks.
pub(crate) const ODD_MAXIMA: PixelFormat = PixelFormat {
    bits_per_pixel: 16,
    depth: 15,
    big_endian: false,
    true_colour: true,
    max: [25, 30, 20],
    shift: [0, 5, 10],
};
/// Every pixel format tested.
pub(crate) const FORMATS: [PixelFormat; 9] = [
    PixelFormat::BGRX,
    PixelFormat::RGB565,
    PixelFormat::BGR233,
    PixelFormat::COLOUR_MAPPED,
    BIG_ENDIAN,
    RGB555_BIG,
    DEEP,
    ODD_SHIFT,
    ODD_MAXIMA,
];

/// Numbers that look random and are always the same.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u8 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0.to_be_bytes()[0]
    }
}

/// A picture of `size` whose pixel (x, y) is `pixel(x, y)` as blue, green, red. Its X bytes are noise.
pub(crate) fn paint(size: Size, mut pixel: impl FnMut(u32, u32) -> [u8; 3]) -> Framebuffer {
    let mut picture = Framebuffer::new(size);
    let mut noise = Noise(1);
    let mut view = picture.view_mut(size.into()).unwrap();
    for (y, row) in (0..).zip(view.rows_mut()) {
        for (x, place) in (0..).zip(row.as_chunks_mut::<4>().0) {
            let [blue, green, red] = pixel(x, y);
            *place = [blue, green, red, noise.next()];
        }
    }
    picture
}

fn byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

/// What pictures look like: names and painters.
pub(crate) const SCENES: [&str; 8] = [
    "solid",
    "text",
    "three",
    "icons",
    "full palette",
    "gradient",
    "noise",
    "desktop",
];

/// One of [`SCENES`].
pub(crate) fn scene(name: &str, size: Size) -> Framebuffer {
    let mut noise = Noise(7);
    let gradient = |x: u32, y: u32| [byte(x / 2), byte(y), byte((x + y) / 3)];
    match name {
        "solid" => paint(size, |_, _| [40, 80, 120]),
        "text" => paint(
            size,
            |_, _| if noise.next() > 200 { [0; 3] } else { [255; 3] },
        ),
        "three" => paint(size, |_, _| [noise.next() % 3 * 90; 3]),
        "icons" => paint(size, |_, _| [noise.next() % 40 * 6, 9, 200]),
        "full palette" => paint(size, |x, y| [byte(x * 7 + y * 31), 255, 1]),
        "gradient" => paint(size, gradient),
        "noise" => paint(size, |_, _| [noise.next(), noise.next(), noise.next()]),
        "desktop" => paint(size, |x, y| match (x / 60 % 4, y / 50 % 3) {
            (0, _) => [200, 180, 160],
            (1, 0) => gradient(x, y),
            (1, _) if noise.next() > 220 => [10, 20, 30],
            (2, 1) => [noise.next(), noise.next(), 99],
            (3, 2) => [noise.next() % 50, 4, 8],
            _ => [250; 3],
        }),
        name => panic!("no scene {name}"),
    }
}

/// Lossless settings.
pub(crate) fn lossless(format: PixelFormat, compression: u8) -> EncodeSettings {
    EncodeSettings {
        format,
        compression,
        ..EncodeSettings::default()
    }
}

/// Settings that allow loss at this quality level.
pub(crate) fn lossy(format: PixelFormat, quality: u8) -> EncodeSettings {
    EncodeSettings {
        quality: Some(quality),
        ..lossless(format, 2)
    }
}

/// Smooth, with some texture: what JPEG is for.
pub(crate) fn photo(size: Size) -> Framebuffer {
    let mut noise = Noise(3);
    let wave = |x: u32, scale: f64| (f64::from(x) / scale).sin().mul_add(90.0, 120.0);
    paint(size, |x, y| {
        let light = (wave(x, 31.0) + wave(y, 23.0)) / 2.0;
        let grain = u32::from(noise.next() % 8);
        let level = (0..255).find(|&level| f64::from(level) >= light).unwrap();
        let byte = |value: u32| value.min(255).to_le_bytes()[0];
        [
            byte(level + grain),
            byte(200 - level / 2),
            byte(x / 4 + y / 4 + grain),
        ]
    })
}

/// Over blue, green and red of all pixels, in dB.
pub(crate) fn psnr(a: &Framebuffer, b: &Framebuffer) -> f64 {
    let pixels = a.bytes().as_chunks::<4>().0.iter();
    let mut sum = 0.0;
    for (a, b) in pixels.zip(b.bytes().as_chunks::<4>().0) {
        sum += (0..3)
            .map(|channel| (f64::from(a[channel]) - f64::from(b[channel])).powi(2))
            .sum::<f64>();
    }
    let values = f64::from(u32::try_from(a.size().area() * 3).unwrap());
    10.0 * (65_025.0 * values / sum).log10()
}

/// A fresh encoder.
pub(crate) fn encoder(encoding: Encoding) -> Box<dyn Encoder> {
    match encoding {
        Encoding::TIGHT => Box::new(TightEncoder::new()),
        Encoding::TIGHT_PNG => Box::new(TightPngEncoder::default()),
        Encoding::JPEG => Box::new(JpegEncoder::default()),
        other => panic!("no encoder for {other:?}"),
    }
}

/// A fresh decoder.
pub(crate) fn decoder(encoding: Encoding) -> Box<dyn Decoder> {
    match encoding {
        Encoding::TIGHT => Box::new(TightDecoder::default()),
        Encoding::TIGHT_PNG => Box::new(TightPngDecoder::default()),
        Encoding::JPEG => Box::new(JpegDecoder::default()),
        other => panic!("no decoder for {other:?}"),
    }
}

/// A rectangle as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) rect: Rect,
    pub(crate) encoding: Encoding,
    pub(crate) body: Vec<u8>,
}

/// An encoder, a decoder, and what the client holds.
pub(crate) struct Pair {
    encoder: Box<dyn Encoder>,
    decoder: Box<dyn Decoder>,
    raw: RawDecoder,
    encoding: Encoding,
    pub(crate) client: Framebuffer,
}

impl Pair {
    /// A pair that speaks Tight.
    pub(crate) fn new(size: Size) -> Self {
        Self::speaking(Encoding::TIGHT, size)
    }

    /// A pair that speaks Tight by this encoder.
    pub(crate) fn with(encoder: TightEncoder, size: Size) -> Self {
        Self {
            encoder: Box::new(encoder),
            ..Self::new(size)
        }
    }

    pub(crate) fn speaking(encoding: Encoding, size: Size) -> Self {
        Self {
            encoder: encoder(encoding),
            decoder: decoder(encoding),
            raw: RawDecoder::default(),
            encoding,
            client: Framebuffer::new(size),
        }
    }

    /// Sends all of `source`; the rectangles and what was marked lossy.
    pub(crate) fn send(
        &mut self,
        source: &Framebuffer,
        settings: &EncodeSettings,
    ) -> (Vec<Sent>, Region) {
        let region = source.size().into();
        let (sent, lossy, left) = self.send_region(source, &region, settings, usize::MAX);
        assert!(left.is_empty());
        (sent, lossy)
    }

    /// Sends `region` of `source` until `budget` bytes are out; also gives what was left.
    pub(crate) fn send_region(
        &mut self,
        source: &Framebuffer,
        region: &Region,
        settings: &EncodeSettings,
        budget: usize,
    ) -> (Vec<Sent>, Region, Region) {
        let mut bytes = Vec::new();
        let mut out = RectWriter::new(&mut bytes, budget);
        let left = self
            .encoder
            .encode(source.view(), region, settings, &mut out);
        let count = out.count();
        let lossy = out.into_lossy();
        let mut reader = Reader::new(&bytes);
        let sent = (0..count).map(|_| self.receive(&mut reader, &bytes, &settings.format));
        let sent = sent.collect();
        assert_eq!(reader.position(), bytes.len(), "bytes after the last body");
        (sent, lossy, left)
    }

    fn receive(&mut self, reader: &mut Reader<'_>, bytes: &[u8], format: &PixelFormat) -> Sent {
        let mut field = || reader.u16("header").unwrap();
        let rect = Rect::new(field(), field(), field(), field());
        let encoding = Encoding(reader.i32("encoding").unwrap());
        let start = reader.position();
        let target = self.client.view_mut(rect).expect("inside the desktop");
        let unpacker = Unpacker::new(format);
        let progress = match encoding {
            Encoding::RAW => self.raw.decode(reader, &unpacker, target),
            _ => {
                assert_eq!(encoding, self.encoding);
                self.decoder.decode(reader, &unpacker, target)
            }
        };
        assert_eq!(progress, Ok(Progress::Whole));
        let body = bytes[start..reader.position()].to_vec();
        Sent {
            rect,
            encoding,
            body,
        }
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
    for (row, wire) in view.rows_mut().zip(wire.chunks(row_bytes)) {
        unpacker.row(wire, row);
    }
    seen
}

/// Fails at the first pixel where the two differ.
pub(crate) fn assert_equal(client: &Framebuffer, expected: &Framebuffer, what: &str) {
    let mut differing = client.bytes().iter().zip(expected.bytes());
    let place = differing.position(|(a, b)| a != b).map(|byte| byte / 4);
    let width = usize::from(client.size().width);
    let place = place.map(|pixel| (pixel % width, pixel / width));
    assert_eq!(place, None, "first wrong pixel of {what}");
}

/// Decodes one body of `size`: the pixels, and how many bytes were read.
pub(crate) fn decode(
    decoder: &mut dyn Decoder,
    body: &[u8],
    format: &PixelFormat,
    size: Size,
) -> Result<(Framebuffer, usize), DecodeError> {
    let mut picture = Framebuffer::new(size);
    let mut reader = Reader::new(body);
    let target = picture.view_mut(size.into()).unwrap();
    let progress = decoder.decode(&mut reader, &Unpacker::new(format), target)?;
    if progress == Progress::More {
        let needed = reader.position() + 1;
        let field = "the rest";
        return Err(DecodeError::Incomplete { field, needed });
    }
    Ok((picture, reader.position()))
}

/// What a decoder says of a body that it refuses.
pub(crate) fn refusal(encoding: Encoding, body: &[u8], format: &PixelFormat, size: Size) -> String {
    let result = decode(decoder(encoding).as_mut(), body, format, size);
    result.unwrap_err().to_string()
}
