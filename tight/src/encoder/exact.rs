//! A part that is sent without loss: strips of as many rows as a palette lasts, and full colour where none does.

use rfb::{BYTES_PER_PIXEL, Rect};

use super::palette::Palette;
use super::picture::{Jpeg, Picture};
use super::plan::{EXACT_AREA, EXACT_WIDTH};
use super::sheet::{Body, Sheet};
use crate::choice;
use crate::content::Solid;
use crate::control::Method;
use crate::jpeg::JpegWriter;
use crate::split::split;

/// A strip of fewer rows than this is not worth a palette of its own.
const LEAST_ROWS: u16 = 16;

/// How an encoding sends pixels without loss that are not of one colour.
pub(crate) trait Exact {
    /// Writes a rectangle of the 2 to 256 colours that were found.
    fn paletted(&mut self, picture: &Picture<'_>, rect: Rect, palette: &Palette, sheet: &mut Sheet);

    /// Writes a rectangle with every pixel in full.
    fn full(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet);
}

/// One thread's memory.
#[derive(Debug, Default)]
pub(crate) struct Worker<E> {
    palette: Palette,
    jpeg: JpegWriter,
    exact: E,
}

impl<E: Exact> Worker<E> {
    /// Writes `rect` as JPEG of the quality of the picture, or without loss if that fails.
    pub(crate) fn photo(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) {
        if self.jpeg(picture, rect, sheet).is_none() {
            split(rect, EXACT_WIDTH, EXACT_AREA)
                .for_each(|rect| self.exact.full(picture, rect, sheet));
        }
    }

    /// Writes `rect` strip by strip.
    pub(crate) fn exact(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) {
        let most = rows_within(rect.width);
        // Rows that no palette does for.
        let mut waiting = Rect { height: 0, ..rect };
        let mut rest = rect;
        while rest.height > 0 {
            let wanted = rest.height.min(most);
            let strip = Rect {
                height: wanted,
                ..rest
            };
            let alone = waiting.height == 0 && wanted == rect.height;
            let taken = match self.strip(picture, strip, alone) {
                Some(rows) => {
                    self.full(picture, waiting, sheet);
                    let strip = Rect {
                        height: rows,
                        ..strip
                    };
                    self.paletted(picture, strip, sheet);
                    rest.top = rest.top.saturating_add(rows);
                    waiting = Rect { height: 0, ..rest };
                    rows
                }
                None => {
                    let rows = wanted.min(LEAST_ROWS);
                    if waiting.height.saturating_add(rows) > most {
                        self.full(picture, waiting, sheet);
                        waiting = Rect { height: 0, ..rest };
                    }
                    waiting.height = waiting.height.saturating_add(rows);
                    rest.top = rest.top.saturating_add(rows);
                    rows
                }
            };
            rest.height -= taken;
        }
        self.full(picture, waiting, sheet);
    }

    /// Finds the palette of `strip`, or of as many of its rows as there is one for: how many rows. `None` if a palette
    /// does not pay.
    fn strip(&mut self, picture: &Picture<'_>, strip: Rect, alone: bool) -> Option<u16> {
        let limit = choice::palette_limit(strip.area(), picture.settings);
        let rows = self
            .palette
            .grow(picture.source, strip, limit, &picture.writer);
        let whole = rows == strip.height;
        let colours = self.palette.colours().len();
        let area = usize::from(strip.width) * usize::from(rows);
        let long_enough = whole || rows >= LEAST_ROWS;
        let pays = whole && alone || choice::palette_pays(colours, area);
        (long_enough && pays).then_some(rows)
    }

    /// Writes `rect` with the palette that was found for it.
    fn paletted(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) {
        match *self.palette.colours() {
            [] => {}
            [colour] => fill(picture, Solid { rect, colour }, sheet),
            _ => self.exact.paletted(picture, rect, &self.palette, sheet),
        }
    }

    /// Writes `rect` as JPEG if it turns out to be a photograph, else with every pixel in full.
    fn full(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) {
        if rect.is_empty() {
            return;
        }
        let soft = |jpeg: &Jpeg| jpeg.photo.suits(picture.source, rect);
        if picture.jpeg.as_ref().is_some_and(soft) && self.jpeg(picture, rect, sheet).is_some() {
            return;
        }
        self.exact.full(picture, rect, sheet);
    }

    /// Writes `rect` as JPEG; `None` if that may not be or fails.
    fn jpeg(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) -> Option<()> {
        let quality = picture.jpeg?.quality;
        let thrifty = picture.settings.thrifty;
        let image = self.jpeg.encode(picture.source, rect, quality, thrifty)?;
        let bytes = sheet.bytes();
        let head = bytes.len();
        bytes.extend_from_slice(image);
        let body = Body::Counted(Method::Jpeg);
        sheet.end_lossy(rect, body, head, quality.quality);
        Some(())
    }
}

/// Writes a rectangle of one BGRX colour, or of a grey if the client wants no colours.
pub(crate) fn fill(picture: &Picture<'_>, solid: Solid, sheet: &mut Sheet) {
    let Solid { rect, colour } = solid;
    let shown = match choice::is_gray(picture.settings) {
        true => gray(colour),
        false => colour,
    };
    picture.writer.row(&shown, sheet.bytes());
    let head = sheet.bytes().len();
    let body = Body::Bare(Method::Fill);
    match shown == colour {
        true => sheet.end(rect, body, head),
        // As far from the colour as it can be.
        false => sheet.end_lossy(rect, body, head, 1),
    }
}

/// The grey that JPEG makes of a BGRX colour (JFIF: Y = 0.299 R + 0.587 G + 0.114 B).
fn gray([blue, green, red, unused]: [u8; BYTES_PER_PIXEL]) -> [u8; BYTES_PER_PIXEL] {
    let sum = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    let level = u8::try_from((sum + 32_768) >> 16).unwrap_or(u8::MAX);
    [level, level, level, unused]
}

/// How many rows of `width` pixels a rectangle without loss may have.
fn rows_within(width: u16) -> u16 {
    u16::try_from(EXACT_AREA / usize::from(width).max(1)).unwrap_or(u16::MAX)
}
