//! PNG images, both directions.

use std::io::Cursor;

use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};
use png::{Decoder, Limits, Transformations};
use rfb::{BYTES_PER_PIXEL, DecodeError, Rect, View, ViewMut};

use crate::control::invalid;

/// Makes PNG images. Its buffers live as long as the connection.
#[derive(Debug, Default)]
pub(crate) struct PngEncoder {
    /// The pixels as PNG wants them.
    pixels: Vec<u8>,
    image: Vec<u8>,
}

/// How hard to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// zlib level, 0 to 9.
    pub(crate) level: u32,
    /// Whether neighbours are alike without being equal, so that differences compress better.
    pub(crate) smooth: bool,
}

impl PngEncoder {
    /// The pixels of `rect` as red, green and blue; `None` if the image could not be made.
    pub(crate) fn rgb(&mut self, source: View<'_>, rect: Rect, effort: Effort) -> Option<&[u8]> {
        self.pixels.clear();
        for row in source.rows(rect) {
            let pixels = row.as_chunks::<BYTES_PER_PIXEL>().0;
            let rgb = pixels.iter().flat_map(|&[b, g, r, _]| [r, g, b]);
            self.pixels.extend(rgb);
        }
        self.write(rect, effort, |encoder| encoder.set_color(ColorType::Rgb))
    }

    /// The pixels of `rect` as `indices` of `colours`, 2 to 256 BGRX pixels; `None` if the image could not be made.
    pub(crate) fn indexed(
        &mut self,
        rect: Rect,
        colours: &[[u8; BYTES_PER_PIXEL]],
        indices: &[u8],
        level: u32,
    ) -> Option<&[u8]> {
        let (depth, bits) = match colours.len() {
            0..=2 => (BitDepth::One, 1),
            3..=4 => (BitDepth::Two, 2),
            5..=16 => (BitDepth::Four, 4),
            _ => (BitDepth::Eight, 8),
        };
        self.pixels.clear();
        for row in indices.chunks(usize::from(rect.width).max(1)) {
            pack(row, bits, &mut self.pixels);
        }
        let palette: Vec<u8> = colours.iter().flat_map(|&[b, g, r, _]| [r, g, b]).collect();
        let smooth = false;
        self.write(rect, Effort { level, smooth }, |encoder| {
            encoder.set_color(ColorType::Indexed);
            encoder.set_depth(depth);
            encoder.set_palette(palette);
        })
    }

    fn write(
        &mut self,
        rect: Rect,
        effort: Effort,
        set_colours: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
    ) -> Option<&[u8]> {
        self.image.clear();
        let mut encoder = Encoder::new(&mut self.image, rect.width.into(), rect.height.into());
        encoder.set_deflate_compression(match effort.level {
            0 => DeflateCompression::NoCompression,
            level => DeflateCompression::Level(u8::try_from(level).unwrap_or(9)),
        });
        encoder.set_filter(if effort.smooth {
            Filter::Paeth
        } else {
            Filter::NoFilter
        });
        set_colours(&mut encoder);
        finish(encoder, &self.pixels).ok()?;
        Some(&self.image)
    }
}

fn finish(encoder: Encoder<'_, &mut Vec<u8>>, pixels: &[u8]) -> Result<(), EncodingError> {
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()
}

/// Appends a row of indices of `bits` each, the leftmost highest, padded to a byte.
fn pack(row: &[u8], bits: usize, out: &mut Vec<u8>) {
    if bits == 8 {
        return out.extend_from_slice(row);
    }
    let in_byte = 8 / bits;
    out.extend(row.chunks(in_byte).map(|indices| {
        let byte = indices.iter().fold(0, |byte, &index| byte << bits | index);
        byte << ((in_byte - indices.len()) * bits)
    }));
}

/// Draws PNG images.
#[derive(Debug, Default)]
pub(crate) struct PngDecoder {
    /// The image as the PNG has it, 8 bits a channel.
    pixels: Vec<u8>,
}

impl PngDecoder {
    /// Draws the PNG image `data`, which must be of the size of `target`. Its alpha channel says nothing.
    pub(crate) fn decode(
        &mut self,
        data: &[u8],
        mut target: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        let unreadable = |_| invalid("tight.png", i64::try_from(data.len()).unwrap_or(i64::MAX));
        let (size, area) = (target.size(), target.size().area());
        let mut cursor = Cursor::new(data);
        // Beside the pixels there are a palette and what a row's filter needs.
        let bytes = area * 2 * BYTES_PER_PIXEL + (1 << 20);
        let mut decoder = Decoder::new_with_limits(&mut cursor, Limits { bytes });
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        let header = decoder.read_header_info().map_err(unreadable)?;
        check_size((header.width, header.height), target.size())?;
        let mut reader = decoder.read_info().map_err(unreadable)?;
        self.pixels.clear();
        self.pixels.resize(area * BYTES_PER_PIXEL, 0);
        let frame = reader.next_frame(&mut self.pixels).map_err(unreadable)?;
        // An animated image may begin with a smaller frame.
        check_size((frame.width, frame.height), size)?;
        reader.finish().map_err(unreadable)?;
        drop(reader);
        let rest = data.len() as u64 - cursor.position().min(data.len() as u64);
        if rest != 0 {
            return Err(invalid("tight.png.rest", i64::try_from(rest).unwrap_or(0)));
        }
        let rows = self.pixels.chunks_exact(frame.line_size.max(1));
        for (row, wire) in target.rows_mut().zip(rows) {
            draw_row(frame.color_type, wire, row);
        }
        Ok(())
    }
}

fn check_size((width, height): (u32, u32), expected: rfb::Size) -> Result<(), DecodeError> {
    for (field, found, expected) in [
        ("tight.png.width", width, expected.width),
        ("tight.png.height", height, expected.height),
    ] {
        if found != u32::from(expected) {
            return Err(invalid(field, found));
        }
    }
    Ok(())
}

/// Fills a BGRX row from a row of samples of 8 bits.
fn draw_row(colours: ColorType, wire: &[u8], row: &mut [u8]) {
    let pixels = row.as_chunks_mut::<BYTES_PER_PIXEL>().0.iter_mut();
    let grey = |level: u8| [level, level, level, 0];
    match colours {
        ColorType::Rgb => pixels
            .zip(wire.as_chunks().0)
            .for_each(|(pixel, &[r, g, b])| *pixel = [b, g, r, 0]),
        ColorType::Rgba => pixels
            .zip(wire.as_chunks().0)
            .for_each(|(pixel, &[r, g, b, _])| *pixel = [b, g, r, 0]),
        ColorType::GrayscaleAlpha => pixels
            .zip(wire.as_chunks().0)
            .for_each(|(pixel, &[level, _])| *pixel = grey(level)),
        // Palettes were expanded.
        ColorType::Grayscale | ColorType::Indexed => pixels
            .zip(wire)
            .for_each(|(pixel, &level)| *pixel = grey(level)),
    }
}
