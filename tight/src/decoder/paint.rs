//! Draws what a body holds.

use rfb::pixel::Unpacker;
use rfb::{DecodeError, ViewMut};

use super::body::{Content, Data, Filter};
use super::gradient::{Bytes, Memory, Packed};
use super::inflate::{Inflaters, Source, lock};
use super::unfilter::{Copied, Indexed, Mono, Unfilter};
use crate::control::invalid;
use crate::jpeg::{Fields, JpegReader};
use crate::png::PngDecoder;
use crate::tpixel::{TpixelReader, tpixel_bytes};

/// Bytes of filtered pixels inflated at a time: they stay in the cache until they are drawn.
const STRIP_BYTES: usize = 64 << 10;

const JPEG_FIELDS: Fields = Fields {
    image: "tight.jpeg",
    width: "tight.jpeg.width",
    height: "tight.jpeg.height",
};

/// What it takes to draw one rectangle after another.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    jpeg: JpegReader,
    png: PngDecoder,
    /// Filtered rows.
    strip: Vec<u8>,
    gradient: Memory,
}

/// Draws `content` on `target`, which is exactly its rectangle.
pub(crate) fn paint(
    content: Content<'_>,
    inflaters: &Inflaters,
    tools: &mut Tools,
    pixels: &Unpacker,
    mut target: ViewMut<'_>,
) -> Result<(), DecodeError> {
    match content {
        Content::Fill(wire) => {
            target.fill(TpixelReader::new(pixels).pixel(wire));
            Ok(())
        }
        Content::Jpeg(image) => tools.jpeg.decode(image, &JPEG_FIELDS, target),
        Content::Png(image) => tools.png.decode(image, target),
        Content::Basic { filter, data } => match data {
            Data::Plain(bytes) => basic(filter, Source::Plain(bytes), tools, pixels, target),
            Data::Zlib { stream, bytes } => {
                let mut stream = lock(inflaters.stream(stream));
                basic(filter, stream.open(bytes), tools, pixels, target)
            }
        },
    }
}

fn basic(
    filter: Filter<'_>,
    source: Source<'_>,
    tools: &mut Tools,
    pixels: &Unpacker,
    target: ViewMut<'_>,
) -> Result<(), DecodeError> {
    let tpixel = tpixel_bytes(pixels.format());
    let width = target.size().width;
    let rows = Rows {
        source,
        row_bytes: filter.row_bytes(width, tpixel),
        strip: &mut tools.strip,
    };
    let reader = TpixelReader::new(pixels);
    match filter {
        Filter::Copy => rows.draw(target, &mut Copied(reader)),
        Filter::Mono(palette) => {
            let (zero, one) = palette.split_at(palette.len() / 2);
            rows.draw(
                target,
                &mut Mono::new(reader.pixel(zero), reader.pixel(one)),
            )
        }
        Filter::Indexed(palette) => {
            let mut indexed = Indexed::new(palette, tpixel, &reader);
            rows.draw(target, &mut indexed)?;
            match indexed.bad {
                0 => Ok(()),
                bad => Err(invalid("tight.palette-index", bad)),
            }
        }
        Filter::Gradient => match reader.unpacker() {
            None => rows.draw(target, &mut Bytes::new(width, &mut tools.gradient)),
            Some(unpacker) => rows.draw(
                target,
                &mut Packed::new(width, unpacker, &mut tools.gradient),
            ),
        },
    }
}

/// The filtered rows of one rectangle.
struct Rows<'a> {
    source: Source<'a>,
    row_bytes: usize,
    /// Memory for some rows.
    strip: &'a mut Vec<u8>,
}

impl Rows<'_> {
    /// Gives every filtered row to `filter` with the BGRX row it is for, and checks that nothing is left.
    fn draw<F: Unfilter + Send>(
        mut self,
        mut target: ViewMut<'_>,
        filter: &mut F,
    ) -> Result<(), DecodeError> {
        let row_bytes = self.row_bytes.max(1);
        let at_once = (STRIP_BYTES / row_bytes)
            .next_multiple_of(F::ROWS)
            .max(F::ROWS);
        let mut left = match self.row_bytes {
            0 => 0,
            _ => usize::from(target.size().height),
        };
        let mut rows = target.rows_mut();
        while left > 0 {
            let count = at_once.min(left);
            left -= count;
            let filtered = self.source.take(count * row_bytes, left == 0, self.strip)?;
            let pairs = filtered.chunks_exact(row_bytes).zip(rows.by_ref());
            if F::WIDE {
                pulp::Arch::new().dispatch(
                    #[inline(always)]
                    || filter.rows(pairs),
                );
            } else {
                filter.rows(pairs);
            }
        }
        Ok(())
    }
}
