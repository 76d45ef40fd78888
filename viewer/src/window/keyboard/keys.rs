//! The keyboard of the window: winit's keys to X11 keysyms and places on the keyboard.

use super::keycode;
use crate::input::{self, Input, tap};
use crate::keysym;
use std::collections::HashMap;
use winit::event::KeyEvent;
use winit::keyboard::{Key, KeyLocation, NamedKey, NativeKey, PhysicalKey};

/// Which keys are down, and what was sent for them.
///
/// INVARIANT: what was pressed on the server is released there: a key by the keysym and place of its press, whatever
/// the modifiers are by then, and all keys when the window loses the keyboard.
#[derive(Default)]
pub(crate) struct Keyboard {
    held: HashMap<PhysicalKey, input::Key>,
    /// Whether the server is told which key it is, besides what it types.
    places: bool,
    /// An accent or Compose came, and what it becomes part of has not.
    composing: bool,
}

impl Keyboard {
    /// A keyboard without a key down. `places`: the window system's numbers of keys are known.
    pub(crate) fn new(places: bool) -> Self {
        Self {
            places,
            ..Self::default()
        }
    }
    /// The events of a key that went down or up, or repeats (a further press).
    pub(crate) fn handle(&mut self, event: &KeyEvent) -> Vec<Input> {
        if !event.state.is_pressed() {
            return self.release(event.physical_key);
        }
        self.press(
            event.physical_key,
            &event.logical_key,
            event.location,
            event.repeat,
        )
    }
    /// The events that let go of everything.
    pub(crate) fn release_all(&mut self) -> Vec<Input> {
        self.composing = false;
        self.held.drain().map(|(_, key)| key.input(false)).collect()
    }
    /// A key pressed and let go as if no modifier were held.
    pub(crate) fn tap_alone(&self, keysym: u32) -> Vec<Input> {
        let modifiers = self.held.values().filter(|held| is_modifier(held.keysym));
        let all = |down| modifiers.clone().map(move |held| held.input(down));
        all(false).chain(tap(keysym)).chain(all(true)).collect()
    }
    fn press(
        &mut self,
        physical: PhysicalKey,
        logical: &Key,
        location: KeyLocation,
        repeat: bool,
    ) -> Vec<Input> {
        let keycode = self.keycode(physical, logical);
        let mut keysyms = keysyms(logical, location).into_iter();
        match (keysyms.next(), keysyms.next()) {
            (Some(keysym), None) => {
                let new = input::Key { keysym, keycode };
                // A repeat may come with another character (a modifier changed): the release still has to match.
                let key = match repeat {
                    true => *self.held.entry(physical).or_insert(new),
                    false => new,
                };
                let mut events = Vec::new();
                if let Some(before) = self.held.insert(physical, key)
                    && before != key
                {
                    events.push(before.input(false));
                }
                events.push(key.input(true));
                events
            }
            // Several characters from one key: typed, not held.
            (Some(first), Some(second)) => [first, second]
                .into_iter()
                .chain(keysyms)
                .flat_map(tap)
                .collect(),
            (None, _) => Vec::new(),
        }
    }
    /// The place to send with a key that goes down. None with what accents and Compose became: the key alone does not
    /// type that.
    fn keycode(&mut self, physical: PhysicalKey, logical: &Key) -> Option<u32> {
        match logical {
            Key::Dead(_) | Key::Named(NamedKey::Compose) => self.composing = true,
            Key::Character(_) if std::mem::take(&mut self.composing) => return None,
            _ => {}
        }
        keycode::of(physical).filter(|_| self.places)
    }
    fn release(&mut self, physical: PhysicalKey) -> Vec<Input> {
        let held = self.held.remove(&physical);
        held.map(|key| key.input(false)).into_iter().collect()
    }
}

fn is_modifier(keysym: u32) -> bool {
    (keysym::SHIFT_LEFT..=keysym::SUPER_RIGHT).contains(&keysym) || keysym == keysym::ALT_GRAPH
}

/// The keysyms of a key under the modifiers now held; none for a key that has no name in X11.
fn keysyms(key: &Key, location: KeyLocation) -> Vec<u32> {
    let keypad = location == KeyLocation::Numpad;
    let one = |keysym: Option<u32>| keysym.into_iter().collect();
    match key {
        Key::Character(text) => text
            .chars()
            .filter_map(|character| {
                let on_keypad = keypad.then(|| keysym::of_keypad_character(character));
                on_keypad
                    .flatten()
                    .or_else(|| keysym::of_character(character))
            })
            .collect(),
        Key::Named(name) if keypad => one(on_keypad(*name).or_else(|| named(*name, location))),
        Key::Named(name) => one(named(*name, location)),
        Key::Unidentified(NativeKey::Xkb(keysym)) => one(Some(*keysym).filter(|&it| it != 0)),
        // Accents are put on their letters here, and the desktop gets what comes out: it must not do so again.
        Key::Dead(_) | Key::Unidentified(_) => Vec::new(),
    }
}

/// Keys of the keypad that have a keysym of their own.
fn on_keypad(name: NamedKey) -> Option<u32> {
    Some(match name {
        NamedKey::Enter => 0xff8d,
        NamedKey::Home => 0xff95,
        NamedKey::ArrowLeft => 0xff96,
        NamedKey::ArrowUp => 0xff97,
        NamedKey::ArrowRight => 0xff98,
        NamedKey::ArrowDown => 0xff99,
        NamedKey::PageUp => 0xff9a,
        NamedKey::PageDown => 0xff9b,
        NamedKey::End => 0xff9c,
        NamedKey::Clear => 0xff9d,
        NamedKey::Insert => 0xff9e,
        NamedKey::Delete => 0xff9f,
        _ => return None,
    })
}

fn named(name: NamedKey, location: KeyLocation) -> Option<u32> {
    let side = |left, right| match location {
        KeyLocation::Right => right,
        _ => left,
    };
    let keysym = match name {
        NamedKey::Shift => side(keysym::SHIFT_LEFT, keysym::SHIFT_RIGHT),
        NamedKey::Control => side(keysym::CONTROL_LEFT, keysym::CONTROL_RIGHT),
        NamedKey::Alt => side(keysym::ALT_LEFT, keysym::ALT_RIGHT),
        NamedKey::Meta => side(keysym::META_LEFT, keysym::META_RIGHT),
        NamedKey::Super => side(keysym::SUPER_LEFT, keysym::SUPER_RIGHT),
        NamedKey::AltGraph => keysym::ALT_GRAPH,
        _ => {
            return editing(name)
                .or_else(|| function(name))
                .or_else(|| other(name));
        }
    };
    Some(keysym)
}

/// Keys that move, edit and lock.
fn editing(name: NamedKey) -> Option<u32> {
    Some(match name {
        NamedKey::Enter => keysym::RETURN,
        NamedKey::Tab => keysym::TAB,
        NamedKey::Space => 0x20,
        NamedKey::Backspace => keysym::BACK_SPACE,
        NamedKey::Delete => keysym::DELETE,
        NamedKey::Escape => keysym::ESCAPE,
        NamedKey::Insert => 0xff63,
        NamedKey::Home => 0xff50,
        NamedKey::ArrowLeft => 0xff51,
        NamedKey::ArrowUp => 0xff52,
        NamedKey::ArrowRight => 0xff53,
        NamedKey::ArrowDown => 0xff54,
        NamedKey::PageUp => 0xff55,
        NamedKey::PageDown => 0xff56,
        NamedKey::End => 0xff57,
        NamedKey::Clear => 0xff0b,
        NamedKey::CapsLock => 0xffe5,
        NamedKey::NumLock => 0xff7f,
        NamedKey::ScrollLock => 0xff14,
        NamedKey::Pause => 0xff13,
        NamedKey::PrintScreen => 0xff61,
        NamedKey::ContextMenu => 0xff67,
        NamedKey::Hyper => 0xffed,
        _ => return None,
    })
}

fn function(name: NamedKey) -> Option<u32> {
    const KEYS: [NamedKey; 24] = [
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
        NamedKey::F13,
        NamedKey::F14,
        NamedKey::F15,
        NamedKey::F16,
        NamedKey::F17,
        NamedKey::F18,
        NamedKey::F19,
        NamedKey::F20,
        NamedKey::F21,
        NamedKey::F22,
        NamedKey::F23,
        NamedKey::F24,
    ];
    let number = KEYS.iter().position(|&key| key == name)?;
    Some(keysym::F1 + u32::try_from(number).ok()?)
}

/// Keys of input methods, of office keyboards and of players (X11's keysymdef.h and XF86keysym.h).
fn other(name: NamedKey) -> Option<u32> {
    Some(match name {
        NamedKey::KanjiMode => 0xff21,
        NamedKey::Convert => 0xff23,
        NamedKey::NonConvert => 0xff22,
        NamedKey::Romaji => 0xff24,
        NamedKey::Hiragana => 0xff25,
        NamedKey::Katakana => 0xff26,
        NamedKey::HiraganaKatakana => 0xff27,
        NamedKey::Zenkaku => 0xff28,
        NamedKey::Hankaku => 0xff29,
        NamedKey::ZenkakuHankaku => 0xff2a,
        NamedKey::HangulMode => 0xff31,
        NamedKey::HanjaMode => 0xff34,
        NamedKey::Select => 0xff60,
        NamedKey::Execute => 0xff62,
        NamedKey::Undo => 0xff65,
        NamedKey::Redo => 0xff66,
        NamedKey::Find => 0xff68,
        NamedKey::Cancel => 0xff69,
        NamedKey::Help => 0xff6a,
        NamedKey::Copy => 0x1008_ff57,
        NamedKey::Cut => 0x1008_ff58,
        NamedKey::Paste => 0x1008_ff6d,
        NamedKey::AudioVolumeDown => 0x1008_ff11,
        NamedKey::AudioVolumeMute => 0x1008_ff12,
        NamedKey::AudioVolumeUp => 0x1008_ff13,
        NamedKey::MediaPlayPause | NamedKey::MediaPlay => 0x1008_ff14,
        NamedKey::MediaStop => 0x1008_ff15,
        NamedKey::MediaTrackPrevious => 0x1008_ff16,
        NamedKey::MediaTrackNext => 0x1008_ff17,
        NamedKey::BrowserBack => 0x1008_ff26,
        NamedKey::BrowserForward => 0x1008_ff27,
        NamedKey::BrowserRefresh => 0x1008_ff29,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::keyboard::KeyCode;

    const A: PhysicalKey = PhysicalKey::Code(KeyCode::KeyA);
    const SHIFT: PhysicalKey = PhysicalKey::Code(KeyCode::ShiftLeft);

    fn press(keyboard: &mut Keyboard, physical: PhysicalKey, key: Key) -> Vec<Input> {
        keyboard.press(physical, &key, KeyLocation::Standard, false)
    }

    fn character(text: &str) -> Key {
        Key::Character(text.into())
    }

    fn key(keysym: u32, down: bool) -> Input {
        input::Key::of_keysym(keysym).input(down)
    }

    #[test]
    fn a_key_is_sent_with_its_place_unless_it_was_put_together() {
        let mut keyboard = Keyboard::new(true);
        let placed = |keysym, keycode, down| {
            let keycode = Some(keycode);
            input::Key { keysym, keycode }.input(down)
        };
        assert_eq!(
            press(&mut keyboard, A, character("a")),
            [placed(0x61, 0x1e, true)]
        );
        assert_eq!(keyboard.release(A), [placed(0x61, 0x1e, false)]);
        let accent = PhysicalKey::Code(KeyCode::Quote);
        assert_eq!(press(&mut keyboard, accent, Key::Dead(Some('´'))), []);
        let shift = press(&mut keyboard, SHIFT, Key::Named(NamedKey::Shift));
        assert_eq!(shift, [placed(keysym::SHIFT_LEFT, 0x2a, true)]);
        assert_eq!(press(&mut keyboard, A, character("Á")), [key(0xc1, true)]);
        assert_eq!(keyboard.release(A), [key(0xc1, false)]);
        assert_eq!(
            press(&mut keyboard, A, character("A")),
            [placed(0x41, 0x1e, true)]
        );
    }

    #[test]
    fn a_release_has_the_keysym_of_its_press() {
        let mut keyboard = Keyboard::default();
        press(&mut keyboard, SHIFT, Key::Named(NamedKey::Shift));
        assert_eq!(press(&mut keyboard, A, character("A")), [key(0x41, true)]);
        assert_eq!(keyboard.release(SHIFT), [key(keysym::SHIFT_LEFT, false)]);
        assert_eq!(keyboard.release(A), [key(0x41, false)]);
        assert_eq!(keyboard.release(A), []);
    }

    #[test]
    fn a_repeat_is_a_further_press_of_the_same_keysym() {
        let mut keyboard = Keyboard::default();
        press(&mut keyboard, A, character("A"));
        let repeat = keyboard.press(A, &character("a"), KeyLocation::Standard, true);
        assert_eq!(repeat, [key(0x41, true)]);
        assert_eq!(keyboard.release(A), [key(0x41, false)]);
    }

    #[test]
    fn nothing_stays_down_when_the_keyboard_is_lost() {
        let mut keyboard = Keyboard::default();
        press(&mut keyboard, A, character("a"));
        press(&mut keyboard, SHIFT, Key::Named(NamedKey::Shift));
        let released = keyboard.release_all();
        assert_eq!(released.len(), 2);
        assert!(released.contains(&key(0x61, false)));
        assert!(released.contains(&key(keysym::SHIFT_LEFT, false)));
        assert_eq!(keyboard.release_all(), []);
    }

    #[test]
    fn a_key_tapped_alone_lets_go_of_the_modifiers_and_takes_them_again() {
        let mut keyboard = Keyboard::default();
        press(&mut keyboard, SHIFT, Key::Named(NamedKey::Shift));
        let shift = keysym::SHIFT_LEFT;
        assert_eq!(
            keyboard.tap_alone(keysym::F11),
            [
                key(shift, false),
                key(keysym::F11, true),
                key(keysym::F11, false),
                key(shift, true)
            ]
        );
    }

    #[test]
    fn keys_are_known_by_character_name_and_place() {
        let standard = KeyLocation::Standard;
        let keypad = KeyLocation::Numpad;
        for (key, location, keysym) in [
            (character("@"), standard, 0x40),
            (character("ß"), standard, 0xdf),
            (character("Ж"), standard, 0x0100_0416),
            (character("7"), keypad, 0xffb7),
            (character("٧"), keypad, 0x0100_0667),
            (Key::Named(NamedKey::Home), keypad, 0xff95),
            (Key::Named(NamedKey::Home), standard, 0xff50),
            (Key::Named(NamedKey::Enter), keypad, 0xff8d),
            (Key::Named(NamedKey::F11), standard, 0xffc8),
            (Key::Named(NamedKey::F24), standard, 0xffd5),
            (Key::Named(NamedKey::Alt), KeyLocation::Right, 0xffea),
            (Key::Named(NamedKey::Alt), KeyLocation::Left, 0xffe9),
            (Key::Named(NamedKey::AltGraph), KeyLocation::Right, 0xfe03),
            (Key::Unidentified(NativeKey::Xkb(0xfe11)), standard, 0xfe11),
        ] {
            assert_eq!(keysyms(&key, location), [keysym], "{key:?}");
        }
    }

    #[test]
    fn keys_that_only_begin_a_character_are_not_sent() {
        let standard = KeyLocation::Standard;
        for key in [
            Key::Dead(Some('^')),
            Key::Dead(None),
            Key::Named(NamedKey::Compose),
        ] {
            assert!(keysyms(&key, standard).is_empty(), "{key:?}");
        }
    }

    #[test]
    fn a_key_of_several_characters_types_them() {
        let mut keyboard = Keyboard::default();
        let events = press(&mut keyboard, A, character("ij"));
        assert_eq!(
            events,
            [
                key(0x69, true),
                key(0x69, false),
                key(0x6a, true),
                key(0x6a, false)
            ]
        );
        assert_eq!(keyboard.release(A), []);
    }
}
