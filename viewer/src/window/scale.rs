//! Where the desktop stands in the window, and its pixels made smaller or larger.

use rfb::{Point, Rect, Size, View};
use std::ops::Range;

/// The weights of a target pixel add up to this.
const UNIT: u64 = 256;

/// The place of a desktop in a window: aspect kept, centred, as it is where it fits, else smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    desktop: Size,
    /// The pixels of the window that show the desktop.
    shown: Rect,
}

impl Placement {
    /// The place of `desktop` in a window of `window` pixels. A desktop smaller than the window keeps its size
    /// unless `enlarge`.
    pub(crate) fn new(desktop: Size, window: Size, enlarge: bool) -> Self {
        let size = if desktop.width == 0 || desktop.height == 0 {
            Size::default()
        } else if Rect::from(desktop).fits(window) && !enlarge {
            desktop
        } else {
            fitted(desktop, window)
        };
        let left = window.width.saturating_sub(size.width) / 2;
        let top = window.height.saturating_sub(size.height) / 2;
        let shown = Rect::new(left, top, size.width, size.height);
        Self { desktop, shown }
    }
    /// The pixels of the window that show the desktop.
    pub(crate) fn shown(&self) -> Rect {
        self.shown
    }
    /// Whether a pixel of the window is a pixel of the desktop.
    pub(crate) fn is_exact(&self) -> bool {
        self.desktop == self.shown.size()
    }
    /// Whether the window's position (`x`, `y`) lies on the desktop.
    pub(crate) fn contains(&self, x: f64, y: f64) -> bool {
        let within = |position: f64, start: u16, end: u32| {
            (f64::from(start)..f64::from(end)).contains(&position)
        };
        within(x, self.shown.left, self.shown.right())
            && within(y, self.shown.top, self.shown.bottom())
    }
    /// The desktop's pixel under the window's position (`x`, `y`); the nearest one if it lies beside the desktop.
    pub(crate) fn desktop_point(&self, x: f64, y: f64) -> Point {
        let along = |position: f64, start: u16, shown: u16, source: u16| {
            let scaled =
                (position - f64::from(start)) * f64::from(source) / f64::from(shown.max(1));
            whole(scaled).min(source.saturating_sub(1))
        };
        let Self { desktop, shown } = *self;
        Point::new(
            along(x, shown.left, shown.width, desktop.width),
            along(y, shown.top, shown.height, desktop.height),
        )
    }
    /// The pixels of the window that change when the desktop's pixels in `damage` do.
    pub(crate) fn window_rect(&self, damage: Rect) -> Rect {
        let Self { desktop, shown } = *self;
        let damage = damage.intersection(desktop.into());
        if damage.is_empty() {
            return Rect::default();
        }
        // Enlarging mixes neighbours, so one more pixel on every side.
        let margin = u32::from(!self.is_exact());
        let first = |edge: u16, shown: u16, source: u16| {
            let edge = u64::from(u32::from(edge).saturating_sub(margin));
            edge * u64::from(shown) / u64::from(source.max(1))
        };
        let last = |edge: u32, shown: u16, source: u16| {
            let edge = u64::from(edge + margin) * u64::from(shown);
            edge.div_ceil(source.max(1).into()).min(shown.into())
        };
        let edge =
            |start: u16, offset: u64| u32::from(start) + u32::try_from(offset).unwrap_or_default();
        Rect::from_edges(
            edge(shown.left, first(damage.left, shown.width, desktop.width)),
            edge(shown.top, first(damage.top, shown.height, desktop.height)),
            edge(shown.left, last(damage.right(), shown.width, desktop.width)),
            edge(
                shown.top,
                last(damage.bottom(), shown.height, desktop.height),
            ),
        )
    }
}

/// The largest size of `desktop`'s aspect inside `window`.
pub(crate) fn fitted(desktop: Size, window: Size) -> Size {
    let [width, height] = [desktop.width, desktop.height].map(|side| u64::from(side.max(1)));
    let (across, down) = (u64::from(window.width), u64::from(window.height));
    let side = |of: u64, times: u64, by: u64| {
        u16::try_from((of * times + by / 2) / by).unwrap_or(u16::MAX)
    };
    if across * height <= down * width {
        Size::new(
            window.width,
            side(height, across, width).clamp(1, window.height.max(1)),
        )
    } else {
        Size::new(
            side(width, down, height).clamp(1, window.width.max(1)),
            window.height,
        )
    }
}

/// The whole number of pixels before `position`, none before the first.
fn whole(position: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float cuts the fraction and stays in range, which is what is wanted"
    )]
    let whole = position as u16;
    whole
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
    /// Draws row `y` of the scaled picture, from column `left`, into `target` (0x00RRGGBB).
    pub(crate) fn draw_row(&mut self, desktop: View<'_>, y: u16, left: u16, target: &mut [u32]) {
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
            *pixel = blend_columns(covered.unwrap_or_default(), taps.weights);
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
fn blend_columns(covered: &[u16], weights: &[u16]) -> u32 {
    let mut sums = [1 << 15; 4];
    for (pixel, &weight) in covered.as_chunks::<4>().0.iter().zip(weights) {
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(value) * u32::from(weight);
        }
    }
    let [blue, green, red, _] = sums.map(|sum| sum >> 16);
    blue | green << 8 | red << 16
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
    /// Weights of the two source pixels whose middles lie around the target pixel's middle.
    fn push_between(&mut self, pixel: u64, source: u64, target: u64) -> usize {
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
    fn a_desktop_that_fits_is_shown_as_it_is_in_the_middle() {
        let placement = Placement::new(Size::new(640, 480), Size::new(800, 500), false);
        assert!(placement.is_exact());
        assert_eq!(placement.shown(), Rect::new(80, 10, 640, 480));
        assert_eq!(placement.desktop_point(80.0, 10.9), Point::new(0, 0));
        assert_eq!(placement.desktop_point(-5.0, 1e9), Point::new(0, 479));
        assert!(placement.contains(719.9, 489.9) && !placement.contains(720.0, 100.0));
    }

    #[test]
    fn a_desktop_that_does_not_fit_keeps_its_aspect() {
        let placement = Placement::new(Size::new(1920, 1080), Size::new(960, 960), false);
        assert_eq!(placement.shown(), Rect::new(0, 210, 960, 540));
        assert_eq!(placement.desktop_point(480.0, 480.0), Point::new(960, 540));
        assert_eq!(
            placement.desktop_point(959.9, 749.9),
            Point::new(1919, 1079)
        );
        let enlarged = Placement::new(Size::new(100, 50), Size::new(400, 400), true);
        assert_eq!(enlarged.shown(), Rect::new(0, 100, 400, 200));
    }

    #[test]
    fn no_size_is_too_odd_to_place() {
        let sides = [0, 1, 2, 7, 640, 65_535];
        for width in sides {
            for height in sides {
                for (across, down) in [(0, 0), (1, 65_535), (65_535, 1), (65_535, 65_535)] {
                    let window = Size::new(across, down);
                    for enlarge in [false, true] {
                        let placement = Placement::new(Size::new(width, height), window, enlarge);
                        assert!(placement.shown().fits(window) || across == 0);
                        let at = placement.desktop_point(3.0, 1e6);
                        assert!(at.x < width.max(1) && at.y < height.max(1));
                    }
                }
            }
        }
    }

    #[test]
    fn the_pixel_under_the_pointer_is_redrawn_when_it_changes() {
        let desktop = Size::new(640, 480);
        for (width, height) in WINDOWS {
            let placement = Placement::new(desktop, Size::new(width, height), true);
            let shown = placement.shown();
            for y in (shown.top..shown.top + shown.height).step_by(7) {
                for x in (shown.left..shown.left + shown.width).step_by(7) {
                    let at = placement.desktop_point(f64::from(x) + 0.5, f64::from(y) + 0.5);
                    let redrawn = placement.window_rect(Rect::new(at.x, at.y, 1, 1));
                    assert!(redrawn.contains(Point::new(x, y)), "{x} {y} {redrawn:?}");
                }
            }
        }
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
    fn drawing_only_what_changed_gives_the_same_picture_as_drawing_all() {
        let size = Size::new(64, 48);
        let before = noise(size);
        let damage = Region::from_iter([Rect::new(5, 7, 20, 3), Rect::new(40, 30, 24, 18)]);
        for (width, height) in WINDOWS {
            let window = Size::new(width, height);
            let placement = Placement::new(size, window, true);
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
