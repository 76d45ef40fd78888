//! Clipboard images as programs exchange them, PNG, and as the wire has them, [`Bitmap`].

use std::fmt;
use std::io::Cursor;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Transformations};
use rfb::Size;
use rfb::clipboard::Bitmap;

/// Why an image could not be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum ImageError {
    /// It is no PNG, or a broken one.
    Decode(png::DecodingError),
    /// It cannot be written as PNG.
    Encode(png::EncodingError),
    /// It has too many pixels, or none.
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The most bytes of its pixels, four for each.
        limit: usize,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => write!(f, "png: {error}"),
            Self::Encode(error) => write!(f, "png: {error}"),
            Self::Size {
                width,
                height,
                limit,
            } => write!(
                f,
                "png: {width}x{height} pixels of four bytes are not within {limit} bytes"
            ),
        }
    }
}

impl std::error::Error for ImageError {}

/// The picture of a PNG file, whatever its colours and depth. Its pixels take `limit` bytes at most, as four bytes each.
pub fn read_png(file: &[u8], limit: usize) -> Result<Bitmap, ImageError> {
    // What a row may be before it has eight bits a channel, and the decoder's own needs.
    let memory = limit.saturating_mul(2).saturating_add(1 << 20);
    let limits = png::Limits { bytes: memory };
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(ImageError::Decode)?;
    let (width, height) = reader.info().size();
    let too_large = || ImageError::Size {
        width,
        height,
        limit,
    };
    let size = match (u16::try_from(width), u16::try_from(height)) {
        (Ok(width), Ok(height)) => Size::new(width, height),
        _ => return Err(too_large()),
    };
    if size.area() > limit / 4 {
        return Err(too_large());
    }
    let length = reader.output_buffer_size().ok_or_else(too_large)?;
    let mut pixels = vec![0; length];
    let frame = reader.next_frame(&mut pixels).map_err(ImageError::Decode)?;
    let pixels = match frame.color_type {
        ColorType::GrayscaleAlpha => pixels
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[grey, alpha]| [grey, grey, grey, alpha])
            .collect(),
        _ => with_red_and_blue_swapped(pixels),
    };
    Bitmap::new(size, pixels).ok_or_else(too_large)
}

/// `bitmap` as a PNG file: RGB if every pixel is opaque, else RGBA. Sooner rather than smaller.
pub fn write_png(bitmap: &Bitmap) -> Result<Vec<u8>, ImageError> {
    let (width, height) = (bitmap.size().width.into(), bitmap.size().height.into());
    let pixels = bitmap.pixels().as_chunks::<4>().0;
    let is_opaque = pixels.iter().all(|&[.., alpha]| alpha == 0xff);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    encoder.set_color(match is_opaque {
        true => ColorType::Rgb,
        false => ColorType::Rgba,
    });
    let data: Vec<u8> = match is_opaque {
        true => pixels
            .iter()
            .flat_map(|&[blue, green, red, _]| [red, green, blue])
            .collect(),
        false => with_red_and_blue_swapped(bitmap.pixels().to_vec()),
    };
    let mut writer = encoder.write_header().map_err(ImageError::Encode)?;
    writer.write_image_data(&data).map_err(ImageError::Encode)?;
    writer.finish().map_err(ImageError::Encode)?;
    Ok(file)
}

/// RGBA made BGRA, and the other way round.
#[must_use]
pub fn with_red_and_blue_swapped(mut pixels: Vec<u8>) -> Vec<u8> {
    for [first, _, third, _] in pixels.as_chunks_mut().0 {
        std::mem::swap(first, third);
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn picture(alpha: impl Fn(usize) -> u8) -> Bitmap {
        let size = Size::new(37, 23);
        let pixel = |at: usize| {
            let low = u8::try_from(at % 251).unwrap();
            [low, low.wrapping_mul(7), low ^ 0x5a, alpha(at)]
        };
        Bitmap::new(size, (0..size.area()).flat_map(pixel).collect()).unwrap()
    }

    fn written(color: ColorType, depth: BitDepth, data: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(vec![255, 0, 0, 0, 0, 255]);
            encoder.set_trns(vec![255, 9]);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(data).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn a_picture_comes_back_pixel_by_pixel() {
        for bitmap in [
            picture(|_| 255),
            picture(|at| u8::try_from(at % 256).unwrap()),
            picture(|_| 0),
        ] {
            let file = write_png(&bitmap).unwrap();
            assert!(read_png(&file, LIMIT).unwrap() == bitmap);
        }
    }

    #[test]
    fn every_kind_of_png_is_read() {
        use BitDepth::{Eight, Four, One, Sixteen};
        let opaque = [[0, 0, 255, 255], [255, 0, 0, 255]].concat();
        let grey = [[0, 0, 0, 255], [255, 255, 255, 255]].concat();
        for (color, depth, data, expected) in [
            (ColorType::Rgb, Eight, vec![255, 0, 0, 0, 0, 255], &opaque),
            (
                ColorType::Rgb,
                Sixteen,
                vec![255, 9, 0, 0, 0, 0, 0, 0, 0, 0, 255, 9],
                &opaque,
            ),
            (ColorType::Grayscale, One, vec![0x40], &grey),
            (ColorType::Grayscale, Four, vec![0x0f], &grey),
            (
                ColorType::GrayscaleAlpha,
                Eight,
                vec![0, 255, 255, 255],
                &grey,
            ),
            (
                ColorType::Indexed,
                One,
                vec![0x40],
                &[[0, 0, 255, 255], [255, 0, 0, 9]].concat(),
            ),
        ] {
            let bitmap = read_png(&written(color, depth, &data), LIMIT).unwrap();
            assert_eq!(bitmap.pixels(), expected, "{color:?} {depth:?}");
        }
    }

    #[test]
    fn what_is_too_large_or_no_png_is_an_error() {
        let bitmap = picture(|_| 255);
        let file = write_png(&bitmap).unwrap();
        let exact = bitmap.pixels().len();
        assert!(read_png(&file, exact).is_ok());
        let error = read_png(&file, exact - 1).unwrap_err().to_string();
        assert_eq!(
            error,
            "png: 37x23 pixels of four bytes are not within 3403 bytes"
        );
        // A header that promises 65536 rows, and nothing behind it.
        let mut huge = file.clone();
        huge[21] = 1;
        assert!(read_png(&huge, LIMIT).is_err());
        for end in 0..file.len() {
            read_png(&file[..end], LIMIT).map_or_else(|_| (), |_| assert!(end + 13 > file.len()));
        }
        assert!(read_png(b"GIF89a", LIMIT).is_err());
    }
}
