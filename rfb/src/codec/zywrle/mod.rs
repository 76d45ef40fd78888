//! ZYWRLE: ZRLE whose raw tiles hold wavelet coefficients. Lossy, and never announced unless asked for: some servers
//! use its number for something else. There is no specification but the source that Hitachi Systems & Services
//! published in 2006.

mod wavelet;

use super::grid::Grid;
use super::pixels::{Pixel, PixelReader};
use super::tile::{Names, TileReader};
use super::zlib_stream::{Inflater, whole};
use super::zrle::{TILE, TILE_BYTES_LIMIT, draw_tile};
use super::{Decoder, Progress};
use crate::pixel::Unpacker;
use crate::wire::Reader;
use crate::{DecodeError, PixelFormat, Rect, ViewMut};

static NAMES: Names = Names {
    subencoding: "zywrle.subencoding",
    pixels: "zywrle.pixels",
    pixel_value: "zywrle.pixel-value",
    palette: "zywrle.palette",
    packed_pixels: "zywrle.packed-pixels",
    palette_index: "zywrle.palette-index",
    run_length: "zywrle.run-length",
};

/// The sub-encoding of a tile that is coefficients, which follow as a tile of their own.
const COEFFICIENTS: u8 = 0;

/// Draws ZYWRLE bodies.
#[derive(Debug)]
pub struct ZywrleDecoder {
    inflater: Inflater,
    tiles: TileReader,
    /// How often the wavelet was applied: 1 to 3.
    depth: u32,
    /// Reads channels of the format in use as they are, in the highest bits of a byte.
    levels: Option<Unpacker>,
    /// The pixels of a tile.
    pixels: Vec<Pixel>,
    wavelet: wavelet::Memory,
}

impl Default for ZywrleDecoder {
    fn default() -> Self {
        Self {
            inflater: Inflater::new("zywrle.zlib-data"),
            tiles: TileReader::zrle(&NAMES),
            depth: depth(None),
            levels: None,
            pixels: Vec::new(),
            wavelet: wavelet::Memory::default(),
        }
    }
}

/// What servers take for the quality level that a client asked for: it is not in the data.
fn depth(quality: Option<u8>) -> u32 {
    match quality {
        Some(0..=2) => 3,
        Some(3..=5) => 2,
        _ => 1,
    }
}

impl Decoder for ZywrleDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let format = *pixels.format();
        let transformed = is_transformed(&format)?;
        let levels = match self.levels.take() {
            Some(levels) if *levels.format() == format => levels,
            _ => Unpacker::levels(&format),
        };
        let area = Rect::from(target.size());
        let raw = area.area().saturating_mul(format.bytes_per_pixel());
        let mut input = self.inflater.take(body, "zywrle.length", raw)?;
        for tile in Grid::new(area, TILE).tiles() {
            self.pixels.resize(tile.area(), Pixel::default());
            self.inflater.fill(&mut input, 1 + TILE_BYTES_LIMIT)?;
            let mut r = Reader::new(self.inflater.ahead());
            let width = usize::from(tile.width);
            if transformed && r.rest().first() == Some(&COEFFICIENTS) {
                r.u8(NAMES.subencoding).map_err(whole)?;
                let source = PixelReader::compressed(&levels);
                self.tiles
                    .read(&mut r, &source, width, &mut self.pixels)
                    .map_err(whole)?;
                self.wavelet.undo(&mut self.pixels, width, self.depth);
                for pixel in &mut self.pixels {
                    *pixel = pixels.pixel(value(&format, *pixel));
                }
            } else {
                let source = PixelReader::compressed(pixels);
                self.tiles
                    .read(&mut r, &source, width, &mut self.pixels)
                    .map_err(whole)?;
            }
            let read = r.position();
            self.inflater.advance(read);
            draw_tile(&mut target, tile, &self.pixels);
        }
        self.levels = Some(levels);
        self.inflater.finish(input)?;
        Ok(Progress::Whole)
    }

    fn set_quality(&mut self, level: Option<u8>) {
        self.depth = depth(level);
    }
}

/// Whether raw tiles of `format` are coefficients: not of eight bits. The others must be laid out as servers expect,
/// green in the middle.
fn is_transformed(format: &PixelFormat) -> Result<bool, DecodeError> {
    let [red, green, blue] = format.shift;
    let layout = (
        format.bits_per_pixel,
        format.max,
        [red.min(blue), green, red.max(blue)],
    );
    match layout {
        (8, ..) => Ok(false),
        (32, [255, 255, 255], [0, 8, 16])
        | (16, [31, 63, 31], [0, 5, 11])
        | (16, [31, 31, 31], [0, 5, 10]) => Ok(true),
        _ => Err(DecodeError::Invalid {
            field: "zywrle: pixel-format.green-shift",
            value: green.into(),
        }),
    }
}

/// The wire value whose channels are the highest bits of blue, green and red.
fn value(format: &PixelFormat, [blue, green, red, _]: Pixel) -> u32 {
    let channels = format.max.into_iter().zip(format.shift);
    channels
        .zip([red, green, blue])
        .fold(0, |value, ((max, shift), level)| {
            value | u32::from(level) >> max.leading_zeros().saturating_sub(8) << shift
        })
}
