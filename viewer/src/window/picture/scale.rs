//! The desktop's pixels made smaller or larger.

use rfb::{Rect, Size, View};
use std::ops::Range;

/// The weights of a target pixel add up to this.
const UNIT: u64 = 256;

/// Draws a row of the desktop with every pixel `factor` times as wide, without the first `skip` pixels of the result.
/// `row` is BGRX, `target` 0x00RRGGBB.
pub(crate) fn widen(row: &[u8], factor: u32, skip: u32, target: &mut [u32]) {
    let count = |pixels: u32| usize::try_from(pixels).unwrap_or(usize::MAX);
    let (factor, skip) = (count(factor.max(1)), count(skip));
    let (whole, part) = (skip / factor, skip % factor);
    let mut pixels = row.as_chunks().0.iter().skip(whole);
    if factor == 1 {
        for (pixel, bgrx) in target.iter_mut().zip(pixels) {
            *pixel = colour(bgrx);
        }
        return;
    }
    let left_over = if part == 0 { 0 } else { factor - part };
    let (first, others) = target.split_at_mut(left_over.min(target.len()));
    if part > 0 {
        first.fill(pixels.next().map(colour).unwrap_or_default());
    }
    for (run, bgrx) in others.chunks_mut(factor).zip(pixels) {
        run.fill(colour(bgrx));
    }
}

/// Draws the desktop at another size: every pixel the mean of those it covers, or between its neighbours if larger.
pub(crate) struct Scaler {
    columns: Axis,
    rows: Axis,
    /// One row, not yet narrowed: four channels a pixel, times [`UNIT`].
    row: Vec<u16>,
}

impl Scaler {
    /// From `desktop` pixels to `shown` pixels.
    pub(crate) fn new(desktop: Size, shown: Size) -> Self {
        Self {
            columns: Axis::new(desktop.width, shown.width),
            rows: Axis::new(desktop.height, shown.height),
            row: Vec::new(),
        }
    }
    /// The whole scaled picture, all four channels of it.
    pub(crate) fn draw(mut self, picture: View<'_>) -> Vec<[u8; 4]> {
        let width = self.columns.spans.len();
        let height = u16::try_from(self.rows.spans.len()).unwrap_or(u16::MAX);
        let mut pixels = vec![[0; 4]; width * usize::from(height)];
        for (y, row) in (0..height).zip(pixels.chunks_exact_mut(width.max(1))) {
            self.blend_row(picture, y, 0, row, |pixel| pixel);
        }
        pixels
    }
    /// Draws row `y` of the scaled picture, from column `left`, into `target` (0x00RRGGBB).
    pub(crate) fn draw_row(&mut self, desktop: View<'_>, y: u16, left: u16, target: &mut [u32]) {
        self.blend_row(desktop, y, left, target, |bgrx| colour(&bgrx));
    }
    fn blend_row<T>(
        &mut self,
        desktop: View<'_>,
        y: u16,
        left: u16,
        target: &mut [T],
        finish: impl Fn([u8; 4]) -> T,
    ) {
        let Self { columns, rows, row } = self;
        let (Some(down), Some(first)) = (rows.taps(y.into()), columns.taps(left.into())) else {
            return;
        };
        let start = first.start;
        let last = usize::from(left) + target.len().saturating_sub(1);
        let end = columns
            .taps(last)
            .map_or(start, |taps| taps.start + taps.weights.len());
        blend_rows(desktop, down, start..end, row);
        for (pixel, column) in target.iter_mut().zip(left.into()..) {
            let Some(taps) = columns.taps(column) else {
                return;
            };
            let from = (taps.start - start) * 4;
            let covered = row.get(from..from + taps.weights.len() * 4);
            *pixel = finish(blend_columns(covered.unwrap_or_default(), taps.weights));
        }
    }
}

/// The weighted sum of the rows that `taps` name, in the given columns, into `sum`.
fn blend_rows(desktop: View<'_>, taps: Taps<'_>, columns: Range<usize>, sum: &mut Vec<u16>) {
    sum.clear();
    sum.resize(columns.len() * 4, 0);
    let edge = |edge: usize| u32::try_from(edge).unwrap_or(u32::MAX);
    let rows = Rect::from_edges(
        edge(columns.start),
        edge(taps.start),
        edge(columns.end),
        edge(taps.start + taps.weights.len()),
    );
    for (row, &weight) in desktop.rows(rows).zip(taps.weights) {
        for (sum, &value) in sum.iter_mut().zip(row) {
            *sum += u16::from(value) * weight;
        }
    }
}

/// One pixel of the target from a blended row.
fn blend_columns(covered: &[u16], weights: &[u16]) -> [u8; 4] {
    let mut sums = [1 << 15; 4];
    for (pixel, &weight) in covered.as_chunks::<4>().0.iter().zip(weights) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(value) * u32::from(weight);
        }
    }
    sums.map(|sum: u32| u8::try_from(sum >> 16).unwrap_or(u8::MAX))
}

/// BGRX as 0x00RRGGBB.
fn colour(bgrx: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*bgrx) & 0x00ff_ffff
}

/// Which source pixels a target pixel is made of, along one axis.
struct Axis {
    /// For each target pixel: its first source pixel, and where its weights stand.
    spans: Vec<(usize, Range<usize>)>,
    weights: Vec<u16>,
}

#[derive(Clone, Copy)]
struct Taps<'a> {
    start: usize,
    weights: &'a [u16],
}

impl Axis {
    fn new(source: u16, target: u16) -> Self {
        let mut axis = Self {
            spans: Vec::with_capacity(target.into()),
            weights: Vec::new(),
        };
        for pixel in 0..u64::from(target) {
            let from = axis.weights.len();
            let start = if target < source {
                axis.push_mean(pixel, source.into(), target.into())
            } else {
                axis.push_between(pixel, source.into(), target.into())
            };
            axis.spans.push((start, from..axis.weights.len()));
        }
        axis
    }
    fn taps(&self, pixel: usize) -> Option<Taps<'_>> {
        let (start, weights) = self.spans.get(pixel)?;
        Some(Taps {
            start: *start,
            weights: self.weights.get(weights.clone())?,
        })
    }
    /// Weights by how much of each source pixel lies under the target pixel.
    fn push_mean(&mut self, pixel: u64, source: u64, target: u64) -> usize {
        // In units of 1/target of a source pixel, a target pixel is `source` long.
        let (from, to) = (pixel * source, (pixel + 1) * source);
        let weight_until = |edge: u64| ((edge - from) * UNIT + source / 2) / source;
        let mut before = 0;
        for covered in from / target..to.div_ceil(target) {
            let until = weight_until(((covered + 1) * target).min(to));
            self.push(until - before);
            before = until;
        }
        usize::try_from(from / target).unwrap_or_default()
    }
    /// Weights of the two source pixels whose middles lie around the target pixel's middle; of the one that is
    /// repeated if it is a whole number of times.
    fn push_between(&mut self, pixel: u64, source: u64, target: u64) -> usize {
        if source > 0 && target.is_multiple_of(source) {
            self.push(UNIT);
            return usize::try_from(pixel / (target / source)).unwrap_or_default();
        }
        let middle = (2 * pixel + 1) * source * UNIT / (2 * target.max(1));
        let position = middle.saturating_sub(UNIT / 2);
        let (start, share) = (position / UNIT, position % UNIT);
        if share == 0 || start + 1 >= source {
            self.push(UNIT);
        } else {
            self.push(UNIT - share);
            self.push(share);
        }
        usize::try_from(start).unwrap_or_default()
    }
    fn push(&mut self, weight: u64) {
        self.weights.push(u16::try_from(weight).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::super::placement::{Hidden, Placement, Scale};
    use super::*;
    use rfb::{Framebuffer, Region};

    const WINDOWS: [(u16, u16); 7] = [
        (640, 480),
        (320, 200),
        (200, 480),
        (641, 479),
        (1, 1),
        (1000, 600),
        (63, 1000),
    ];

    fn noise(size: Size) -> Framebuffer {
        let mut picture = Framebuffer::new(size);
        let mut state = 1_u32;
        for row in picture.view_mut(size.into()).unwrap().rows_mut() {
            for byte in row {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = state.to_be_bytes()[0];
            }
        }
        picture
    }

    fn drawn(picture: &Framebuffer, shown: Size) -> Vec<Vec<u32>> {
        let mut scaler = Scaler::new(picture.size(), shown);
        (0..shown.height)
            .map(|y| {
                let mut row = vec![0; shown.width.into()];
                scaler.draw_row(picture.view(), y, 0, &mut row);
                row
            })
            .collect()
    }

    #[test]
    fn the_same_size_changes_no_pixel() {
        let picture = noise(Size::new(33, 9));
        let expect: Vec<Vec<u32>> = picture
            .view()
            .rows(picture.size().into())
            .map(|row| {
                let pixel = |&[b, g, r, _]: &[u8; 4]| u32::from_be_bytes([0, r, g, b]);
                row.as_chunks().0.iter().map(pixel).collect()
            })
            .collect();
        assert_eq!(drawn(&picture, picture.size()), expect);
    }

    #[test]
    fn a_plain_colour_stays_what_it_is_at_every_size() {
        let mut picture = Framebuffer::new(Size::new(64, 48));
        let whole = picture.size().into();
        picture.view_mut(whole).unwrap().fill([255, 1, 127, 0]);
        for (width, height) in WINDOWS {
            let rows = drawn(&picture, Size::new(width, height));
            assert!(rows.iter().flatten().all(|&pixel| pixel == 0x007f_01ff));
        }
    }

    #[test]
    fn half_the_size_is_the_mean_of_four() {
        let mut picture = Framebuffer::new(Size::new(4, 2));
        for (left, value) in [(0, 100), (1, 200), (2, 0), (3, 8)] {
            let column = Rect::new(left, 0, 1, 2);
            picture.view_mut(column).unwrap().fill([value; 4]);
        }
        assert_eq!(
            drawn(&picture, Size::new(2, 1)),
            [[0x0096_9696, 0x0004_0404]]
        );
    }

    #[test]
    fn a_whole_number_of_times_repeats_each_pixel() {
        let row = [[1, 0, 0, 9], [2, 0, 0, 9], [3, 0, 0, 9]].concat();
        let widened = |factor, skip, length| {
            let mut target = vec![0; length];
            widen(&row, factor, skip, &mut target);
            target
        };
        assert_eq!(widened(1, 0, 3), [1, 2, 3]);
        assert_eq!(widened(1, 1, 2), [2, 3]);
        assert_eq!(widened(3, 0, 7), [1, 1, 1, 2, 2, 2, 3]);
        assert_eq!(widened(3, 2, 5), [1, 2, 2, 2, 3]);
        assert_eq!(widened(3, 4, 1), [2]);
        assert_eq!(widened(3, 6, 3), [3, 3, 3]);
    }

    #[test]
    fn drawing_only_what_changed_gives_the_same_picture_as_drawing_all() {
        let size = Size::new(64, 48);
        let before = noise(size);
        let damage = Region::from_iter([Rect::new(5, 7, 20, 3), Rect::new(40, 30, 24, 18)]);
        for (width, height) in WINDOWS {
            let window = Size::new(width, height);
            let placement = Placement::new(size, window, Scale::Fit, Hidden::default());
            let shown = placement.shown();
            let mut rows = drawn(&before, shown.size());
            let mut after = before.clone();
            let mut scaler = Scaler::new(size, shown.size());
            for &rect in damage.rects() {
                after.view_mut(rect).unwrap().fill([9, 200, 77, 0]);
            }
            for &rect in damage.rects() {
                let part = placement.window_rect(rect);
                for y in part.top..part.top + part.height {
                    let (left, y) = (part.left - shown.left, y - shown.top);
                    let columns = usize::from(left)..usize::from(left + part.width);
                    let target = &mut rows[usize::from(y)][columns];
                    scaler.draw_row(after.view(), y, left, target);
                }
            }
            assert_eq!(rows, drawn(&after, shown.size()), "{window}");
        }
    }
}
