//! A notice over the last picture: the connection is lost, and what is done about it.

use super::picture::Overlay;
use super::text::{Area, Colour, EDGE, FAINT_INK, Font, INK, PANEL, Sheet};
use crate::reconnect::Outage;
use rfb::Size;

/// Its pictures count from here: the menu's, which may lie at the same place before or after, never get there.
const FIRST_VERSION: u64 = 1 << 63;
/// What a person can do about it.
const HINT: &str = "Esc to give up";

/// The notice while it stands.
pub(crate) struct Banner {
    outage: Outage,
    /// How it was last drawn.
    look: Option<Look>,
    version: u64,
}

/// How it looks in a window of `window` pixels and a monitor of `factor`.
struct Look {
    window: Size,
    factor: f64,
    overlay: Overlay,
}

impl Banner {
    /// Says what is the matter.
    pub(crate) fn new(outage: Outage) -> Self {
        Self {
            outage,
            look: None,
            version: FIRST_VERSION,
        }
    }
    /// Things are different now; whether one sees it.
    pub(crate) fn update(&mut self, outage: Outage) -> bool {
        let changed = self.outage != outage;
        if changed {
            self.outage = outage;
            self.look = None;
        }
        changed
    }
    /// Its picture for a window of `window` pixels on a monitor with so many pixels for one of a plain monitor.
    pub(crate) fn overlay(&mut self, window: Size, factor: f64) -> &Overlay {
        let is_for =
            |look: &Look| look.window == window && (look.factor - factor).abs() < f64::EPSILON;
        let look = match self.look.take().filter(is_for) {
            Some(look) => look,
            None => {
                self.version += 1;
                let (size, pixels) = paint(&self.outage.to_string(), window, factor);
                Look {
                    window,
                    factor,
                    overlay: Overlay::new(size, pixels, self.version, window),
                }
            }
        };
        &self.look.insert(look).overlay
    }
}

/// Two lines in a frame, with the largest letters that fit the window, the smallest if none do.
fn paint(text: &str, window: Size, factor: f64) -> (Size, Vec<Colour>) {
    let lines = [(text, INK), (HINT, FAINT_INK)];
    let size_with = |font: Font| {
        let widest = lines.iter().map(|(text, _)| font.width_of(text)).max();
        let width = widest.unwrap_or_default() + font.width() * 6;
        (width, font.height() * 4)
    };
    let fits = |font: &Font| {
        let (width, height) = size_with(*font);
        width <= window.width.into() && height <= window.height.into()
    };
    let fitting = Font::up_to(factor).filter(fits).last();
    let font = fitting.unwrap_or(Font::SMALLEST);
    let (width, height) = size_with(font);
    let mut sheet = Sheet::new(width, height, PANEL);
    let whole = Area {
        width,
        height,
        ..Area::default()
    };
    sheet.frame(whole, (font.height() / 16).max(1), EDGE);
    let mut top = font.height() * 3 / 4;
    for (text, ink) in lines {
        let left = (width - font.width_of(text)) / 2;
        sheet.write(font, (left, top), text, ink);
        top += font.height() * 3 / 2;
    }
    let side = |pixels: usize| u16::try_from(pixels).unwrap_or(u16::MAX);
    (Size::new(side(width), side(height)), sheet.into_pixels())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_in_the_window_and_changes_only_with_what_it_says() {
        for (width, height, factor) in [(640, 480, 1.0), (3000, 2000, 2.0), (120, 40, 1.0)] {
            let window = Size::new(width, height);
            let mut banner = Banner::new(Outage { seconds_left: 2 });
            let overlay = banner.overlay(window, factor);
            assert!(overlay.place().fits(window));
            let before = overlay.version();
            assert_eq!(banner.overlay(window, factor).version(), before);
            assert!(!banner.update(Outage { seconds_left: 2 }));
            assert!(banner.update(Outage { seconds_left: 1 }));
            assert_ne!(banner.overlay(window, factor).version(), before);
        }
    }

    #[test]
    fn its_letters_are_on_it() {
        let window = Size::new(640, 480);
        let (size, pixels) = paint("lost", window, 1.0);
        let room = usize::from(size.width) * usize::from(size.height);
        assert_eq!(pixels.len(), room);
        let edge = pixels.iter().filter(|&&pixel| pixel == EDGE).count();
        assert!(edge >= 2 * usize::from(size.width), "{edge}");
        assert_ne!(paint("back", window, 1.0).1, pixels);
    }
}
