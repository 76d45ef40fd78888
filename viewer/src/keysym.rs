//! X11 keysyms: what a key or a character is called on the wire (RFC 6143 7.5.4, X11's keysymdef.h).

/// Added to a Unicode code point that has no keysym of its own (X11 protocol, appendix A).
const UNICODE: u32 = 0x0100_0000;

pub(crate) const BACK_SPACE: u32 = 0xff08;
pub(crate) const TAB: u32 = 0xff09;
pub(crate) const RETURN: u32 = 0xff0d;
pub(crate) const ESCAPE: u32 = 0xff1b;
pub(crate) const DELETE: u32 = 0xffff;
pub(crate) const F1: u32 = 0xffbe;
pub(crate) const F11: u32 = 0xffc8;
pub(crate) const SHIFT_LEFT: u32 = 0xffe1;
pub(crate) const SHIFT_RIGHT: u32 = 0xffe2;
pub(crate) const CONTROL_LEFT: u32 = 0xffe3;
pub(crate) const CONTROL_RIGHT: u32 = 0xffe4;
pub(crate) const META_LEFT: u32 = 0xffe7;
pub(crate) const META_RIGHT: u32 = 0xffe8;
pub(crate) const ALT_LEFT: u32 = 0xffe9;
pub(crate) const ALT_RIGHT: u32 = 0xffea;
pub(crate) const SUPER_LEFT: u32 = 0xffeb;
pub(crate) const SUPER_RIGHT: u32 = 0xffec;
/// The key named AltGr on many keyboards (ISO_Level3_Shift).
pub(crate) const ALT_GRAPH: u32 = 0xfe03;

/// Keys that carry no character, by the names a script may use (compared without case and without `_`), and their keysyms.
const NAMED: &[(&str, u32)] = &[
    ("return", RETURN),
    ("enter", RETURN),
    ("tab", TAB),
    ("escape", ESCAPE),
    ("esc", ESCAPE),
    ("backspace", BACK_SPACE),
    ("delete", DELETE),
    ("del", DELETE),
    ("insert", 0xff63),
    ("ins", 0xff63),
    ("home", 0xff50),
    ("left", 0xff51),
    ("up", 0xff52),
    ("right", 0xff53),
    ("down", 0xff54),
    ("pageup", 0xff55),
    ("pgup", 0xff55),
    ("prior", 0xff55),
    ("pagedown", 0xff56),
    ("pgdn", 0xff56),
    ("next", 0xff56),
    ("end", 0xff57),
    ("print", 0xff61),
    ("pause", 0xff13),
    ("scrolllock", 0xff14),
    ("numlock", 0xff7f),
    ("capslock", 0xffe5),
    ("menu", 0xff67),
    ("space", 0x20),
    ("minus", 0x2d),
    ("plus", 0x2b),
    ("shift", SHIFT_LEFT),
    ("shiftr", SHIFT_RIGHT),
    ("ctrl", CONTROL_LEFT),
    ("ctrlr", CONTROL_RIGHT),
    ("alt", ALT_LEFT),
    ("altr", ALT_RIGHT),
    ("altgr", ALT_GRAPH),
    ("super", SUPER_LEFT),
    ("meta", META_LEFT),
    ("kpenter", 0xff8d),
    ("kpadd", 0xffab),
    ("kpsubtract", 0xffad),
    ("kpmultiply", 0xffaa),
    ("kpdivide", 0xffaf),
    ("kpdecimal", 0xffae),
];

/// The keysym of a character; `None` for a control character that no key types.
///
/// Latin-1 is its own keysym, other characters are Unicode keysyms; `\n` is Return, `\t` Tab.
pub(crate) fn of_character(character: char) -> Option<u32> {
    match character {
        '\n' | '\r' => Some(RETURN),
        '\t' => Some(TAB),
        '\u{8}' => Some(BACK_SPACE),
        '\u{1b}' => Some(ESCAPE),
        '\u{7f}' => Some(DELETE),
        ' '..='~' | '\u{a0}'..='\u{ff}' => Some(u32::from(character)),
        _ if character.is_control() => None,
        _ => Some(UNICODE + u32::from(character)),
    }
}

/// The keysym of a key by name: a word of [`NAMED`], `F1` to `F35`, `KP_0` to `KP_9`, or a number such as `0xff0d`.
pub(crate) fn of_name(name: &str) -> Option<u32> {
    let name = name.to_ascii_lowercase().replace('_', "");
    if let Some(digits) = name.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    if let Some(number) = number_after(&name, "f") {
        return (1..=35).contains(&number).then(|| F1 + number - 1);
    }
    if let Some(digit) = number_after(&name, "kp") {
        return (0..=9).contains(&digit).then(|| 0xffb0 + digit);
    }
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found.map(|&(_, keysym)| keysym)
}

/// The keysym of a key of the keypad that types `character`.
pub(crate) fn of_keypad_character(character: char) -> Option<u32> {
    match character {
        '0'..='9' => Some(0xffb0 + u32::from(character) - u32::from('0')),
        '*' => Some(0xffaa),
        '+' => Some(0xffab),
        ',' => Some(0xffac),
        '-' => Some(0xffad),
        '.' => Some(0xffae),
        '/' => Some(0xffaf),
        '=' => Some(0xffbd),
        _ => None,
    }
}

/// Whether a US keyboard needs Shift for `character`.
pub(crate) fn needs_shift(character: char) -> bool {
    character.is_ascii_uppercase() || "~!@#$%^&*()_+{}|:\"<>?".contains(character)
}

/// What the key of `character` types with Shift on a US keyboard.
pub(crate) fn shifted(character: char) -> char {
    const PLAIN: &str = "`1234567890-=[]\\;',./";
    const SHIFTED: &str = "~!@#$%^&*()_+{}|:\"<>?";
    let pair = PLAIN
        .chars()
        .zip(SHIFTED.chars())
        .find(|&(plain, _)| plain == character);
    pair.map_or(character.to_ascii_uppercase(), |(_, shifted)| shifted)
}

fn number_after(name: &str, prefix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_is_its_own_keysym_and_the_rest_is_unicode() {
        assert_eq!(of_character('a'), Some(0x61));
        assert_eq!(of_character('é'), Some(0xe9));
        assert_eq!(of_character('€'), Some(0x0100_20ac));
        assert_eq!(of_character('😀'), Some(0x0101_f600));
        assert_eq!(of_character('\n'), Some(RETURN));
        assert_eq!(of_character('\u{1}'), None);
    }

    #[test]
    fn names_are_found_in_any_case_and_with_underlines() {
        for name in ["Page_Up", "pageup", "PGUP", "Prior", "0xff55"] {
            assert_eq!(of_name(name), Some(0xff55), "{name}");
        }
        assert_eq!(of_name("F11"), Some(F11));
        assert_eq!(of_name("KP_7"), Some(0xffb7));
        assert_eq!(of_name("KP_Enter"), Some(0xff8d));
        for name in ["f0", "f36", "kp_10", "0xg", "hyper-space", ""] {
            assert_eq!(of_name(name), None, "{name}");
        }
    }

    #[test]
    fn what_shift_types_needs_shift() {
        for character in ('!'..='~').filter(|&character| !needs_shift(character)) {
            assert!(needs_shift(shifted(character)), "{character}");
        }
        assert!(!needs_shift('é') && !needs_shift(' '));
    }
}
