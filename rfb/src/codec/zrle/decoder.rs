//! Draws ZRLE bodies.

use flate2::{Decompress, FlushDecompress};

use super::cpixel::CPixel;
use super::{TILE_PIXELS, index_bits, subencoding, tiles};
use crate::codec::{Decoder, Progress};
use crate::pixel::Unpacker;
use crate::wire::Reader;
use crate::{BYTES_PER_PIXEL, DecodeError, PixelFormat, Rect, ViewMut};

type Pixel = [u8; BYTES_PER_PIXEL];

/// The most bytes of one tile: runs of one pixel, each four bytes and a length.
const TILE_BYTES_LIMIT: usize = 1 + TILE_PIXELS * 5;
/// Bytes inflated ahead.
const WINDOW: usize = 1 << 16;
/// What deflated data may have beyond twice the pixels, in bytes: for tiles of few pixels, and flushes.
const LENGTH_SLACK: usize = 1 << 16;

/// Draws ZRLE bodies.
#[derive(Debug, Default)]
pub struct ZrleDecoder {
    inflater: Inflater,
    /// The pixels of a tile.
    pixels: Vec<Pixel>,
}

impl Decoder for ZrleDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let area = Rect::from(target.size());
        let raw = area
            .area()
            .saturating_mul(pixels.format().bytes_per_pixel());
        let length = body.length("zrle.length", raw.saturating_mul(2) + LENGTH_SLACK)?;
        let mut input = body.bytes("zrle.zlib-data", length)?;
        self.inflater.start();
        let colours = Colours::new(pixels);
        self.pixels.resize(TILE_PIXELS, Pixel::default());
        for tile in tiles(area) {
            let pixels = self.pixels.get_mut(..tile.area()).unwrap_or_default();
            self.inflater.fill(&mut input)?;
            let mut r = Reader::new(self.inflater.ahead());
            let width = usize::from(tile.width);
            read_tile(&mut r, &colours, width, pixels).map_err(whole)?;
            self.inflater.read += r.position();
            if let Some(mut target) = target.part(tile) {
                for (to, from) in target.rows_mut().zip(pixels.chunks(width)) {
                    to.copy_from_slice(from.as_flattened());
                }
            }
        }
        self.inflater.finish(input)?;
        Ok(Progress::Whole)
    }
}

/// The body was whole, so what is missing will not come: says where it ended instead.
fn whole(error: DecodeError) -> DecodeError {
    match error {
        DecodeError::Incomplete { field, needed } => DecodeError::Invalid {
            field,
            value: i64::try_from(needed).unwrap_or(i64::MAX),
        },
        other => other,
    }
}

fn invalid<T>(field: &'static str, value: usize) -> Result<T, DecodeError> {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    Err(DecodeError::Invalid { field, value })
}

/// The connection's zlib stream, inflated a window at a time: however large the rectangle, no more is held.
#[derive(Debug)]
struct Inflater {
    stream: Decompress,
    window: Vec<u8>,
    /// Bytes of the window already used.
    read: usize,
    /// Nothing more comes of this body.
    exhausted: bool,
}

impl Default for Inflater {
    fn default() -> Self {
        Self {
            stream: Decompress::new(true),
            window: Vec::new(),
            read: 0,
            exhausted: false,
        }
    }
}

impl Inflater {
    /// Forgets what the last body left.
    fn start(&mut self) {
        self.window.clear();
        (self.read, self.exhausted) = (0, false);
    }

    /// What is inflated and not used.
    fn ahead(&self) -> &[u8] {
        self.window.get(self.read..).unwrap_or_default()
    }

    /// Makes sure that a whole tile is ahead, if `input` holds one; takes what it uses of `input`.
    fn fill(&mut self, input: &mut &[u8]) -> Result<(), DecodeError> {
        if self.exhausted || self.ahead().len() >= TILE_BYTES_LIMIT {
            return Ok(());
        }
        self.window.drain(..self.read);
        self.read = 0;
        self.window.reserve(WINDOW - self.window.len());
        while self.window.len() < self.window.capacity() {
            let before = (self.stream.total_in(), self.window.len());
            let result = self
                .stream
                .decompress_vec(input, &mut self.window, FlushDecompress::None);
            if result.is_err() {
                return invalid("zrle.zlib-data", input.len());
            }
            let taken = usize::try_from(self.stream.total_in() - before.0).unwrap_or(usize::MAX);
            *input = input.get(taken..).unwrap_or_default();
            if taken == 0 && self.window.len() == before.1 {
                self.exhausted = true;
                break;
            }
        }
        Ok(())
    }

    /// Checks that nothing is left over.
    fn finish(&mut self, mut input: &[u8]) -> Result<(), DecodeError> {
        self.fill(&mut input)?;
        match self.ahead().len() + input.len() {
            0 => Ok(()),
            left => invalid("zrle.zlib-data", left),
        }
    }
}

/// Reads the pixels of one format.
struct Colours<'a> {
    cpixel: CPixel,
    unpacker: &'a Unpacker,
    /// The wire value is the pixel in memory.
    is_bgrx: bool,
}

impl<'a> Colours<'a> {
    fn new(unpacker: &'a Unpacker) -> Self {
        let format = unpacker.format();
        Self {
            cpixel: CPixel::new(format),
            unpacker,
            is_bgrx: *format == PixelFormat::BGRX,
        }
    }

    fn pixel(&self, wire: &[u8]) -> Pixel {
        if self.is_bgrx
            && let &[b, g, r] = wire
        {
            return [b, g, r, 0];
        }
        self.unpacker.pixel(self.cpixel.value(wire))
    }

    fn read(&self, r: &mut Reader<'_>, field: &'static str) -> Result<Pixel, DecodeError> {
        Ok(self.pixel(r.bytes(field, self.cpixel.bytes)?))
    }

    fn read_many(
        &self,
        r: &mut Reader<'_>,
        field: &'static str,
        pixels: &mut [Pixel],
    ) -> Result<(), DecodeError> {
        let wire = r.bytes(field, pixels.len() * self.cpixel.bytes)?;
        for (pixel, wire) in pixels.iter_mut().zip(wire.chunks_exact(self.cpixel.bytes)) {
            *pixel = self.pixel(wire);
        }
        Ok(())
    }

    fn read_palette<'p>(
        &self,
        r: &mut Reader<'_>,
        palette: &'p mut [Pixel],
        size: u8,
    ) -> Result<&'p [Pixel], DecodeError> {
        let palette = palette.get_mut(..size.into()).unwrap_or_default();
        self.read_many(r, "zrle.palette", palette)?;
        Ok(palette)
    }
}

/// Reads a tile whose rows are `width` of `pixels`.
fn read_tile(
    r: &mut Reader<'_>,
    colours: &Colours<'_>,
    width: usize,
    pixels: &mut [Pixel],
) -> Result<(), DecodeError> {
    let mut palette = [Pixel::default(); subencoding::PALETTE_RLE_LIMIT as usize];
    match r.u8("zrle.subencoding")? {
        subencoding::RAW => colours.read_many(r, "zrle.pixels", pixels),
        subencoding::SOLID => {
            pixels.fill(colours.read(r, "zrle.pixel-value")?);
            Ok(())
        }
        size @ 2..=subencoding::PACKED_LIMIT => {
            let palette = colours.read_palette(r, &mut palette, size)?;
            read_packed(r, palette, width, pixels)
        }
        subencoding::PLAIN_RLE => read_runs(r, pixels, |r| {
            let pixel = colours.read(r, "zrle.pixel-value")?;
            Ok((pixel, read_run_length(r)?))
        }),
        with_palette @ 130.. => {
            let size = with_palette - subencoding::PLAIN_RLE;
            let palette = colours.read_palette(r, &mut palette, size)?;
            read_runs(r, pixels, |r| {
                let index = r.u8("zrle.palette-index")?;
                let pixel = look_up(palette, index & 0x7f)?;
                let length = if index < 0x80 { 1 } else { read_run_length(r)? };
                Ok((pixel, length))
            })
        }
        unused => invalid("zrle.subencoding", unused.into()),
    }
}

fn look_up(palette: &[Pixel], index: u8) -> Result<Pixel, DecodeError> {
    match palette.get(usize::from(index)) {
        Some(pixel) => Ok(*pixel),
        None => invalid("zrle.palette-index", index.into()),
    }
}

fn read_packed(
    r: &mut Reader<'_>,
    palette: &[Pixel],
    width: usize,
    pixels: &mut [Pixel],
) -> Result<(), DecodeError> {
    let bits = index_bits(palette.len());
    let row_bytes = width.div_ceil(8 / bits).max(1);
    for row in pixels.chunks_mut(width.max(1)) {
        let packed = r.bytes("zrle.packed-pixels", row_bytes)?;
        for (group, byte) in row.chunks_mut(8 / bits).zip(packed) {
            let mut byte = u16::from(*byte);
            for pixel in group {
                byte <<= bits;
                let [index, low] = byte.to_be_bytes();
                *pixel = look_up(palette, index)?;
                byte = low.into();
            }
        }
    }
    Ok(())
}

/// Fills `pixels` with runs, none longer than what is left.
fn read_runs(
    r: &mut Reader<'_>,
    pixels: &mut [Pixel],
    mut read: impl FnMut(&mut Reader<'_>) -> Result<(Pixel, usize), DecodeError>,
) -> Result<(), DecodeError> {
    let mut rest = pixels;
    while !rest.is_empty() {
        let (pixel, length) = read(r)?;
        let Some((run, after)) = rest.split_at_mut_checked(length) else {
            return invalid("zrle.run-length", length);
        };
        run.fill(pixel);
        rest = after;
    }
    Ok(())
}

/// One more than the sum of bytes, of which only the last is less than 255.
fn read_run_length(r: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let mut length: usize = 1;
    loop {
        let byte = r.u8("zrle.run-length")?;
        length += usize::from(byte);
        if byte != 255 {
            return Ok(length);
        }
    }
}
