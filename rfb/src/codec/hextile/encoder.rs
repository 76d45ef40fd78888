//! Writes Hextile bodies.

use super::{TILE, subencoding};
use crate::codec::grid::{Grid, bands};
use crate::codec::pixels::{WirePixel, read_values};
use crate::codec::subrects::{Subrect, cover, most_common, needed};
use crate::codec::{EncodeSettings, Encoder, RectWriter};
use crate::pixel::Packer;
use crate::{Encoding, Rect, Region, View};

/// Writes Hextile bodies. Rectangles of many rows are cut.
#[derive(Debug, Default)]
pub struct HextileEncoder {
    /// The pixel values of a tile.
    values: Vec<u32>,
    /// The same, to be covered.
    rest: Vec<u32>,
    subrects: Vec<Subrect>,
}

/// The colours that the client carries over from the tile before.
#[derive(Clone, Copy, Debug, Default)]
struct Carried {
    background: Option<u32>,
    foreground: Option<u32>,
}

impl Encoder for HextileEncoder {
    fn encode(
        &mut self,
        source: View<'_>,
        region: &Region,
        settings: &EncodeSettings,
        out: &mut RectWriter<'_>,
    ) -> Region {
        let packer = Packer::new(&settings.format);
        let wire = WirePixel::whole(&settings.format);
        let region = region.clipped(source.size());
        let mut bands = region.rects().iter().flat_map(|&rect| bands(rect, TILE));
        while !out.is_full()
            && let Some(band) = bands.next()
        {
            let body = out.begin(band, Encoding::HEXTILE);
            let mut carried = Carried::default();
            for tile in Grid::new(band, TILE).tiles() {
                read_values(source, tile, &packer, &mut self.values);
                self.write_tile(tile, wire, &mut carried, body);
            }
            out.end();
        }
        bands.collect()
    }
}

impl HextileEncoder {
    /// Appends the tile whose pixels are in `values`.
    fn write_tile(
        &mut self,
        tile: Rect,
        wire: WirePixel,
        carried: &mut Carried,
        body: &mut Vec<u8>,
    ) {
        let (background, mono) = self.colours();
        let raw = tile.area() * wire.bytes;
        let width = usize::from(tile.width);
        let subrect_bytes = if mono { 2 } else { wire.bytes + 2 };
        // A byte counts them.
        let limit = (raw / subrect_bytes).min(u8::MAX.into());
        self.rest.clone_from(&self.values);
        // Noise is seen to be noise before it is cut in pieces.
        let covered = (mono || needed(&self.values, width, background) <= limit)
            && cover(&mut self.rest, width, background, limit, &mut self.subrects);
        let start = body.len();
        body.push(0);
        let mut mask = 0;
        let mut now = *carried;
        if covered {
            if now.background != Some(background) {
                mask |= subencoding::BACKGROUND;
                wire.put(background, body);
                now.background = Some(background);
            }
            mask |= self.write_subrects(wire, &mut now, body);
        }
        // RFC 6143 7.7.4: nothing is carried over from a Raw tile.
        if !covered || body.len() - start > raw {
            body.truncate(start + 1);
            mask = subencoding::RAW;
            now = Carried::default();
            wire.put_all(&self.values, body);
        }
        if let Some(head) = body.get_mut(start) {
            *head = mask;
        }
        *carried = now;
    }

    /// The colour that most pixels have, and whether there is at most one other.
    fn colours(&self) -> (u32, bool) {
        let values = self.values.as_slice();
        let first = values.first().copied().unwrap_or(0);
        let Some(&other) = values.iter().find(|&&value| value != first) else {
            return (first, true);
        };
        let count = |wanted: u32| values.iter().filter(|&&value| value == wanted).count();
        let (firsts, others) = (count(first), count(other));
        match firsts + others == values.len() {
            true if firsts < others => (other, true),
            true => (first, true),
            false => (most_common(values), false),
        }
    }

    /// Appends the sub-rectangles; gives the bits that say how.
    fn write_subrects(&self, wire: WirePixel, now: &mut Carried, body: &mut Vec<u8>) -> u8 {
        let Some(first) = self.subrects.first() else {
            return 0;
        };
        let mut mask = subencoding::SUBRECTS;
        let coloured = self
            .subrects
            .iter()
            .any(|subrect| subrect.value != first.value);
        if coloured {
            mask |= subencoding::COLOURED;
            // RFC 6143 7.7.4: the foreground is not carried over from a coloured tile.
            now.foreground = None;
        } else if now.foreground != Some(first.value) {
            mask |= subencoding::FOREGROUND;
            wire.put(first.value, body);
            now.foreground = Some(first.value);
        }
        body.push(u8::try_from(self.subrects.len()).unwrap_or(u8::MAX));
        for subrect in &self.subrects {
            if coloured {
                wire.put(subrect.value, body);
            }
            let Subrect {
                left,
                top,
                width,
                height,
                ..
            } = *subrect;
            body.push(left << 4 | top);
            body.push(width.wrapping_sub(1) << 4 | height.wrapping_sub(1));
        }
        mask
    }
}
