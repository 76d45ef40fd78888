//! JPEG images, both directions, by libjpeg-turbo.

use pulp::Arch;
use rfb::wire::Reader;
use rfb::{BYTES_PER_PIXEL, DecodeError, Rect, Subsampling, View, ViewMut};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, Subsamp, compressed_buf_len};

use super::invalid;
use super::segment::{SOS, Segment, is_frame};
use rfb::codec::JpegQuality;

/// Scans accepted of a progressive image, each of which costs as much as the whole picture. Ten are usual.
const SCAN_LIMIT: u32 = 64;

/// Makes JPEG images. Its buffers live as long as the connection.
#[derive(Debug, Default)]
pub(crate) struct JpegWriter {
    compressor: Option<Compressor>,
    image: Vec<u8>,
}

impl JpegWriter {
    /// The pixels of `rect` as a JFIF image, with Huffman tables of its own if it is to be `thrifty`; `None` if it could
    /// not be made.
    pub(crate) fn encode(
        &mut self,
        source: View<'_>,
        rect: Rect,
        wanted: JpegQuality,
        thrifty: bool,
    ) -> Option<&[u8]> {
        let subsampling = match wanted.subsampling {
            Subsampling::Yuv444 => Subsamp::None,
            Subsampling::Yuv422 => Subsamp::Sub2x1,
            Subsampling::Yuv420 => Subsamp::Sub2x2,
            Subsampling::Gray => Subsamp::Gray,
        };
        if self.compressor.is_none() {
            self.compressor = Compressor::new().ok();
        }
        let compressor = self.compressor.as_mut()?;
        compressor.set_quality(wanted.quality.into()).ok()?;
        compressor.set_subsamp(subsampling).ok()?;
        compressor.set_optimize(thrifty).ok()?;
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

/// What an image and its size are called in errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) image: &'static str,
    pub(crate) width: &'static str,
    pub(crate) height: &'static str,
}

/// Draws JPEG images.
#[derive(Debug, Default)]
pub(crate) struct JpegReader {
    decompressor: Option<Decompressor>,
    /// Pixels of an image beside which others draw.
    apart: Vec<u8>,
}

impl JpegReader {
    /// Draws the JFIF image `data`, which must be of the size of `target`. Errors name `fields`.
    pub(crate) fn decode(
        &mut self,
        data: &[u8],
        fields: &Fields,
        mut target: ViewMut<'_>,
    ) -> Result<(), DecodeError> {
        let unreadable = |_| invalid(fields.image, i64::try_from(data.len()).unwrap_or(i64::MAX));
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
        let (found_width, found_height) = match frame_size(data) {
            Some(size) => size,
            None => {
                let header = decompressor.read_header(data).map_err(unreadable)?;
                (header.width, header.height)
            }
        };
        for (field, found, expected) in [
            (fields.width, found_width, width),
            (fields.height, found_height, height),
        ] {
            if found != expected {
                return Err(invalid(field, i64::try_from(found).unwrap_or(i64::MAX)));
            }
        }
        let mut decompress = |pixels: &mut [u8], pitch: usize| {
            let format = PixelFormat::BGRX;
            let image = Image {
                pixels,
                width,
                pitch,
                height,
                format,
            };
            decompressor.decompress(data, image).map_err(unreadable)
        };
        if let Some((pixels, pitch)) = target.bytes_mut() {
            decompress(pixels, pitch)?;
            Arch::new().dispatch(
                #[inline(always)]
                || {
                    for row in target.rows_mut() {
                        clear_unused(row);
                    }
                },
            );
            return Ok(());
        }
        // Others draw beside it meanwhile. At an odd place in memory the library does not write past the cache.
        let pitch = width * BYTES_PER_PIXEL;
        if self.apart.len() <= pitch * height {
            self.apart.resize(pitch * height + 1, 0);
        }
        let apart = self.apart.get_mut(1..).unwrap_or_default();
        decompress(apart, pitch)?;
        let rows = target.rows_mut().zip(apart.chunks_exact(pitch.max(1)));
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (row, decoded) in rows {
                    row.copy_from_slice(decoded);
                    clear_unused(row);
                }
            },
        );
        Ok(())
    }
}

/// Makes X of every pixel 0: the library makes it 255.
#[inline(always)]
fn clear_unused(row: &mut [u8]) {
    for pixel in row.as_chunks_mut::<BYTES_PER_PIXEL>().0 {
        *pixel = (u32::from_le_bytes(*pixel) & 0x00ff_ffff).to_le_bytes();
    }
}

/// Width and height as the frame header says; `None` if there is none before the pixels. The library tells them too, but
/// reads all the tables for it.
fn frame_size(image: &[u8]) -> Option<(usize, usize)> {
    let mut reader = Reader::new(image);
    loop {
        match Segment::take(&mut reader).ok()? {
            Segment::Full { marker: SOS, .. } => return None,
            Segment::Full { marker, body } if is_frame(marker) => {
                let [_precision, h, height, w, width] = *body.first_chunk()?;
                let (width, height) = (
                    u16::from_be_bytes([w, width]),
                    u16::from_be_bytes([h, height]),
                );
                return Some((width.into(), height.into()));
            }
            _ => {}
        }
    }
}
