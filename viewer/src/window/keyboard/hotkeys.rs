//! The keys that are the window's own: F11, and the one that opens the menu.

use crate::keysym;
use crate::window::menu::Press;
use std::fmt;
use std::str::FromStr;
use winit::event::KeyEvent;
use winit::keyboard::{Key, ModifiersState, NamedKey};

const FUNCTION_KEYS: [NamedKey; 12] = [
    NamedKey::F1,
    NamedKey::F2,
    NamedKey::F3,
    NamedKey::F4,
    NamedKey::F5,
    NamedKey::F6,
    NamedKey::F7,
    NamedKey::F8,
    NamedKey::F9,
    NamedKey::F10,
    NamedKey::F11,
    NamedKey::F12,
];

/// The key that opens the menu: F1 to F12, but not F11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MenuKey(u8);

impl MenuKey {
    /// Its X11 keysym.
    pub(crate) fn keysym(self) -> u32 {
        keysym::F1 + u32::from(self.0) - 1
    }
    fn is(self, key: &Key) -> bool {
        let named = FUNCTION_KEYS.get(usize::from(self.0) - 1);
        named.is_some_and(|&named| *key == Key::Named(named))
    }
}

impl FromStr for MenuKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix(['F', 'f']).unwrap_or_default();
        match number.parse() {
            Ok(number @ (1..=10 | 12)) => Ok(Self(number)),
            _ => Err("not a key from F1 to F12, without F11, which is for full screen".into()),
        }
    }
}

impl fmt::Display for MenuKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "F{}", self.0)
    }
}

/// What a key does that is not the desktop's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hotkey {
    /// Full screen and back.
    FullScreen,
    /// F11 goes to the desktop.
    SendF11,
    /// The menu opens, or the key goes to the desktop if it is open.
    Menu,
}

/// What `key` does when it goes down with `modifiers`; `None` if it is the desktop's.
pub(crate) fn hotkey(
    key: &Key,
    modifiers: ModifiersState,
    menu_key: Option<MenuKey>,
) -> Option<Hotkey> {
    let is_f11 = *key == Key::Named(NamedKey::F11);
    if is_f11 && modifiers == ModifiersState::CONTROL | ModifiersState::SHIFT {
        return Some(Hotkey::SendF11);
    }
    if !modifiers.is_empty() {
        return None;
    }
    match menu_key {
        _ if is_f11 => Some(Hotkey::FullScreen),
        Some(menu_key) if menu_key.is(key) => Some(Hotkey::Menu),
        _ => None,
    }
}

/// What a key that went down does in the menu. A key that is held moves through the menu, but chooses once.
pub(crate) fn press(event: &KeyEvent) -> Option<Press> {
    let Key::Named(name) = event.logical_key else {
        return None;
    };
    let press = match name {
        NamedKey::ArrowUp => Press::Up,
        NamedKey::ArrowDown | NamedKey::Tab => Press::Down,
        NamedKey::ArrowLeft => Press::Left,
        NamedKey::ArrowRight => Press::Right,
        NamedKey::Home | NamedKey::PageUp => Press::First,
        NamedKey::End | NamedKey::PageDown => Press::Last,
        NamedKey::Enter | NamedKey::Space if !event.repeat => Press::Enter,
        NamedKey::Escape if !event.repeat => Press::Escape,
        _ => return None,
    };
    Some(press)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_menus_key_is_one_of_the_function_keys() {
        let key: MenuKey = "F8".parse().unwrap();
        assert_eq!((key.keysym(), key.to_string()), (0xffc5, "F8".into()));
        assert_eq!("f12".parse(), Ok(MenuKey(12)));
        for wrong in ["F11", "F0", "F13", "8", "", "Fx", "none"] {
            assert!(MenuKey::from_str(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_with_modifiers_is_the_desktops() {
        let (f8, f11) = (Key::Named(NamedKey::F8), Key::Named(NamedKey::F11));
        let (none, shift) = (ModifiersState::empty(), ModifiersState::SHIFT);
        let menu_key = Some(MenuKey(8));
        assert_eq!(hotkey(&f8, none, menu_key), Some(Hotkey::Menu));
        assert_eq!(hotkey(&f8, shift, menu_key), None);
        assert_eq!(hotkey(&f8, none, None), None);
        assert_eq!(hotkey(&f8, none, Some(MenuKey(9))), None);
        assert_eq!(hotkey(&f11, none, menu_key), Some(Hotkey::FullScreen));
        assert_eq!(hotkey(&f11, shift, menu_key), None);
        let both = ModifiersState::CONTROL | shift;
        assert_eq!(hotkey(&f11, both, menu_key), Some(Hotkey::SendF11));
    }
}
