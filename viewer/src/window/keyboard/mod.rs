//! The keyboard: what is typed in the window, the keys that are the window's own, locks in step, and the grab.

#[cfg(all(unix, not(target_os = "macos")))]
mod ffi;
mod grab;
mod hotkeys;
mod keycode;
mod keys;
mod local;
mod locks;

pub(super) use grab::Grab;
pub(crate) use hotkeys::MenuKey;
pub(super) use hotkeys::{Hotkey, hotkey, press};
pub(super) use keys::Keyboard;
pub(super) use local::LocalKeyboard;
pub(super) use locks::Locks;
