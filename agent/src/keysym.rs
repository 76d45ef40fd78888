//! What a keysym stands for: characters, their case, and the kinds that keyboards treat differently.

use xkeysym::Keysym;

/// Keysyms that the agent has to know by name (X11 `keysymdef.h`).
pub(crate) mod name {
    pub(crate) const NO_SYMBOL: u32 = 0;
    pub(crate) const MODE_SWITCH: u32 = 0xff7e;
    pub(crate) const ISO_LEVEL3_SHIFT: u32 = 0xfe03;
    pub(crate) const ISO_LEVEL5_SHIFT: u32 = 0xfe11;
    pub(crate) const ISO_LEFT_TAB: u32 = 0xfe20;
    pub(crate) const SHIFT_L: u32 = 0xffe1;
    pub(crate) const SHIFT_R: u32 = 0xffe2;
    pub(crate) const CONTROL_L: u32 = 0xffe3;
    pub(crate) const CONTROL_R: u32 = 0xffe4;
    pub(crate) const META_L: u32 = 0xffe7;
    pub(crate) const META_R: u32 = 0xffe8;
    pub(crate) const ALT_L: u32 = 0xffe9;
    pub(crate) const ALT_R: u32 = 0xffea;
    pub(crate) const SUPER_L: u32 = 0xffeb;
    pub(crate) const SUPER_R: u32 = 0xffec;
}

const UNICODE: u32 = 0x0100_0000;
/// No keysym is larger: it has 29 bits (X11 protocol, "Keysym").
const LARGEST: u32 = 0x1fff_ffff;

/// Whether it is a keysym at all.
#[must_use]
pub fn is_valid(keysym: u32) -> bool {
    keysym != name::NO_SYMBOL && keysym <= LARGEST
}

/// Whether it is on the numeric keypad, where Num Lock decides.
#[must_use]
pub fn is_keypad(keysym: u32) -> bool {
    (0xff80..=0xffbd).contains(&keysym)
}

/// The character it types; `None` for function keys, the keypad, and modifiers.
#[must_use]
pub fn character(keysym: u32) -> Option<char> {
    let typed =
        (0x20..0xfe00).contains(&keysym) || (UNICODE..UNICODE + 0x11_0000).contains(&keysym);
    typed.then(|| Keysym::new(keysym).key_char()).flatten()
}

/// Whether it says exactly what shall come out, so that Shift must be made to fit. Function keys rather go with
/// whatever modifiers are down: Shift and Tab is Shift and Tab.
#[must_use]
pub fn is_exact(keysym: u32) -> bool {
    let dead_key = (0xfe50..=0xfe93).contains(&keysym);
    character(keysym).is_some() || is_keypad(keysym) || dead_key
}

/// Modifiers that do the same, for a keyboard that lacks this one; a lent key would be no modifier. The best first.
#[must_use]
pub fn in_place_of(keysym: u32) -> &'static [u32] {
    match keysym {
        name::SHIFT_L => &[name::SHIFT_R],
        name::SHIFT_R => &[name::SHIFT_L],
        name::CONTROL_L => &[name::CONTROL_R],
        name::CONTROL_R => &[name::CONTROL_L],
        name::ALT_L => &[name::ALT_R, name::META_L],
        name::ALT_R => &[name::ALT_L, name::META_L],
        name::META_L => &[name::META_R, name::ALT_L, name::ALT_R],
        name::META_R => &[name::META_L, name::ALT_L, name::ALT_R],
        name::SUPER_L => &[name::SUPER_R],
        name::SUPER_R => &[name::SUPER_L],
        name::ISO_LEVEL3_SHIFT => &[name::MODE_SWITCH],
        name::MODE_SWITCH => &[name::ISO_LEVEL3_SHIFT],
        _ => &[],
    }
}

/// Whether two keysyms stand for the same thing: é is both 0xe9 and 0x010000e9.
#[must_use]
pub fn is_same(a: u32, b: u32) -> bool {
    a == b || character(a).is_some_and(|typed| character(b) == Some(typed))
}

/// The lower and upper case of a letter that has both; else `None`.
#[must_use]
pub fn cases(keysym: u32) -> Option<(u32, u32)> {
    let letter = character(keysym)?;
    let (lower, upper) = (only(letter.to_lowercase())?, only(letter.to_uppercase())?);
    let there_and_back =
        only(upper.to_lowercase()) == Some(lower) && only(lower.to_uppercase()) == Some(upper);
    (lower != upper && there_and_back).then(|| (typing(lower, keysym), typing(upper, keysym)))
}

/// What to put on a key that has nothing, unshifted and shifted, so that `keysym` can be had from it.
///
/// For a letter these are both of its cases, by old keysyms: the X server knows those for letters (so that Caps Lock
/// works), Unicode ones it does not.
#[must_use]
pub fn to_lend(keysym: u32) -> [u32; 2] {
    let old = |keysym| {
        let same = character(keysym).map(|letter| Keysym::from_char(letter).raw());
        same.filter(|&same| same < UNICODE)
    };
    match cases(keysym).and_then(|(lower, upper)| Some((old(lower)?, old(upper)?))) {
        Some((lower, upper)) => [lower, upper],
        None => [keysym; 2],
    }
}

fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    first.filter(|_| characters.next().is_none())
}

/// The keysym that types `character`: `like` itself or one of the same alphabet, else the Unicode one.
fn typing(character_wanted: char, like: u32) -> u32 {
    if character(like) == Some(character_wanted) {
        return like;
    }
    let alphabet = like & !0xff;
    let unicode = UNICODE + u32::from(character_wanted);
    if alphabet >= UNICODE {
        return unicode;
    }
    (alphabet..=alphabet + 0xff)
        .find(|&keysym| character(keysym) == Some(character_wanted))
        .unwrap_or(unicode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_cases_in_their_own_alphabet() {
        for (lower, upper) in [
            (0x61, 0x41),
            (0xe9, 0xc9),
            (0x1b1, 0x1a1),
            (0x6c1, 0x6e1),
            (0x7e1, 0x7c1),
            (0x0100_0430, 0x0100_0410),
            (0xff, 0x0100_0178),
        ] {
            assert_eq!(cases(lower), Some((lower, upper)), "{lower:x}");
        }
        assert_eq!(cases(0x41), Some((0x61, 0x41)));
    }

    #[test]
    fn what_has_no_two_cases_is_no_letter() {
        for keysym in [
            0x31,
            0xdf,
            0xb5,
            0x20ac,
            0x0101_f600,
            0xff0d,
            0xffe1,
            0xffb1,
        ] {
            assert_eq!(cases(keysym), None, "{keysym:x}");
        }
    }

    #[test]
    fn a_letter_is_lent_with_both_cases_if_the_x_server_knows_them() {
        assert_eq!(to_lend(0xc9), [0xe9, 0xc9]);
        assert_eq!(to_lend(0x0100_0416), [0x6d6, 0x6f6]);
        assert_eq!(to_lend(0x0100_1ea1), [0x0100_1ea1; 2]);
        assert_eq!(to_lend(0x20ac), [0x20ac; 2]);
    }

    #[test]
    fn old_and_unicode_keysyms_of_a_character_are_the_same() {
        assert!(is_same(0xe9, 0x0100_00e9));
        assert!(is_same(0x6c1, 0x0100_0430));
        assert!(!is_same(0x31, 0xffb1), "the keypad's 1 is another key");
        assert!(!is_same(0xff0d, 0xff8d));
    }

    #[test]
    fn only_what_types_is_exact() {
        for keysym in [0x20, 0x61, 0x20ac, 0x0101_f600, 0xffb7, 0xff95, 0xfe52] {
            assert!(is_exact(keysym), "{keysym:x}");
        }
        for keysym in [0xff09, 0xff0d, 0xffe1, 0xfe03, 0xfe20, 0xffbe, 0x1008_ff11] {
            assert!(!is_exact(keysym), "{keysym:x}");
        }
    }
}
