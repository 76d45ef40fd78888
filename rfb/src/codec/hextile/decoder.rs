//! Draws Hextile bodies, tile by tile.

use super::{TILE, TILE_PIXELS, subencoding};
use crate::codec::grid::Grid;
use crate::codec::pixels::{Pixel, PixelReader};
use crate::codec::{Decoder, Progress};
use crate::pixel::Unpacker;
use crate::wire::Reader;
use crate::{DecodeError, Rect, ViewMut};

/// Draws Hextile bodies.
#[derive(Debug, Default)]
pub struct HextileDecoder {
    /// Tiles of the rectangle drawn so far.
    drawn: usize,
    carried: Colours,
}

/// The colours that hold until a tile gives others. By RFC 6143 a Raw tile ends them, and no tile may rely on them
/// after one; some servers do, and mean the ones before.
#[derive(Clone, Copy, Debug, Default)]
struct Colours {
    background: Option<Pixel>,
    foreground: Option<Pixel>,
}

/// The contents of a tile.
enum Content<'a> {
    Raw(&'a [u8]),
    /// A background, and the sub-rectangles on it: each has a colour of its own if there is none for all.
    Subrects {
        background: Pixel,
        foreground: Option<Pixel>,
        subrects: &'a [u8],
    },
}

impl Decoder for HextileDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        mut target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        let grid = Grid::new(Rect::from(target.size()), TILE);
        let source = PixelReader::whole(pixels);
        let start = self.drawn;
        while let Some(tile) = grid.tile(self.drawn) {
            let mut r = body.clone();
            let mut colours = self.carried;
            let content = match colours.read(&mut r, &source, tile) {
                Ok(content) => content,
                Err(DecodeError::Incomplete { .. }) if self.drawn > start => {
                    return Ok(Progress::More);
                }
                Err(error) => return Err(error),
            };
            if let Some(target) = target.part(tile) {
                content.draw(&source, target)?;
            }
            (*body, self.carried) = (r, colours);
            self.drawn += 1;
        }
        *self = Self::default();
        Ok(Progress::Whole)
    }
}

impl Colours {
    /// Reads one tile, and the colours it gives.
    fn read<'a>(
        &mut self,
        r: &mut Reader<'a>,
        source: &PixelReader<'_>,
        tile: Rect,
    ) -> Result<Content<'a>, DecodeError> {
        let mask = r.u8("hextile.subencoding")?;
        if mask & subencoding::RAW != 0 {
            let wire = r.bytes("hextile.pixels", tile.area() * source.bytes())?;
            return Ok(Content::Raw(wire));
        }
        let invalid = || invalid("hextile.subencoding", mask);
        if mask > subencoding::ALL {
            return Err(invalid());
        }
        if mask & subencoding::BACKGROUND != 0 {
            self.background = Some(source.read(r, "hextile.background")?);
        }
        if mask & subencoding::FOREGROUND != 0 {
            self.foreground = Some(source.read(r, "hextile.foreground")?);
        }
        let background = self.background.ok_or_else(invalid)?;
        if mask & subencoding::SUBRECTS == 0 {
            return Ok(Content::Subrects {
                background,
                foreground: None,
                subrects: &[],
            });
        }
        let (foreground, unit) = match mask & subencoding::COLOURED {
            0 => (Some(self.foreground.ok_or_else(invalid)?), 2),
            _ => (None, source.bytes() + 2),
        };
        let count = usize::from(r.u8("hextile.number-of-subrectangles")?);
        let subrects = r.bytes("hextile.subrectangles", count * unit)?;
        Ok(Content::Subrects {
            background,
            foreground,
            subrects,
        })
    }
}

impl Content<'_> {
    fn draw(&self, source: &PixelReader<'_>, mut target: ViewMut<'_>) -> Result<(), DecodeError> {
        let width = usize::from(target.size().width).max(1);
        match *self {
            Content::Raw(wire) => {
                for (row, wire) in target.rows_mut().zip(wire.chunks(width * source.bytes())) {
                    source.row(wire, row.as_chunks_mut().0);
                }
            }
            Content::Subrects {
                background,
                subrects: [],
                ..
            } => target.fill(background),
            Content::Subrects {
                background,
                foreground,
                subrects,
            } => {
                let mut memory = [background; TILE_PIXELS];
                let tile = memory.get_mut(..target.size().area()).unwrap_or_default();
                draw_subrects(source, foreground, subrects, width, tile)?;
                for (row, pixels) in target.rows_mut().zip(tile.chunks(width)) {
                    row.copy_from_slice(pixels.as_flattened());
                }
            }
        }
        Ok(())
    }
}

/// Draws sub-rectangles on a tile whose rows are `width` of `tile`.
fn draw_subrects(
    source: &PixelReader<'_>,
    foreground: Option<Pixel>,
    subrects: &[u8],
    width: usize,
    tile: &mut [Pixel],
) -> Result<(), DecodeError> {
    let pixel_bytes = foreground.map_or(source.bytes(), |_| 0);
    for bytes in subrects.chunks_exact(pixel_bytes + 2) {
        let (pixel, place) = bytes.split_at(pixel_bytes);
        let &[position, size] = place else {
            continue;
        };
        let pixel = foreground.unwrap_or_else(|| source.pixel(pixel));
        let columns =
            usize::from(position >> 4)..usize::from(position >> 4) + usize::from(size >> 4) + 1;
        let (top, rows) = (usize::from(position & 15), usize::from(size & 15) + 1);
        if columns.end > width {
            return Err(invalid("hextile.subrectangle-right", columns.end));
        }
        if (top + rows) * width > tile.len() {
            return Err(invalid("hextile.subrectangle-bottom", top + rows));
        }
        for row in tile.chunks_mut(width).skip(top).take(rows) {
            row.get_mut(columns.clone()).unwrap_or_default().fill(pixel);
        }
    }
    Ok(())
}

fn invalid(field: &'static str, value: impl TryInto<i64>) -> DecodeError {
    let value = value.try_into().unwrap_or(i64::MAX);
    DecodeError::Invalid { field, value }
}
