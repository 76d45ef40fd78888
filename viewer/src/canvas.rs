//! The picture between the network and the window: copied in by damage, drawn by damage.

use rfb::{Framebuffer, Region};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

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
    /// There, and the window does not know yet.
    First,
    /// There, with other damage that the window was told of.
    Further,
    /// The window is drawing: try again when it has.
    Busy,
}

impl Canvas {
    /// Copies the pixels of `damage` from `framebuffer`, all of them if the size is another.
    pub(crate) fn publish(&self, framebuffer: &Framebuffer, damage: &Region) -> Published {
        let mut picture = match self.picture.try_lock() {
            Ok(picture) => picture,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Published::Busy,
        };
        let first = picture.damage.is_empty();
        picture.take_from(framebuffer, damage);
        match first {
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

    #[test]
    fn only_damage_is_copied_and_damage_adds_up() {
        let canvas = Canvas::default();
        let mut source = Framebuffer::new(Size::new(8, 8));
        let whole = Region::from(source.size());
        assert_eq!(canvas.publish(&source, &whole), Published::First);
        canvas.lock().damage = Region::default();

        let everywhere = source.size().into();
        source.view_mut(everywhere).unwrap().fill([7; 4]);
        let (left, right) = (Rect::new(0, 0, 2, 2), Rect::new(6, 6, 2, 2));
        assert_eq!(canvas.publish(&source, &left.into()), Published::First);
        assert_eq!(canvas.publish(&source, &right.into()), Published::Further);
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
    fn the_network_does_not_wait_while_the_window_draws() {
        let canvas = Canvas::default();
        let source = Framebuffer::new(Size::new(8, 8));
        let drawing = canvas.lock();
        let damage = source.size().into();
        assert_eq!(canvas.publish(&source, &damage), Published::Busy);
        drop(drawing);
        assert_eq!(canvas.publish(&source, &damage), Published::First);
    }
}
