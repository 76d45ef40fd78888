//! Puts the picture into the window: only what changed, as it is or scaled.

use super::scale::{Placement, Scaler};
use crate::canvas::Canvas;
use rfb::{Framebuffer, Rect, Region, Size};
use softbuffer::{Context, SoftBufferError, Surface};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use winit::window::Window;

/// Window systems hand out older buffers again; so many draws back is remembered what changed.
const REMEMBERED: usize = 4;

/// The window's pixels.
pub(crate) struct Presenter {
    surface: Surface<Arc<Window>, Arc<Window>>,
    placement: Placement,
    /// Set where the window shows the desktop at another size.
    scaler: Option<Scaler>,
    /// What the last draws changed in the window, newest first.
    recent: VecDeque<Region>,
}

impl Presenter {
    /// For `window`, which shows nothing yet.
    pub(crate) fn new(window: &Arc<Window>) -> Result<Self, SoftBufferError> {
        let context = Context::new(Arc::clone(window))?;
        Ok(Self {
            surface: Surface::new(&context, Arc::clone(window))?,
            placement: Placement::new(Size::default(), Size::default(), false),
            scaler: None,
            recent: VecDeque::new(),
        })
    }
    /// Where the desktop stands in the window.
    pub(crate) fn placement(&self) -> &Placement {
        &self.placement
    }
    /// Draws what changed on `canvas`, or everything, into a window of `window` pixels. `enlarge`: see [`Placement`].
    pub(crate) fn draw(
        &mut self,
        canvas: &Canvas,
        window: Size,
        enlarge: bool,
        everything: bool,
    ) -> Result<(), SoftBufferError> {
        let side = |pixels: u16| NonZeroU32::new(pixels.into());
        let (Some(width), Some(height)) = (side(window.width), side(window.height)) else {
            return Ok(());
        };
        self.surface.resize(width, height)?;
        let mut buffer = self.surface.buffer_mut()?;

        let mut picture = canvas.lock();
        let desktop = picture.framebuffer.size();
        let placement = Placement::new(desktop, window, enlarge);
        let moved = self.placement != placement;
        if moved {
            self.placement = placement;
            let scaled = !placement.is_exact();
            self.scaler = scaled.then(|| Scaler::new(desktop, placement.shown().size()));
        }
        let damage = std::mem::take(&mut picture.damage);
        let changed = match everything || moved {
            true => Region::from(window),
            false => damage
                .rects()
                .iter()
                .map(|&rect| placement.window_rect(rect))
                .collect(),
        };
        let stale = match stale(buffer.age(), &self.recent) {
            Some(missed) => missed.union(&changed),
            None => Region::from(window),
        };
        let mut target = Target {
            pixels: &mut buffer,
            size: window,
        };
        target.draw(
            &picture.framebuffer,
            placement,
            self.scaler.as_mut(),
            &stale,
        );
        drop(picture);

        buffer.present_with_damage(&rects(&changed))?;
        self.recent.push_front(changed);
        self.recent.truncate(REMEMBERED);
        Ok(())
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
        let shown = placement.shown();
        for &rect in region.difference(&shown.into()).rects() {
            for (_, row) in self.rows_mut(rect) {
                row.fill(0);
            }
        }
        for &rect in region.intersection(&shown.into()).rects() {
            let left = rect.left - shown.left;
            match &mut scaler {
                Some(scaler) => {
                    for (y, row) in self.rows_mut(rect) {
                        scaler.draw_row(framebuffer.view(), y - shown.top, left, row);
                    }
                }
                None => {
                    let top = rect.top - shown.top;
                    let source = Rect::new(left, top, rect.width, rect.height);
                    for (from, (_, row)) in framebuffer.view().rows(source).zip(self.rows_mut(rect))
                    {
                        copy_row(from, row);
                    }
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

fn copy_row(from: &[u8], to: &mut [u32]) {
    for (pixel, &bgrx) in to.iter_mut().zip(from.as_chunks().0) {
        *pixel = u32::from_le_bytes(bgrx) & 0x00ff_ffff;
    }
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
        let placement = Placement::new(framebuffer.size(), size, false);
        target.draw(&framebuffer, placement, None, &size.into());
        let colour = 0x0003_0201;
        assert_eq!(pixels, [0, 0, 0, 0, 0, colour, colour, 0, 0, 0, 0, 0]);
    }
}
