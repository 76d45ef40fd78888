//! Device-independent bitmaps, the form of images in the extended clipboard: a header, masks or a palette, rows of
//! pixels (Microsoft, "Bitmap Header Types"). All numbers are little-endian.

mod layout;

use std::fmt;

use crate::{BYTES_PER_PIXEL, DecodeError, Size};
use layout::Layout;

/// Bytes of the headers that are read: BITMAPINFOHEADER, the same with masks, V4 and V5.
const HEADERS: [u32; 5] = [INFO_HEADER, 52, 56, 108, V5_HEADER];
const INFO_HEADER: u32 = 40;
const V5_HEADER: u32 = 124;
/// Bytes before the header in a file: BITMAPFILEHEADER.
const FILE_HEADER: usize = 14;

const RGB: u32 = 0;
const BITFIELDS: u32 = 3;
const ALPHA_BITFIELDS: u32 = 6;

/// Red, green, blue and alpha of a pixel in memory.
const BGRA_MASKS: [u32; 4] = [0x00ff_0000, 0x0000_ff00, 0x0000_00ff, 0xff00_0000];

/// A picture with transparency.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    size: Size,
    pixels: Vec<u8>,
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitmap({})", self.size)
    }
}

impl Bitmap {
    /// A picture of these pixels: blue, green, red and alpha (not multiplied into the colours), rows top to bottom.
    /// None if they are not `size.area()` pixels, or no pixel at all.
    #[must_use]
    pub fn new(size: Size, pixels: Vec<u8>) -> Option<Self> {
        let fits = size.area() > 0 && pixels.len() == size.area() * BYTES_PER_PIXEL;
        fits.then_some(Self { size, pixels })
    }
    /// Pixels across and down.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }
    /// Blue, green, red and alpha (not multiplied into the colours) of each pixel, rows top to bottom.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
    /// The same, to be kept.
    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Reads a DIB: 1, 4 or 8 bits with a palette, 16, 24 or 32 bits, with or without masks, rows either way up.
    ///
    /// `TooLarge` if its pixels take more than `limit` bytes; compressed ones (RLE, JPEG, PNG) are `Invalid`.
    pub fn decode(dib: &[u8], limit: usize) -> Result<Self, DecodeError> {
        Self::read(dib, None, limit)
    }

    /// The DIB: BITMAPV5HEADER, 32 bits with alpha, sRGB, rows bottom to top, as most programs expect it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut dib = Vec::with_capacity(124 + self.pixels.len());
        self.encode_to(&mut dib);
        dib
    }

    /// Reads a BMP file: a DIB with a file header.
    pub fn from_file(file: &[u8], limit: usize) -> Result<Self, DecodeError> {
        let fields = Fields(file);
        let kind = fields.u16("clipboard.bmp.type", 0)?;
        if kind != u16::from_le_bytes(*b"BM") {
            return Err(invalid("clipboard.bmp.type", kind));
        }
        let offset = fields.u32("clipboard.bmp.offset", 10)?;
        let offset = usize::try_from(offset)
            .ok()
            .and_then(|offset| offset.checked_sub(FILE_HEADER))
            .ok_or_else(|| invalid("clipboard.bmp.offset", offset))?;
        let dib = file.get(FILE_HEADER..).unwrap_or_default();
        Self::read(dib, Some(offset), limit)
    }

    /// The BMP file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let length = FILE_HEADER + 124 + self.pixels.len();
        let mut file = Vec::with_capacity(length);
        file.extend(b"BM");
        file.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        file.extend([0; 4]); // reserved
        file.extend((14 + V5_HEADER).to_le_bytes());
        self.encode_to(&mut file);
        file
    }

    fn encode_to(&self, dib: &mut Vec<u8>) {
        let size = u32::try_from(self.pixels.len()).unwrap_or(u32::MAX);
        let planes_and_bits = 1 | 32 << 16;
        let (width, height) = (self.size.width.into(), self.size.height.into());
        let [red, green, blue, alpha] = BGRA_MASKS;
        #[rustfmt::skip]
        let fields = [
            V5_HEADER, width, height, planes_and_bits, BITFIELDS, size,
            /* pixels per metre */ 0, 0, /* colours used, important */ 0, 0,
            red, green, blue, alpha,
            u32::from_be_bytes(*b"sRGB"), /* endpoints */ 0, 0, 0, 0, 0, 0, 0, 0, 0, /* gamma */ 0, 0, 0,
            /* LCS_GM_IMAGES */ 4, /* profile */ 0, 0, /* reserved */ 0,
        ];
        dib.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
        let row_bytes = usize::from(self.size.width) * BYTES_PER_PIXEL;
        for row in self.pixels.rchunks_exact(row_bytes) {
            dib.extend_from_slice(row);
        }
    }

    fn read(dib: &[u8], offset: Option<usize>, limit: usize) -> Result<Self, DecodeError> {
        let header = Header::read(dib)?;
        let size = header.size;
        let bytes = size.area() * BYTES_PER_PIXEL;
        if bytes > limit {
            return Err(DecodeError::TooLarge {
                field: "clipboard.dib.pixels",
                value: bytes as u64,
                limit: limit as u64,
            });
        }
        let stride = (usize::from(size.width) * header.bits).div_ceil(32) * 4;
        let needed = stride * usize::from(size.height);
        let start = offset.unwrap_or_else(|| header.pixels_at(dib.len(), needed));
        let rows = dib
            .get(start..)
            .and_then(|rows| rows.get(..needed))
            .ok_or_else(|| invalid("clipboard.dib.pixels", dib.len().saturating_sub(start)))?;
        let mut pixels = vec![0; bytes];
        let row_bytes = usize::from(size.width) * BYTES_PER_PIXEL;
        for (y, row) in pixels.chunks_exact_mut(row_bytes).enumerate() {
            let y = match header.top_down {
                true => y,
                false => usize::from(size.height) - 1 - y,
            };
            let stored = rows.get(y * stride..(y + 1) * stride).unwrap_or_default();
            header.layout.read_row(stored, row)?;
        }
        Ok(Self { size, pixels })
    }
}

/// What a header says.
struct Header {
    size: Size,
    top_down: bool,
    bits: usize,
    layout: Layout,
    /// Bytes of header, masks and palette.
    length: usize,
    /// The header has room for masks of its own.
    has_masks: bool,
}

impl Header {
    fn read(dib: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields(dib);
        let length = fields.u32("clipboard.dib.header-size", 0)?;
        if !HEADERS.contains(&length) {
            return Err(invalid("clipboard.dib.header-size", length));
        }
        let width = fields.i32("clipboard.dib.width", 4)?;
        let height = fields.i32("clipboard.dib.height", 8)?;
        let side = |field, value: i32| {
            let side = u16::try_from(value.unsigned_abs()).ok();
            side.filter(|&side| side > 0)
                .ok_or_else(|| invalid(field, value))
        };
        let size = Size::new(
            side("clipboard.dib.width", width.max(0))?,
            side("clipboard.dib.height", height)?,
        );
        let bits = fields.u16("clipboard.dib.bits", 14)?;
        let compression = fields.u32("clipboard.dib.compression", 16)?;
        let used = fields.u32("clipboard.dib.colours-used", 32)?;
        let header = usize::try_from(length).unwrap_or(usize::MAX);
        let (masks, colours) = match (compression, bits) {
            (RGB, 1 | 4 | 8) => (0, palette_length(bits, used)?),
            // Colours to be used where there are too few: not needed, but they lie before the pixels.
            (RGB, 16 | 24 | 32) => (0, optional_palette_length(used)?),
            (BITFIELDS | ALPHA_BITFIELDS, 16 | 32) => (
                mask_bytes(length, compression),
                optional_palette_length(used)?,
            ),
            (RGB | BITFIELDS | ALPHA_BITFIELDS, _) => {
                return Err(invalid("clipboard.dib.bits", bits));
            }
            _ => return Err(invalid("clipboard.dib.compression", compression)),
        };
        let layout = match (compression, bits) {
            (RGB, 1 | 4 | 8) => Layout::palette(bits, fields.palette(header, colours)?),
            (RGB, 16) => Layout::masks(16, [0x7c00, 0x03e0, 0x001f, 0])?,
            (RGB, 24) => Layout::Bgr,
            // The fourth byte means nothing here, whatever some programs put there.
            (RGB, _) => Layout::Bgrx,
            _ => Layout::masks(bits, fields.masks(length, compression)?)?,
        };
        Ok(Self {
            size,
            top_down: height < 0,
            bits: bits.into(),
            layout,
            length: header + masks + colours * 4,
            has_masks: length > INFO_HEADER && compression == BITFIELDS,
        })
    }

    /// Where the pixels are, `needed` bytes, in a DIB of `length` bytes.
    ///
    /// Windows programs disagree whether three masks follow a header that holds them already: the length tells.
    fn pixels_at(&self, length: usize, needed: usize) -> usize {
        let repeated = 12;
        match self.has_masks && self.length + repeated + needed == length {
            true => self.length + repeated,
            false => self.length,
        }
    }
}

/// Bytes of masks after a header that has no room for them.
fn mask_bytes(header: u32, compression: u32) -> usize {
    match (header, compression) {
        (INFO_HEADER, BITFIELDS) => 12,
        (INFO_HEADER, _) => 16,
        _ => 0,
    }
}

/// The colours of a palette for pixels of so many bits; `used` of them, all if that is 0.
fn palette_length(bits: u16, used: u32) -> Result<usize, DecodeError> {
    let most = 1 << bits;
    match usize::try_from(used) {
        Ok(0) => Ok(most),
        Ok(used) if used <= most => Ok(used),
        _ => Err(invalid("clipboard.dib.colours-used", used)),
    }
}

fn optional_palette_length(used: u32) -> Result<usize, DecodeError> {
    let length = usize::try_from(used).ok();
    length
        .filter(|&length| length <= 256)
        .ok_or_else(|| invalid("clipboard.dib.colours-used", used))
}

/// The fields of a DIB, by their offsets. What is cut short is invalid, with the bytes there are: no more will come.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(
        &self,
        field: &'static str,
        offset: usize,
    ) -> Result<[u8; N], DecodeError> {
        let bytes = self.0.get(offset..).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or_else(|| invalid(field, self.0.len()))
    }
    fn u16(&self, field: &'static str, offset: usize) -> Result<u16, DecodeError> {
        self.array(field, offset).map(u16::from_le_bytes)
    }
    fn u32(&self, field: &'static str, offset: usize) -> Result<u32, DecodeError> {
        self.array(field, offset).map(u32::from_le_bytes)
    }
    fn i32(&self, field: &'static str, offset: usize) -> Result<i32, DecodeError> {
        self.array(field, offset).map(i32::from_le_bytes)
    }

    /// Red, green, blue and alpha: in a header from its 40th byte on, or right after it, which is the same place.
    fn masks(&self, header: u32, compression: u32) -> Result<[u32; 4], DecodeError> {
        let has_alpha = header >= 56 || compression == ALPHA_BITFIELDS;
        let mask = |offset| self.u32("clipboard.dib.masks", offset);
        Ok([
            mask(40)?,
            mask(44)?,
            mask(48)?,
            if has_alpha { mask(52)? } else { 0 },
        ])
    }

    fn palette(&self, at: usize, colours: usize) -> Result<Vec<[u8; 4]>, DecodeError> {
        let entry = |index| -> Result<_, DecodeError> {
            let [blue, green, red, _] = self.array("clipboard.dib.palette", at + index * 4)?;
            Ok([blue, green, red, 0xff])
        };
        (0..colours).map(entry).collect()
    }
}

fn invalid<T: TryInto<i64>>(field: &'static str, value: T) -> DecodeError {
    DecodeError::Invalid {
        field,
        value: value.try_into().unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests;
