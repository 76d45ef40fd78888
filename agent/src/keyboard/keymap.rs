//! What the keys carry, as the X Keyboard Extension has it. Pure: the tables and the state are arguments.
//!
//! A key has groups (layouts), a group has levels; which level is in effect, the modifiers say, and how they say it
//! differs from key to key (XKB protocol, "Key Types"). That covers Shift, Caps Lock, Num Lock, AltGr and more alike.

use std::sync::Arc;

use crate::keysym::{cases, is_exact, is_same, name};

/// Bits of the modifier state (X11 protocol, "KEYBUTMASK").
pub const SHIFT: u8 = 1 << 0;
/// Caps Lock.
pub const LOCK: u8 = 1 << 1;

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// The keycode of the first.
    first: u8,
    keys: Vec<Key>,
}

/// One key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// What it carries in each layout; none for a key that carries nothing.
    pub groups: Vec<Group>,
    /// Which of them counts where the keyboard has more layouts than the key has groups.
    pub out_of_range: OutOfRange,
    /// The modifier bits that are in effect while it is down.
    pub holds: u8,
    /// How many layouts further the keyboard is while it is down (Mode_switch).
    pub shifts_group: i8,
    /// Whether it is a modifier of any kind, locks among them.
    pub is_modifier: bool,
}

/// What a key carries in one layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// A keysym for each level; 0 for a level without one.
    pub keysyms: Vec<u32>,
    /// The modifier bits that choose the level; others do not matter.
    pub mask: u8,
    /// The level that some of those bits give. Without an entry it is level 0.
    pub levels: Arc<[Level]>,
}

/// These modifiers, and no others of the group's mask, give this level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Modifier bits.
    pub modifiers: u8,
    /// From 0 on.
    pub level: u8,
}

/// What a layout beyond the key's own groups means (XKB protocol, "Computing Effective Group").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutOfRange {
    /// Counted around.
    #[default]
    Wrap,
    /// The key's last group.
    Last,
    /// This group.
    Group(u8),
}

/// What the keyboard is doing.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Modifier bits that are in effect, held or locked.
    pub modifiers: u8,
    /// The layout in effect, from 0 on.
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

impl Group {
    /// The level that `modifiers` give.
    #[must_use]
    pub fn level(&self, modifiers: u8) -> u8 {
        let modifiers = modifiers & self.mask;
        let entry = self.levels.iter().find(|own| own.modifiers == modifiers);
        entry.map_or(0, |own| own.level)
    }

    /// The levels that carry `keysym`.
    pub fn matching(&self, keysym: u32) -> impl Iterator<Item = u8> {
        (0..)
            .zip(&self.keysyms)
            .filter(move |&(_, &own)| is_same(own, keysym))
            .map(|(level, _)| level)
    }
}

impl Key {
    /// What it carries while `group` is the layout in effect; `None` if nothing.
    #[must_use]
    pub fn group(&self, group: u8) -> Option<&Group> {
        let count = u8::try_from(self.groups.len()).ok()?;
        let own = match self.out_of_range {
            _ if group < count => group,
            OutOfRange::Wrap => group.checked_rem(count)?,
            OutOfRange::Last => count.checked_sub(1)?,
            OutOfRange::Group(other) if other < count => other,
            OutOfRange::Group(_) => 0,
        };
        self.groups.get(usize::from(own))
    }

    /// The keysym it carries without any modifier.
    fn plain(&self) -> Option<u32> {
        self.groups.first()?.keysyms.first().copied()
    }

    fn is_used(&self) -> bool {
        let mut keysyms = self.groups.iter().flat_map(|group| &group.keysyms);
        self.is_modifier || keysyms.any(|&keysym| keysym != name::NO_SYMBOL)
    }
}

impl Keymap {
    /// The keys from the keycode `first` on.
    #[must_use]
    pub fn new(first: u8, keys: Vec<Key>) -> Self {
        Self { first, keys }
    }

    /// All keys with their keycodes.
    pub fn keys(&self) -> impl Iterator<Item = (u8, &Key)> {
        (self.first..=u8::MAX).zip(&self.keys)
    }

    /// The key of that keycode.
    #[must_use]
    pub fn key(&self, keycode: u8) -> Option<&Key> {
        self.keys.get(usize::from(keycode.checked_sub(self.first)?))
    }

    /// How many layouts the keyboard has, at least one.
    #[must_use]
    pub fn group_count(&self) -> u8 {
        let most = self.keys.iter().map(|key| key.groups.len()).max();
        u8::try_from(most.unwrap_or(1).max(1)).unwrap_or(u8::MAX)
    }

    /// Whether a press of the key now gives `keysym`; for keys that rather go with the modifiers (function keys, Tab):
    /// whether it carries it.
    #[must_use]
    pub fn gives(&self, keycode: u8, keysym: u32, state: &State) -> bool {
        let group = self.key(keycode).and_then(|key| key.group(state.group));
        group.is_some_and(|group| {
            let now = group.level(state.modifiers);
            let mut levels = group.matching(keysym);
            levels.any(|level| level == now || !is_exact(keysym))
        })
    }

    /// Whether the key carries `keysym`, in any layout, at any level.
    #[must_use]
    pub fn carries(&self, keycode: u8, keysym: u32) -> bool {
        let groups = self.key(keycode).map(|key| &*key.groups);
        let mut groups = groups.unwrap_or_default().iter();
        groups.any(|group| group.matching(keysym).next().is_some())
    }

    /// What the key carries in the first layout, unassigned levels at the end left out.
    #[must_use]
    pub fn row(&self, keycode: u8) -> &[u32] {
        let group = self.key(keycode).and_then(|key| key.groups.first());
        let row = group.map_or(&[][..], |group| &group.keysyms);
        let used = row.iter().rposition(|&keysym| keysym != name::NO_SYMBOL);
        row.get(..used.map_or(0, |last| last + 1))
            .unwrap_or_default()
    }

    /// Whether the key is a modifier.
    #[must_use]
    pub fn is_modifier(&self, keycode: u8) -> bool {
        self.key(keycode).is_some_and(|key| key.is_modifier)
    }

    /// The keys that carry nothing.
    pub fn unused(&self) -> impl Iterator<Item = u8> {
        let unused = self.keys().filter(|(_, key)| !key.is_used());
        unused.map(|(keycode, _)| keycode)
    }

    /// Puts `keysyms` on a key, as the X server does when two are put there by ChangeKeyboardMapping.
    pub fn assign(&mut self, keycode: u8, keysyms: [u32; 2]) {
        let place = keycode.checked_sub(self.first).map(usize::from);
        if let Some(key) = place.and_then(|place| self.keys.get_mut(place)) {
            *key = Key {
                groups: vec![Group::of_pair(keysyms)],
                ..Key::default()
            };
        }
    }

    /// The modifier bits that are set as long as a key with one of `keysyms` is down.
    #[must_use]
    pub fn bits_held_by(&self, keysyms: &[u32]) -> u8 {
        self.keys
            .iter()
            .filter(|key| key.plain().is_some_and(|plain| keysyms.contains(&plain)))
            .fold(0, |bits, key| bits | key.holds)
    }
}

impl Group {
    /// Unshifted and shifted; Caps Lock counts if they are the two cases of a letter.
    #[must_use]
    pub fn of_pair(keysyms: [u32; 2]) -> Self {
        let [plain, shifted] = keysyms;
        let is_letter = cases(plain) == Some((plain, shifted));
        let upper = |modifiers| Level {
            modifiers,
            level: 1,
        };
        Self {
            keysyms: keysyms.into(),
            mask: if is_letter { SHIFT | LOCK } else { SHIFT },
            levels: if is_letter {
                [SHIFT, LOCK].map(upper).into()
            } else {
                [upper(SHIFT)].into()
            },
        }
    }
}
