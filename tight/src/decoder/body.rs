//! One rectangle's bytes, found before anything is done with them. rfbproto "Tight Encoding".

use rfb::wire::Reader;
use rfb::{BYTES_PER_PIXEL, DecodeError, PixelFormat, Size};

use crate::control::{
    COPY_FILTER, Control, Flavour, GRADIENT_FILTER, Method, PALETTE_FILTER, invalid, read_length,
};
use crate::tpixel::tpixel_bytes;
use crate::{MIN_TO_COMPRESS, WIDTH_LIMIT};

/// Bytes that zlib data may have beyond twice what they inflate to.
const DATA_EXTRA: usize = 1 << 10;

/// Bytes that an image may have beyond twice its pixels: comments, colour profiles, tables.
const IMAGE_EXTRA: usize = 1 << 20;

/// A whole body.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    /// Bit n set: stream n starts afresh before this rectangle.
    pub(crate) resets: u8,
    pub(crate) content: Content<'a>,
}

#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// One TPIXEL.
    Fill(&'a [u8]),
    /// A JFIF image.
    Jpeg(&'a [u8]),
    /// A PNG image.
    Png(&'a [u8]),
    Basic {
        filter: Filter<'a>,
        data: Data<'a>,
    },
}

/// What was done to the pixels before zlib.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filter<'a> {
    Copy,
    /// Two TPIXELs; rows of one bit a pixel, the leftmost highest, padded to bytes.
    Mono(&'a [u8]),
    /// 3 to 256 TPIXELs; one byte a pixel.
    Indexed(&'a [u8]),
    Gradient,
}

/// The filtered pixels.
#[derive(Debug)]
pub(crate) enum Data<'a> {
    Plain(&'a [u8]),
    Zlib { stream: u8, bytes: &'a [u8] },
}

impl<'a> Body<'a> {
    /// Takes all bytes of a rectangle of `size`. `Incomplete` if they are not all there.
    pub(crate) fn take(
        reader: &mut Reader<'a>,
        flavour: Flavour,
        format: &PixelFormat,
        size: Size,
    ) -> Result<Self, DecodeError> {
        let control = Control::read(reader, flavour)?;
        // TigerVNC before 1.16 sends fills wider than the limit, so fills are not held to it.
        if size.width > WIDTH_LIMIT && control.method != Method::Fill {
            return Err(invalid("tight.width", size.width));
        }
        let content = match control.method {
            Method::Fill => Content::Fill(reader.bytes("tight.fill", tpixel_bytes(format))?),
            Method::Jpeg if format.bits_per_pixel > 8 => {
                let length = read_length(reader, "tight.jpeg-length", image_limit(size))?;
                Content::Jpeg(reader.bytes("tight.jpeg", length)?)
            }
            Method::Jpeg => return Err(invalid("tight.jpeg.bits-per-pixel", 8)),
            Method::Png => {
                let length = read_length(reader, "tight.png-length", image_limit(size))?;
                Content::Png(reader.bytes("tight.png", length)?)
            }
            Method::Basic { filtered, stream } => {
                basic(reader, format, size, filtered, Some(stream))?
            }
            Method::WithoutZlib { filtered } => basic(reader, format, size, filtered, None)?,
        };
        Ok(Self {
            resets: control.resets,
            content,
        })
    }
}

impl Filter<'_> {
    /// Bytes of a filtered row of `width` pixels of `tpixel` bytes.
    pub(crate) fn row_bytes(&self, width: u16, tpixel: usize) -> usize {
        let width = usize::from(width);
        match self {
            Self::Copy | Self::Gradient => width * tpixel,
            Self::Mono(_) => width.div_ceil(8),
            Self::Indexed(_) => width,
        }
    }
}

/// The most bytes of an image of `size`.
pub(crate) fn image_limit(size: Size) -> usize {
    size.area() * BYTES_PER_PIXEL * 2 + IMAGE_EXTRA
}

fn basic<'a>(
    reader: &mut Reader<'a>,
    format: &PixelFormat,
    size: Size,
    filtered: bool,
    stream: Option<u8>,
) -> Result<Content<'a>, DecodeError> {
    let filter = if filtered {
        take_filter(reader, format)?
    } else {
        Filter::Copy
    };
    let row_bytes = filter.row_bytes(size.width, tpixel_bytes(format));
    let expected = row_bytes * usize::from(size.height);
    let data = take_data(reader, expected, stream)?;
    Ok(Content::Basic { filter, data })
}

fn take_filter<'a>(
    reader: &mut Reader<'a>,
    format: &PixelFormat,
) -> Result<Filter<'a>, DecodeError> {
    match reader.u8("tight.filter-id")? {
        COPY_FILTER => Ok(Filter::Copy),
        PALETTE_FILTER => {
            let last = reader.u8("tight.palette-size")?;
            let colours = usize::from(last) + 1;
            let palette = |reader: &mut Reader<'a>| {
                reader.bytes("tight.palette", colours * tpixel_bytes(format))
            };
            match last {
                0 => Err(invalid("tight.palette-size", last)),
                1 => palette(reader).map(Filter::Mono),
                _ => palette(reader).map(Filter::Indexed),
            }
        }
        GRADIENT_FILTER if format.bits_per_pixel > 8 => Ok(Filter::Gradient),
        id => Err(invalid("tight.filter-id", id)),
    }
}

/// Takes the data that filter to `expected` bytes: through zlib stream `stream`, or as they are if `None`.
fn take_data<'a>(
    reader: &mut Reader<'a>,
    expected: usize,
    stream: Option<u8>,
) -> Result<Data<'a>, DecodeError> {
    if expected < MIN_TO_COMPRESS {
        return Ok(Data::Plain(reader.bytes("tight.pixels", expected)?));
    }
    // Data that do not compress grow by some bytes in each of zlib's blocks.
    let length = read_length(reader, "tight.data-length", expected * 2 + DATA_EXTRA)?;
    let Some(stream) = stream else {
        // rfbproto is silent on it, but TurboVNC and LibVNC send a length before data without zlib too.
        if length != expected {
            let value = i64::try_from(length).unwrap_or(i64::MAX);
            return Err(invalid("tight.data-length", value));
        }
        return Ok(Data::Plain(reader.bytes("tight.pixels", length)?));
    };
    // neatvnc sends a length and zlib data also where less than 12 bytes come of them, as in a tile of 1x3 pixels at an
    // edge. Nothing tells that from data as they are: such a rectangle is drawn wrong, and what follows is misread.
    let bytes = reader.bytes("tight.data", length)?;
    Ok(Data::Zlib { stream, bytes })
}
