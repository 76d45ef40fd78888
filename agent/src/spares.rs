//! Keys that carry nothing, lent to keysyms that no key carries.

use std::time::{Duration, Instant};

use crate::keyboard::Keymap;
use crate::keysym::to_lend;

/// How long a program may take to read the mapping after a press. Before that a key is not given another keysym.
const READ_LIMIT: Duration = Duration::from_millis(500);

/// How long a program may take to deal with a press of any key. Xlib forgets a change of the mapping that comes while it
/// is reading the one before (`_XkbCheckPendingRefresh` clears what it noted), which it does when it sees a key.
const SETTLE_LIMIT: Duration = Duration::from_millis(30);

/// The spare keys.
#[derive(Debug, Default)]
pub struct Spares {
    /// Least recently used first.
    keys: Vec<Spare>,
    last_press: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spare {
    keycode: u8,
    /// Unshifted and shifted, once it was lent.
    carries: Option<[u32; 2]>,
    pressed: Option<Instant>,
}

impl Spares {
    /// Takes in the keyboard as it is now: keys that have nothing become spare, keys that others gave a meaning to are
    /// no longer.
    pub fn update(&mut self, keymap: &Keymap) {
        self.keys.retain(|spare| match spare.carries {
            Some([plain, shifted]) => {
                let row = keymap.row(spare.keycode);
                row.first() == Some(&plain) && row.get(1) == Some(&shifted)
            }
            None => keymap.row(spare.keycode).is_empty(),
        });
        let known = |keycode| self.keys.iter().any(|spare| spare.keycode == keycode);
        let mut fresh: Vec<Spare> = keymap
            .unused()
            .filter(|&keycode| !known(keycode))
            .map(|keycode| Spare {
                keycode,
                carries: None,
                pressed: None,
            })
            .collect();
        // The highest first: some programs think little of the lowest keycodes.
        fresh.reverse();
        fresh.append(&mut self.keys);
        self.keys = fresh;
    }

    /// The key to lend to `keysym`, what to put on it, and how long to wait before; `None` if all are held down.
    pub fn lend(
        &mut self,
        keysym: u32,
        now: Instant,
        is_down: impl Fn(u8) -> bool,
    ) -> Option<(u8, [u32; 2], Duration)> {
        let spare = self.keys.iter_mut().find(|spare| !is_down(spare.keycode))?;
        let carries = to_lend(keysym);
        spare.carries = Some(carries);
        let left = |pressed: Option<Instant>, limit: Duration| {
            let since = pressed.map(|pressed| now.saturating_duration_since(pressed));
            since.map_or(Duration::ZERO, |since| limit.saturating_sub(since))
        };
        let wait = left(spare.pressed, READ_LIMIT).max(left(self.last_press, SETTLE_LIMIT));
        Some((spare.keycode, carries, wait))
    }

    /// Notes that a key was pressed, spare or not.
    pub fn pressed(&mut self, keycode: u8, now: Instant) {
        self.last_press = Some(now);
        if let Some(place) = self.keys.iter().position(|spare| spare.keycode == keycode) {
            let spare = self.keys.remove(place);
            self.keys.push(Spare {
                pressed: Some(now),
                ..spare
            });
        }
    }

    /// The keys that carry something because we put it there.
    pub fn lent(&self) -> impl Iterator<Item = u8> {
        let lent = self.keys.iter().filter(|spare| spare.carries.is_some());
        lent.map(|spare| spare.keycode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyboard::Key;

    /// Three keys, the first of them in use.
    fn keymap() -> Keymap {
        let mut keymap = Keymap::new(8, vec![Key::default(); 3]);
        keymap.assign(8, [0x61, 0x41]);
        keymap
    }

    fn lend(spares: &mut Spares, keymap: &mut Keymap, keysym: u32, now: Instant) -> (u8, Duration) {
        let (keycode, carries, wait) = spares.lend(keysym, now, |_| false).unwrap();
        keymap.assign(keycode, carries);
        spares.update(keymap);
        spares.pressed(keycode, now);
        (keycode, wait)
    }

    #[test]
    fn the_least_recently_pressed_key_is_lent_again_but_not_at_once() {
        let (mut spares, mut keymap, start) = (Spares::default(), keymap(), Instant::now());
        spares.update(&keymap);
        let mut lend_at = |after, keysym| lend(&mut spares, &mut keymap, keysym, start + after);
        let none = Duration::ZERO;
        assert_eq!(lend_at(none, 0x20ac), (10, none));
        assert_eq!(lend_at(SETTLE_LIMIT, 0x0100_263a), (9, none));
        let soon = SETTLE_LIMIT * 2;
        assert_eq!(lend_at(soon, 0x0101_f600), (10, READ_LIMIT - soon));
        assert_eq!(lend_at(SETTLE_LIMIT + READ_LIMIT, 0x20ac), (9, none));
        assert_eq!(spares.lent().collect::<Vec<_>>(), [10, 9]);
    }

    #[test]
    fn programs_deal_with_any_key_before_the_mapping_changes() {
        let (mut spares, keymap, now) = (Spares::default(), keymap(), Instant::now());
        spares.update(&keymap);
        spares.pressed(8, now);
        let lent = spares.lend(0x20ac, now, |_| false).unwrap();
        assert_eq!(lent.2, SETTLE_LIMIT);
    }

    #[test]
    fn a_letter_is_lent_a_key_with_both_of_its_cases() {
        let (mut spares, keymap) = (Spares::default(), keymap());
        spares.update(&keymap);
        let lent = spares.lend(0xc9, Instant::now(), |_| false).unwrap();
        assert_eq!(lent, (10, [0xe9, 0xc9], Duration::ZERO));
    }

    #[test]
    fn a_key_that_is_held_down_keeps_its_keysym() {
        let (mut spares, keymap, now) = (Spares::default(), keymap(), Instant::now());
        spares.update(&keymap);
        assert_eq!(spares.lend(0x20ac, now, |key| key == 10).unwrap().0, 9);
        assert_eq!(spares.lend(0x20ac, now, |_| true), None);
    }

    #[test]
    fn a_key_that_others_gave_a_meaning_to_is_left_to_them() {
        let (mut spares, mut keymap, now) = (Spares::default(), keymap(), Instant::now());
        spares.update(&keymap);
        lend(&mut spares, &mut keymap, 0x20ac, now);
        keymap.assign(10, [0x62, 0x42]);
        spares.update(&keymap);
        assert_eq!(spares.lent().count(), 0);
        assert_eq!(lend(&mut spares, &mut keymap, 0x20ac, now).0, 9);
        assert!(spares.lend(0x0100_263a, now, |key| key == 9).is_none());
    }
}
