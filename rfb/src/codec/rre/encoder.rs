//! Writes RRE and CoRRE bodies; Raw ones where those are smaller.

use super::Form;
use crate::codec::grid::is_solid;
use crate::codec::pixels::{WirePixel, read_values};
use crate::codec::subrects::{Subrect, cover, most_common, needed};
use crate::codec::{EncodeSettings, Encoder, RectWriter};
use crate::pixel::Packer;
use crate::{Encoding, Rect, Region, View};

/// Width and height of a rectangle with sub-rectangles: small enough that one background suits it, and that a picture
/// among text does not make all of it Raw.
const SIDE: u16 = 64;
/// Width and height of a rectangle of one colour in CoRRE, by rfbproto.
const CORRE_LIMIT: u16 = 255;

/// Writes RRE bodies.
#[derive(Debug, Default)]
pub struct RreEncoder {
    memory: Memory,
}

/// Writes CoRRE bodies.
#[derive(Debug, Default)]
pub struct CorreEncoder {
    memory: Memory,
}

impl Encoder for RreEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        Writer::new(Form::Rre, source, settings, &mut self.memory).write(region, out)
    }
}

impl Encoder for CorreEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        Writer::new(Form::Corre, source, settings, &mut self.memory).write(region, out)
    }
}

/// Memory used again for each rectangle.
#[derive(Debug, Default)]
struct Memory {
    /// The pixel values of a rectangle.
    values: Vec<u32>,
    subrects: Vec<Subrect>,
}

/// Writes one update.
struct Writer<'a> {
    form: Form,
    source: View<'a>,
    packer: Packer,
    wire: WirePixel,
    memory: &'a mut Memory,
}

impl<'a> Writer<'a> {
    fn new(
        form: Form,
        source: View<'a>,
        settings: &EncodeSettings,
        memory: &'a mut Memory,
    ) -> Self {
        Self {
            form,
            source,
            packer: Packer::new(&settings.format),
            wire: WirePixel::whole(&settings.format),
            memory,
        }
    }

    /// Writes `region` until `out` is full; gives what is left.
    fn write(&mut self, region: &Region, out: &mut RectWriter<'_>) -> Region {
        let region = region.clipped(self.source.size());
        let mut rects = region.rects().iter().copied();
        // Parts of a rectangle, the first on top.
        let mut parts = Vec::new();
        while !out.is_full()
            && let Some(part) = parts.pop().or_else(|| rects.next())
        {
            match self.cut(part) {
                Some((first, second)) => parts.extend([second, first]),
                None => {
                    self.write_rect(part, out);
                    out.end();
                }
            }
        }
        parts.into_iter().chain(rects).collect()
    }

    /// The two halves of `rect`, if it is not to be sent as it is.
    fn cut(&self, rect: Rect) -> Option<(Rect, Rect)> {
        let longest = rect.width.max(rect.height);
        if longest <= SIDE {
            return None;
        }
        let may_be_large = self.form == Form::Rre || longest <= CORRE_LIMIT;
        if may_be_large && is_solid(self.source, rect) {
            return None;
        }
        let half = longest.div_ceil(SIDE).div_ceil(2) * SIDE;
        let Rect {
            left,
            top,
            width,
            height,
        } = rect;
        Some(if width >= height {
            (
                Rect {
                    width: half,
                    ..rect
                },
                Rect::new(left + half, top, width - half, height),
            )
        } else {
            (
                Rect {
                    height: half,
                    ..rect
                },
                Rect::new(left, top + half, width, height - half),
            )
        })
    }

    /// Writes `rect`, which has one colour or is at most [`SIDE`] wide and high.
    fn write_rect(&mut self, rect: Rect, out: &mut RectWriter<'_>) {
        let Memory { values, subrects } = &mut *self.memory;
        let solid = rect.width.max(rect.height) > SIDE;
        let read = if solid {
            Rect {
                width: 1,
                height: 1,
                ..rect
            }
        } else {
            rect
        };
        read_values(self.source, read, &self.packer, values);
        let background = most_common(values);
        let raw = rect.area() * self.wire.bytes;
        let subrect_bytes = self.wire.bytes + self.form.coordinate_bytes();
        let limit = raw.saturating_sub(4 + self.wire.bytes) / subrect_bytes;
        let width = rect.width.into();
        let fits = needed(values, width, background) <= limit
            && cover(values, width, background, limit, subrects);
        if !fits || raw <= 4 + self.wire.bytes {
            let body = out.begin(rect, Encoding::RAW);
            for row in self.source.rows(rect) {
                self.packer.row(row, body);
            }
            return;
        }
        let encoding = match self.form {
            Form::Rre => Encoding::RRE,
            Form::Corre => Encoding::CORRE,
        };
        let body = out.begin(rect, encoding);
        body.extend(
            u32::try_from(subrects.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        self.wire.put(background, body);
        for subrect in subrects {
            let Subrect {
                value,
                left,
                top,
                width,
                height,
            } = *subrect;
            self.wire.put(value, body);
            match self.form {
                Form::Rre => body.extend([0, left, 0, top, 0, width, 0, height]),
                Form::Corre => body.extend([left, top, width, height]),
            }
        }
    }
}
