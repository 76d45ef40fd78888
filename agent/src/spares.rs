//! Keys that carry nothing, lent to keysyms that no key carries.

use std::time::{Duration, Instant};

use crate::keymap::Keymap;
use crate::keysym::to_lend;

/// How long a program may take to read the mapping after a press. Before that a key is not given another keysym.
const READ_LIMIT: Duration = Duration::from_millis(150);

/// The spare keys, least recently used first.
#[derive(Debug, Default)]
pub struct Spares(Vec<Spare>);

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
        self.0.retain(|spare| match spare.carries {
            Some([plain, shifted]) => {
                let row = keymap.row(spare.keycode);
                row.first() == Some(&plain) && row.get(1) == Some(&shifted)
            }
            None => keymap.row(spare.keycode).is_empty(),
        });
        let known = |keycode| self.0.iter().any(|spare| spare.keycode == keycode);
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
        fresh.append(&mut self.0);
        self.0 = fresh;
    }

    /// The key to lend to `keysym`, what to put on it, and how long to wait before; `None` if all are held down.
    pub fn lend(
        &mut self,
        keysym: u32,
        now: Instant,
        is_down: impl Fn(u8) -> bool,
    ) -> Option<(u8, [u32; 2], Duration)> {
        let spare = self.0.iter_mut().find(|spare| !is_down(spare.keycode))?;
        let carries = to_lend(keysym);
        spare.carries = Some(carries);
        let since = spare
            .pressed
            .map(|pressed| now.saturating_duration_since(pressed));
        let wait = since.map_or(Duration::ZERO, |since| READ_LIMIT.saturating_sub(since));
        Some((spare.keycode, carries, wait))
    }

    /// Notes that a key was pressed, spare or not.
    pub fn pressed(&mut self, keycode: u8, now: Instant) {
        if let Some(place) = self.0.iter().position(|spare| spare.keycode == keycode) {
            let spare = self.0.remove(place);
            self.0.push(Spare {
                pressed: Some(now),
                ..spare
            });
        }
    }

    /// The keys that carry something because we put it there.
    pub fn lent(&self) -> impl Iterator<Item = u8> {
        let lent = self.0.iter().filter(|spare| spare.carries.is_some());
        lent.map(|spare| spare.keycode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three keys, the first of them in use.
    fn keymap() -> Keymap {
        Keymap::new(8, 2, vec![0x61, 0x41, 0, 0, 0, 0], &[0; 8])
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
        let (mut spares, mut keymap, now) = (Spares::default(), keymap(), Instant::now());
        spares.update(&keymap);
        assert_eq!(
            lend(&mut spares, &mut keymap, 0x20ac, now),
            (10, Duration::ZERO)
        );
        assert_eq!(
            lend(&mut spares, &mut keymap, 0x0100_263a, now),
            (9, Duration::ZERO)
        );
        assert_eq!(
            lend(&mut spares, &mut keymap, 0x0101_f600, now),
            (10, READ_LIMIT)
        );
        let later = now + READ_LIMIT;
        assert_eq!(
            lend(&mut spares, &mut keymap, 0x20ac, later),
            (9, Duration::ZERO)
        );
        assert_eq!(spares.lent().collect::<Vec<_>>(), [10, 9]);
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
