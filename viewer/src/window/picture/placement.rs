//! Where the desktop stands in the window, and which of its pixels lie where.

use rfb::{Point, Rect, Size};

/// How large the desktop is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scale {
    /// As it is; smaller where it does not fit. Full screen: as [`Scale::Fit`].
    #[default]
    Auto,
    /// As large as the window allows.
    Fit,
    /// A pixel of the desktop is so many by so many of the monitor's, from 1 to [`Scale::MOST_TIMES`]. The window
    /// shows a part if it is too small for all.
    Times(u8),
}

impl Scale {
    /// The largest factor of [`Scale::Times`].
    pub(crate) const MOST_TIMES: u8 = 8;

    /// What it means in full screen or not.
    pub(crate) fn on(self, full_screen: bool) -> Self {
        match self {
            Self::Auto if full_screen => Self::Fit,
            other => other,
        }
    }
    /// How many pixels of the monitor a side of a desktop's pixel has, if that does not depend on the window.
    pub(crate) fn times(self) -> u16 {
        match self {
            Self::Times(times) => u16::from(times.max(1)),
            Self::Auto | Self::Fit => 1,
        }
    }
}

/// Pixels of the scaled desktop to the left of the window and above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub(crate) left: u32,
    pub(crate) above: u32,
}

/// The place of a desktop in a window: aspect kept, centred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Placement {
    across: Axis,
    down: Axis,
}

impl Placement {
    /// The place of `desktop` in a window of `window` pixels. What of a desktop larger than the window is `hidden`
    /// is cut to what can be.
    pub(crate) fn new(desktop: Size, window: Size, scale: Scale, hidden: Hidden) -> Self {
        let (width, height) = scaled(desktop, window, scale);
        Self {
            across: Axis::new(desktop.width, width, window.width, hidden.left),
            down: Axis::new(desktop.height, height, window.height, hidden.above),
        }
    }
    /// The pixels of the window that show the desktop.
    pub(crate) fn shown(&self) -> Rect {
        let Self { across, down } = self;
        Rect::new(across.start, down.start, across.shown, down.shown)
    }
    /// What is hidden to the left and above.
    pub(crate) fn hidden(&self) -> Hidden {
        Hidden {
            left: self.across.hidden,
            above: self.down.hidden,
        }
    }
    /// What can be hidden to the left and above, at most: none if all of the desktop is shown.
    pub(crate) fn most_hidden(&self) -> Hidden {
        Hidden {
            left: self.across.most_hidden(),
            above: self.down.most_hidden(),
        }
    }
    /// Pixels of the window for one of the desktop.
    pub(crate) fn ratio(&self) -> f64 {
        match self.across.desktop {
            0 => 1.0,
            desktop => f64::from(self.across.scaled) / f64::from(desktop),
        }
    }
    /// How many pixels of the window a side of the desktop's pixel has, if it is a whole number.
    pub(crate) fn factor(&self) -> Option<u32> {
        let factor = self.across.factor()?;
        (self.down.factor() == Some(factor)).then_some(factor)
    }
    /// Whether the window's position (`x`, `y`) lies on the desktop.
    pub(crate) fn contains(&self, x: f64, y: f64) -> bool {
        self.across.contains(x) && self.down.contains(y)
    }
    /// The desktop's pixel under the window's position (`x`, `y`); the nearest one shown if it lies beside them.
    pub(crate) fn desktop_point(&self, x: f64, y: f64) -> Point {
        Point::new(self.across.desktop_at(x), self.down.desktop_at(y))
    }
    /// The middle of the desktop's pixel `at` as a position in the window; `None` if it is hidden.
    pub(crate) fn window_point(&self, at: Point) -> Option<(f64, f64)> {
        Some((self.across.window_at(at.x)?, self.down.window_at(at.y)?))
    }
    /// The pixels of the window that change when the desktop's pixels in `damage` do.
    pub(crate) fn window_rect(&self, damage: Rect) -> Rect {
        let desktop = Size::new(self.across.desktop, self.down.desktop);
        let damage = damage.intersection(desktop.into());
        if damage.is_empty() {
            return Rect::default();
        }
        let (left, right) = self.across.changed(damage.left, damage.right());
        let (top, bottom) = self.down.changed(damage.top, damage.bottom());
        Rect::from_edges(left, top, right, bottom)
    }
}

/// One direction of a [`Placement`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Axis {
    /// Pixels of the desktop.
    desktop: u16,
    /// Pixels of the window that all of the desktop takes.
    scaled: u32,
    /// How many of them lie before the window's first.
    hidden: u32,
    /// Where in the window the desktop begins.
    start: u16,
    /// Pixels of the window that show it.
    shown: u16,
}

impl Axis {
    fn new(desktop: u16, scaled: u32, window: u16, hidden: u32) -> Self {
        let shown = u16::try_from(scaled).unwrap_or(u16::MAX).min(window);
        Self {
            desktop,
            scaled,
            hidden: hidden.min(scaled - u32::from(shown)),
            start: (window - shown) / 2,
            shown,
        }
    }
    fn most_hidden(self) -> u32 {
        self.scaled - u32::from(self.shown)
    }
    fn factor(self) -> Option<u32> {
        let desktop = u32::from(self.desktop.max(1));
        (self.scaled >= desktop && self.scaled.is_multiple_of(desktop))
            .then(|| self.scaled / desktop)
    }
    fn end(self) -> f64 {
        f64::from(self.start) + f64::from(self.shown)
    }
    fn contains(self, position: f64) -> bool {
        (f64::from(self.start)..self.end()).contains(&position)
    }
    fn desktop_at(self, position: f64) -> u16 {
        let position = position.clamp(f64::from(self.start), self.end()) - f64::from(self.start);
        let scaled = position + f64::from(self.hidden);
        let at = scaled * f64::from(self.desktop) / f64::from(self.scaled.max(1));
        whole(at).min(self.desktop.saturating_sub(1))
    }
    fn window_at(self, pixel: u16) -> Option<f64> {
        let middle = f64::from(pixel) + 0.5;
        let scaled = middle * f64::from(self.scaled) / f64::from(self.desktop.max(1));
        let position = scaled - f64::from(self.hidden) + f64::from(self.start);
        self.contains(position).then_some(position)
    }
    /// The edges in the window of what the desktop's pixels from `first` to before `end` take part in.
    fn changed(self, first: u16, end: u32) -> (u32, u32) {
        // Enlarging to no whole number of pixels mixes neighbours, so one more on every side.
        let margin = u64::from(self.factor().is_none());
        let (scaled, desktop) = (u64::from(self.scaled), u64::from(self.desktop.max(1)));
        let first = u64::from(first).saturating_sub(margin) * scaled / desktop;
        let end = ((u64::from(end) + margin) * scaled).div_ceil(desktop);
        let place = |edge: u64| {
            let shown = edge.saturating_sub(self.hidden.into());
            let shown = shown.min(self.shown.into());
            u32::from(self.start) + u32::try_from(shown).unwrap_or_default()
        };
        (place(first), place(end))
    }
}

/// The size of all of `desktop` as it is shown.
fn scaled(desktop: Size, window: Size, scale: Scale) -> (u32, u32) {
    if desktop.width == 0 || desktop.height == 0 {
        return (0, 0);
    }
    let is_whole = match scale {
        Scale::Times(_) => true,
        Scale::Auto => Rect::from(desktop).fits(window),
        Scale::Fit => false,
    };
    if is_whole {
        let times = u32::from(scale.times());
        return (
            u32::from(desktop.width) * times,
            u32::from(desktop.height) * times,
        );
    }
    let fitted = fitted(desktop, window);
    (fitted.width.into(), fitted.height.into())
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
pub(crate) fn whole(position: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float cuts the fraction and stays in range, which is what is wanted"
    )]
    let whole = position as u16;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Hidden = Hidden { left: 0, above: 0 };
    const SCALES: [Scale; 5] = [
        Scale::Auto,
        Scale::Fit,
        Scale::Times(1),
        Scale::Times(2),
        Scale::Times(Scale::MOST_TIMES),
    ];

    fn placed(desktop: (u16, u16), window: (u16, u16), scale: Scale) -> Placement {
        let size = |(width, height)| Size::new(width, height);
        Placement::new(size(desktop), size(window), scale, NONE)
    }

    #[test]
    fn a_desktop_that_fits_is_shown_as_it_is_in_the_middle() {
        let placement = placed((640, 480), (800, 500), Scale::Auto);
        assert_eq!(placement.factor(), Some(1));
        assert_eq!(placement.shown(), Rect::new(80, 10, 640, 480));
        assert_eq!(placement.desktop_point(80.0, 10.9), Point::new(0, 0));
        assert_eq!(placement.desktop_point(-5.0, 1e9), Point::new(0, 479));
        assert!(placement.contains(719.9, 489.9) && !placement.contains(720.0, 100.0));
    }

    #[test]
    fn a_desktop_that_does_not_fit_keeps_its_aspect() {
        let placement = placed((1920, 1080), (960, 960), Scale::Auto);
        assert_eq!(placement.shown(), Rect::new(0, 210, 960, 540));
        assert_eq!(placement.desktop_point(480.0, 480.0), Point::new(960, 540));
        assert_eq!(
            placement.desktop_point(959.9, 749.9),
            Point::new(1919, 1079)
        );
        let enlarged = placed((100, 50), (400, 400), Scale::Auto.on(true));
        assert_eq!(enlarged.shown(), Rect::new(0, 100, 400, 200));
        assert_eq!(enlarged.factor(), Some(4));
        assert_eq!(placed((100, 50), (401, 400), Scale::Fit).factor(), None);
    }

    #[test]
    fn a_fixed_scale_shows_a_part_of_a_desktop_that_is_too_large() {
        let (desktop, window) = (Size::new(300, 100), Size::new(200, 400));
        let at = |left| {
            let hidden = Hidden { left, above: 7 };
            Placement::new(desktop, window, Scale::Times(2), hidden)
        };
        assert_eq!(at(0).shown(), Rect::new(0, 100, 200, 200));
        let most = Hidden {
            left: 400,
            above: 0,
        };
        assert_eq!(at(0).most_hidden(), most);
        assert_eq!(at(9999).hidden(), most);
        assert_eq!(at(101).desktop_point(0.0, 100.0), Point::new(50, 0));
        assert_eq!(at(101).desktop_point(1.0, 102.0), Point::new(51, 1));
        assert_eq!(at(400).desktop_point(1e3, 1e3), Point::new(299, 99));
        // Half of the desktop's pixel 50 is shown, none of 49, and all of 51.
        let changed = |column| at(101).window_rect(Rect::new(column, 0, 1, 1));
        assert!(changed(49).is_empty());
        assert_eq!(changed(50), Rect::new(0, 100, 1, 2));
        assert_eq!(changed(51), Rect::new(1, 100, 2, 2));
        assert_eq!(at(101).window_point(Point::new(51, 0)), Some((2.0, 101.0)));
        assert_eq!(at(101).window_point(Point::new(49, 0)), None);
    }

    #[test]
    fn no_size_is_too_odd_to_place() {
        let sides = [0, 1, 2, 7, 640, 65_535];
        for width in sides {
            for height in sides {
                for window in [(0, 0), (1, 65_535), (65_535, 1), (65_535, 65_535)] {
                    for scale in SCALES {
                        let placement = placed((width, height), window, scale);
                        let shown = placement.shown();
                        assert!(shown.fits(Size::new(window.0, window.1)) || window.0 == 0);
                        let at = placement.desktop_point(3.0, 1e6);
                        assert!(at.x < width.max(1) && at.y < height.max(1));
                    }
                }
            }
        }
    }

    #[test]
    fn the_pixel_under_the_pointer_is_redrawn_when_it_changes() {
        let windows = [(640, 480), (320, 200), (200, 480), (641, 479), (63, 1000)];
        for window in windows {
            for scale in SCALES {
                let placement = placed((640, 480), window, scale);
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
    }

    #[test]
    fn the_middle_of_a_pixel_is_on_it() {
        for window in [(640, 480), (320, 200), (641, 479), (1920, 1440), (63, 1000)] {
            for scale in SCALES {
                let placement = placed((640, 480), window, scale);
                for (x, y) in [(0, 0), (1, 2), (319, 240), (639, 479)] {
                    let at = Point::new(x, y);
                    if let Some((x, y)) = placement.window_point(at) {
                        assert_eq!(placement.desktop_point(x, y), at, "{window:?} {scale:?}");
                    }
                }
            }
        }
    }
}
