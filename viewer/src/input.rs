//! What a person does: keys and the pointer, as the protocol carries them.

use rfb::Point;

/// One event for the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A key went down or up.
    Key { keysym: u32, down: bool },
    /// The pointer stands at `at`; `buttons` has a bit for every button held (RFC 6143 7.5.5).
    Pointer { at: Point, buttons: u8 },
}

/// Bits of [`Input::Pointer`]; the wheel is four buttons, one click a step.
pub(crate) mod button {
    pub(crate) const LEFT: u8 = 1;
    pub(crate) const MIDDLE: u8 = 1 << 1;
    pub(crate) const RIGHT: u8 = 1 << 2;
    pub(crate) const WHEEL_UP: u8 = 1 << 3;
    pub(crate) const WHEEL_DOWN: u8 = 1 << 4;
    pub(crate) const WHEEL_LEFT: u8 = 1 << 5;
    pub(crate) const WHEEL_RIGHT: u8 = 1 << 6;
}

/// `steps` clicks of the button `bit` at `at`, while `held` stay down.
pub(crate) fn clicks(
    at: Point,
    held: u8,
    bit: u8,
    steps: u32,
) -> impl Iterator<Item = Input> + use<> {
    (0..steps)
        .flat_map(move |_| [held | bit, held & !bit].map(|buttons| Input::Pointer { at, buttons }))
}

/// A key pressed and let go.
pub(crate) fn tap(keysym: u32) -> [Input; 2] {
    [true, false].map(|down| Input::Key { keysym, down })
}

/// Keys pressed one after the other and let go in the other order.
pub(crate) fn chord(keysyms: &[u32]) -> impl Iterator<Item = Input> + use<'_> {
    let key = |down| move |&keysym: &u32| Input::Key { keysym, down };
    let press = keysyms.iter().map(key(true));
    press.chain(keysyms.iter().rev().map(key(false)))
}
