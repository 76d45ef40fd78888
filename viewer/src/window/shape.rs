//! The shape of the pointer: the remote one over the desktop, as large as the desktop is shown; the local one beside.

use super::picture::Scaler;
use rfb::{Cursor, Framebuffer, Point, Size};
use winit::event_loop::ActiveEventLoop;
use winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};
use winit::window::{Cursor as WindowCursor, CursorIcon, CustomCursor, Window};

/// A shape is not made smaller than so many pixels of a plain monitor on its longer side.
const SMALLEST: f64 = 16.0;
/// The largest shape that window systems are given, pixels a side.
const LARGEST: u16 = 256;

/// The remote pointer's shape as the window shows it.
#[derive(Default)]
pub(crate) struct Shape {
    cursor: Option<Cursor>,
    /// The times that it is enlarged.
    ratio: f64,
    shown: Remote,
    inside: bool,
}

#[derive(Default)]
enum Remote {
    /// The server has sent no shape: it draws the pointer itself or leaves it to us.
    #[default]
    Unknown,
    Hidden,
    Drawn(CustomCursor),
}

impl Shape {
    /// The remote shape changed.
    pub(crate) fn set(&mut self, event_loop: &ActiveEventLoop, cursor: Cursor, window: &Window) {
        self.shown = made(event_loop, &cursor, self.ratio, window);
        self.cursor = Some(cursor);
        self.apply(window);
    }
    /// The desktop is shown `ratio` times as large as it is.
    pub(crate) fn set_ratio(&mut self, event_loop: &ActiveEventLoop, ratio: f64, window: &Window) {
        if (self.ratio - ratio).abs() < 1e-6 {
            return;
        }
        self.ratio = ratio;
        if let Some(cursor) = &self.cursor {
            self.shown = made(event_loop, cursor, ratio, window);
            self.apply(window);
        }
    }
    /// The pointer came onto the desktop or left it.
    pub(crate) fn set_inside(&mut self, inside: bool, window: &Window) {
        if self.inside != inside {
            self.inside = inside;
            self.apply(window);
        }
    }
    fn apply(&self, window: &Window) {
        let shape = match &self.shown {
            Remote::Drawn(shape) if self.inside => WindowCursor::Custom(shape.clone()),
            _ => WindowCursor::Icon(CursorIcon::Default),
        };
        window.set_cursor(shape);
        window.set_cursor_visible(!(self.inside && matches!(self.shown, Remote::Hidden)));
    }
}

fn made(event_loop: &ActiveEventLoop, cursor: &Cursor, ratio: f64, window: &Window) -> Remote {
    if cursor.size().area() == 0 {
        return Remote::Hidden;
    }
    let size = shown_size(cursor.size(), ratio, window.scale_factor());
    let image = Image::new(cursor, size);
    let pixels = match takes_premultiplied(window) {
        true => image.pixels,
        false => image.not_premultiplied(),
    };
    let Point { x, y } = image.hotspot;
    match CustomCursor::from_rgba(rgba(&pixels), size.width, size.height, x, y) {
        Ok(source) => Remote::Drawn(event_loop.create_custom_cursor(source)),
        Err(error) => {
            tracing::warn!("the pointer's shape cannot be shown: {error}");
            Remote::Unknown
        }
    }
}

/// winit 0.30 hands the pixels on as they are on X11, which wants them premultiplied; elsewhere it takes care of that.
fn takes_premultiplied(window: &Window) -> bool {
    window.window_handle().is_ok_and(|handle| {
        matches!(
            handle.as_raw(),
            RawWindowHandle::Xlib(_) | RawWindowHandle::Xcb(_)
        )
    })
}

/// The size at which a shape of `size` is shown: as the desktop is, but never too small to be seen.
fn shown_size(size: Size, ratio: f64, factor: f64) -> Size {
    let longer = f64::from(size.width.max(size.height).max(1));
    let least = (SMALLEST * factor / longer).min(1.0);
    let ratio = ratio.max(least).min(f64::from(LARGEST) / longer);
    let side = |side: u16| {
        let shown = (f64::from(side) * ratio).round();
        super::picture::whole(shown).max(1)
    };
    Size::new(side(size.width), side(size.height))
}

/// A shape at the size it is shown, premultiplied.
struct Image {
    hotspot: Point,
    pixels: Vec<[u8; 4]>,
}

impl Image {
    fn new(cursor: &Cursor, size: Size) -> Self {
        let original = cursor.size();
        let mut picture = Framebuffer::new(original);
        if let Some(mut view) = picture.view_mut(original.into()) {
            let row_bytes = usize::from(original.width) * 4;
            for (row, from) in view.rows_mut().zip(cursor.pixels().chunks_exact(row_bytes)) {
                for (pixel, bgra) in row.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0) {
                    *pixel = premultiplied(*bgra);
                }
            }
        }
        let spot = |spot: u16, from: u16, to: u16| {
            let middle = (u32::from(spot) * 2 + 1) * u32::from(to) / (u32::from(from.max(1)) * 2);
            u16::try_from(middle)
                .unwrap_or(u16::MAX)
                .min(to.saturating_sub(1))
        };
        let hotspot = cursor.hotspot();
        Self {
            hotspot: Point::new(
                spot(hotspot.x, original.width, size.width),
                spot(hotspot.y, original.height, size.height),
            ),
            pixels: Scaler::new(original, size).draw(picture.view()),
        }
    }
    fn not_premultiplied(&self) -> Vec<[u8; 4]> {
        let pixels = self.pixels.iter();
        pixels.map(|&pixel| divided(pixel)).collect()
    }
}

fn premultiplied([b, g, r, a]: [u8; 4]) -> [u8; 4] {
    let times = |value: u8| {
        let product = (u32::from(value) * u32::from(a) + 127) / 255;
        u8::try_from(product).unwrap_or(u8::MAX)
    };
    [times(b), times(g), times(r), a]
}

fn divided([b, g, r, a]: [u8; 4]) -> [u8; 4] {
    let by = |value: u8| {
        let quotient = (u32::from(value) * 255 + u32::from(a) / 2) / u32::from(a.max(1));
        u8::try_from(quotient).unwrap_or(u8::MAX)
    };
    [by(b), by(g), by(r), a]
}

/// Blue and red change places.
fn rgba(bgra: &[[u8; 4]]) -> Vec<u8> {
    bgra.iter().flat_map(|&[b, g, r, a]| [r, g, b, a]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four pixels: half transparent, plain, and two that cannot be seen.
    fn cursor() -> Cursor {
        let pixels = [[200, 100, 0, 128], [1, 2, 3, 255], [0; 4], [9, 9, 9, 0]].concat();
        Cursor::new(Size::new(2, 2), Point::new(1, 0), pixels).unwrap()
    }

    #[test]
    fn a_shape_keeps_its_pixels_at_its_own_size() {
        let image = Image::new(&cursor(), Size::new(2, 2));
        let expect = [[100, 50, 0, 128], [1, 2, 3, 255], [0; 4], [0; 4]];
        assert_eq!(image.pixels, expect);
        assert_eq!(image.hotspot, Point::new(1, 0));
        assert_eq!(image.not_premultiplied()[0], [199, 100, 0, 128]);
        assert_eq!(rgba(&expect[1..2]), [3, 2, 1, 255]);
    }

    #[test]
    fn a_shape_and_its_hot_spot_are_enlarged_with_the_desktop() {
        let image = Image::new(&cursor(), Size::new(6, 6));
        assert_eq!(image.hotspot, Point::new(4, 1));
        assert_eq!(image.pixels[..3], [[100, 50, 0, 128]; 3]);
        assert_eq!(image.pixels[3..6], [[1, 2, 3, 255]; 3]);
        assert_eq!(image.pixels[18..], [[0; 4]; 18]);
    }

    #[test]
    fn what_cannot_be_seen_gives_a_smaller_shape_no_colour() {
        let image = Image::new(&cursor(), Size::new(1, 1));
        assert_eq!(image.hotspot, Point::new(0, 0));
        assert_eq!(image.pixels, [[25, 13, 1, 96]]);
    }

    #[test]
    fn a_shape_is_never_too_small_to_be_seen_nor_too_large_for_the_window_system() {
        let shown = |side, ratio, factor| shown_size(Size::new(side, side / 2), ratio, factor);
        assert_eq!(shown(32, 1.0, 1.0), Size::new(32, 16));
        assert_eq!(shown(32, 2.0, 1.0), Size::new(64, 32));
        assert_eq!(shown(32, 0.75, 1.0), Size::new(24, 12));
        assert_eq!(shown(32, 0.1, 1.0), Size::new(16, 8));
        assert_eq!(shown(32, 0.1, 2.0), Size::new(32, 16));
        assert_eq!(shown(10, 0.1, 1.0), Size::new(10, 5));
        assert_eq!(shown(64, 8.0, 1.0), Size::new(256, 128));
    }
}
