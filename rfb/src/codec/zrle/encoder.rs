//! Writes ZRLE bodies.

use flate2::{Compress, Compression, FlushCompress};

use super::cpixel::CPixel;
use super::palette::Palette;
use super::tile::write_tile;
use super::{TILE, tiles};
use crate::codec::{EncodeSettings, Encoder, RectWriter};
use crate::pixel::Packer;
use crate::{BYTES_PER_PIXEL, Encoding, PixelFormat, Rect, Region, View};

/// Pixels of a rectangle, so that one does not hold up others for long; a row of tiles may be more.
const PIXELS_LIMIT: u32 = 1 << 16;

/// Writes ZRLE bodies. Rectangles of many rows are cut.
#[derive(Debug, Default)]
pub struct ZrleEncoder {
    /// Made when first used, at the compression level of then: the client's side cannot be started afresh.
    stream: Option<Compress>,
    palette: Palette,
    /// The pixel values of a tile.
    values: Vec<u32>,
    /// The tiles of a rectangle, before zlib.
    tiles: Vec<u8>,
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
        let stream = self.stream.get_or_insert_with(|| {
            let level = settings.compression.min(9);
            Compress::new(Compression::new(level.into()), true)
        });
        let region = region.clipped(source.size());
        let mut pieces = region.rects().iter().flat_map(|&rect| pieces(rect));
        while !out.is_full()
            && let Some(piece) = pieces.next()
        {
            self.tiles.clear();
            for tile in tiles(piece) {
                read_values(source, tile, settings.format, &packer, &mut self.values);
                write_tile(
                    &self.values,
                    tile.width.into(),
                    CPixel::new(&settings.format),
                    &mut self.palette,
                    &mut self.tiles,
                );
            }
            let body = out.begin(piece, Encoding::ZRLE);
            deflate(stream, &self.tiles, body);
        }
        pieces.collect()
    }
}

/// `rect` in whole rows of tiles of about [`PIXELS_LIMIT`] pixels.
fn pieces(rect: Rect) -> impl Iterator<Item = Rect> {
    let tile = u32::from(TILE);
    let tile_rows = PIXELS_LIMIT / tile / u32::from(rect.width).max(1);
    let height = tile_rows.max(1) * tile;
    let tops = std::iter::successors(Some(u32::from(rect.top)), move |top| Some(top + height));
    tops.take_while(move |&top| top < rect.bottom())
        .map(move |top| {
            let bottom = rect.bottom().min(top + height);
            Rect::from_edges(rect.left.into(), top, rect.right(), bottom)
        })
}

/// Fills `values` with what the pixels of `rect` are on the wire.
fn read_values(
    source: View<'_>,
    rect: Rect,
    format: PixelFormat,
    packer: &Packer,
    values: &mut Vec<u32>,
) {
    values.clear();
    for row in source.rows(rect) {
        let pixels = row.as_chunks::<BYTES_PER_PIXEL>().0.iter();
        if format == PixelFormat::BGRX {
            values.extend(pixels.map(|&[b, g, r, _]| u32::from_le_bytes([b, g, r, 0])));
        } else {
            values.extend(pixels.map(|&[b, g, r, _]| packer.value([b, g, r])));
        }
    }
}

/// Appends the length of what `input` deflates to, and that, flushed: the client can inflate all of it.
fn deflate(stream: &mut Compress, input: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0; 4]);
    let mut rest = input;
    loop {
        out.reserve(rest.len() / 2 + 64);
        let before = stream.total_in();
        // Only a finished stream is an error, and this one never is.
        let result = stream.compress_vec(rest, out, FlushCompress::Sync);
        let taken = usize::try_from(stream.total_in() - before).unwrap_or(usize::MAX);
        rest = rest.get(taken..).unwrap_or_default();
        let done = rest.is_empty() && out.len() < out.capacity();
        if done || result.is_err() {
            break;
        }
    }
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}
