//! The shape of the pointer: the remote one over the desktop, the local one beside it.

use rfb::Cursor;
use winit::event_loop::ActiveEventLoop;
use winit::window::{Cursor as WindowCursor, CursorIcon, CustomCursor, Window};

/// The remote pointer's shape as the window shows it.
#[derive(Default)]
pub(crate) struct Shape {
    remote: Remote,
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
    pub(crate) fn set(&mut self, event_loop: &ActiveEventLoop, cursor: &Cursor, window: &Window) {
        self.remote = made(event_loop, cursor);
        self.apply(window);
    }
    /// The pointer came onto the desktop or left it.
    pub(crate) fn set_inside(&mut self, inside: bool, window: &Window) {
        if self.inside != inside {
            self.inside = inside;
            self.apply(window);
        }
    }
    fn apply(&self, window: &Window) {
        let shape = match &self.remote {
            Remote::Drawn(shape) if self.inside => WindowCursor::Custom(shape.clone()),
            _ => WindowCursor::Icon(CursorIcon::Default),
        };
        window.set_cursor(shape);
        window.set_cursor_visible(!(self.inside && matches!(self.remote, Remote::Hidden)));
    }
}

fn made(event_loop: &ActiveEventLoop, cursor: &Cursor) -> Remote {
    let (size, hotspot) = (cursor.size(), cursor.hotspot());
    if size.area() == 0 {
        return Remote::Hidden;
    }
    let within = |spot: u16, side: u16| spot.min(side.saturating_sub(1));
    let source = CustomCursor::from_rgba(
        rgba(cursor.pixels()),
        size.width,
        size.height,
        within(hotspot.x, size.width),
        within(hotspot.y, size.height),
    );
    match source {
        Ok(source) => Remote::Drawn(event_loop.create_custom_cursor(source)),
        Err(error) => {
            tracing::warn!("the pointer's shape cannot be shown: {error}");
            Remote::Unknown
        }
    }
}

/// BGRA made RGBA, both not premultiplied.
fn rgba(bgra: &[u8]) -> Vec<u8> {
    let pixels = bgra.as_chunks::<4>().0.iter();
    pixels.flat_map(|&[b, g, r, a]| [r, g, b, a]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blue_and_red_change_places() {
        assert_eq!(rgba(&[1, 2, 3, 4, 5, 6, 7, 8]), [3, 2, 1, 4, 7, 6, 5, 8]);
    }
}
