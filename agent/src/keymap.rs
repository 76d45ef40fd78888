//! Which keys to press so that a keysym comes out. Pure: the keyboard's tables and state are arguments.

use crate::keysym::{cases, is_exact, is_keypad, is_same, name};

/// Bits of the core modifier state (X11 protocol, "KEYBUTMASK").
const SHIFT: u8 = 1 << 0;
const LOCK: u8 = 1 << 1;

/// The X server's tables: which keysyms each key carries, and which keys are modifiers.
///
/// Columns are as the XKEYBOARD extension lays out a core mapping: two levels of group 1, two of group 2, then levels
/// three and four of group 1, and of group 2.
#[derive(Clone, Debug)]
pub struct Keymap {
    first: u8,
    columns: usize,
    /// `columns` for each keycode from `first` on.
    keysyms: Vec<u32>,
    /// The keycodes of Shift, Lock, Control, Mod1 to Mod5.
    modifiers: [Vec<u8>; 8],
}

/// What the keyboard is doing.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Core modifier bits that are in effect, held or locked.
    pub modifiers: u8,
    /// The group in effect: 0 for the first layout.
    pub group: u8,
    /// A bit for each key that is down, as QueryKeymap gives it.
    pub down: [u8; 32],
}

impl State {
    /// Whether the key is down.
    #[must_use]
    pub fn is_down(&self, keycode: u8) -> bool {
        let byte = self.down.get(usize::from(keycode / 8)).copied();
        byte.unwrap_or(0) & (1 << (keycode % 8)) != 0
    }
}

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

impl Keymap {
    /// From GetKeyboardMapping (`columns` keysyms for each keycode from `first` on) and GetModifierMapping (keycodes of
    /// the eight modifiers; zeros stand for none).
    #[must_use]
    pub fn new(first: u8, columns: u8, keysyms: Vec<u32>, modifiers: &[u8]) -> Self {
        let share = modifiers.len() / 8;
        let mut keys: [Vec<u8>; 8] = Default::default();
        for (keys, all) in keys.iter_mut().zip(modifiers.chunks(share.max(1))) {
            keys.extend(all.iter().copied().filter(|&keycode| keycode != 0));
        }
        Self {
            first,
            columns: usize::from(columns).max(1),
            keysyms,
            modifiers: keys,
        }
    }

    /// How to press `keysym` in this state, with as few changes of modifiers as can be; `None` if no key carries it.
    #[must_use]
    pub fn plan(&self, keysym: u32, state: &State) -> Option<Plan> {
        self.keys()
            .flat_map(|(keycode, row)| self.plans_of(keycode, row, keysym, state))
            .min_by_key(|(cost, _)| *cost)
            .map(|(_, plan)| plan)
    }

    /// Whether the key carries `keysym`, at any level.
    #[must_use]
    pub fn carries(&self, keycode: u8, keysym: u32) -> bool {
        self.row(keycode).iter().any(|&own| is_same(own, keysym))
    }

    /// The keysyms that the key carries, unassigned ones at the end left out.
    #[must_use]
    pub fn row(&self, keycode: u8) -> &[u32] {
        let found = self.keys().find(|(own, _)| *own == keycode);
        let row = found.map_or(&[][..], |(_, row)| row);
        let used = row.iter().rposition(|&keysym| keysym != name::NO_SYMBOL);
        row.get(..used.map_or(0, |last| last + 1))
            .unwrap_or_default()
    }

    /// Whether the key is a modifier.
    #[must_use]
    pub fn is_modifier(&self, keycode: u8) -> bool {
        self.modifiers.iter().any(|keys| keys.contains(&keycode))
    }

    /// The keys that carry nothing.
    pub fn unused(&self) -> impl Iterator<Item = u8> {
        self.keys()
            .map(|(keycode, _)| keycode)
            .filter(|&keycode| self.row(keycode).is_empty() && !self.is_modifier(keycode))
    }

    /// Puts `keysyms` on a key, as ChangeKeyboardMapping with two columns does.
    pub fn assign(&mut self, keycode: u8, keysyms: [u32; 2]) {
        let start = usize::from(keycode.saturating_sub(self.first)) * self.columns;
        let columns = self.columns;
        if let Some(row) = self.keysyms.get_mut(start..start + columns) {
            row.fill(name::NO_SYMBOL);
            for (to, from) in row.iter_mut().zip(keysyms) {
                *to = from;
            }
        }
    }

    fn keys(&self) -> impl Iterator<Item = (u8, &[u32])> {
        (self.first..=u8::MAX).zip(self.keysyms.chunks(self.columns))
    }

    /// Every way to get `keysym` out of one key, with its price.
    fn plans_of(&self, keycode: u8, row: &[u32], keysym: u32, state: &State) -> Vec<(u32, Plan)> {
        let mut plans = Vec::new();
        for (levels, switch_group) in self.groups(row, state) {
            for (level, _) in levels.matching(keysym) {
                let mut change = Change::default();
                if is_exact(keysym) || keysym == name::ISO_LEFT_TAB {
                    levels.reach(level, self, state, &mut change);
                } else if !levels.is_at(level, self, state) {
                    // It comes with the modifiers as they are: the lowest level is the key that is meant.
                    change.cost += 1 + u32::from(level);
                }
                if switch_group {
                    change.hold(self.key_of(name::MODE_SWITCH), 8);
                }
                if let Some((cost, hold, let_go)) = change.possible() {
                    let plan = Plan {
                        keycode,
                        hold,
                        let_go,
                    };
                    plans.push((cost, plan));
                }
            }
        }
        plans
    }

    /// The levels of a key in the group in effect, and those that Mode_switch (`true`) would give.
    fn groups(&self, row: &[u32], state: &State) -> Vec<(Levels, bool)> {
        let first = Levels::new(row, [0, 1, 4, 5]);
        let second = Levels::new(row, [2, 3, 6, 7]);
        // A key of one group has it in every group; the core mapping repeats it or leaves it out.
        if second.0 == [name::NO_SYMBOL; 4] || second.pair(0) == first.pair(0) {
            return vec![(first, false)];
        }
        match state.group {
            0 => vec![(first, false), (second, true)],
            1 => vec![(second, false)],
            _ => Vec::new(),
        }
    }

    /// The key that carries `keysym` unshifted.
    fn key_of(&self, keysym: u32) -> Option<u8> {
        self.keys()
            .find(|(_, row)| row.first() == Some(&keysym))
            .map(|(keycode, _)| keycode)
    }

    /// The modifier bit that the key of `keysym` sets; 0 if there is none.
    fn bit_of(&self, keysym: u32) -> u8 {
        let Some(key) = self.key_of(keysym) else {
            return 0;
        };
        let place = self.modifiers.iter().position(|keys| keys.contains(&key));
        place.map_or(0, |place| 1 << place)
    }

    fn keys_down(&self, bit: u8, state: &State) -> Vec<u8> {
        let keys = self
            .modifiers
            .get(usize::try_from(bit.trailing_zeros()).unwrap_or(8));
        let keys = keys.into_iter().flatten().copied();
        keys.filter(|&keycode| state.is_down(keycode)).collect()
    }
}

/// What one key gives in one group: unshifted, shifted, then the same with level 3 chosen.
struct Levels([u32; 4]);

impl Levels {
    /// From those columns of `row`, with gaps filled as X fills them.
    fn new(row: &[u32], columns: [usize; 4]) -> Self {
        let mut levels = columns.map(|column| row.get(column).copied().unwrap_or_default());
        for pair in levels.chunks_mut(2) {
            if let [plain, shifted] = pair
                && *shifted == name::NO_SYMBOL
            {
                // A single letter stands for both of its cases (X11 protocol, "Keyboards").
                (*plain, *shifted) = cases(*plain).unwrap_or((*plain, *plain));
            }
        }
        Self(levels)
    }

    fn pair(&self, level: u8) -> (u32, u32) {
        let [a, b, c, d] = self.0;
        if level < 2 { (a, b) } else { (c, d) }
    }

    fn matching(&self, keysym: u32) -> impl Iterator<Item = (u8, u32)> {
        (0..4)
            .zip(self.0)
            .filter(move |(_, own)| is_same(*own, keysym))
    }

    fn has_level3(&self) -> bool {
        self.pair(2) != (name::NO_SYMBOL, name::NO_SYMBOL)
    }

    /// Whether Caps Lock or Num Lock is on and turns Shift around on this key.
    fn is_turned_around(&self, level: u8, keymap: &Keymap, state: &State) -> bool {
        let (plain, shifted) = self.pair(level);
        let is_letter = plain != shifted
            && cases(plain)
                .is_some_and(|(lower, upper)| is_same(lower, plain) && is_same(upper, shifted));
        let num_lock = keymap.bit_of(name::NUM_LOCK);
        let keypad = is_keypad(plain) || is_keypad(shifted);
        (is_letter && state.modifiers & LOCK != 0)
            || (keypad && level < 2 && state.modifiers & num_lock != 0)
    }

    fn needs_shift(&self, level: u8, keymap: &Keymap, state: &State) -> bool {
        (level % 2 == 1) != self.is_turned_around(level, keymap, state)
    }

    /// Whether a press now gives this level.
    fn is_at(&self, level: u8, keymap: &Keymap, state: &State) -> bool {
        let mut change = Change::default();
        self.reach(level, keymap, state, &mut change);
        change.cost == 0
    }

    /// What has to change so that a press gives this level.
    fn reach(&self, level: u8, keymap: &Keymap, state: &State, change: &mut Change) {
        let (plain, shifted) = self.pair(level);
        let needed = self.needs_shift(level, keymap, state);
        if plain != shifted && needed != (state.modifiers & SHIFT != 0) {
            if needed {
                let shift = keymap.modifiers.first().and_then(|keys| keys.first());
                change.hold(shift.copied(), 2);
            } else {
                change.let_go(keymap.keys_down(SHIFT, state), 2);
            }
        }
        let level3 = keymap.bit_of(name::ISO_LEVEL3_SHIFT);
        if self.has_level3() && (level >= 2) != (state.modifiers & level3 != 0) {
            if level >= 2 {
                change.hold(keymap.key_of(name::ISO_LEVEL3_SHIFT), 3);
            } else {
                change.let_go(keymap.keys_down(level3, state), 3);
            }
        }
    }
}

/// Modifier changes that are being collected.
#[derive(Default)]
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

    fn possible(self) -> Option<(u32, Vec<u8>, Vec<u8>)> {
        (!self.impossible).then_some((self.cost, self.hold, self.let_go))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIFT_KEY: u8 = 50;
    const LEVEL3_KEY: u8 = 92;
    const MODE_KEY: u8 = 203;
    const NUM: u8 = 1 << 4;
    const LEVEL3: u8 = 1 << 7;

    /// A small keyboard: seven columns, as Xvfb has.
    fn keymap() -> Keymap {
        let rows: &[(u8, &[u32])] = &[
            (10, &[0x31, 0x21, 0x31, 0x21]),
            (23, &[0xff09, 0xfe20, 0xff09, 0xfe20]),
            (24, &[0x71, 0x51, 0x71, 0x51, 0x40, 0x7d9]),
            (38, &[0x61, 0x41, 0x61, 0x41]),
            (39, &[0x73, 0x53, 0x6d9, 0x6f9]),
            (40, &[0xe9]),
            (SHIFT_KEY, &[0xffe1, 0, 0xffe1]),
            (59, &[0x2c, 0x3c, 0x2c, 0x3c]),
            (65, &[0x20, 0, 0x20]),
            (66, &[0xffe5]),
            (77, &[0xff7f]),
            (79, &[0xff95, 0xffb7, 0xff95, 0xffb7]),
            (LEVEL3_KEY, &[0xfe03, 0, 0xfe03]),
            (94, &[0x3c, 0x3e, 0x3c, 0x3e, 0x7c, 0xa6, 0x7c]),
            (110, &[0xff50, 0, 0xff50]),
            (MODE_KEY, &[0xff7e, 0, 0xff7e]),
        ];
        let mut keysyms = vec![0; 248 * 7];
        for (keycode, row) in rows {
            let start = usize::from(keycode - 8) * 7;
            keysyms[start..start + row.len()].copy_from_slice(row);
        }
        let modifiers = [
            [SHIFT_KEY, 0],
            [66, 0],
            [0, 0],
            [0, 0],
            [77, 0],
            [0, 0],
            [0, 0],
            [LEVEL3_KEY, MODE_KEY],
        ];
        Keymap::new(8, 7, keysyms, modifiers.as_flattened())
    }

    fn state(modifiers: u8, keys_down: &[u8]) -> State {
        let mut state = State {
            modifiers,
            ..State::default()
        };
        for key in keys_down {
            state.down[usize::from(key / 8)] |= 1 << (key % 8);
        }
        state
    }

    fn plan(keysym: u32, state: &State) -> Option<(u8, Vec<u8>, Vec<u8>)> {
        let plan = keymap().plan(keysym, state)?;
        Some((plan.keycode, plan.hold, plan.let_go))
    }

    #[test]
    fn shift_is_held_around_what_needs_it_and_let_go_around_what_must_not_have_it() {
        let (none, shift) = (state(0, &[]), state(SHIFT, &[SHIFT_KEY]));
        assert_eq!(plan(0x61, &none), Some((38, vec![], vec![])));
        assert_eq!(plan(0x41, &none), Some((38, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0x41, &shift), Some((38, vec![], vec![])));
        assert_eq!(plan(0x61, &shift), Some((38, vec![], vec![SHIFT_KEY])));
        assert_eq!(plan(0x31, &shift), Some((10, vec![], vec![SHIFT_KEY])));
    }

    #[test]
    fn caps_lock_turns_shift_around_for_letters_only() {
        let (caps, both) = (state(LOCK, &[]), state(LOCK | SHIFT, &[SHIFT_KEY]));
        assert_eq!(plan(0x41, &caps), Some((38, vec![], vec![])));
        assert_eq!(plan(0x61, &caps), Some((38, vec![SHIFT_KEY], vec![])));
        assert_eq!(plan(0x61, &both), Some((38, vec![], vec![])));
        assert_eq!(plan(0x31, &caps), Some((10, vec![], vec![])));
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
    fn the_third_level_is_reached_and_left() {
        let (none, level3) = (state(0, &[]), state(LEVEL3, &[LEVEL3_KEY]));
        assert_eq!(plan(0x40, &none), Some((24, vec![LEVEL3_KEY], vec![])));
        assert_eq!(plan(0x40, &level3), Some((24, vec![], vec![])));
        assert_eq!(plan(0x71, &level3), Some((24, vec![], vec![LEVEL3_KEY])));
        assert_eq!(
            plan(0xa6, &none),
            Some((94, vec![SHIFT_KEY, LEVEL3_KEY], vec![]))
        );
        assert_eq!(
            plan(0x61, &level3),
            Some((38, vec![], vec![])),
            "a key without a third level does not care"
        );
    }

    #[test]
    fn a_second_layout_is_reached_by_mode_switch_or_is_there() {
        let none = state(0, &[]);
        assert_eq!(plan(0x6d9, &none), Some((39, vec![MODE_KEY], vec![])));
        let second = State { group: 1, ..none };
        assert_eq!(plan(0x6d9, &second), Some((39, vec![], vec![])));
        assert_eq!(plan(0x73, &second), None, "not in this layout");
        assert_eq!(plan(0x61, &second), Some((38, vec![], vec![])));
    }

    #[test]
    fn a_lone_letter_has_both_cases_and_both_spellings() {
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
