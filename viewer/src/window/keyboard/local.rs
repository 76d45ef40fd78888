//! The keyboard in front of the person: its lights, and how the window system numbers its keys.

use rfb::Leds;
use winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};
use winit::window::Window;

/// The keyboard of the window system that shows a window.
pub(crate) struct LocalKeyboard {
    x: Option<XKeyboard>,
    numbers_are_known: bool,
}

impl LocalKeyboard {
    /// The one of the display that shows `window`.
    pub(crate) fn new(window: &Window) -> Self {
        let handle = window.window_handle().map(|handle| handle.as_raw());
        match handle {
            Ok(RawWindowHandle::Xlib(_) | RawWindowHandle::Xcb(_)) => {
                let x = XKeyboard::new();
                let numbers_are_known = x.as_ref().is_some_and(XKeyboard::has_linux_numbers);
                Self {
                    x,
                    numbers_are_known,
                }
            }
            _ => Self {
                x: None,
                numbers_are_known: true,
            },
        }
    }
    /// The lights that are on; `None` where that cannot be asked.
    pub(crate) fn leds(&self) -> Option<Leds> {
        self.x.as_ref()?.leds()
    }
    /// Whether [`super::keycode::of`] is right. An X server need not number its keys as Linux does.
    pub(crate) fn numbers_are_known(&self) -> bool {
        self.numbers_are_known
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use x::XKeyboard;

#[cfg(all(unix, not(target_os = "macos")))]
mod x {
    use rfb::Leds;
    use std::error::Error;
    use x11rb::protocol::xkb::{ConnectionExt as _, ID, LedClass, NameDetail};
    use x11rb::protocol::xproto::{Atom, ConnectionExt as _};
    use x11rb::rust_connection::RustConnection;

    /// The device that all requests mean: what the keyboards together do.
    const KEYBOARD: u16 = 0x100;

    /// What the lights are called (XKB protocol, "Standard Names").
    const LIGHTS: [(&[u8], Leds); 3] = [
        (b"Caps Lock", Leds::CAPS),
        (b"Num Lock", Leds::NUM),
        (b"Scroll Lock", Leds::SCROLL),
    ];

    /// A connection to the X server that asks for its keyboard.
    pub(in crate::window) struct XKeyboard {
        connection: RustConnection,
        lights: [(Atom, Leds); 3],
        linux: bool,
    }

    impl XKeyboard {
        /// `None` if there is no such server, or it lacks XKEYBOARD.
        pub(in crate::window) fn new() -> Option<Self> {
            Self::open()
                .inspect_err(|error| tracing::debug!("the keyboard cannot be asked: {error}"))
                .ok()
        }
        fn open() -> Result<Self, Box<dyn Error>> {
            let (connection, _) = x11rb::connect(None)?;
            connection.xkb_use_extension(1, 0)?.reply()?;
            let mut lights = [(x11rb::NONE, Leds::default()); 3];
            for (light, (name, led)) in lights.iter_mut().zip(LIGHTS) {
                let atom = connection.intern_atom(false, name)?.reply()?.atom;
                *light = (atom, led);
            }
            let names = connection.xkb_get_names(KEYBOARD, NameDetail::KEYCODES)?;
            let name = names.reply()?.value_list.keycodes_name;
            let name = connection
                .get_atom_name(name.unwrap_or_default())?
                .reply()?
                .name;
            Ok(Self {
                connection,
                lights,
                linux: name.starts_with(b"evdev"),
            })
        }
        pub(in crate::window) fn has_linux_numbers(&self) -> bool {
            self.linux
        }
        pub(in crate::window) fn leds(&self) -> Option<Leds> {
            let asked = self.lights.map(|(atom, led)| {
                let (class, id) = (LedClass::DFLT_XI_CLASS, ID::DFLT_XI_ID);
                let light = self
                    .connection
                    .xkb_get_named_indicator(KEYBOARD, class, id, atom);
                (light, led)
            });
            let mut leds = Leds::default();
            for (light, led) in asked {
                let light = light.ok()?.reply().ok()?;
                if light.found && light.on {
                    leds = leds.with(led);
                }
            }
            Some(leds)
        }
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
struct XKeyboard;

#[cfg(not(all(unix, not(target_os = "macos"))))]
impl XKeyboard {
    fn new() -> Option<Self> {
        None
    }
    fn has_linux_numbers(&self) -> bool {
        false
    }
    fn leds(&self) -> Option<Leds> {
        None
    }
}
