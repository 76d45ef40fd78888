//! Borrowed pixels, to write.

use std::ops::Range;

use super::{BYTES_PER_PIXEL, View};
use crate::{Error, Point, Rect, Size};

/// Borrowed pixels, to write. A decoder gets exactly its rectangle, so it cannot draw outside it.
#[derive(Debug)]
pub struct ViewMut<'a> {
    size: Size,
    rows: Rows<'a>,
}

#[derive(Debug)]
enum Rows<'a> {
    /// Rows that begin `stride` bytes apart; what lies between them belongs to nobody else.
    Apart { stride: usize, bytes: &'a mut [u8] },
    /// Rows alone, because others draw beside them meanwhile.
    Alone(Vec<&'a mut [u8]>),
}

impl<'a> ViewMut<'a> {
    /// Wraps `bytes`, holding rows of `size.width` BGRX pixels that start `stride` bytes apart: memory of somebody else's,
    /// of which nothing between the rows is touched.
    pub fn over(bytes: &'a mut [u8], size: Size, stride: usize) -> Result<Self, Error> {
        View::new(bytes, size, stride)?;
        Ok(Self {
            size,
            rows: Rows::Apart { stride, bytes },
        })
    }

    /// The pixels of `rect` in `bytes`, rows of a desktop of `size`; `None` if it does not fit.
    pub(super) fn new(bytes: &'a mut [u8], size: Size, rect: Rect) -> Option<Self> {
        let stride = usize::from(size.width) * BYTES_PER_PIXEL;
        part(bytes, stride, size, rect).map(|bytes| Self {
            size: rect.size(),
            rows: Rows::Apart { stride, bytes },
        })
    }

    /// The pixels of all `rects` in `bytes`, rows of a desktop of `size`; `None` if one does not fit or two share a
    /// pixel.
    pub(super) fn split(bytes: &'a mut [u8], size: Size, rects: &[Rect]) -> Option<Vec<Self>> {
        let stride = usize::from(size.width) * BYTES_PER_PIXEL;
        if !rects.iter().all(|rect| rect.fits(size)) {
            return None;
        }
        let mut views: Vec<Vec<&'a mut [u8]>> = rects
            .iter()
            .map(|rect| Vec::with_capacity(rect.height.into()))
            .collect();
        let mut waiting: Vec<(Rect, usize)> = rects.iter().copied().zip(0..).collect();
        waiting.retain(|(rect, _)| !rect.is_empty());
        waiting.sort_unstable_by_key(|(rect, _)| std::cmp::Reverse(rect.top));
        // Those that cross the row at hand, left to right.
        let mut crossing: Vec<(Rect, usize)> = Vec::new();
        for (row, top) in bytes.chunks_mut(stride.max(1)).zip(0_u32..) {
            crossing.retain(|(rect, _)| rect.bottom() > top);
            if crossing.is_empty() && waiting.is_empty() {
                break;
            }
            let before = crossing.len();
            while let Some(next) = waiting.pop_if(|(rect, _)| u32::from(rect.top) <= top) {
                crossing.push(next);
            }
            if crossing.len() > before {
                crossing.sort_unstable_by_key(|(rect, _)| rect.left);
            }
            let (mut rest, mut at) = (row, 0);
            for &(rect, index) in &crossing {
                let gap = rect.left.checked_sub(at)?;
                let (_, from) = rest.split_at_mut_checked(usize::from(gap) * BYTES_PER_PIXEL)?;
                let length = usize::from(rect.width) * BYTES_PER_PIXEL;
                let (own, behind) = from.split_at_mut_checked(length)?;
                views.get_mut(index)?.push(own);
                (rest, at) = (behind, rect.left.saturating_add(rect.width));
            }
        }
        let views = rects.iter().zip(views).map(|(rect, rows)| Self {
            size: rect.size(),
            rows: Rows::Alone(rows),
        });
        Some(views.collect())
    }

    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// The pixels of `rect` of this view; `None` if it does not fit.
    pub fn part(&mut self, rect: Rect) -> Option<ViewMut<'_>> {
        let rows = match &mut self.rows {
            Rows::Apart { stride, bytes } => Rows::Apart {
                stride: *stride,
                bytes: part(bytes, *stride, self.size, rect)?,
            },
            Rows::Alone(rows) => {
                if !rect.fits(self.size) {
                    return None;
                }
                let start = usize::from(rect.left) * BYTES_PER_PIXEL;
                let end = start + usize::from(rect.width) * BYTES_PER_PIXEL;
                let rows = rows.iter_mut().skip(rect.top.into());
                let rows = rows.take(rect.height.into());
                Rows::Alone(rows.filter_map(|row| row.get_mut(start..end)).collect())
            }
        };
        Some(ViewMut {
            size: rect.size(),
            rows,
        })
    }

    /// The rows, top to bottom, as `width * 4` bytes each.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let length = usize::from(self.size.width) * BYTES_PER_PIXEL;
        let (stride, bytes, alone) = match &mut self.rows {
            Rows::Apart { stride, bytes } => (*stride, &mut **bytes, &mut [][..]),
            Rows::Alone(rows) => (1, &mut [][..], rows.as_mut_slice()),
        };
        bytes
            .chunks_mut(stride.max(1))
            .take(usize::from(self.size.height))
            .filter_map(move |row| row.get_mut(..length))
            .chain(alone.iter_mut().map(|row| &mut **row))
    }

    /// The bytes from the first pixel on and how many bytes rows are apart, for codecs that take a pointer and a stride.
    /// Beyond each row's `width * 4` bytes lie pixels of others. `None` if others draw there meanwhile: draw by rows.
    pub fn bytes_mut(&mut self) -> Option<(&mut [u8], usize)> {
        match &mut self.rows {
            Rows::Apart { stride, bytes } => Some((bytes, *stride)),
            Rows::Alone(_) => None,
        }
    }

    /// Copies the pixels at `from` to `to`, overlapping or not; `None` if either does not fit.
    pub fn copy_within(&mut self, from: Point, to: Rect) -> Option<()> {
        let source = Rect::new(from.x, from.y, to.width, to.height);
        if !source.fits(self.size) || !to.fits(self.size) {
            return None;
        }
        let (left, end) = (
            usize::from(from.x),
            usize::from(from.x) + usize::from(to.width),
        );
        let pixels = left * BYTES_PER_PIXEL..end * BYTES_PER_PIXEL;
        let start = usize::from(to.left) * BYTES_PER_PIXEL;
        let (above, below) = (usize::from(from.y), usize::from(to.top));
        let mut copy_row = |row| self.copy_row(above + row, below + row, pixels.clone(), start);
        let rows = usize::from(to.height);
        match from.y < to.top {
            true => (0..rows).rev().try_for_each(&mut copy_row),
            false => (0..rows).try_for_each(&mut copy_row),
        }
    }

    /// Copies the bytes `pixels` of row `from` to where `start` is in row `to`; `None` if they do not fit.
    fn copy_row(
        &mut self,
        from: usize,
        to: usize,
        pixels: Range<usize>,
        start: usize,
    ) -> Option<()> {
        let end = start + pixels.len();
        match &mut self.rows {
            Rows::Apart { stride, bytes } => {
                let source = from * *stride + pixels.start..from * *stride + pixels.end;
                bytes.get(source.clone())?;
                bytes.get(to * *stride + start..to * *stride + end)?;
                bytes.copy_within(source, to * *stride + start);
            }
            Rows::Alone(rows) if from == to => {
                let row = rows.get_mut(from)?;
                row.get(start..end)?;
                row.get(pixels.clone())?;
                row.copy_within(pixels, start);
            }
            Rows::Alone(rows) => {
                let [source, target] = rows.get_disjoint_mut([from, to]).ok()?;
                let target = target.get_mut(start..end)?;
                target.copy_from_slice(source.get(pixels)?);
            }
        }
        Some(())
    }

    /// Makes every pixel `pixel`.
    pub fn fill(&mut self, pixel: [u8; BYTES_PER_PIXEL]) {
        for row in self.rows_mut() {
            row.as_chunks_mut().0.fill(pixel);
        }
    }
}

/// What begins at the first pixel of `rect`, in rows `stride` bytes apart of a picture of `size`.
fn part(bytes: &mut [u8], stride: usize, size: Size, rect: Rect) -> Option<&mut [u8]> {
    if !rect.fits(size) {
        return None;
    }
    let start = usize::from(rect.top) * stride + usize::from(rect.left) * BYTES_PER_PIXEL;
    Some(bytes.get_mut(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Framebuffer, Point, Rect, Size, ViewMut};

    const SIDE: u16 = 24;

    fn rect() -> impl Strategy<Value = Rect> {
        let edge = 0..SIDE + 1;
        (edge.clone(), edge, 0..9_u16, 0..9_u16)
            .prop_map(|(left, top, width, height)| Rect::new(left, top, width, height))
    }

    /// Whether they fit and share no pixel, pixel by pixel.
    fn apart(rects: &[Rect]) -> bool {
        let mut taken = std::collections::BTreeSet::new();
        rects.iter().all(|rect| {
            let bottom = rect.top + rect.height;
            let mut points = (rect.top..bottom)
                .flat_map(|y| (rect.left..rect.left + rect.width).map(move |x| (x, y)));
            rect.fits(Size::new(SIDE, SIDE)) && points.all(|point| taken.insert(point))
        })
    }

    #[test]
    fn memory_of_somebody_elses_is_drawn_on_between_its_gaps() {
        let mut bytes = [1; 2 * 12];
        let mut view = ViewMut::over(&mut bytes[..20], Size::new(2, 2), 12).unwrap();
        view.part(Rect::new(1, 0, 1, 2)).unwrap().fill([9; 4]);
        let row = [1, 1, 1, 1, 9, 9, 9, 9, 1, 1, 1, 1];
        assert_eq!(bytes, [row, row].concat()[..]);
        for (length, stride) in [(19, 12), (24, 7)] {
            assert!(ViewMut::over(&mut bytes[..length], Size::new(2, 2), stride).is_err());
        }
    }

    proptest! {
        #[test]
        fn views_of_several_rectangles_share_no_pixel(rects in prop::collection::vec(rect(), 0..12)) {
            let mut picture = Framebuffer::new(Size::new(SIDE, SIDE));
            let views = picture.views_mut(&rects);
            prop_assert_eq!(views.is_some(), apart(&rects));
            let Some(views) = views else { return Ok(()) };
            prop_assert_eq!(views.len(), rects.len());
            for ((mut view, number), rect) in views.into_iter().zip(1..).zip(&rects) {
                prop_assert_eq!(view.size(), rect.size());
                prop_assert!(view.bytes_mut().is_none());
                view.fill([number, 0, 0, 0]);
            }
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let owner = rects.iter().position(|rect| rect.contains(Point::new(x, y)));
                    let pixel = picture.view().rows(Rect::new(x, y, 1, 1)).next().unwrap().to_vec();
                    prop_assert_eq!(usize::from(pixel[0]), owner.map_or(0, |index| index + 1));
                }
            }
        }

        #[test]
        fn a_part_is_the_same_in_either_kind_of_view(place in rect(), inner in rect()) {
            let mut whole = Framebuffer::new(Size::new(SIDE, SIDE));
            let mut split = whole.clone();
            let place = place.intersection(Rect::new(0, 0, SIDE, SIDE));
            let mut view = whole.view_mut(place).unwrap();
            let mut alone = split.views_mut(&[place]).unwrap().pop().unwrap();
            let (part, other) = (view.part(inner), alone.part(inner));
            prop_assert_eq!(part.is_some(), other.is_some());
            for mut part in [part, other].into_iter().flatten() {
                part.fill([9; 4]);
                prop_assert_eq!(part.rows_mut().count(), usize::from(inner.height));
            }
            prop_assert!(whole == split);
        }
    }
}
