//! The keyboard grab: while the window has the keyboard, it gets the keys of the window manager too (Alt+Tab, Super).

use std::sync::Arc;
use std::time::{Duration, Instant};
use winit::window::Window;

#[cfg(all(unix, not(target_os = "macos")))]
use super::ffi::XWindow;

/// The window manager may still have the keyboard when it gives it to us: so it is tried again, so often.
const RETRY: Duration = Duration::from_millis(50);
const MOST_TRIES: u32 = 40;

/// Whether the keyboard is to be ours alone, and is. Dropped, it is given back.
pub(crate) struct Grab {
    /// `None` where the window system does not let us.
    window: Option<XWindow>,
    is_wanted: bool,
    is_focused: bool,
    is_active: bool,
    /// When to try again, and how often still.
    retry: Option<(Instant, u32)>,
}

impl Grab {
    /// For `window`, which does not have the keyboard yet.
    pub(crate) fn new(window: &Arc<Window>, is_wanted: bool) -> Self {
        Self {
            window: XWindow::new(window),
            is_wanted,
            is_focused: false,
            is_active: false,
            retry: None,
        }
    }
    /// Whether a grab is wanted; `None` where there cannot be one.
    pub(crate) fn choice(&self) -> Option<bool> {
        self.window.as_ref().map(|_| self.is_wanted)
    }
    /// The person wants it, or not.
    pub(crate) fn choose(&mut self, is_wanted: bool, now: Instant) {
        self.is_wanted = is_wanted;
        self.update(now);
    }
    /// The window got the keyboard, or lost it.
    pub(crate) fn handle_focus(&mut self, is_focused: bool, now: Instant) {
        self.is_focused = is_focused;
        self.update(now);
    }
    /// When [`Self::handle_time`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.retry.map(|(due, _)| due)
    }
    /// Tries again if it is time to.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        if let Some((_, tries)) = self.retry.take_if(|(due, _)| *due <= now) {
            self.attempt(tries, now);
        }
    }
    fn update(&mut self, now: Instant) {
        self.retry = None;
        if self.is_wanted && self.is_focused {
            self.attempt(MOST_TRIES, now);
        } else if std::mem::take(&mut self.is_active)
            && let Some(window) = &self.window
        {
            window.ungrab_keyboard();
        }
    }
    fn attempt(&mut self, tries: u32, now: Instant) {
        let Some(window) = self.window.as_ref().filter(|_| !self.is_active) else {
            return;
        };
        self.is_active = window.grab_keyboard();
        if !self.is_active {
            self.retry = tries.checked_sub(1).map(|left| (now + RETRY, left));
        }
    }
}

impl Drop for Grab {
    fn drop(&mut self) {
        self.is_focused = false;
        self.update(Instant::now());
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
struct XWindow;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl XWindow {
    fn new(_: &Arc<Window>) -> Option<Self> {
        None
    }
    fn grab_keyboard(&self) -> bool {
        false
    }
    fn ungrab_keyboard(&self) {}
}
