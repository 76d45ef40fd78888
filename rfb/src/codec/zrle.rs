//! ZRLE: run-length coded tiles of 64x64 in one zlib stream. RFC 6143 7.7.6.

use super::grid::{Grid, bands};
use super::pixels::{Pixel, PixelReader, WirePixel, read_values};
use super::tile::{Names, TileReader, TileWriter};
use super::zlib_stream::{Deflater, Inflater, whole};
use super::{Decoder, EncodeSettings, Encoder, Progress, RectWriter};
use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{DecodeError, Encoding, Rect, Region, View, ViewMut};

/// Width and height of a tile; less at the right and bottom edge of a rectangle.
pub(super) const TILE: u16 = 64;
/// The most bytes of one tile: runs of one pixel, each four bytes and a length.
pub(super) const TILE_BYTES_LIMIT: usize = 1 + TILE as usize * TILE as usize * 5;

static NAMES: Names = Names {
    subencoding: "zrle.subencoding",
    pixels: "zrle.pixels",
    pixel_value: "zrle.pixel-value",
    palette: "zrle.palette",
    packed_pixels: "zrle.packed-pixels",
    palette_index: "zrle.palette-index",
    run_length: "zrle.run-length",
};

/// Draws ZRLE bodies.
#[derive(Debug)]
pub struct ZrleDecoder {
    inflater: Inflater,
    tiles: TileReader,
    /// The pixels of a tile.
    pixels: Vec<Pixel>,
}

impl Default for ZrleDecoder {
    fn default() -> Self {
        Self {
            inflater: Inflater::new("zrle.zlib-data"),
            tiles: TileReader::zrle(&NAMES),
            pixels: Vec::new(),
        }
    }
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
        let mut input = self.inflater.take(body, "zrle.length", raw)?;
        let source = PixelReader::compressed(pixels);
        for tile in Grid::new(area, TILE).tiles() {
            self.pixels.resize(tile.area(), Pixel::default());
            self.inflater.fill(&mut input, TILE_BYTES_LIMIT)?;
            let mut r = Reader::new(self.inflater.ahead());
            let width = usize::from(tile.width);
            self.tiles
                .read(&mut r, &source, width, &mut self.pixels)
                .map_err(whole)?;
            let read = r.position();
            self.inflater.advance(read);
            draw_tile(&mut target, tile, &self.pixels);
        }
        self.inflater.finish(input)?;
        Ok(Progress::Whole)
    }
}

/// Draws the pixels of `tile`.
pub(super) fn draw_tile(target: &mut ViewMut<'_>, tile: Rect, pixels: &[Pixel]) {
    let width = usize::from(tile.width).max(1);
    if let Some(mut target) = target.part(tile) {
        for (to, from) in target.rows_mut().zip(pixels.chunks(width)) {
            to.copy_from_slice(from.as_flattened());
        }
    }
}

/// Writes ZRLE bodies. Rectangles of many rows are cut.
#[derive(Debug)]
pub struct ZrleEncoder {
    deflater: Deflater,
    tiles: TileWriter,
    /// The pixel values of a tile.
    values: Vec<u32>,
    /// The tiles of a rectangle, before zlib.
    plain: Vec<u8>,
}

impl Default for ZrleEncoder {
    fn default() -> Self {
        Self {
            deflater: Deflater::default(),
            tiles: TileWriter::zrle(),
            values: Vec::new(),
            plain: Vec::new(),
        }
    }
}

impl Encoder for ZrleEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let packer = Packer::new(&settings.format);
        let wire = WirePixel::compressed(&settings.format);
        let region = region.clipped(source.size());
        let mut bands = region.rects().iter().flat_map(|&rect| bands(rect, TILE));
        while !out.is_full()
            && let Some(band) = bands.next()
        {
            self.plain.clear();
            for tile in Grid::new(band, TILE).tiles() {
                read_values(source, tile, &packer, &mut self.values);
                self.tiles
                    .write(&self.values, tile.width.into(), wire, &mut self.plain);
            }
            let body = out.begin(band, Encoding::ZRLE);
            self.deflater
                .deflate(settings.compression, &self.plain, body);
            out.end();
        }
        bands.collect()
    }
}
