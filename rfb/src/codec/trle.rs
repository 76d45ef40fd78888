//! TRLE: run-length coded tiles of 16x16, without zlib. RFC 6143 7.7.5.

use super::grid::{Grid, bands};
use super::pixels::{Pixel, PixelReader, WirePixel, read_values};
use super::tile::{Names, TileReader, TileWriter};
use super::zrle::draw_tile;
use super::{Decoder, EncodeSettings, Encoder, Progress, RectWriter};
use crate::pixel::{Packer, Unpacker};
use crate::wire::Reader;
use crate::{DecodeError, Encoding, Rect, Region, View, ViewMut};

/// Width and height of a tile; less at the right and bottom edge of a rectangle.
const TILE: u16 = 16;
const TILE_PIXELS: usize = TILE as usize * TILE as usize;

static NAMES: Names = Names {
    subencoding: "trle.subencoding",
    pixels: "trle.pixels",
    pixel_value: "trle.pixel-value",
    palette: "trle.palette",
    packed_pixels: "trle.packed-pixels",
    palette_index: "trle.palette-index",
    run_length: "trle.run-length",
};

/// Draws TRLE bodies, tile by tile.
#[derive(Debug)]
pub struct TrleDecoder {
    tiles: TileReader,
    /// Tiles of the rectangle drawn so far.
    drawn: usize,
}

impl Default for TrleDecoder {
    fn default() -> Self {
        Self {
            tiles: TileReader::trle(&NAMES),
            drawn: 0,
        }
    }
}

impl Decoder for TrleDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let grid = Grid::new(Rect::from(target.size()), TILE);
        let source = PixelReader::compressed(pixels);
        let mut memory = [Pixel::default(); TILE_PIXELS];
        let start = self.drawn;
        while let Some(tile) = grid.tile(self.drawn) {
            let pixels = memory.get_mut(..tile.area()).unwrap_or_default();
            let mut r = body.clone();
            match self.tiles.read(&mut r, &source, tile.width.into(), pixels) {
                Ok(()) => *body = r,
                Err(DecodeError::Incomplete { .. }) if self.drawn > start => {
                    return Ok(Progress::More);
                }
                Err(error) => return Err(error),
            }
            draw_tile(&mut target, tile, pixels);
            self.drawn += 1;
        }
        self.drawn = 0;
        self.tiles.start();
        Ok(Progress::Whole)
    }
}

/// Writes TRLE bodies. Rectangles of many rows are cut.
#[derive(Debug)]
pub struct TrleEncoder {
    tiles: TileWriter,
    /// The pixel values of a tile.
    values: Vec<u32>,
}

impl Default for TrleEncoder {
    fn default() -> Self {
        Self {
            tiles: TileWriter::trle(),
            values: Vec::new(),
        }
    }
}

impl Encoder for TrleEncoder {
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
            let body = out.begin(band, Encoding::TRLE);
            self.tiles.start();
            for tile in Grid::new(band, TILE).tiles() {
                read_values(source, tile, &packer, &mut self.values);
                self.tiles
                    .write(&self.values, tile.width.into(), wire, body);
            }
            out.end();
        }
        bands.collect()
    }
}
