//! The bell: the X server's own, else the window asks for attention.

use std::time::{Duration, Instant};
use winit::window::{UserAttentionType, Window};

/// A bell that rings without end is heard so often.
const PAUSE: Duration = Duration::from_millis(200);

/// Rings for the desktop.
pub(crate) struct Bell {
    ringer: Option<Ringer>,
    rang: Option<Instant>,
}

impl Bell {
    /// The bell of the display that shows `window`.
    pub(crate) fn new(window: &Window) -> Self {
        let ringer = Ringer::new(window);
        Self { ringer, rang: None }
    }
    /// Rings, if it does not still do so.
    pub(crate) fn ring(&mut self, window: &Window, now: Instant) {
        let is_ringing = |rang| now.saturating_duration_since(rang) < PAUSE;
        if self.rang.is_some_and(is_ringing) {
            return;
        }
        self.rang = Some(now);
        if self.ringer.as_ref().is_some_and(Ringer::ring) {
            return;
        }
        if !window.has_focus() {
            window.request_user_attention(Some(UserAttentionType::Informational));
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use x::Ringer;

#[cfg(all(unix, not(target_os = "macos")))]
mod x {
    use winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};
    use winit::window::Window;
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::ConnectionExt;
    use x11rb::rust_connection::RustConnection;

    /// A connection to the X server that rings.
    pub(super) struct Ringer {
        connection: RustConnection,
    }

    impl Ringer {
        /// `None` if `window` is not one of an X server.
        pub(super) fn new(window: &Window) -> Option<Self> {
            let handle = window.window_handle().ok()?.as_raw();
            if !matches!(handle, RawWindowHandle::Xlib(_) | RawWindowHandle::Xcb(_)) {
                return None;
            }
            match x11rb::connect(None) {
                Ok((connection, _)) => Some(Self { connection }),
                Err(error) => {
                    tracing::debug!("the X server's bell cannot be reached: {error}");
                    None
                }
            }
        }
        /// Whether the X server was asked to ring, as loud as the person has set it.
        pub(super) fn ring(&self) -> bool {
            self.connection.bell(0).is_ok() && self.connection.flush().is_ok()
        }
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
struct Ringer;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl Ringer {
    fn new(_: &Window) -> Option<Self> {
        None
    }
    fn ring(&self) -> bool {
        false
    }
}
