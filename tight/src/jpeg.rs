//! JPEG rectangles, both directions, by libjpeg-turbo.

use rfb::{BYTES_PER_PIXEL, DecodeError, Rect, View, ViewMut};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp, compressed_buf_len};

use crate::control::invalid;

/// JPEG quality and subsampling by quality level, as TigerVNC and TurboVNC have them: the same level looks the same.
const LEVELS: [(i32, Subsamp); 10] = [
    (15, Subsamp::Sub2x2),
    (29, Subsamp::Sub2x2),
    (41, Subsamp::Sub2x2),
    (42, Subsamp::Sub2x1),
    (62, Subsamp::Sub2x1),
    (77, Subsamp::Sub2x1),
    (79, Subsamp::None),
    (86, Subsamp::None),
    (92, Subsamp::None),
    (100, Subsamp::None),
];

/// Scans accepted of a progressive image, each of which costs as much as the whole picture. Ten are usual.
const SCAN_LIMIT: u32 = 64;

/// Makes JPEG images. Its buffers live as long as the connection.
#[derive(Debug, Default)]
pub(crate) struct JpegEncoder {
    compressor: Option<Compressor>,
    image: Vec<u8>,
}

impl JpegEncoder {
    /// The pixels of `rect` as a JFIF image at quality `level`, 0 to 9; `None` if it could not be made.
    pub(crate) fn encode(&mut self, source: View<'_>, rect: Rect, level: u8) -> Option<&[u8]> {
        let (quality, subsampling) = *LEVELS.get(usize::from(level)).or(LEVELS.last())?;
        if self.compressor.is_none() {
            self.compressor = Compressor::new().ok();
        }
        let compressor = self.compressor.as_mut()?;
        compressor.set_quality(quality).ok()?;
        compressor.set_subsamp(subsampling).ok()?;
        let (width, height) = (usize::from(rect.width), usize::from(rect.height));
        let largest = compressed_buf_len(width, height, subsampling).ok()?;
        if self.image.len() < largest {
            self.image.resize(largest, 0);
        }
        let picture = Image {
            pixels: source.bytes_of(rect)?,
            width,
            pitch: source.stride(),
            height,
            format: PixelFormat::BGRX,
        };
        let length = compressor
            .compress_to_slice(picture, &mut self.image)
            .ok()?;
        self.image.get(..length)
    }
}

/// Draws JPEG images.
#[derive(Debug, Default)]
pub(crate) struct JpegDecoder {
    decompressor: Option<Decompressor>,
}

impl JpegDecoder {
    /// Draws the JFIF image `data`, which must be of the size of `target`.
    pub(crate) fn decode(
        &mut self,
        data: &[u8],
        mut target: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        let unreadable = |_| invalid("tight.jpeg", i64::try_from(data.len()).unwrap_or(i64::MAX));
        let (width, height) = (
            usize::from(target.size().width),
            usize::from(target.size().height),
        );
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => {
                let mut new = Decompressor::new().map_err(unreadable)?;
                new.set_scan_limit(SCAN_LIMIT).map_err(unreadable)?;
                none.insert(new)
            }
        };
        let header = decompressor.read_header(data).map_err(unreadable)?;
        for (field, found, expected) in [
            ("tight.jpeg.width", header.width, width),
            ("tight.jpeg.height", header.height, height),
        ] {
            if found != expected {
                return Err(invalid(field, i64::try_from(found).unwrap_or(i64::MAX)));
            }
        }
        let pitch = target.stride();
        let image = Image {
            pixels: target.bytes_mut(),
            width,
            pitch,
            height,
            format: PixelFormat::BGRX,
        };
        decompressor.decompress(data, image).map_err(unreadable)?;
        for row in target.rows_mut() {
            for [_, _, _, unused] in row.as_chunks_mut::<BYTES_PER_PIXEL>().0 {
                *unused = 0;
            }
        }
        Ok(())
    }
}
