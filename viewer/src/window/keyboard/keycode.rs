//! Which key of the keyboard a key of the window system is.

use winit::keyboard::PhysicalKey;

/// The place of a key, in the numbers of [`rfb::keycode`]; `None` for a key that is not known by its place.
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) fn of(key: PhysicalKey) -> Option<u32> {
    use winit::platform::scancode::PhysicalKeyExtScancode;
    // Linux's numbers, with X11 too.
    rfb::keycode::from_linux(key.to_scancode()?)
}

/// The place of a key, in the numbers of [`rfb::keycode`]; `None` for a key that is not known by its place.
#[cfg(windows)]
pub(crate) fn of(key: PhysicalKey) -> Option<u32> {
    use winit::platform::scancode::PhysicalKeyExtScancode;
    match key.to_scancode()? {
        code @ 1..=0x7f => Some(code),
        code @ 0xe001..=0xe07f => Some(code & 0x7f | 0x80),
        _ => None,
    }
}

/// Keys of a Mac are known by what they type.
#[cfg(not(any(all(unix, not(target_os = "macos")), windows)))]
pub(crate) fn of(_: PhysicalKey) -> Option<u32> {
    None
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;
    use winit::keyboard::KeyCode;

    #[test]
    fn keys_have_the_places_of_a_pc_keyboard() {
        for (key, place) in [
            (KeyCode::Escape, 0x01),
            (KeyCode::KeyA, 0x1e),
            (KeyCode::IntlBackslash, 0x56),
            (KeyCode::AltRight, 0xb8),
            (KeyCode::NumpadEnter, 0x9c),
            (KeyCode::Delete, 0xd3),
            (KeyCode::PrintScreen, 0x54),
            (KeyCode::Pause, 0xc6),
            (KeyCode::SuperLeft, 0xdb),
            (KeyCode::IntlYen, 0x7d),
            (KeyCode::AudioVolumeMute, 0xa0),
        ] {
            assert_eq!(of(PhysicalKey::Code(key)), Some(place), "{key:?}");
        }
    }
}
