//! Draws RRE and CoRRE bodies, as many sub-rectangles at a time as are there.

use super::Form;
use crate::codec::pixels::PixelReader;
use crate::codec::{Decoder, Progress};
use crate::pixel::Unpacker;
use crate::wire::Reader;
use crate::{DecodeError, Rect, Size, ViewMut};

/// How often, on average, a pixel may be drawn: no encoder needs more than once, and a few bytes may not cost the time
/// of many pixels.
const OVERDRAW_LIMIT: u64 = 16;

/// Draws RRE bodies.
#[derive(Debug, Default)]
pub struct RreDecoder {
    progress: Option<Body>,
}

/// Draws CoRRE bodies.
#[derive(Debug, Default)]
pub struct CorreDecoder {
    progress: Option<Body>,
}

/// A body whose background is drawn.
#[derive(Clone, Copy, Debug)]
struct Body {
    /// Sub-rectangles to come.
    left: usize,
    /// Pixels they may have.
    pixels_left: u64,
}

impl Decoder for RreDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        draw(Form::Rre, &mut self.progress, body, pixels, target)
    }
}

impl Decoder for CorreDecoder {
    fn decode(
        &mut self,
        body: &mut Reader<'_>,
        pixels: &Unpacker,
        target: ViewMut<'_>,
    ) -> Result<Progress, DecodeError> {
        draw(Form::Corre, &mut self.progress, body, pixels, target)
    }
}

fn draw(
    form: Form,
    progress: &mut Option<Body>,
    body: &mut Reader<'_>,
    pixels: &Unpacker,
    mut target: ViewMut<'_>,
) -> Result<Progress, DecodeError> {
    let source = PixelReader::whole(pixels);
    let begins = progress.is_none();
    let mut state = match progress.take() {
        Some(state) => state,
        None => begin(&source, body, &mut target)?,
    };
    let unit = source.bytes() + form.coordinate_bytes();
    let count = state.left.min(body.rest().len() / unit);
    if count == 0 && state.left > 0 && !begins {
        *progress = Some(state);
        body.bytes("rre.subrectangle", unit)?;
    }
    let size = target.size();
    for bytes in body
        .bytes("rre.subrectangle", count * unit)?
        .chunks_exact(unit)
    {
        let (pixel, coordinates) = bytes.split_at(source.bytes());
        let rect = read_rect(form, coordinates, size)?;
        state.spend(rect)?;
        if let Some(mut target) = target.part(rect) {
            target.fill(source.pixel(pixel));
        }
    }
    state.left -= count;
    if state.left == 0 {
        return Ok(Progress::Whole);
    }
    *progress = Some(state);
    Ok(Progress::More)
}

/// Reads the number of sub-rectangles and the background, and draws that.
fn begin(
    source: &PixelReader<'_>,
    body: &mut Reader<'_>,
    target: &mut ViewMut<'_>,
) -> Result<Body, DecodeError> {
    let area = target.size().area();
    let mut r = body.clone();
    // More would not be seen.
    let left = r.length("rre.number-of-subrectangles", area)?;
    let background = source.read(&mut r, "rre.background-pixel-value")?;
    *body = r;
    target.fill(background);
    let pixels_left = (area as u64).saturating_mul(OVERDRAW_LIMIT);
    Ok(Body { left, pixels_left })
}

impl Body {
    /// Counts the pixels of `rect`.
    fn spend(&mut self, rect: Rect) -> Result<(), DecodeError> {
        let area = rect.area() as u64;
        match self.pixels_left.checked_sub(area) {
            Some(left) => {
                self.pixels_left = left;
                Ok(())
            }
            None => Err(DecodeError::TooLarge {
                field: "rre.subrectangle-area",
                value: area,
                limit: self.pixels_left,
            }),
        }
    }
}

fn read_rect(form: Form, coordinates: &[u8], size: Size) -> Result<Rect, DecodeError> {
    let mut r = Reader::new(coordinates);
    let mut field = |name| match form {
        Form::Rre => r.u16(name),
        Form::Corre => r.u8(name).map(u16::from),
    };
    let rect = Rect {
        left: field("rre.x-position")?,
        top: field("rre.y-position")?,
        width: field("rre.width")?,
        height: field("rre.height")?,
    };
    for (field, edge, limit) in [
        ("rre.subrectangle-right", rect.right(), size.width),
        ("rre.subrectangle-bottom", rect.bottom(), size.height),
    ] {
        if edge > limit.into() {
            return Err(DecodeError::TooLarge {
                field,
                value: edge.into(),
                limit: limit.into(),
            });
        }
    }
    Ok(rect)
}
