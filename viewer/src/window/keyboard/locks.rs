//! Caps Lock, Num Lock and Scroll Lock: the desktop's follow the local ones.
//!
//! The desktop's may have been switched by others while the window did not have the keyboard, and a lock key that is
//! pressed then turns both around, never to agree. So the two are compared when the window gets the keyboard, when the
//! desktop first tells of its lights, and some time after a lock key; those of the desktop that differ are switched.

use crate::input::Input;
use rfb::Leds;
use std::time::{Duration, Instant};

/// How long both sides have to be quiet after a lock key, so that nothing is under way any more.
const SETTLE: Duration = Duration::from_millis(300);
/// How long after a lock key a change of the desktop's lights is taken for its doing.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// The lights, and the keysyms of the keys that switch them.
const LOCKS: [(Leds, u32); 3] = [
    (Leds::CAPS, 0xffe5),
    (Leds::NUM, 0xff7f),
    (Leds::SCROLL, 0xff14),
];

/// What is known of the desktop's locks.
#[derive(Default)]
pub(crate) struct Locks {
    /// `None` until the server has told.
    remote: Option<Leds>,
    /// When a lock key was last pressed or let go, until both sides have been quiet.
    key: Option<Instant>,
    due: Option<Instant>,
    /// Locks that were switched without any light having changed: the desktop does not have them.
    futile: Leds,
}

impl Locks {
    /// The desktop's lights are these. Whether to compare now.
    pub(crate) fn handle_remote(&mut self, leds: Leds, now: Instant) -> bool {
        let before = self.remote.replace(leds);
        let is_answer = |key| now.saturating_duration_since(key) < ANSWER_LIMIT;
        if self.key.is_some_and(is_answer) {
            self.due = Some(now + SETTLE);
        }
        self.futile = Leds::default();
        before.is_none()
    }
    /// The person did this.
    pub(crate) fn handle_input(&mut self, input: &Input, now: Instant) {
        if let Input::Key { key, .. } = input
            && LOCKS.iter().any(|&(_, own)| own == key.keysym)
        {
            self.key = Some(now);
            self.due = self.due.map(|_| now + SETTLE);
        }
    }
    /// When [`Self::handle_time`] has something to do.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }
    /// Whether to compare now.
    pub(crate) fn handle_time(&mut self, now: Instant) -> bool {
        let is_due = self.due.take_if(|due| *due <= now).is_some();
        if is_due {
            self.key = None;
        }
        is_due
    }
    /// The keys to press so that the desktop's locks are as the local ones.
    pub(crate) fn keys_to_press(&mut self, local: Leds) -> Vec<u32> {
        let Some(remote) = self.remote else {
            return Vec::new();
        };
        let mut keys = Vec::new();
        for (light, key) in LOCKS {
            let differs = local.contains(light) != remote.contains(light);
            if differs && !self.futile.contains(light) {
                self.futile = self.futile.with(light);
                keys.push(key);
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Key;

    const NONE: Leds = Leds(0);
    const CAPS_LOCK: u32 = 0xffe5;

    fn down(keysym: u32) -> Input {
        Key::of_keysym(keysym).input(true)
    }

    #[test]
    fn nothing_is_switched_on_a_desktop_that_does_not_tell() {
        assert!(Locks::default().keys_to_press(Leds::CAPS).is_empty());
    }

    #[test]
    fn what_differs_is_switched_when_the_desktop_first_tells() {
        let mut locks = Locks::default();
        let now = Instant::now();
        assert!(locks.handle_remote(Leds::NUM, now));
        assert_eq!(locks.keys_to_press(Leds::CAPS), [CAPS_LOCK, 0xff7f]);
        assert!(!locks.handle_remote(Leds::CAPS, now));
        assert!(locks.keys_to_press(Leds::CAPS).is_empty());
        assert_eq!(locks.due(), None, "others may switch it");
    }

    #[test]
    fn a_lock_the_desktop_lacks_is_tried_once() {
        let mut locks = Locks::default();
        locks.handle_remote(NONE, Instant::now());
        assert_eq!(locks.keys_to_press(Leds::SCROLL), [0xff14]);
        assert!(locks.keys_to_press(Leds::SCROLL).is_empty());
        assert_eq!(
            locks.keys_to_press(Leds::SCROLL.with(Leds::CAPS)),
            [CAPS_LOCK]
        );
    }

    #[test]
    fn after_a_lock_key_both_are_compared_once_the_desktop_has_been_quiet() {
        let mut locks = Locks::default();
        let start = Instant::now();
        locks.handle_remote(Leds::CAPS, start);
        locks.handle_input(&down(CAPS_LOCK), start);
        assert_eq!(locks.due(), None, "nothing has come back yet");
        assert!(!locks.handle_remote(NONE, start));
        assert_eq!(locks.due(), Some(start + SETTLE));
        // A second press, before all is quiet.
        let later = start + SETTLE / 2;
        locks.handle_input(&down(CAPS_LOCK), later);
        assert!(!locks.handle_time(start + SETTLE));
        assert!(locks.handle_time(later + SETTLE));
        assert_eq!(locks.due(), None);
        locks.handle_remote(Leds::CAPS, later + SETTLE);
        assert_eq!(locks.due(), None, "others may switch it");
    }

    #[test]
    fn what_others_switch_long_after_a_lock_key_is_theirs() {
        let mut locks = Locks::default();
        let start = Instant::now();
        locks.handle_remote(NONE, start);
        locks.handle_input(&down(CAPS_LOCK), start);
        locks.handle_remote(Leds::CAPS, start + ANSWER_LIMIT);
        assert_eq!(locks.due(), None);
    }

    #[test]
    fn other_keys_do_not_matter() {
        let mut locks = Locks::default();
        let now = Instant::now();
        locks.handle_remote(NONE, now);
        locks.handle_input(&down(0x61), now);
        locks.handle_remote(Leds::CAPS, now);
        assert_eq!(locks.due(), None);
    }
}
