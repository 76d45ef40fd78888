//! When the desktop is to follow the size of the window.

use rfb::Size;
use std::time::{Duration, Instant};

/// A window being dragged to another size reports many: the last one counts.
const SETTLE: Duration = Duration::from_millis(250);
/// The window system answers to a size that we set ourselves within this time.
const OWN_DOING: Duration = Duration::from_millis(600);

/// Tells apart the sizes that a person chose from those that we or the server set.
pub(crate) struct Follow {
    /// The size the window had before.
    settled: Size,
    /// The newest size, and when it counts as chosen.
    pending: Option<(Size, Instant)>,
    /// Sizes until then are answers to ours.
    own_until: Instant,
}

impl Follow {
    /// For a window that was just made, with `size` pixels.
    pub(crate) fn new(size: Size, now: Instant) -> Self {
        Self {
            settled: size,
            pending: None,
            own_until: now + OWN_DOING,
        }
    }
    /// Takes the next size as a person's, however soon it comes.
    pub(crate) fn person_chooses(&mut self, now: Instant) {
        self.own_until = now;
    }
    /// We asked the window system for another size of the window.
    pub(crate) fn we_choose(&mut self, now: Instant) {
        self.own_until = now + OWN_DOING;
    }
    /// The window has `size` now.
    pub(crate) fn handle_size(&mut self, size: Size, now: Instant) {
        if now < self.own_until {
            self.settled = size;
            self.pending = None;
        } else {
            self.pending = Some((size, now + SETTLE));
        }
    }
    /// When [`Self::handle_time`] has something to say.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.pending.map(|(_, due)| due)
    }
    /// The size that a person chose, once it stands.
    pub(crate) fn handle_time(&mut self, now: Instant) -> Option<Size> {
        let (size, _) = self.pending.take_if(|(_, due)| *due <= now)?;
        let before = std::mem::replace(&mut self.settled, size);
        (before != size).then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Size = Size::new(400, 300);
    const MIDDLE: Size = Size::new(640, 480);
    const LARGE: Size = Size::new(800, 600);

    #[test]
    fn only_the_last_size_of_a_drag_counts() {
        let start = Instant::now();
        let mut follow = Follow::new(LARGE, start);
        let drag = start + OWN_DOING;
        follow.handle_size(MIDDLE, drag);
        assert_eq!(follow.handle_time(drag + SETTLE / 2), None);
        follow.handle_size(SMALL, drag + SETTLE / 2);
        assert_eq!(follow.due(), Some(drag + SETTLE / 2 + SETTLE));
        assert_eq!(follow.handle_time(drag + SETTLE), None);
        assert_eq!(follow.handle_time(drag + SETTLE * 2), Some(SMALL));
        assert_eq!(follow.due(), None);
    }

    #[test]
    fn sizes_that_answer_to_ours_are_not_a_persons() {
        let start = Instant::now();
        let mut follow = Follow::new(LARGE, start);
        follow.handle_size(MIDDLE, start + SETTLE);
        assert_eq!(follow.due(), None);
        let later = start + OWN_DOING * 2;
        follow.we_choose(later);
        follow.handle_size(SMALL, later);
        assert_eq!(follow.due(), None);
        follow.person_chooses(later);
        follow.handle_size(LARGE, later);
        assert_eq!(follow.handle_time(later + SETTLE), Some(LARGE));
    }

    #[test]
    fn a_size_that_comes_back_is_no_change() {
        let start = Instant::now();
        let mut follow = Follow::new(LARGE, start);
        let later = start + OWN_DOING;
        follow.handle_size(SMALL, later);
        follow.handle_size(LARGE, later);
        assert_eq!(follow.handle_time(later + SETTLE), None);
    }
}
