//! Sets of pixels.

use std::collections::BTreeMap;

use crate::{Point, Rect, Size};

/// A set of pixels, held as disjoint rectangles in bands.
///
/// INVARIANT: sorted by top, then left; rectangles whose rows overlap have the same top and height; no two
/// that touch could be one. So equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    rects: Vec<Rect>,
}

impl Region {
    /// Whether it holds no pixel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }
    /// The rectangles, disjoint, top to bottom and left to right.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }
    /// Pixels in all.
    #[must_use]
    pub fn area(&self) -> usize {
        self.rects.iter().map(|rect| rect.area()).sum()
    }
    /// The smallest rectangle that covers it; empty if it holds no pixel.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        self.rects
            .iter()
            .copied()
            .fold(Rect::default(), Rect::bounding)
    }
    /// Whether the pixel at `point` is in it.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.rects.iter().any(|rect| rect.contains(point))
    }
    /// Whether it shares a pixel with `rect`.
    #[must_use]
    pub fn intersects(&self, rect: Rect) -> bool {
        self.rects
            .iter()
            .any(|own| !own.intersection(rect).is_empty())
    }
    /// Adds the pixels of `rect`.
    pub fn add(&mut self, rect: Rect) {
        let rect = rect.intersection(Rect::new(0, 0, u16::MAX, u16::MAX));
        if rect.is_empty() || self.rects.iter().any(|own| own.intersection(rect) == rect) {
            return;
        }
        self.rects = combine(&self.rects, &[rect], |own, other| own || other);
    }
    /// About `area` of its pixels, to be dealt with first: its smallest islands, as they are often what somebody waits
    /// for, or of a large one whole rows from the top, up to a multiple of 64. Never none of them.
    #[must_use]
    pub fn first(&self, area: usize) -> Self {
        if self.area() <= area {
            return self.clone();
        }
        let mut islands = self.islands();
        islands.sort_by_key(Self::area);
        let mut first = Self::default();
        for island in islands {
            if area / 4 < first.area() + island.area() {
                return match first.is_empty() {
                    true => island.uppermost(area),
                    false => first,
                };
            }
            first = first.union(&island);
        }
        first
    }
    fn uppermost(&self, area: usize) -> Self {
        const ROWS: u32 = 64;
        let mut left = area;
        let begin = self.bounds().top;
        for band in self.rects.chunk_by(|a, b| a.top == b.top) {
            let Some(rect) = band.first() else { continue };
            let width: usize = band.iter().map(|own| usize::from(own.width)).sum();
            let whole = width * usize::from(rect.height);
            if whole <= left {
                left -= whole;
                continue;
            }
            let rows = u32::try_from(left / width.max(1)).unwrap_or(u32::MAX);
            let end = u32::from(rect.top).saturating_add(rows) / ROWS * ROWS;
            let end = end.max((u32::from(begin) / ROWS + 1) * ROWS);
            let above = Rect::from_edges(0, 0, u32::from(u16::MAX), end);
            return self.intersection(&above.into());
        }
        self.clone()
    }
    /// Its parts that do not touch each other.
    pub(crate) fn islands(&self) -> Vec<Self> {
        let mut islands: Vec<Vec<Rect>> = Vec::new();
        // Those that reach the row below the last band, and the rectangles of it that do.
        let mut open: Vec<(usize, Rect)> = Vec::new();
        for band in self.rects.chunk_by(|a, b| a.top == b.top) {
            let mut now: Vec<(usize, Rect)> = Vec::new();
            for rect in band {
                let touches = |(_, above): &&(usize, Rect)| {
                    above.bottom() == u32::from(rect.top)
                        && u32::from(above.left) <= rect.right()
                        && u32::from(rect.left) <= above.right()
                };
                let touched: Vec<usize> = open.iter().filter(touches).map(|own| own.0).collect();
                let own = touched.iter().copied().min().unwrap_or(islands.len());
                islands.resize(islands.len().max(own + 1), Vec::new());
                for other in touched {
                    join(&mut islands, own, other);
                    for entry in open.iter_mut().chain(&mut now) {
                        if entry.0 == other {
                            entry.0 = own;
                        }
                    }
                }
                if let Some(island) = islands.get_mut(own) {
                    island.push(*rect);
                }
                now.push((own, *rect));
            }
            open = now;
        }
        let islands = islands.into_iter().filter(|rects| !rects.is_empty());
        islands.map(|rects| rects.into_iter().collect()).collect()
    }
    /// The pixels of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        self.combined(other, |own, other| own || other)
    }
    /// The pixels of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combined(other, |own, other| own && other)
    }
    /// Its own pixels without those of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combined(other, |own, other| own && !other)
    }
    /// Its pixels on a desktop of `size`.
    #[must_use]
    pub fn clipped(&self, size: Size) -> Self {
        if self.rects.iter().all(|rect| rect.fits(size)) {
            return self.clone();
        }
        self.intersection(&Rect::from(size).into())
    }
    /// Becomes its bounds if it has more than `most` rectangles: a superset that is cheap to keep and to add to. For
    /// regions a peer adds to: crossing lines have as many rectangles as their product.
    pub fn simplify(&mut self, most: usize) {
        if self.rects.len() > most {
            *self = self.bounds().into();
        }
    }
    /// Becomes a superset of at most `most` rectangles, as little larger as may be: by cells of 16 pixels, of 64, or as a
    /// whole.
    pub(crate) fn thin_out(&mut self, most: usize) {
        for side in [16, 64] {
            if self.rects.len() > most {
                *self = self.coarsened(side);
            }
        }
        self.simplify(most);
    }
    /// A superset of fewer rectangles: in each cell of a grid with `side` pixels, the bounds of what is in it.
    #[must_use]
    pub fn coarsened(&self, side: u16) -> Self {
        let mut cells: BTreeMap<(u16, u16), Rect> = BTreeMap::new();
        let side = side.max(1);
        for rect in &self.rects {
            for top in multiples(rect.top, rect.bottom(), side) {
                for left in multiples(rect.left, rect.right(), side) {
                    let part = rect.intersection(Rect::new(left, top, side, side));
                    let cell = cells.entry((top, left)).or_default();
                    *cell = cell.bounding(part);
                }
            }
        }
        cells.into_values().collect()
    }
    /// Moved so that the pixel at `from` comes to `to`; what leaves the coordinate space is dropped.
    #[must_use]
    pub fn moved(&self, from: Point, to: Point) -> Self {
        let shift =
            |edge: u32, from: u16, to: u16| (edge + u32::from(to)).saturating_sub(from.into());
        self.rects
            .iter()
            .map(|rect| {
                Rect::from_edges(
                    shift(rect.left.into(), from.x, to.x),
                    shift(rect.top.into(), from.y, to.y),
                    shift(rect.right(), from.x, to.x),
                    shift(rect.bottom(), from.y, to.y),
                )
            })
            .collect()
    }
    fn combined(&self, other: &Self, keep: impl Fn(bool, bool) -> bool) -> Self {
        Self {
            rects: combine(&self.rects, &other.rects, keep),
        }
    }
}

impl From<Rect> for Region {
    fn from(rect: Rect) -> Self {
        let mut region = Self::default();
        region.add(rect);
        region
    }
}

impl From<Size> for Region {
    fn from(size: Size) -> Self {
        Rect::from(size).into()
    }
}

impl FromIterator<Rect> for Region {
    fn from_iter<T: IntoIterator<Item = Rect>>(rects: T) -> Self {
        let rects: Vec<Rect> = rects.into_iter().collect();
        union_of(&rects)
    }
}

/// Joins halves: adding one by one would take quadratic time.
fn union_of(rects: &[Rect]) -> Region {
    match rects {
        [] => Region::default(),
        [rect] => (*rect).into(),
        _ => {
            let (first, second) = rects.split_at(rects.len() / 2);
            union_of(first).union(&union_of(second))
        }
    }
}

/// A run of columns, from the first to one past the last.
type Span = (u32, u32);

/// The rectangles of the pixels for which `keep(in a, in b)` holds. Both inputs and the result are in bands.
fn combine(a: &[Rect], b: &[Rect], keep: impl Fn(bool, bool) -> bool) -> Vec<Rect> {
    let mut edges: Vec<u32> = a
        .iter()
        .chain(b)
        .flat_map(|rect| [u32::from(rect.top), rect.bottom()])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let mut out = Vec::with_capacity(a.len() + b.len());
    let mut previous: Vec<Span> = Vec::new();
    let mut previous_top = 0;
    let mut bottom = 0;
    let (mut a, mut b) = (a, b);
    for band in edges.windows(2) {
        let &[top, end] = band else { continue };
        let spans = combine_spans(&band_spans(&mut a, top), &band_spans(&mut b, top), &keep);
        if !(spans == previous && top == bottom) {
            push_band(&mut out, &previous, previous_top, bottom);
            (previous, previous_top) = (spans, top);
        }
        bottom = end;
    }
    push_band(&mut out, &previous, previous_top, bottom);
    out
}

/// The columns covered at row `top`; forgets rectangles that end above it.
fn band_spans(rects: &mut &[Rect], top: u32) -> Vec<Span> {
    while let Some((first, rest)) = rects.split_first()
        && first.bottom() <= top
    {
        *rects = rest;
    }
    rects
        .iter()
        .take_while(|rect| u32::from(rect.top) <= top)
        .map(|rect| (rect.left.into(), rect.right()))
        .collect()
}

fn combine_spans(a: &[Span], b: &[Span], keep: impl Fn(bool, bool) -> bool) -> Vec<Span> {
    let mut edges: Vec<u32> = a.iter().chain(b).flat_map(|&(l, r)| [l, r]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut out: Vec<Span> = Vec::new();
    let (mut a, mut b) = (a, b);
    for pair in edges.windows(2) {
        let &[left, right] = pair else { continue };
        if !keep(covers(&mut a, left), covers(&mut b, left)) {
            continue;
        }
        match out.last_mut() {
            Some(last) if last.1 == left => last.1 = right,
            _ => out.push((left, right)),
        }
    }
    out
}

/// Whether `column` is covered; forgets spans that end before it.
fn covers(spans: &mut &[Span], column: u32) -> bool {
    while let Some((first, rest)) = spans.split_first()
        && first.1 <= column
    {
        *spans = rest;
    }
    spans.first().is_some_and(|span| span.0 <= column)
}

fn push_band(out: &mut Vec<Rect>, spans: &[Span], top: u32, bottom: u32) {
    out.extend(
        spans
            .iter()
            .map(|&(left, right)| Rect::from_edges(left, top, right, bottom)),
    );
}

/// Moves the rectangles of island `other` to `own`.
fn join(islands: &mut [Vec<Rect>], own: usize, other: usize) {
    if own != other
        && let Some(rects) = islands.get_mut(other).map(std::mem::take)
        && let Some(island) = islands.get_mut(own)
    {
        island.extend(rects);
    }
}

/// The multiples of `side` from that at or before `start` to the last before `end`.
pub(crate) fn multiples(start: u16, end: u32, side: u16) -> impl Iterator<Item = u16> {
    let next = move |edge: &u16| edge.checked_add(side);
    std::iter::successors(Some(start / side * side), next)
        .take_while(move |edge| u32::from(*edge) < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIDE: u16 = 24;

    /// The same set as a bitmap: slow and plainly right.
    fn bitmap(region: &Region) -> Vec<bool> {
        (0..SIDE)
            .flat_map(|y| (0..SIDE).map(move |x| Point::new(x, y)))
            .map(|point| region.contains(point))
            .collect()
    }

    fn rect() -> impl Strategy<Value = Rect> {
        (0..SIDE, 0..SIDE, 0..SIDE, 0..SIDE).prop_map(|(x, y, w, h)| {
            Rect::new(x, y, w, h).intersection(Rect::new(0, 0, SIDE, SIDE))
        })
    }

    fn rects() -> impl Strategy<Value = Vec<Rect>> {
        prop::collection::vec(rect(), 0..8)
    }

    #[test]
    fn the_first_pixels_are_small_islands_and_then_rows_from_the_top() {
        let (large, small) = (Rect::new(10, 70, 100, 300), Rect::new(500, 500, 64, 10));
        let region: Region = [large, small].into_iter().collect();
        assert_eq!(region.first(usize::MAX), region);
        assert_eq!(region.first(4000), small.into());
        let large = Region::from(large);
        let rows = |bottom: u16| Region::from(Rect::new(10, 70, 100, bottom - 70));
        assert_eq!(large.first(0), rows(128), "at least some");
        assert_eq!(large.first(15_000), rows(192));
        assert!(Region::default().first(9).is_empty());
    }

    #[test]
    fn islands_are_what_does_not_touch() {
        let arch = [
            Rect::new(0, 0, 10, 10),
            Rect::new(20, 0, 10, 20),
            Rect::new(0, 20, 50, 10),
            Rect::new(0, 10, 10, 10),
        ];
        let alone = [Rect::new(40, 0, 5, 5), Rect::new(13, 5, 3, 3)];
        let region: Region = arch.into_iter().chain(alone).collect();
        let mut islands = region.islands();
        islands.sort_by_key(Region::area);
        let expected = [
            alone[1].into(),
            alone[0].into(),
            arch.into_iter().collect::<Region>(),
        ];
        assert_eq!(islands, expected);
    }

    #[test]
    fn a_region_of_too_many_rectangles_becomes_its_bounds() {
        let mut corners: Region = [Rect::new(0, 0, 2, 2), Rect::new(9, 9, 1, 1)]
            .into_iter()
            .collect();
        let before = corners.clone();
        corners.simplify(2);
        assert_eq!(corners, before);
        corners.simplify(1);
        assert_eq!(corners, Rect::new(0, 0, 10, 10).into());
    }

    #[test]
    fn the_last_pixels_that_coordinates_can_name_are_in_a_cell_too() {
        let edge = Region::from(Rect::new(65_400, 65_534, 135, 1));
        let bounds = edge.coarsened(64);
        assert_eq!(bounds.rects(), edge.rects());
        assert_eq!(
            multiples(65_500, 65_535, 16).collect::<Vec<_>>(),
            [65_488, 65_504, 65_520]
        );
    }

    #[test]
    fn what_is_thinned_out_covers_as_much_in_few_rectangles() {
        let dots = |step: usize| -> Region {
            let starts = (0..512).step_by(step);
            let at = |y| starts.clone().map(move |x| Rect::new(x, y, 1, 1));
            starts.clone().flat_map(at).collect()
        };
        for (step, most, expected) in [(4, 2000, 1024), (4, 100, 64), (4, 10, 1), (128, 20, 16)] {
            let all = dots(step);
            let mut few = all.clone();
            few.thin_out(most);
            assert_eq!(few.rects().len(), expected, "every {step}, {most}");
            assert!(all.difference(&few).is_empty());
        }
    }

    proptest! {
        #[test]
        fn set_operations_agree_with_bitmaps(a in rects(), b in rects()) {
            let (a, b): (Region, Region) = (a.into_iter().collect(), b.into_iter().collect());
            let expect = |op: fn(bool, bool) -> bool| -> Vec<bool> {
                bitmap(&a).into_iter().zip(bitmap(&b)).map(|(a, b)| op(a, b)).collect()
            };
            prop_assert_eq!(bitmap(&a.union(&b)), expect(|a, b| a || b));
            prop_assert_eq!(bitmap(&a.intersection(&b)), expect(|a, b| a && b));
            prop_assert_eq!(bitmap(&a.difference(&b)), expect(|a, b| a && !b));
        }

        #[test]
        fn equal_sets_are_equal_values(mut rects in rects(), seed in any::<u64>()) {
            let forward: Region = rects.iter().copied().collect();
            rects.sort_by_key(|rect| u64::from(rect.left).wrapping_mul(seed) ^ u64::from(rect.top));
            let shuffled: Region = rects.iter().copied().collect();
            prop_assert_eq!(&forward, &shuffled);
            prop_assert_eq!(forward.area(), bitmap(&forward).iter().filter(|&&set| set).count());
        }

        #[test]
        fn a_coarser_set_has_every_pixel_and_nothing_far_from_one(rects in rects()) {
            let region: Region = rects.into_iter().collect();
            let coarse = region.coarsened(8);
            prop_assert!(region.difference(&coarse).is_empty());
            let cells = (0..SIDE).step_by(8).flat_map(|y| (0..SIDE).step_by(8).map(move |x| Rect::new(x, y, 8, 8)));
            let touched: Region = cells.filter(|cell| region.intersects(*cell)).collect();
            prop_assert!(coarse.difference(&touched).is_empty());
        }

        #[test]
        fn moving_there_and_back_changes_nothing(rects in rects(), x in 0_u16..100, y in 0_u16..100) {
            let region: Region = rects.into_iter().collect();
            let (origin, target) = (Point::new(0, 0), Point::new(x, y));
            prop_assert_eq!(region.moved(origin, target).moved(target, origin), region);
        }
    }
}
