//! What the rectangles of an update are.

use tightrope::Rect;
use tightrope::rfb::wire::Reader;
use tightrope::rfb::{DecodeError, Encoding};

/// How a rectangle is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One colour.
    Fill,
    /// A palette of two colours, one bit a pixel.
    Mono,
    /// A palette of up to 256 colours.
    Palette,
    /// All colours, without a filter.
    Full,
    /// All colours through the gradient filter.
    Gradient,
    /// JPEG.
    Jpeg,
    /// What the client shows elsewhere.
    Copy,
    /// Pixels as they are.
    Raw,
}

impl Kind {
    /// Every kind, in the order of [`Kinds::shares`].
    pub const ALL: [Self; 8] = [
        Self::Fill,
        Self::Mono,
        Self::Palette,
        Self::Full,
        Self::Gradient,
        Self::Jpeg,
        Self::Copy,
        Self::Raw,
    ];

    /// A word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Mono => "mono",
            Self::Palette => "palette",
            Self::Full => "full",
            Self::Gradient => "gradient",
            Self::Jpeg => "jpeg",
            Self::Copy => "copy",
            Self::Raw => "raw",
        }
    }
}

/// What one kind has of the updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Rectangles.
    pub rects: u64,
    /// Their pixels.
    pub pixels: u64,
    /// Their bytes, heads included.
    pub bytes: u64,
}

/// What each kind has of the updates that were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds {
    shares: [Share; Kind::ALL.len()],
}

impl Kinds {
    /// Adds what is in `update`, one whole FramebufferUpdate of Tight, CopyRect and Raw rectangles in pixels of 32 bits
    /// and depth 24.
    ///
    /// # Errors
    /// It is cut short, or something else is in it.
    pub fn add(&mut self, update: &[u8]) -> Result<(), DecodeError> {
        let mut r = Reader::new(update);
        match r.u8("message-type")? {
            0 => r.u8("padding")?,
            other => return Err(invalid("message-type", other)),
        };
        for _ in 0..r.u16("number-of-rectangles")? {
            let start = r.position();
            let rect = Rect::new(
                r.u16("x-position")?,
                r.u16("y-position")?,
                r.u16("width")?,
                r.u16("height")?,
            );
            let kind = match Encoding(r.i32("encoding-type")?) {
                Encoding::LAST_RECT => return Ok(()),
                Encoding::RAW => {
                    r.bytes("raw.pixels", rect.area() * 4)?;
                    Kind::Raw
                }
                Encoding::COPY_RECT => {
                    r.bytes("copy.source", 4)?;
                    Kind::Copy
                }
                Encoding::TIGHT => skip_tight(&mut r, rect)?,
                other => return Err(invalid("encoding-type", other.0)),
            };
            self.note(kind, rect, r.position() - start);
        }
        Ok(())
    }

    /// What each kind has.
    pub fn shares(&self) -> impl Iterator<Item = (Kind, Share)> + '_ {
        Kind::ALL.into_iter().zip(self.shares)
    }
    /// What `kind` has.
    #[must_use]
    pub fn share(&self, kind: Kind) -> Share {
        let found = self.shares().find(|(own, _)| *own == kind);
        found.map_or_else(Share::default, |(_, share)| share)
    }
    /// All rectangles.
    #[must_use]
    pub fn rects(&self) -> u64 {
        self.shares.iter().map(|share| share.rects).sum()
    }

    fn note(&mut self, kind: Kind, rect: Rect, bytes: usize) {
        let mut shares = Kind::ALL.iter().zip(&mut self.shares);
        if let Some((_, share)) = shares.find(|(own, _)| **own == kind) {
            share.rects += 1;
            share.pixels += rect.area() as u64;
            share.bytes += bytes as u64;
        }
    }
}

/// Reads a body to its end. rfbproto "Tight Encoding".
fn skip_tight(r: &mut Reader<'_>, rect: Rect) -> Result<Kind, DecodeError> {
    const FIELD: &str = "tight.compression-control";
    let control = r.u8(FIELD)?;
    let filtered = control & 0x40 != 0;
    match control >> 4 {
        8 => {
            r.bytes("tight.fill", 3)?;
            return Ok(Kind::Fill);
        }
        9 => {
            let length = compact_length(r)?;
            r.bytes("tight.jpeg", length)?;
            return Ok(Kind::Jpeg);
        }
        // Through zlib, or (rfbproto "Tight Encoding Without Zlib") not.
        0..8 | 0xa | 0xe => {}
        _ => return Err(invalid(FIELD, control)),
    }
    let filter = match filtered {
        true => r.u8("tight.filter-id")?,
        false => 0,
    };
    let (width, height) = (usize::from(rect.width), usize::from(rect.height));
    let (kind, length) = match filter {
        0 => (Kind::Full, rect.area() * 3),
        1 => {
            let colours = usize::from(r.u8("tight.palette-size")?) + 1;
            r.bytes("tight.palette", colours * 3)?;
            match colours {
                2 => (Kind::Mono, width.div_ceil(8) * height),
                _ => (Kind::Palette, rect.area()),
            }
        }
        2 => (Kind::Gradient, rect.area() * 3),
        other => return Err(invalid("tight.filter-id", other)),
    };
    let length = match length {
        0..12 => length,
        _ => compact_length(r)?,
    };
    r.bytes("tight.data", length)?;
    Ok(kind)
}

fn compact_length(r: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let mut length = 0;
    for shift in [0, 7] {
        let byte = usize::from(r.u8("tight.length")?);
        length |= (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(length);
        }
    }
    Ok(length | usize::from(r.u8("tight.length")?) << 14)
}

fn invalid(field: &'static str, value: impl Into<i64>) -> DecodeError {
    let value = value.into();
    DecodeError::Invalid { field, value }
}
