//! Reading one tile.

use super::{index_bits, subencoding};
use crate::DecodeError;
use crate::codec::pixels::{Pixel, PixelReader};
use crate::wire::Reader;

/// Pixels of the largest tile.
const TILE_PIXELS_LIMIT: usize = 64 * 64;

/// What the fields are called in errors.
#[derive(Debug)]
pub(in crate::codec) struct Names {
    pub(in crate::codec) subencoding: &'static str,
    pub(in crate::codec) pixels: &'static str,
    pub(in crate::codec) pixel_value: &'static str,
    pub(in crate::codec) palette: &'static str,
    pub(in crate::codec) packed_pixels: &'static str,
    pub(in crate::codec) palette_index: &'static str,
    pub(in crate::codec) run_length: &'static str,
}

/// Reads tiles one after the other.
#[derive(Debug)]
pub(in crate::codec) struct TileReader {
    names: &'static Names,
    /// Whether a tile may use the palette of one before.
    keeps_palette: bool,
    /// Of the last tile that had one; of no colours if none had.
    palette: Palette,
}

impl TileReader {
    /// Reads ZRLE's tiles: each has its own palette.
    pub(in crate::codec) fn zrle(names: &'static Names) -> Self {
        Self {
            names,
            keeps_palette: false,
            palette: Palette::default(),
        }
    }

    /// Reads TRLE's tiles: one may use the palette of the one before.
    pub(in crate::codec) fn trle(names: &'static Names) -> Self {
        Self {
            keeps_palette: true,
            ..Self::zrle(names)
        }
    }

    /// Forgets the palette: the next tile is the first of a rectangle.
    pub(in crate::codec) fn start(&mut self) {
        self.palette.colours = 0;
    }

    /// Reads a tile whose rows are `width` of `pixels`. On `Incomplete` the palette is as it was.
    pub(in crate::codec) fn read(
        &mut self,
        r: &mut Reader<'_>,
        source: &PixelReader<'_>,
        width: usize,
        pixels: &mut [Pixel],
    ) -> Result<(), DecodeError> {
        let names = self.names;
        match r.u8(names.subencoding)? {
            subencoding::RAW => source.read_many(r, names.pixels, pixels),
            subencoding::SOLID => {
                pixels.fill(source.read(r, names.pixel_value)?);
                Ok(())
            }
            size @ 2..=subencoding::PACKED_LIMIT => {
                let palette = Palette::read(r, source, names, size)?;
                palette.read_packed(r, names, width, pixels)?;
                self.keep(palette);
                Ok(())
            }
            subencoding::PACKED_AGAIN
                if (2..=subencoding::PACKED_LIMIT).contains(&self.palette.colours) =>
            {
                self.palette.read_packed(r, names, width, pixels)
            }
            subencoding::PLAIN_RLE => read_runs(r, names, pixels, |r| {
                let pixel = source.read(r, names.pixel_value)?;
                Ok((pixel, read_run_length(r, names)?))
            }),
            subencoding::PALETTE_RLE_AGAIN if self.palette.colours > 0 => {
                self.palette.read_runs(r, names, pixels)
            }
            with_palette @ 130.. => {
                let size = with_palette - subencoding::PLAIN_RLE;
                let palette = Palette::read(r, source, names, size)?;
                palette.read_runs(r, names, pixels)?;
                self.keep(palette);
                Ok(())
            }
            unused => invalid(names.subencoding, unused.into()),
        }
    }

    fn keep(&mut self, palette: Palette) {
        if self.keeps_palette {
            self.palette = palette;
        }
    }
}

/// The colours of a tile, by number.
#[derive(Debug)]
struct Palette {
    pixels: [Pixel; subencoding::PALETTE_RLE_LIMIT as usize],
    colours: u8,
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            pixels: [Pixel::default(); subencoding::PALETTE_RLE_LIMIT as usize],
            colours: 0,
        }
    }
}

impl Palette {
    fn read(
        r: &mut Reader<'_>,
        source: &PixelReader<'_>,
        names: &Names,
        colours: u8,
    ) -> Result<Self, DecodeError> {
        let mut palette = Self {
            colours,
            ..Self::default()
        };
        let pixels = palette.pixels.get_mut(..colours.into()).unwrap_or_default();
        source.read_many(r, names.palette, pixels)?;
        Ok(palette)
    }

    fn look_up(&self, names: &Names, index: u8) -> Result<Pixel, DecodeError> {
        match self.pixels.get(usize::from(index)) {
            Some(pixel) if index < self.colours => Ok(*pixel),
            _ => invalid(names.palette_index, index.into()),
        }
    }

    /// Reads indices, the leftmost highest, rows padded to whole bytes.
    fn read_packed(
        &self,
        r: &mut Reader<'_>,
        names: &Names,
        width: usize,
        pixels: &mut [Pixel],
    ) -> Result<(), DecodeError> {
        let bits = index_bits(self.colours.into());
        let row_bytes = width.div_ceil(8 / bits).max(1);
        let rows = pixels.len() / width.max(1);
        let packed = r.bytes(names.packed_pixels, rows * row_bytes)?;
        for (row, packed) in pixels
            .chunks_mut(width.max(1))
            .zip(packed.chunks(row_bytes))
        {
            for (group, byte) in row.chunks_mut(8 / bits).zip(packed) {
                let mut byte = u16::from(*byte);
                for pixel in group {
                    byte <<= bits;
                    let [index, low] = byte.to_be_bytes();
                    *pixel = self.look_up(names, index)?;
                    byte = low.into();
                }
            }
        }
        Ok(())
    }

    fn read_runs(
        &self,
        r: &mut Reader<'_>,
        names: &Names,
        pixels: &mut [Pixel],
    ) -> Result<(), DecodeError> {
        read_runs(r, names, pixels, |r| {
            let index = r.u8(names.palette_index)?;
            let pixel = self.look_up(names, index & 0x7f)?;
            let length = match index {
                ..0x80 => 1,
                _ => read_run_length(r, names)?,
            };
            Ok((pixel, length))
        })
    }
}

/// Fills `pixels` with runs, none longer than what is left.
fn read_runs(
    r: &mut Reader<'_>,
    names: &Names,
    pixels: &mut [Pixel],
    mut read: impl FnMut(&mut Reader<'_>) -> Result<(Pixel, usize), DecodeError>,
) -> Result<(), DecodeError> {
    let mut rest = pixels;
    while !rest.is_empty() {
        let (pixel, length) = read(r)?;
        let Some((run, after)) = rest.split_at_mut_checked(length) else {
            return invalid(names.run_length, length);
        };
        run.fill(pixel);
        rest = after;
    }
    Ok(())
}

/// One more than the sum of bytes, of which only the last is less than 255.
fn read_run_length(r: &mut Reader<'_>, names: &Names) -> Result<usize, DecodeError> {
    let mut length: usize = 1;
    loop {
        let byte = r.u8(names.run_length)?;
        length += usize::from(byte);
        if byte != 255 {
            return Ok(length);
        }
        // No tile has so many pixels, and the end may never come.
        if length > TILE_PIXELS_LIMIT {
            return invalid(names.run_length, length);
        }
    }
}

fn invalid<T>(field: &'static str, value: usize) -> Result<T, DecodeError> {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    Err(DecodeError::Invalid { field, value })
}
