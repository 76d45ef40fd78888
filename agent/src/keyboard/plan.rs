//! Which keys to press so that a keysym comes out.

use super::keymap::{Group, Key, Keymap, SHIFT, State};
use crate::keysym::{in_place_of, is_exact, name};

/// Modifiers that are changed around a press so that it gives what was asked for. No others are: Control and Alt are
/// part of a shortcut, locks are somebody's choice.
const LEVEL_SHIFTS: [u32; 2] = [name::ISO_LEVEL3_SHIFT, name::ISO_LEVEL5_SHIFT];

/// What changes cost: the way with the least is taken.
const SHIFT_COST: u32 = 2;
const LEVEL_COST: u32 = 3;
const GROUP_COST: u32 = 8;

/// How to press a keysym.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The key that carries it.
    pub keycode: u8,
    /// Modifier keys to hold down around that press.
    pub hold: Vec<u8>,
    /// Modifier keys to let go around that press.
    pub let_go: Vec<u8>,
}

impl Plan {
    /// A press of the key as everything is.
    #[must_use]
    pub fn of_key(keycode: u8) -> Self {
        Self {
            keycode,
            ..Self::default()
        }
    }
}

impl Keymap {
    /// How to press `keysym` in this state, with as few changes of modifiers as can be; `None` if no key carries it.
    ///
    /// A modifier that the keyboard has on one side only, or by another name, is had from there.
    #[must_use]
    pub fn plan(&self, keysym: u32, state: &State) -> Option<Plan> {
        let others = in_place_of(keysym).iter().copied();
        let mut wanted = std::iter::once(keysym).chain(others);
        wanted.find_map(|keysym| self.plan_exactly(keysym, state))
    }

    fn plan_exactly(&self, keysym: u32, state: &State) -> Option<Plan> {
        let planner = Planner {
            keymap: self,
            state,
            changeable: SHIFT | self.bits_held_by(&LEVEL_SHIFTS),
        };
        self.keys()
            .flat_map(|(keycode, key)| planner.ways(keycode, key, keysym))
            .min_by_key(|(cost, _)| *cost)
            .map(|(_, plan)| plan)
    }

    /// The first key whose `holds` are these bits and no others.
    fn key_that_holds(&self, bit: u8) -> Option<u8> {
        let mut keys = self.keys().filter(|(_, key)| key.holds == bit);
        keys.next().map(|(keycode, _)| keycode)
    }

    /// The keys that are down and hold one of these bits.
    fn keys_down(&self, bit: u8, state: &State) -> Vec<u8> {
        self.keys()
            .filter(|&(keycode, key)| key.holds & bit != 0 && state.is_down(keycode))
            .map(|(keycode, _)| keycode)
            .collect()
    }

    /// The key that switches to another layout while it is down, and that layout.
    fn other_group(&self, state: &State) -> Option<(u8, u8)> {
        let (keycode, key) = self.keys().find(|(_, key)| key.shifts_group != 0)?;
        let count = i16::from(self.group_count());
        let group = (i16::from(state.group) + i16::from(key.shifts_group)).rem_euclid(count);
        let group = u8::try_from(group).ok()?;
        (group != state.group && !state.is_down(keycode)).then_some((keycode, group))
    }
}

struct Planner<'a> {
    keymap: &'a Keymap,
    state: &'a State,
    /// Modifier bits that may be changed around a press.
    changeable: u8,
}

impl Planner<'_> {
    /// Every way to get `keysym` out of one key, with its price.
    fn ways(&self, keycode: u8, key: &Key, keysym: u32) -> Vec<(u32, Plan)> {
        let mut ways = Vec::new();
        if let Some(group) = key.group(self.state.group) {
            self.ways_in(keycode, group, keysym, &Change::default(), &mut ways);
            // Most keys have one layout, and most keyboards.
            if key.groups.len() > 1
                && let Some((switch, other)) = self.keymap.other_group(self.state)
                && let Some(group) = key.group(other)
            {
                let mut change = Change::default();
                change.hold(Some(switch), GROUP_COST);
                self.ways_in(keycode, group, keysym, &change, &mut ways);
            }
        }
        ways
    }

    fn ways_in(
        &self,
        keycode: u8,
        group: &Group,
        keysym: u32,
        change: &Change,
        ways: &mut Vec<(u32, Plan)>,
    ) {
        for level in group.matching(keysym) {
            if is_exact(keysym) || keysym == name::ISO_LEFT_TAB {
                let changes = subsets(group.mask & self.changeable)
                    .filter(|bits| group.level(self.state.modifiers ^ bits) == level);
                let changed = changes.map(|bits| self.changed(bits, change.clone()));
                ways.extend(changed.filter_map(|change| change.possible(keycode)));
            } else {
                // It comes with the modifiers as they are: the lowest level is the key that is meant.
                let mut change = change.clone();
                if group.level(self.state.modifiers) != level {
                    change.cost += 1 + u32::from(level);
                }
                ways.extend(change.possible(keycode));
            }
        }
    }

    /// `change`, and these bits the other way round.
    fn changed(&self, bits: u8, mut change: Change) -> Change {
        for bit in (0..8).map(|place| 1 << place).filter(|bit| bits & bit != 0) {
            let cost = if bit == SHIFT { SHIFT_COST } else { LEVEL_COST };
            if self.state.modifiers & bit == 0 {
                change.hold(self.keymap.key_that_holds(bit), cost);
            } else {
                change.let_go(self.keymap.keys_down(bit, self.state), cost);
            }
        }
        change
    }
}

/// Every choice of the bits of `mask`, none of them first.
fn subsets(mask: u8) -> impl Iterator<Item = u8> {
    (0..=mask).filter(move |bits| bits & !mask == 0)
}

/// Modifier changes that are being collected.
#[derive(Clone, Default)]
struct Change {
    cost: u32,
    hold: Vec<u8>,
    let_go: Vec<u8>,
    impossible: bool,
}

impl Change {
    fn hold(&mut self, key: Option<u8>, cost: u32) {
        self.cost += cost;
        self.impossible |= key.is_none();
        self.hold.extend(key);
    }

    /// No keys: the modifier is locked, not held.
    fn let_go(&mut self, keys: Vec<u8>, cost: u32) {
        self.cost += cost;
        self.impossible |= keys.is_empty();
        self.let_go.extend(keys);
    }

    fn possible(self, keycode: u8) -> Option<(u32, Plan)> {
        let plan = Plan {
            keycode,
            hold: self.hold,
            let_go: self.let_go,
        };
        (!self.impossible).then_some((self.cost, plan))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyboard::keymap::{LOCK, Level, OutOfRange};

    const SHIFT_KEY: u8 = 50;
    const LEVEL3_KEY: u8 = 92;
    const ALT_GR_KEY: u8 = 108;
    const MODE_KEY: u8 = 203;
    const NUM: u8 = 1 << 4;
    const LEVEL3: u8 = 1 << 7;

    fn group(mask: u8, levels: &[(u8, u8)], keysyms: &[u32]) -> Group {
        let levels = levels.iter();
        let levels = levels.map(|&(modifiers, level)| Level { modifiers, level });
        Group {
            keysyms: keysyms.into(),
            mask,
            levels: levels.collect(),
        }
    }

    fn plain(keysym: u32) -> Group {
        group(0, &[], &[keysym])
    }

    fn two(keysyms: [u32; 2]) -> Group {
        group(SHIFT, &[(SHIFT, 1)], &keysyms)
    }

    fn letter(keysyms: [u32; 2]) -> Group {
        group(SHIFT | LOCK, &[(SHIFT, 1), (LOCK, 1)], &keysyms)
    }

    fn keypad(keysyms: [u32; 2]) -> Group {
        group(SHIFT | NUM, &[(SHIFT, 1), (NUM, 1)], &keysyms)
    }

    fn four(keysyms: [u32; 4]) -> Group {
        let levels = [(SHIFT, 1), (LEVEL3, 2), (SHIFT | LEVEL3, 3)];
        group(SHIFT | LEVEL3, &levels, &keysyms)
    }

    fn key(groups: impl Into<Vec<Group>>) -> Key {
        Key {
            groups: groups.into(),
            ..Key::default()
        }
    }

    fn modifier(keysym: u32, holds: u8) -> Key {
        Key {
            holds,
            is_modifier: true,
            ..key([plain(keysym)])
        }
    }

    /// A small keyboard.
    fn keymap() -> Keymap {
        let mut keys = vec![Key::default(); 248];
        let mode = Key {
            shifts_group: 1,
            ..modifier(0xff7e, 0)
        };
        for (keycode, key) in [
            (10, key([two([0x31, 0x21])])),
            (23, key([two([0xff09, 0xfe20])])),
            (24, key([four([0x71, 0x51, 0x40, 0x7d9])])),
            (38, key([letter([0x61, 0x41])])),
            (39, key([letter([0x73, 0x53]), letter([0x6d9, 0x6f9])])),
            (40, key([letter([0xe9, 0xc9])])),
            (SHIFT_KEY, modifier(0xffe1, SHIFT)),
            (59, key([two([0x2c, 0x3c])])),
            (64, modifier(0xffe9, 1 << 3)),
            (65, key([plain(0x20)])),
            (66, modifier(0xffe5, 0)),
            (77, modifier(0xff7f, 0)),
            (79, key([keypad([0xff95, 0xffb7])])),
            (LEVEL3_KEY, modifier(0xfe03, LEVEL3)),
            (94, key([four([0x3c, 0x3e, 0x7c, 0xa6])])),
            (ALT_GR_KEY, modifier(0xfe03, LEVEL3)),
            (110, key([plain(0xff50)])),
            (MODE_KEY, mode),
        ] {
            keys[usize::from(keycode) - 8] = key;
        }
        Keymap::new(8, keys)
    }

    fn state(modifiers: u8, down: &[u8]) -> State {
        let mut bits = [0; 32];
        for &keycode in down {
            bits[usize::from(keycode / 8)] |= 1 << (keycode % 8);
        }
        State {
            modifiers,
            group: 0,
            down: bits,
        }
    }

    fn plan(keysym: u32, state: &State) -> Option<(u8, Vec<u8>, Vec<u8>)> {
        let plan = keymap().plan(keysym, state)?;
        Some((plan.keycode, plan.hold, plan.let_go))
    }

    #[test]
    fn characters_come_with_or_without_shift_as_they_need() {
        let (none, shift) = (state(0, &[]), state(SHIFT, &[SHIFT_KEY]));
        assert_eq!(plan(0x31, &none), Some((10, vec![], vec![])));
        assert_eq!(plan(0x21, &none), Some((10, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0x21, &shift), Some((10, vec![], vec![])));
        assert_eq!(plan(0x31, &shift), Some((10, vec![], vec![SHIFT_KEY])));
        assert_eq!(plan(0x61, &shift), Some((38, vec![], vec![SHIFT_KEY])));
        assert_eq!(plan(0x2603, &none), None);
    }

    #[test]
    fn caps_lock_turns_shift_around_on_letters_only() {
        let lock = state(LOCK, &[]);
        assert_eq!(plan(0x41, &lock), Some((38, vec![], vec![])));
        assert_eq!(plan(0x61, &lock), Some((38, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0xe9, &lock), Some((40, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0x31, &lock), Some((10, vec![], vec![])));
        let both = state(LOCK | SHIFT, &[SHIFT_KEY]);
        assert_eq!(plan(0x61, &both), Some((38, vec![], vec![])));
        assert_eq!(plan(0x41, &both), Some((38, vec![], vec![SHIFT_KEY])));
        assert_eq!(plan(0x21, &both), Some((10, vec![], vec![])));
    }

    #[test]
    fn num_lock_turns_shift_around_on_the_keypad_only() {
        let (none, num) = (state(0, &[]), state(NUM, &[]));
        assert_eq!(plan(0xffb7, &num), Some((79, vec![], vec![])));
        assert_eq!(plan(0xffb7, &none), Some((79, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0xff95, &num), Some((79, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0x61, &num), Some((38, vec![], vec![])));
    }

    #[test]
    fn function_keys_leave_shift_alone() {
        let shift = state(SHIFT, &[SHIFT_KEY]);
        assert_eq!(plan(0xff09, &shift), Some((23, vec![], vec![])));
        assert_eq!(plan(0xff50, &shift), Some((110, vec![], vec![])));
        assert_eq!(plan(0xffe1, &shift), Some((SHIFT_KEY, vec![], vec![])));
        assert_eq!(plan(0x20, &shift), Some((65, vec![], vec![])));
        let none = state(0, &[]);
        assert_eq!(plan(0xfe20, &none), Some((23, vec![SHIFT_KEY], vec![])));
    }

    #[test]
    fn the_way_with_the_fewest_changes_is_taken() {
        let (none, shift) = (state(0, &[]), state(SHIFT, &[SHIFT_KEY]));
        assert_eq!(plan(0x3c, &none), Some((94, vec![], vec![])));
        assert_eq!(plan(0x3c, &shift), Some((59, vec![], vec![])));
    }

    #[test]
    fn the_third_level_is_reached_and_left_whichever_key_holds_it() {
        let none = state(0, &[]);
        assert_eq!(plan(0x40, &none), Some((24, vec![LEVEL3_KEY], vec![])));
        for held in [LEVEL3_KEY, ALT_GR_KEY] {
            let level3 = state(LEVEL3, &[held]);
            assert_eq!(plan(0x40, &level3), Some((24, vec![], vec![])));
            assert_eq!(plan(0x71, &level3), Some((24, vec![], vec![held])));
            assert_eq!(
                plan(0x61, &level3),
                Some((38, vec![], vec![])),
                "a key without a third level does not care"
            );
        }
        assert_eq!(
            plan(0xa6, &none),
            Some((94, vec![SHIFT_KEY, LEVEL3_KEY], vec![]))
        );
    }

    #[test]
    fn a_second_layout_is_reached_from_the_first_and_the_other_way() {
        let none = state(0, &[]);
        assert_eq!(plan(0x6d9, &none), Some((39, vec![MODE_KEY], vec![])));
        let second = State { group: 1, ..none };
        assert_eq!(plan(0x6d9, &second), Some((39, vec![], vec![])));
        assert_eq!(plan(0x73, &second), Some((39, vec![MODE_KEY], vec![])));
        assert_eq!(plan(0x61, &second), Some((38, vec![], vec![])));
    }

    #[test]
    fn keys_of_fewer_layouts_say_what_the_others_mean() {
        let pair = [letter([0x61, 0x41]), letter([0x62, 0x42])];
        for (out_of_range, keysym) in [
            (OutOfRange::Wrap, 0x61),
            (OutOfRange::Last, 0x62),
            (OutOfRange::Group(0), 0x61),
            (OutOfRange::Group(9), 0x61),
        ] {
            let key = Key {
                out_of_range,
                ..key(pair.clone())
            };
            assert_eq!(key.group(2).unwrap().keysyms[0], keysym, "{out_of_range:?}");
        }
        assert_eq!(Key::default().group(0), None);
    }

    #[test]
    fn both_spellings_of_a_letter_are_found() {
        let none = state(0, &[]);
        assert_eq!(plan(0xe9, &none), Some((40, vec![], vec![])));
        assert_eq!(
            plan(0x0100_00c9, &none),
            Some((40, vec![SHIFT_KEY], vec![]))
        );
    }

    #[test]
    fn a_modifier_that_is_locked_cannot_be_let_go() {
        let locked = state(SHIFT, &[]);
        assert_eq!(plan(0x31, &locked), None);
    }

    #[test]
    fn a_modifier_the_keyboard_lacks_is_had_from_the_other_side() {
        let none = state(0, &[]);
        assert_eq!(plan(0xffea, &none), Some((64, vec![], vec![])));
        assert_eq!(plan(0xffe2, &none), Some((SHIFT_KEY, vec![], vec![])));
        assert_eq!(plan(0xffeb, &none), None);
    }

    #[test]
    fn a_key_gives_what_it_types_now_and_a_function_key_all_it_carries() {
        let keymap = keymap();
        let (none, shift) = (state(0, &[]), state(SHIFT, &[SHIFT_KEY]));
        assert!(keymap.gives(38, 0x61, &none) && !keymap.gives(38, 0x41, &none));
        assert!(keymap.gives(38, 0x41, &shift) && !keymap.gives(38, 0x61, &shift));
        assert!(keymap.gives(23, 0xff09, &shift) && keymap.gives(23, 0xfe20, &none));
        assert!(keymap.gives(24, 0x40, &state(LEVEL3, &[ALT_GR_KEY])));
        assert!(!keymap.gives(24, 0x61, &none) && !keymap.gives(7, 0x61, &none));
    }

    #[test]
    fn unused_keys_take_a_keysym_and_then_carry_it() {
        let mut keymap = keymap();
        let spare = keymap.unused().next().unwrap();
        assert_eq!(spare, 8);
        keymap.assign(spare, [0x20ac, 0x20ac]);
        let plan = keymap.plan(0x20ac, &state(SHIFT, &[SHIFT_KEY])).unwrap();
        assert_eq!((plan.keycode, plan.let_go), (spare, vec![]));
        assert!(keymap.carries(spare, 0x0100_20ac));
        assert_ne!(keymap.unused().next(), Some(spare));
    }
}
