//! What a person does: keys and the pointer, as the protocol carries them.

use rfb::Point;

/// One event for the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key went down or up.
    Key { key: Key, down: bool },
    /// The pointer stands at `at`; `buttons` has a bit for every button held (RFC 6143 7.5.5, and rfbproto "Extended
    /// Mouse Buttons").
    Pointer { at: Point, buttons: u16 },
}

/// A key: what it types, and which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its X11 keysym.
    pub(crate) keysym: u32,
    /// Its place on the keyboard, in the numbers of [`rfb::keycode`]; `None` if only the keysym is meant.
    pub(crate) keycode: Option<u32>,
}

impl Key {
    /// A key of which only the meaning counts.
    pub(crate) fn of_keysym(keysym: u32) -> Self {
        Self {
            keysym,
            keycode: None,
        }
    }
    /// It goes down or up.
    pub(crate) fn input(self, down: bool) -> Input {
        Input::Key { key: self, down }
    }
}

/// Bits of [`Input::Pointer`]; the wheel is four buttons, one click a step.
pub(crate) mod button {
    pub(crate) const LEFT: u16 = 1;
    pub(crate) const MIDDLE: u16 = 1 << 1;
    pub(crate) const RIGHT: u16 = 1 << 2;
    pub(crate) const WHEEL_UP: u16 = 1 << 3;
    pub(crate) const WHEEL_DOWN: u16 = 1 << 4;
    pub(crate) const WHEEL_LEFT: u16 = 1 << 5;
    pub(crate) const WHEEL_RIGHT: u16 = 1 << 6;
    pub(crate) const BACK: u16 = 1 << 7;
    pub(crate) const FORWARD: u16 = 1 << 8;
}

/// `steps` clicks of the button `bit` at `at`, while `held` stay down.
pub(crate) fn clicks(
    at: Point,
    held: u16,
    bit: u16,
    steps: u32,
) -> impl Iterator<Item = Input> + use<> {
    (0..steps)
        .flat_map(move |_| [held | bit, held & !bit].map(|buttons| Input::Pointer { at, buttons }))
}

/// A key pressed and let go.
pub(crate) fn tap(keysym: u32) -> [Input; 2] {
    [true, false].map(|down| Key::of_keysym(keysym).input(down))
}

/// Keys pressed one after the other and let go in the other order.
pub(crate) fn chord(keysyms: &[u32]) -> impl Iterator<Item = Input> + use<'_> {
    let key = |down| move |&keysym: &u32| Key::of_keysym(keysym).input(down);
    let press = keysyms.iter().map(key(true));
    press.chain(keysyms.iter().rev().map(key(false)))
}
