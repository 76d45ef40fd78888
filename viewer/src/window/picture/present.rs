//! Puts the picture into the window: only what changed, as it is or scaled.

use super::overlay::Overlay;
use super::placement::{Hidden, Placement, Scale};
use super::scale::{Scaler, widen};
use crate::canvas::{Canvas, Picture};
use rfb::{Framebuffer, Rect, Region, Size};
use softbuffer::{Context, SoftBufferError, Surface};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use winit::window::Window;

/// Window systems hand out older buffers again; so many draws back is remembered what changed.
const REMEMBERED: usize = 4;

/// How the window is to show the picture.
pub(crate) struct Frame<'a> {
    /// The window's pixels.
    pub(crate) window: Size,
    /// How large the desktop is shown.
    pub(crate) scale: Scale,
    /// What of a larger desktop lies to the left and above, if that can be.
    pub(crate) hidden: Hidden,
    /// What lies over the desktop.
    pub(crate) overlay: Option<&'a Overlay>,
    /// The window system lost pixels: all are wanted.
    pub(crate) everything: bool,
}

/// The window's pixels.
pub(crate) struct Presenter {
    surface: Surface<Arc<Window>, Arc<Window>>,
    /// The window's pixels at the last draw.
    window: Size,
    placement: Placement,
    /// Set where the window shows the desktop at another size than a whole number of times.
    scaler: Option<Scaler>,
    /// What lay over the desktop at the last draw: its place, and which picture of it.
    covered: Option<(Rect, u64)>,
    /// What the last draws changed in the window, newest first.
    recent: VecDeque<Region>,
}

impl Presenter {
    /// For `window`, which shows nothing yet.
    pub(crate) fn new(window: &Arc<Window>) -> Result<Self, SoftBufferError> {
        let context = Context::new(Arc::clone(window))?;
        Ok(Self {
            surface: Surface::new(&context, Arc::clone(window))?,
            window: Size::default(),
            placement: Placement::default(),
            scaler: None,
            covered: None,
            recent: VecDeque::new(),
        })
    }
    /// Where the desktop stands in the window, as last drawn.
    pub(crate) fn placement(&self) -> &Placement {
        &self.placement
    }
    /// Draws what changed on `canvas` and over it, or everything.
    pub(crate) fn draw(
        &mut self,
        canvas: &Canvas,
        frame: &Frame<'_>,
    ) -> Result<(), SoftBufferError> {
        let window = frame.window;
        let side = |pixels: u16| NonZeroU32::new(pixels.into());
        let (Some(width), Some(height)) = (side(window.width), side(window.height)) else {
            return Ok(());
        };
        self.surface.resize(width, height)?;
        let mut picture = canvas.lock();
        let changed = self.changed(&mut picture, frame);
        let mut buffer = self.surface.buffer_mut()?;
        let stale = match stale(buffer.age(), &self.recent) {
            Some(missed) => missed.union(&changed),
            None => Region::from(window),
        };
        let mut target = Target {
            pixels: &mut buffer,
            size: window,
        };
        let below = match frame.overlay {
            Some(overlay) => {
                target.cover(overlay, &stale);
                stale.difference(&overlay.place().into())
            }
            None => stale,
        };
        let (placement, scaler) = (self.placement, self.scaler.as_mut());
        target.draw(&picture.framebuffer, placement, scaler, &below);
        drop(picture);

        buffer.present_with_damage(&rects(&changed))?;
        self.recent.push_front(changed);
        self.recent.truncate(REMEMBERED);
        Ok(())
    }
    /// Takes the damage of `picture`: which of the window's pixels are others than at the last draw.
    fn changed(&mut self, picture: &mut Picture, frame: &Frame<'_>) -> Region {
        let desktop = picture.framebuffer.size();
        let placement = Placement::new(desktop, frame.window, frame.scale, frame.hidden);
        let moved = self.placement != placement;
        if moved {
            self.placement = placement;
            let scaled = placement.factor().is_none();
            self.scaler = scaled.then(|| Scaler::new(desktop, placement.shown().size()));
        }
        let damage = std::mem::take(&mut picture.damage);
        let covering = frame
            .overlay
            .map(|overlay| (overlay.place(), overlay.version()));
        let covered = std::mem::replace(&mut self.covered, covering);
        let resized = std::mem::replace(&mut self.window, frame.window) != frame.window;
        if frame.everything || moved || resized {
            return frame.window.into();
        }
        let damage = damage.rects().iter();
        let below = damage.map(|&rect| placement.window_rect(rect));
        let over = [covered, covering]
            .into_iter()
            .flatten()
            .map(|(place, _)| place.intersection(frame.window.into()));
        match covered == covering {
            true => below.collect(),
            false => below.chain(over).collect(),
        }
    }
}

/// What a buffer lacks that was presented `age` draws ago; `None` if nothing is known of it.
fn stale(age: u8, recent: &VecDeque<Region>) -> Option<Region> {
    let missed = usize::from(age.checked_sub(1)?);
    if missed > recent.len() {
        return None;
    }
    let since = recent.iter().take(missed);
    Some(since.fold(Region::default(), |all, region| all.union(region)))
}

fn rects(region: &Region) -> Vec<softbuffer::Rect> {
    let rect = |rect: &Rect| {
        Some(softbuffer::Rect {
            x: rect.left.into(),
            y: rect.top.into(),
            width: NonZeroU32::new(rect.width.into())?,
            height: NonZeroU32::new(rect.height.into())?,
        })
    };
    region.rects().iter().filter_map(rect).collect()
}

/// The buffer of a window: rows of 0x00RRGGBB.
struct Target<'a> {
    pixels: &'a mut [u32],
    size: Size,
}

impl Target<'_> {
    /// Draws the pixels of `region`: the desktop, and black beside it.
    fn draw(
        &mut self,
        framebuffer: &Framebuffer,
        placement: Placement,
        mut scaler: Option<&mut Scaler>,
        region: &Region,
    ) {
        let (shown, hidden) = (placement.shown(), placement.hidden());
        for &rect in region.difference(&shown.into()).rects() {
            for (_, row) in self.rows_mut(rect) {
                row.fill(0);
            }
        }
        for &rect in region.intersection(&shown.into()).rects() {
            let left = rect.left - shown.left;
            match (placement.factor(), &mut scaler) {
                (Some(factor), _) => {
                    let skip = u32::from(left) + hidden.left;
                    for (y, row) in self.rows_mut(rect) {
                        let y = (u32::from(y - shown.top) + hidden.above) / factor;
                        if let Some(from) = row_of(framebuffer, y) {
                            widen(from, factor, skip, row);
                        }
                    }
                }
                (None, Some(scaler)) => {
                    for (y, row) in self.rows_mut(rect) {
                        scaler.draw_row(framebuffer.view(), y - shown.top, left, row);
                    }
                }
                (None, None) => {}
            }
        }
    }
    /// Draws the pixels of `region` that lie under `overlay`.
    fn cover(&mut self, overlay: &Overlay, region: &Region) {
        for &rect in region.intersection(&overlay.place().into()).rects() {
            for (y, row) in self.rows_mut(rect) {
                if let Some(from) = overlay.row(rect.left, y, row.len()) {
                    row.copy_from_slice(from);
                }
            }
        }
    }
    /// The pixels of `rect` row by row, each with its number.
    fn rows_mut(&mut self, rect: Rect) -> impl Iterator<Item = (u16, &mut [u32])> {
        let columns = usize::from(rect.left)..usize::from(rect.left) + usize::from(rect.width);
        self.pixels
            .chunks_exact_mut(usize::from(self.size.width).max(1))
            .zip(0..)
            .skip(rect.top.into())
            .take(rect.height.into())
            .filter_map(move |(row, y)| Some((y, row.get_mut(columns.clone())?)))
    }
}

/// Row `y` of the desktop.
fn row_of(framebuffer: &Framebuffer, y: u32) -> Option<&[u8]> {
    let top = u16::try_from(y).ok()?;
    let row = Rect::new(0, top, framebuffer.size().width, 1);
    framebuffer.view().rows(row).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_gets_what_it_missed() {
        let [first, second] = [0, 4].map(|left| Region::from(Rect::new(left, 0, 2, 2)));
        let recent = VecDeque::from([second.clone(), first.clone()]);
        assert_eq!(stale(0, &recent), None);
        assert_eq!(stale(1, &recent), Some(Region::default()));
        assert_eq!(stale(2, &recent), Some(second.clone()));
        assert_eq!(stale(3, &recent), Some(first.union(&second)));
        assert_eq!(stale(4, &recent), None);
    }

    #[test]
    fn the_desktop_is_drawn_in_the_middle_and_black_beside_it() {
        let mut framebuffer = Framebuffer::new(Size::new(2, 1));
        let whole = Rect::new(0, 0, 2, 1);
        framebuffer.view_mut(whole).unwrap().fill([1, 2, 3, 255]);
        let size = Size::new(4, 3);
        let mut pixels = [9; 12];
        let mut target = Target {
            pixels: &mut pixels,
            size,
        };
        let (scale, hidden) = (Scale::Auto, Hidden::default());
        let placement = Placement::new(framebuffer.size(), size, scale, hidden);
        target.draw(&framebuffer, placement, None, &size.into());
        let colour = 0x0003_0201;
        assert_eq!(pixels, [0, 0, 0, 0, 0, colour, colour, 0, 0, 0, 0, 0]);
    }
}
