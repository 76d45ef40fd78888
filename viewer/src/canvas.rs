//! The picture between the network and the window: copied in by damage, drawn by damage.

use rfb::{Framebuffer, LocalTime, Region};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use tightrope::present::{Presentation, Show};

/// The picture as the window may draw it. The network never waits for the window: see [`Canvas::publish`].
#[derive(Default)]
pub(crate) struct Canvas {
    picture: Mutex<Picture>,
}

/// What the window draws.
#[derive(Default)]
pub(crate) struct Picture {
    /// The desktop's pixels.
    pub(crate) framebuffer: Framebuffer,
    /// What changed since the window last took it.
    pub(crate) damage: Region,
}

/// How [`Canvas::publish`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// There is something new, and the window does not know yet.
    First,
    /// There is nothing new, or besides other damage that the window was told of.
    Further,
    /// The window is drawing: try again when it has.
    Busy,
}

impl Canvas {
    /// Shows what `presentation` has by `now`; `framebuffer` is the desktop as it is.
    pub(crate) fn publish(
        &self,
        framebuffer: &Framebuffer,
        presentation: &mut Presentation,
        now: LocalTime,
    ) -> Published {
        let mut picture = match self.picture.try_lock() {
            Ok(picture) => picture,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Published::Busy,
        };
        let before = picture.damage.is_empty();
        while let Some(show) = presentation.poll(now) {
            match show {
                Show::Live(damage) => picture.take_from(framebuffer, &damage),
                Show::Held(patch) => {
                    patch.draw(&mut picture.framebuffer);
                    picture.damage = picture.damage.union(patch.region());
                    presentation.recycle(patch);
                }
            }
        }
        match before && !picture.damage.is_empty() {
            true => Published::First,
            false => Published::Further,
        }
    }
    /// The picture, held while it is drawn.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Picture {
    /// Copies the pixels of `damage`, all of them if the size is another.
    fn take_from(&mut self, source: &Framebuffer, damage: &Region) {
        if self.framebuffer.size() != source.size() {
            self.framebuffer = source.clone();
            self.damage = source.size().into();
            return;
        }
        for &rect in damage.rects() {
            if let Some(mut target) = self.framebuffer.view_mut(rect) {
                for (to, from) in target.rows_mut().zip(source.view().rows(rect)) {
                    to.copy_from_slice(from);
                }
            }
        }
        self.damage = self.damage.union(damage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rfb::{Rect, Size};
    use tightrope::present::Change;

    const NOW: LocalTime = LocalTime::from_micros(0);

    /// An empty desktop that is shown.
    fn stage() -> (Canvas, Framebuffer, Presentation) {
        let source = Framebuffer::new(Size::new(8, 8));
        let mut presentation = Presentation::new(source.size());
        let canvas = Canvas::default();
        let published = canvas.publish(&source, &mut presentation, NOW);
        assert_eq!(published, Published::First);
        canvas.lock().damage = Region::default();
        (canvas, source, presentation)
    }

    fn change(presentation: &mut Presentation, source: &Framebuffer, rect: Rect) {
        let change = Change {
            damage: &rect.into(),
            due: None,
            framebuffer: source.view(),
        };
        presentation.handle_update(NOW, &change);
    }

    #[test]
    fn only_damage_is_copied_and_damage_adds_up() {
        let (canvas, mut source, mut presentation) = stage();
        let everywhere = source.size().into();
        source.view_mut(everywhere).unwrap().fill([7; 4]);
        let (left, right) = (Rect::new(0, 0, 2, 2), Rect::new(6, 6, 2, 2));
        for (rect, expected) in [(left, Published::First), (right, Published::Further)] {
            change(&mut presentation, &source, rect);
            let published = canvas.publish(&source, &mut presentation, NOW);
            assert_eq!(published, expected);
        }
        let picture = canvas.lock();
        assert_eq!(picture.damage, Region::from_iter([left, right]));
        let changed = picture
            .framebuffer
            .bytes()
            .iter()
            .filter(|&&byte| byte == 7);
        assert_eq!(changed.count(), 2 * 4 * 4);
    }

    #[test]
    fn the_window_is_not_woken_for_nothing() {
        let (canvas, source, mut presentation) = stage();
        let published = canvas.publish(&source, &mut presentation, NOW);
        assert_eq!(published, Published::Further);
        assert!(canvas.lock().damage.is_empty());
    }

    #[test]
    fn the_network_does_not_wait_while_the_window_draws() {
        let (canvas, source, mut presentation) = stage();
        change(&mut presentation, &source, source.size().into());
        let drawing = canvas.lock();
        let published = canvas.publish(&source, &mut presentation, NOW);
        assert_eq!(published, Published::Busy);
        drop(drawing);
        let published = canvas.publish(&source, &mut presentation, NOW);
        assert_eq!(published, Published::First);
    }

    #[test]
    fn pixels_that_were_held_are_drawn_as_they_came() {
        let (canvas, mut source, mut presentation) = stage();
        let everywhere = Rect::from(source.size());
        let due = NOW + std::time::Duration::from_millis(50);
        for shade in 1..=6 {
            source.view_mut(everywhere).unwrap().fill([shade; 4]);
            let change = Change {
                damage: &everywhere.into(),
                due: Some(due),
                framebuffer: source.view(),
            };
            presentation.handle_update(NOW, &change);
            canvas.publish(&source, &mut presentation, NOW);
            canvas.lock().damage = Region::default();
        }
        assert_eq!(canvas.lock().framebuffer.bytes().first(), Some(&0));
        let published = canvas.publish(&source, &mut presentation, due);
        assert_eq!(published, Published::First);
        let picture = canvas.lock();
        assert_eq!(picture.damage, everywhere.into());
        assert_eq!(picture.framebuffer, source);
    }
}
