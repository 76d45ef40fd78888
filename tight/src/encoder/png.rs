//! Bodies of TightPNG: pixels as PNG images.

use rfb::pixel::Packer;
use rfb::{Encoding, Rect};

use super::exact::Exact;
use super::palette::Palette;
use super::picture::Picture;
use super::sheet::{Body, Sheet};
use crate::choice;
use crate::content;
use crate::control::Method;
use crate::png::{Effort, PngEncoder};

impl Exact for PngEncoder {
    fn paletted(
        &mut self,
        picture: &Picture<'_>,
        rect: Rect,
        palette: &Palette,
        sheet: &mut Sheet,
    ) {
        let settings = picture.settings;
        let level = choice::zlib_level(settings.compression);
        let image = if choice::png_allowed(&settings.format) {
            self.indexed(rect, palette.colours(), palette.indices(), level)
        } else {
            None
        };
        write(picture, rect, image, sheet);
    }

    fn full(&mut self, picture: &Picture<'_>, rect: Rect, sheet: &mut Sheet) {
        let (source, settings) = (picture.source, picture.settings);
        let image = if choice::png_allowed(&settings.format) {
            let effort = Effort {
                level: choice::zlib_level(settings.compression),
                smooth: content::is_smooth(source, rect),
            };
            self.rgb(source, rect, effort)
        } else {
            None
        };
        write(picture, rect, image, sheet);
    }
}

/// Writes an image, or Raw, which every client understands, where PNG cannot hold the client's pixels.
fn write(picture: &Picture<'_>, rect: Rect, image: Option<&[u8]>, sheet: &mut Sheet) {
    let bytes = sheet.bytes();
    let head = bytes.len();
    let body = match image {
        Some(image) => {
            bytes.extend_from_slice(image);
            Body::Counted(Method::Png)
        }
        None => {
            let packer = Packer::new(&picture.settings.format);
            for row in picture.source.rows(rect) {
                packer.row(row, bytes);
            }
            Body::Foreign(Encoding::RAW)
        }
    };
    sheet.end(rect, body, head);
}
