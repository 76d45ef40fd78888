//! A picture that lies over the desktop in the window: the menu.

use super::placement::whole;
use rfb::{Point, Rect, Size};

/// Pixels (0x00RRGGBB) and where in the window they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlay {
    place: Rect,
    /// Pixels of one of its rows; `place` may show only the first of them.
    width: usize,
    pixels: Vec<u32>,
    version: u64,
}

impl Overlay {
    /// `pixels` are rows of `size`; `version` is another for other pixels. It stands in the middle of `window`, and
    /// what does not fit is cut off on the right and below.
    pub(crate) fn new(size: Size, pixels: Vec<u32>, version: u64, window: Size) -> Self {
        let width = size.width.min(window.width);
        let height = size.height.min(window.height);
        let (left, top) = ((window.width - width) / 2, (window.height - height) / 2);
        Self {
            place: Rect::new(left, top, width, height),
            width: size.width.into(),
            pixels,
            version,
        }
    }
    /// The pixels of the window that it covers.
    pub(crate) fn place(&self) -> Rect {
        self.place
    }
    /// Equal for equal pixels.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }
    /// The pixel of it under the window's position (`x`, `y`); `None` beside it.
    pub(crate) fn at(&self, x: f64, y: f64) -> Option<Point> {
        let within = |position: f64, start: u16, length: u16| {
            let position = position - f64::from(start);
            (0.0..f64::from(length))
                .contains(&position)
                .then(|| whole(position))
        };
        let place = self.place;
        let left = within(x, place.left, place.width)?;
        let top = within(y, place.top, place.height)?;
        Some(Point::new(left, top))
    }
    /// `length` pixels of the window's row `y` from column `x` on, all of which it covers; `None` if it does not.
    pub(crate) fn row(&self, x: u16, y: u16, length: usize) -> Option<&[u32]> {
        let from = usize::from(x.checked_sub(self.place.left)?);
        let row = usize::from(y.checked_sub(self.place.top)?);
        let end = from + length;
        let is_inside = end <= self.place.width.into() && row < self.place.height.into();
        let start = row * self.width;
        self.pixels
            .get(start + from..start + end)
            .filter(|_| is_inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_in_the_middle_and_is_cut_to_the_window() {
        let pixels: Vec<u32> = (0..12).collect();
        let overlay = |window| Overlay::new(Size::new(4, 3), pixels.clone(), 1, window);
        let roomy = overlay(Size::new(10, 5));
        assert_eq!(roomy.place(), Rect::new(3, 1, 4, 3));
        assert_eq!(roomy.row(4, 2, 3), Some(&[5, 6, 7][..]));
        assert_eq!(roomy.row(4, 2, 4), None);
        assert_eq!(roomy.row(2, 2, 1), None);
        assert_eq!(roomy.row(4, 4, 1), None);
        let narrow = overlay(Size::new(2, 2));
        assert_eq!(narrow.place(), Rect::new(0, 0, 2, 2));
        assert_eq!(narrow.row(0, 1, 2), Some(&[4, 5][..]));
    }

    #[test]
    fn a_position_is_a_pixel_of_it_or_beside_it() {
        let overlay = Overlay::new(Size::new(4, 3), vec![0; 12], 1, Size::new(10, 5));
        assert_eq!(overlay.at(3.0, 1.9), Some(Point::new(0, 0)));
        assert_eq!(overlay.at(6.9, 3.5), Some(Point::new(3, 2)));
        for (x, y) in [(2.9, 2.0), (7.0, 2.0), (4.0, 0.5), (4.0, 4.0)] {
            assert_eq!(overlay.at(x, y), None);
        }
    }
}
