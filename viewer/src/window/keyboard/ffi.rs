//! The keyboard grab. Only the client that owns a window gets its keys while a grab lasts, so the grab has to go through
//! winit's own connection, which is one of Xlib.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_ulong};
use std::ptr::NonNull;
use std::sync::Arc;
use winit::raw_window_handle::{
    HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle,
};
use winit::window::Window;
use x11_dl::xlib::{CurrentTime, Display, GrabModeAsync, GrabSuccess, True, Xlib};

/// A window of Xlib, and the connection it belongs to.
pub(crate) struct XWindow {
    xlib: Xlib,
    display: NonNull<Display>,
    id: c_ulong,
    /// Keeps the connection open.
    _window: Arc<Window>,
}

impl XWindow {
    /// `None` if `window` is none of Xlib's.
    pub(crate) fn new(window: &Arc<Window>) -> Option<Self> {
        let RawWindowHandle::Xlib(own) = window.window_handle().ok()?.as_raw() else {
            return None;
        };
        let RawDisplayHandle::Xlib(connection) = window.display_handle().ok()?.as_raw() else {
            return None;
        };
        Some(Self {
            xlib: Xlib::open().ok()?,
            display: connection.display?.cast(),
            id: own.window,
            _window: Arc::clone(window),
        })
    }
    /// Makes all keys go to the window, those of the window manager too. `false` if somebody else has the keyboard.
    pub(crate) fn grab_keyboard(&self) -> bool {
        let (display, mode) = (self.display.as_ptr(), GrabModeAsync);
        // SAFETY: winit keeps `display` open as long as there is a window, and we hold one; both run on this thread.
        let answer: c_int =
            unsafe { (self.xlib.XGrabKeyboard)(display, self.id, True, mode, mode, CurrentTime) };
        answer == GrabSuccess
    }
    /// Gives the keyboard back.
    pub(crate) fn ungrab_keyboard(&self) {
        let display = self.display.as_ptr();
        // SAFETY: as in `grab_keyboard`.
        unsafe { (self.xlib.XUngrabKeyboard)(display, CurrentTime) };
        // SAFETY: as in `grab_keyboard`.
        unsafe { (self.xlib.XFlush)(display) };
    }
}
