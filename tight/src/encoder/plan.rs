//! A region cut into parts, each of which is encoded by itself: photographs, flat areas, and what is sent without loss.

use rfb::{Rect, Region, Workers};

use crate::choice;
use crate::content::{self, Cells, Class, Solid};
use crate::split::split;

use super::picture::{Jpeg, Picture};

/// Pixels that two rectangles without loss may waste when they become one: about what a rectangle costs.
const EXACT_WASTE: usize = 512;
/// The widest part without loss. Narrower parts hold fewer colours, so that palettes do for more of them; wider ones
/// repeat fewer palettes. 256 to 512 are best for text, 128 for photographs.
pub(crate) const EXACT_WIDTH: u16 = 512;
/// Pixels of a rectangle without loss: what every peer stops at.
pub(crate) const EXACT_AREA: usize = 65_536;
/// The side and area of the smallest parts that are cut for want of room.
const LEAST_SIDE: usize = 64;
const LEAST_AREA: usize = LEAST_SIDE * LEAST_SIDE;
/// How many rectangles without loss a part is high at least, if it is cut. What is cut can be encoded on several threads.
const EXACT_RECTS: usize = 4;

/// What is encoded by itself. Its bytes depend on nothing but its pixels and the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// JPEG.
    Photo(Rect),
    /// One colour.
    Solid(Solid),
    /// Without loss, unless it turns out to be a photograph: at most [`EXACT_WIDTH`] wide.
    Exact(Rect),
}

impl Part {
    pub(crate) fn rect(&self) -> Rect {
        match *self {
            Self::Photo(rect) | Self::Exact(rect) => rect,
            Self::Solid(solid) => solid.rect,
        }
    }
}

/// How finely a region is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grain<'a> {
    /// Large photographs are cut, so that each thread has one.
    pub(crate) workers: &'a Workers,
    /// Bytes there is room for, if that may be too few for everything: no part is more than one rectangle, nor much more
    /// than fits.
    pub(crate) room: usize,
    /// Pixels of a photograph that fit.
    pub(crate) photo: usize,
}

impl Grain<'_> {
    /// There may not be room for everything.
    pub(crate) fn is_fine(&self) -> bool {
        self.room != usize::MAX
    }

    /// The width and area of parts that are otherwise at most `width` wide, of `area` pixels: smaller ones if there is
    /// little room, about as wide as high. A pixel without loss takes a byte at most, nearly always.
    pub(crate) fn limit(&self, width: u16, area: usize) -> (u16, usize) {
        cut_to(self.room, width, area)
    }

    /// The same for photographs.
    pub(crate) fn photo_limit(&self, width: u16, area: usize) -> (u16, usize) {
        cut_to(self.photo, width, area)
    }
}

fn cut_to(pixels: usize, width: u16, area: usize) -> (u16, usize) {
    if pixels >= area {
        return (width, area);
    }
    let area = pixels.max(LEAST_AREA);
    let side = area.isqrt().next_multiple_of(LEAST_SIDE);
    (width.min(u16::try_from(side).unwrap_or(width)), area)
}

/// Makes plans. Its memory lives as long as the connection.
#[derive(Debug, Default)]
pub(crate) struct Planner {
    cells: Cells,
}

impl Planner {
    /// Parts that together cover `region`, in the order they are to be sent: where they overlap, the later is better.
    pub(crate) fn plan(
        &mut self,
        picture: &Picture<'_>,
        region: &Region,
        grain: Grain<'_>,
    ) -> Vec<Part> {
        let source = picture.source;
        let mut parts = Vec::new();
        let Some(jpeg) = &picture.jpeg else {
            self.cells.mark(source.size(), region, Class::Exact);
            self.exact(region, grain, &mut parts);
            return parts;
        };
        let solids = content::classify(&mut self.cells, source, region, &jpeg.photo, grain.workers);
        let photos = self.cells.count(Class::Photo);
        let is_film = picture.settings.moving && photos > self.cells.count(Class::Exact);
        // A film's hard edges are dear, and gone with the next picture. What is exact would have colours where there are
        // to be none.
        if is_film || choice::is_gray(picture.settings) {
            let all = source.size().into();
            self.cells.replace(all, Class::Exact, Class::Photo);
        }
        self.photos(jpeg, region, grain, &mut parts);
        parts.extend(solids.into_iter().filter_map(|solid| {
            let rect = within(region, solid.rect);
            (!rect.is_empty()).then_some(Part::Solid(Solid { rect, ..solid }))
        }));
        self.exact(region, grain, &mut parts);
        parts
    }

    /// What of `region` is still to be sent once these parts of its last plan were. Photographs reach under what is to be
    /// exact, which is not done with them.
    pub(crate) fn left(&self, region: &Region, sent: &[Part]) -> Region {
        let rects = |photos: bool| -> Region {
            let photo = |part: &&Part| matches!(part, Part::Photo(_)) == photos;
            sent.iter().filter(photo).map(Part::rect).collect()
        };
        let exact: Region = self.cells.rects(Class::Exact, 0).into_iter().collect();
        region
            .difference(&rects(false))
            .difference(&rects(true).difference(&exact))
    }

    /// Cuts out the photographs; those too small become exact.
    fn photos(&mut self, jpeg: &Jpeg, region: &Region, grain: Grain<'_>, parts: &mut Vec<Part>) {
        for rect in self.cells.rects(Class::Photo, jpeg.photo.waste) {
            if rect.area() < jpeg.photo.least_area {
                self.cells.replace(rect, Class::Photo, Class::Exact);
                continue;
            }
            let rect = within(region, rect);
            let (width, area) = choice::jpeg_limits(rect, jpeg.quality, grain);
            parts.extend(split(rect, width, area).map(Part::Photo));
        }
    }

    fn exact(&self, region: &Region, grain: Grain<'_>, parts: &mut Vec<Part>) {
        for rect in self.cells.rects(Class::Exact, EXACT_WASTE) {
            let rect = within(region, rect);
            let columns = rect.width.div_ceil(EXACT_WIDTH).max(1);
            let width = rect.width.div_ceil(columns).next_multiple_of(content::CELL);
            let rects = if grain.is_fine() { 1 } else { EXACT_RECTS };
            let (width, area) = grain.limit(width, EXACT_AREA * rects);
            parts.extend(split(rect, width, area).map(Part::Exact));
        }
    }
}

/// The smallest rectangle around what of `region` is in `rect`.
fn within(region: &Region, rect: Rect) -> Rect {
    region
        .rects()
        .iter()
        .map(|own| own.intersection(rect))
        .fold(Rect::default(), Rect::bounding)
}
