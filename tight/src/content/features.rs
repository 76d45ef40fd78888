//! Features of pixels that tell photographs from text. A pixel is *novel* if it equals neither its left nor its upper
//! neighbour: a photograph has many, text few. It is *hard* if its green differs much from either: at the edges of
//! letters. What is novel and not hard is *soft*: JPEG makes it small, and nobody sees what it loses.

use pulp::{Arch, NullaryFnOnce};
use rfb::{BYTES_PER_PIXEL, Rect, View};

use super::CELL;

/// Blue, green and red of a pixel read in little-endian order.
const COLOUR: u32 = 0x00ff_ffff;
/// More than this between the greens of neighbours, where they stand in a pixel, is an edge.
const EDGE: u32 = 24 << 8;
/// What the gradient filter leaves of green at most where a picture is smooth.
const NEAR: i32 = 16;

const SIDE: usize = CELL as usize;
type Row = [u32; SIDE];

/// How many pixels of a cell are what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) area: u32,
    pub(crate) novel: u32,
    pub(crate) hard: u32,
    /// All pixels are this one.
    pub(crate) solid: Option<[u8; BYTES_PER_PIXEL]>,
}

impl Features {
    /// Novel pixels without the hard ones.
    pub(crate) fn soft(&self) -> u32 {
        self.novel.saturating_sub(self.hard)
    }

    /// The features of `cell`, at most 16x16 pixels that lie in `source`.
    #[inline(always)]
    pub(crate) fn of(source: View<'_>, cell: Rect) -> Self {
        let mut counts = Counts::default();
        let whole = usize::from(cell.width) == SIDE && cell.left > 0;
        let above = cell.top - u16::from(cell.top > 0);
        let rows = Rect {
            left: cell.left - u16::from(whole),
            top: above,
            width: cell.width + u16::from(whole),
            height: cell.height + (cell.top - above),
        };
        let mut rows = source.rows(rows);
        let first = if above < cell.top { rows.next() } else { None };
        if whole {
            counts.whole_rows(first, rows);
        } else {
            counts.cut_rows(first, rows);
        }
        let solid = (counts.different == [0; SIDE]).then(|| counts.first.to_le_bytes());
        Self {
            area: u32::from(cell.width) * u32::from(cell.height),
            novel: counts.novel.iter().sum(),
            hard: counts.hard.iter().sum(),
            solid,
        }
    }
}

/// How many colours there are in `rect`.
pub(crate) fn colours(source: View<'_>, rect: Rect) -> usize {
    let rows = source.rows(rect);
    let pixels = rows.flat_map(|row| row.as_chunks().0.iter().copied().map(colour));
    let mut colours: Vec<u32> = pixels.collect();
    colours.sort_unstable();
    colours.dedup();
    colours.len()
}

/// Counted by column, so that rows are added as vectors.
#[derive(Default)]
struct Counts {
    novel: Row,
    hard: Row,
    /// The first pixel.
    first: u32,
    /// Bits in which pixels differ from it.
    different: Row,
}

impl Counts {
    /// Adds rows of 17 pixels, the first of them left of the cell. What has no row above counts as equal to it.
    #[inline(always)]
    fn whole_rows<'a>(&mut self, above: Option<&[u8]>, rows: impl Iterator<Item = &'a [u8]>) {
        let mut above = above.and_then(here_and_left).map(|(here, _)| here);
        let mut first = None;
        for row in rows {
            let Some((here, left)) = here_and_left(row) else {
                break;
            };
            let [pixel, ..] = here;
            let first = *first.get_or_insert(pixel);
            self.add(&here, &left, &above.unwrap_or(here), first);
            above = Some(here);
        }
        self.first = first.unwrap_or(0);
    }

    /// Adds rows of fewer than 16 pixels, or without one to their left. What is missing counts as equal to what is there.
    fn cut_rows<'a>(&mut self, above: Option<&[u8]>, rows: impl Iterator<Item = &'a [u8]>) {
        let mut above = above.map(padded);
        let mut first = None;
        for row in rows {
            let here = padded(row);
            let mut left = here;
            if let (Some(left), Some(here)) = (left.get_mut(1..), here.get(..SIDE - 1)) {
                left.copy_from_slice(here);
            }
            let [pixel, ..] = here;
            let first = *first.get_or_insert(pixel);
            self.add(&here, &left, &above.unwrap_or(here), first);
            above = Some(here);
        }
        self.first = first.unwrap_or(0);
    }

    #[inline(always)]
    fn add(&mut self, here: &Row, left: &Row, above: &Row, solid: u32) {
        let unlike_left = zip(here, left, |pixel, left| u32::from(pixel != left));
        let unlike_above = zip(here, above, |pixel, above| u32::from(pixel != above));
        let novel = zip(&unlike_left, &unlike_above, |left, above| left & above);
        self.novel = zip(&self.novel, &novel, u32::wrapping_add);
        let step_left = zip(here, left, step);
        let step_above = zip(here, above, step);
        let hard = zip(&step_left, &step_above, |left, above| {
            u32::from(left.max(above) > EDGE)
        });
        self.hard = zip(&self.hard, &hard, u32::wrapping_add);
        self.different = zip(here, &self.different, |pixel, bits| bits | (pixel ^ solid));
    }
}

/// Joins two rows element by element. Kept so plain that it becomes vector code.
#[inline(always)]
fn zip(a: &Row, b: &Row, join: impl Fn(u32, u32) -> u32) -> Row {
    let mut joined = *a;
    for (a, &b) in joined.iter_mut().zip(b) {
        *a = join(*a, b);
    }
    joined
}

/// How much two greens differ.
#[inline(always)]
fn step(a: u32, b: u32) -> u32 {
    (a & 0xff00).abs_diff(b & 0xff00)
}

/// The last 16 of 17 pixels, and the first 16.
#[inline(always)]
fn here_and_left(row: &[u8]) -> Option<(Row, Row)> {
    let here = row.get(BYTES_PER_PIXEL..)?.first_chunk()?;
    Some((read(here), read(row.first_chunk()?)))
}

#[inline(always)]
fn read(bytes: &[u8; SIDE * BYTES_PER_PIXEL]) -> Row {
    let mut row = [0; SIDE];
    for (colour, &pixel) in row.iter_mut().zip(bytes.as_chunks().0) {
        *colour = u32::from_le_bytes(pixel) & COLOUR;
    }
    row
}

/// Up to 16 pixels; what is missing repeats the last one.
fn padded(row: &[u8]) -> Row {
    let mut pixels = row.as_chunks().0.iter();
    let mut last = 0;
    std::array::from_fn(|_| {
        last = pixels.next().map_or(last, |&pixel| colour(pixel));
        last
    })
}

#[inline(always)]
fn colour(pixel: [u8; BYTES_PER_PIXEL]) -> u32 {
    u32::from_le_bytes(pixel) & COLOUR
}

#[inline(always)]
fn green(pixel: u32) -> i32 {
    (pixel >> 8 & 0xff).cast_signed()
}

/// Pixels of some rows of a rectangle by what their neighbours let expect.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    all: u32,
    /// Equal to the left or the upper neighbour.
    equal: u32,
    /// Others whose green is near what the gradient filter predicts.
    soft: u32,
    /// The rest.
    hard: u32,
}

impl Sample {
    /// Looks at every `step`th row.
    fn of(source: View<'_>, rect: Rect, step: usize) -> Self {
        struct Look<'a>(View<'a>, Rect, usize);
        impl NullaryFnOnce for Look<'_> {
            type Output = Sample;
            #[inline(always)]
            fn call(self) -> Sample {
                let Self(source, rect, step) = self;
                let mut sample = Sample::default();
                let mut rows = source.rows(rect);
                while let (Some(above), Some(row)) = (rows.next(), rows.next()) {
                    sample.add(above, row);
                    for _ in 2..step {
                        rows.next();
                    }
                }
                sample
            }
        }
        Arch::new().dispatch(Look(source, rect, step))
    }

    #[inline(always)]
    fn add(&mut self, above: &[u8], row: &[u8]) {
        let above = above.as_chunks::<BYTES_PER_PIXEL>().0;
        let row = row.as_chunks::<BYTES_PER_PIXEL>().0;
        let (mut all, mut equal, mut soft) = (0, 0, 0);
        let (Some(row_left), Some(here)) = (row.get(..row.len().saturating_sub(1)), row.get(1..))
        else {
            return;
        };
        let Some(here_above) = above.get(1..) else {
            return;
        };
        for (((&here, &left), &up), &corner) in here.iter().zip(row_left).zip(here_above).zip(above)
        {
            let (here, left, up, corner) = (colour(here), colour(left), colour(up), colour(corner));
            let predicted = (green(left) + green(up) - green(corner)).clamp(0, 255);
            let near = (green(here) - predicted).abs() <= NEAR;
            let same = here == left || here == up;
            all += 1;
            equal += u32::from(same);
            soft += u32::from(!same & near);
        }
        self.all += all;
        self.equal += equal;
        self.soft += soft;
        self.hard += all - equal - soft;
    }
}

/// Whether neighbours in `rect` are alike without being equal, so that their differences compress better than they do:
/// fewer than nine tenths of its pixels equal a neighbour, and of the others two thirds are near what their neighbours
/// predict.
pub(crate) fn is_smooth(source: View<'_>, rect: Rect) -> bool {
    let sample = Sample::of(source, rect, 4);
    sample.all > 64 && sample.equal * 10 < sample.all * 9 && sample.soft > 2 * sample.hard
}

/// The features of a whole rectangle.
pub(crate) fn features(source: View<'_>, rect: Rect) -> Features {
    struct Add<'a>(View<'a>, Rect);
    impl NullaryFnOnce for Add<'_> {
        type Output = Features;
        #[inline(always)]
        fn call(self) -> Features {
            let Self(source, rect) = self;
            let mut total = Features::default();
            for cell in cells_of(rect) {
                let features = Features::of(source, cell);
                total.area += features.area;
                total.novel += features.novel;
                total.hard += features.hard;
            }
            total
        }
    }
    Arch::new().dispatch(Add(source, rect))
}

/// `rect` cut into cells from its own corner on.
fn cells_of(rect: Rect) -> impl Iterator<Item = Rect> {
    let side = u32::from(CELL);
    (u32::from(rect.top)..rect.bottom())
        .step_by(SIDE)
        .flat_map(move |top| {
            (u32::from(rect.left)..rect.right())
                .step_by(SIDE)
                .map(move |left| {
                    Rect::from_edges(left, top, left + side, top + side).intersection(rect)
                })
        })
}
