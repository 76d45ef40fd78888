//! Key codes as the QEMU Extended Key Event message has them, and as Linux numbers the same keys.
//!
//! On the wire a key is its XT (set 1) scan code: one byte, with bit 7 set for codes that begin with `e0` (rfbproto
//! "QEMU Extended Key Event Message"). Linux numbers are those of `input-event-codes.h`; X servers with evdev add 8.

/// Wire and Linux code of the keys whose two numbers differ. The first line of a Linux code is the one that is sent.
const KEYS: &[(u8, u8)] = &[
    // Print, which is SysRq with Alt; Pause, which is Break with Control.
    (0x54, 99),
    (0xb7, 99),
    (0xc6, 119),
    // The right half of the main block, and the keypad.
    (0x9c, 96),
    (0x9d, 97),
    (0xb5, 98),
    (0xb8, 100),
    (0xdb, 125),
    (0xdc, 126),
    (0xdd, 127),
    (0x59, 117),
    (0xce, 118),
    (0xf6, 179),
    (0xfb, 180),
    // Keys that move and edit.
    (0xc7, 102),
    (0xc8, 103),
    (0xc9, 104),
    (0xcb, 105),
    (0xcd, 106),
    (0xcf, 107),
    (0xd0, 108),
    (0xd1, 109),
    (0xd2, 110),
    (0xd3, 111),
    // F13 to F24.
    (0x5d, 183),
    (0x5e, 184),
    (0x5f, 185),
    (0x55, 186),
    (0x83, 187),
    (0xf7, 188),
    (0x84, 189),
    (0x5a, 190),
    (0x74, 191),
    (0xf9, 192),
    (0x6d, 193),
    (0x6f, 194),
    // Japanese and Brazilian keys: Zenkaku, Ro, Katakana, Hiragana, Henkan, both kana, Muhenkan, the commas, Yen.
    (0x76, 85),
    (0x73, 89),
    (0x78, 90),
    (0x77, 91),
    (0x79, 92),
    (0x70, 93),
    (0x7b, 94),
    (0x5c, 95),
    (0x7e, 121),
    (0x7d, 124),
    // Korean keys: Hangul and Hanja; their keyboards send the upper codes.
    (0x72, 122),
    (0xf2, 122),
    (0x71, 123),
    (0xf1, 123),
    // Sound, players, power.
    (0xa0, 113),
    (0xae, 114),
    (0xb0, 115),
    (0xde, 116),
    (0xdf, 142),
    (0xe3, 143),
    (0xa5, 205),
    (0x99, 163),
    (0xa2, 164),
    (0x90, 165),
    (0xa4, 166),
    (0xb1, 167),
    (0x98, 168),
    (0xa8, 200),
    (0xa9, 201),
    (0xb3, 207),
    (0xb4, 208),
    (0xed, 226),
    (0xfd, 162),
    // Browsers, programs, and the block of keys on the left of some keyboards.
    (0xe6, 156),
    (0xe8, 128),
    (0xe9, 159),
    (0xea, 158),
    (0xe7, 173),
    (0xb2, 172),
    (0xe5, 217),
    (0xeb, 157),
    (0xec, 155),
    (0xa1, 140),
    (0x82, 150),
    (0x92, 152),
    (0x81, 171),
    (0x85, 129),
    (0x86, 130),
    (0x87, 131),
    (0x8a, 182),
    (0x8c, 132),
    (0xf8, 133),
    (0x64, 134),
    (0x65, 135),
    (0xc1, 136),
    (0xbc, 137),
    (0xf5, 138),
    (0x9e, 139),
    (0x89, 181),
    (0xaf, 206),
    (0xb9, 210),
    (0xca, 223),
    (0xcc, 224),
    (0xd4, 225),
    (0xd6, 227),
    (0x5b, 101),
];

/// The Linux code of a key of the wire; `None` for a code no keyboard has.
#[must_use]
pub fn to_linux(keycode: u32) -> Option<u8> {
    let wire = u8::try_from(keycode).ok()?;
    if is_same(wire) {
        return Some(wire);
    }
    KEYS.iter()
        .find(|(own, _)| *own == wire)
        .map(|&(_, linux)| linux)
}

/// The wire's code of a key that Linux numbers `linux`; `None` for one that XT keyboards do not have.
#[must_use]
pub fn from_linux(linux: u32) -> Option<u32> {
    let linux = u8::try_from(linux).ok()?;
    if is_same(linux) {
        return Some(linux.into());
    }
    KEYS.iter()
        .find(|(_, own)| *own == linux)
        .map(|&(wire, _)| wire.into())
}

/// Whether both numbers of a key are this: the main block and the keypad, F11, F12, and the key beside left Shift.
fn is_same(code: u8) -> bool {
    matches!(code, 1..=83 | 86..=88)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_code_names_one_key_and_every_key_is_sent_by_one_that_means_it() {
        let mut wires: Vec<u8> = KEYS.iter().map(|&(wire, _)| wire).collect();
        wires.sort_unstable();
        let count = wires.len();
        wires.dedup();
        assert_eq!(wires.len(), count, "a code stands twice");
        for &(wire, linux) in KEYS {
            assert!(!is_same(wire) && !is_same(linux), "{wire:x} {linux}");
            let sent = from_linux(linux.into()).unwrap();
            assert_eq!(to_linux(sent), Some(linux));
        }
    }

    #[test]
    fn keys_are_where_keyboards_have_them() {
        for (wire, linux) in [
            (0x01, 1),
            (0x1e, 30),
            (0x53, 83),
            (0x56, 86),
            (0x9d, 97),
            (0xb8, 100),
            (0xd3, 111),
            (0x73, 89),
            (0x7d, 124),
            (0xa0, 113),
        ] {
            assert_eq!(to_linux(wire), Some(linux), "{wire:x}");
            assert_eq!(from_linux(linux.into()), Some(wire), "{linux}");
        }
        assert_eq!(to_linux(0xb7), Some(99));
        assert_eq!(from_linux(99), Some(0x54));
    }

    #[test]
    fn codes_that_no_keyboard_has_are_no_keys() {
        for wire in [0, 0x80, 0x9f, 0xe0, 0xff, 0x100, 0xe01d, u32::MAX] {
            assert_eq!(to_linux(wire), None, "{wire:x}");
        }
        for linux in [0, 84, 248, 0x100 + 30, u32::MAX] {
            assert_eq!(from_linux(linux), None, "{linux}");
        }
    }
}
