//! Bodies of basic compression: filtered pixels, through zlib or as they are.

use rfb::Rect;

use super::exact::Exact;
use super::gradient;
use super::palette::Palette;
use super::picture::Picture;
use super::sheet::{Body, Sheet};
use crate::MIN_TO_COMPRESS;
use crate::choice;
use crate::content;
use crate::control::{GRADIENT_FILTER, Method, PALETTE_FILTER};
use crate::deflate::{Deflater, Layout};

/// The zlib stream for each kind of data.
const FULL: u8 = 0;
const MONO: u8 = 1;
const INDEXED: u8 = 2;
const GRADIENT: u8 = 3;

/// Writes bodies of basic compression.
#[derive(Debug, Default)]
pub(crate) struct Basic {
    deflater: Deflater,
    gradient: gradient::Memory,
    /// The filtered pixels of the rectangle at hand.
    pixels: Vec<u8>,
}

impl Exact for Basic {
    fn paletted(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        palette: &Palette,
        sheet: &mut Sheet,
    ) {
        let colours = palette.colours();
        let last = u8::try_from(colours.len().saturating_sub(1)).unwrap_or(u8::MAX);
        let bytes = sheet.bytes();
        bytes.extend([PALETTE_FILTER, last]);
        picture.writer.row(colours.as_flattened(), bytes);
        let row = usize::from(rect.width);
        if colours.len() > 2 {
            let layout = Layout::Rows { row, unit: 1 };
            return self.write(
                picture,
                rect,
                palette.indices(),
                Sending {
                    stream: INDEXED,
                    filtered: true,
                    layout,
                },
                sheet,
            );
        }
        let mut pixels = std::mem::take(&mut self.pixels);
        pixels.clear();
        palette.bits(rect.width, &mut pixels);
        let layout = Layout::Rows {
            row: row.div_ceil(8),
            unit: 1,
        };
        self.write(
            picture,
            rect,
            &pixels,
            Sending {
                stream: MONO,
                filtered: true,
                layout,
            },
            sheet,
        );
        self.pixels = pixels;
    }

    fn full(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) {
        let (source, settings) = (picture.source, picture.settings);
        let mut pixels = std::mem::take(&mut self.pixels);
        pixels.clear();
        let sending = if choice::gradient_allowed(settings) && content::is_smooth(source, rect) {
            sheet.bytes().push(GRADIENT_FILTER);
            let (format, writer) = (&settings.format, &picture.writer);
            self.gradient
                .filter(source, rect, format, writer, &mut pixels);
            Sending {
                stream: GRADIENT,
                filtered: true,
                layout: Layout::Residues,
            }
        } else {
            for row in source.rows(rect) {
                picture.writer.row(row, &mut pixels);
            }
            let unit = picture.writer.pixel_bytes();
            let row = usize::from(rect.width) * unit;
            Sending {
                stream: FULL,
                filtered: false,
                layout: Layout::Rows { row, unit },
            }
        };
        self.write(picture, rect, &pixels, sending, sheet);
        self.pixels = pixels;
    }
}

/// How filtered pixels are sent.
struct Sending {
    stream: u8,
    /// Whether a filter id is before them.
    filtered: bool,
    layout: Layout,
}

impl Basic {
    /// Writes filtered pixels, or as they are where zlib would only take time.
    fn write(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        pixels: &[u8],
        sending: Sending,
        sheet: &mut Sheet,
    ) {
        let settings = picture.settings;
        let Sending {
            stream,
            filtered,
            layout,
        } = sending;
        let bytes = sheet.bytes();
        let head = bytes.len();
        // Only to clients that say they know it: TigerVNC's viewer and noVNC end the session at it.
        let without_zlib = settings.without_zlib && settings.compression == 0;
        let short = pixels.len() < MIN_TO_COMPRESS;
        if without_zlib || short {
            bytes.extend_from_slice(pixels);
        } else {
            self.deflater
                .deflate(pixels, layout, settings.compression, bytes);
        }
        let body = match (without_zlib, short) {
            (false, false) => Body::Zlib { stream, filtered },
            (false, true) => Body::Bare(Method::Basic { stream, filtered }),
            (true, false) => Body::Counted(Method::WithoutZlib { filtered }),
            (true, true) => Body::Bare(Method::WithoutZlib { filtered }),
        };
        sheet.end(rect, body, head);
    }
}
