//! The keyboard of the window: places, accents, locks and the grab.

use crate::desk::eventually;
use crate::window::Scene;
use tightrope::Rect;
use tightrope::rfb::Leds;

const ALT: u32 = 0xffe9;
const CAPS_LOCK: u32 = 0xffe5;
const SHIFT: u32 = 0xffe1;
const TAB: u32 = 0xff09;

fn tap(scene: &Scene, keysym: u32) {
    scene.screen.key(keysym, true);
    scene.screen.key(keysym, false);
}

/// The desktop's lights are these from now on, and the window knows.
fn set_leds(scene: &mut Scene, leds: Leds) {
    scene.desk.server.set_leds(leds);
    // What is drawn later comes later.
    let colour = [leds.0, scene.desk.picture.bytes()[0].wrapping_add(1), 0];
    scene.desk.fill(Rect::new(0, 0, 9, 9), colour);
    scene.screen.expect(&scene.desk.picture, 0, 0);
}

/// A window with the keyboard, over a desktop whose lights are these.
fn open(flags: &[&str], leds: Leds) -> Scene {
    let mut scene = Scene::open(flags);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    set_leds(&mut scene, leds);
    scene.screen.focus(scene.window);
    scene
}

#[test]
fn keys_tell_their_place() {
    let scene = open(&[], Leds::default());
    scene.screen.set_layout(&["de"]);
    // The key right of T, wherever that is: z here.
    for (keysym, place) in [(0x7a, 0x15), (0xff0d, 0x1c), (0xff51, 0xcb), (0xffe4, 0x9d)] {
        tap(&scene, keysym);
        for down in [true, false] {
            let key = scene.desk.next_placed_key();
            assert_eq!(key, (keysym, Some(place), down));
        }
    }
}

#[test]
fn a_character_that_was_put_together_has_no_place() {
    const DEAD_ACUTE: u32 = 0xfe51;
    let scene = open(&[], Leds::default());
    scene.screen.set_layout(&["us", "-variant", "intl"]);
    tap(&scene, DEAD_ACUTE);
    tap(&scene, 0x65);
    tap(&scene, 0x65);
    let keys: [_; 4] = std::array::from_fn(|_| scene.desk.next_placed_key());
    let letter = Some(0x12);
    assert_eq!(
        keys,
        [
            (0xe9, None, true),
            (0xe9, None, false),
            (0x65, letter, true),
            (0x65, letter, false)
        ]
    );
}

#[test]
fn the_desktops_locks_become_as_the_local_ones_when_the_window_gets_the_keyboard() {
    let mut scene = open(&[], Leds::NUM);
    // Num Lock is on there and off here.
    scene.desk.expect_keys(&[(0xff7f, true), (0xff7f, false)]);
    set_leds(&mut scene, Leds::default());
    scene.screen.unfocus();
    tap(&scene, CAPS_LOCK);
    scene.screen.focus(scene.window);
    scene
        .desk
        .expect_keys(&[(CAPS_LOCK, true), (CAPS_LOCK, false)]);
    set_leds(&mut scene, Leds::CAPS);
    scene.screen.unfocus();
    scene.screen.focus(scene.window);
    tap(&scene, 0x61);
    scene.desk.expect_keys(&[(0x41, true), (0x41, false)]);
}

#[test]
fn locks_that_a_lock_key_turned_around_on_both_sides_agree_in_the_end() {
    let mut scene = open(&[], Leds::default());
    tap(&scene, 0x61);
    scene.desk.expect_keys(&[(0x61, true), (0x61, false)]);
    // Somebody else switches the desktop's, which is theirs to do.
    set_leds(&mut scene, Leds::CAPS);
    tap(&scene, 0x61);
    scene.desk.expect_keys(&[(0x61, true), (0x61, false)]);
    // Now on here and off there.
    tap(&scene, CAPS_LOCK);
    scene
        .desk
        .expect_keys(&[(CAPS_LOCK, true), (CAPS_LOCK, false)]);
    scene.desk.server.set_leds(Leds::default());
    scene
        .desk
        .expect_keys(&[(CAPS_LOCK, true), (CAPS_LOCK, false)]);
    set_leds(&mut scene, Leds::CAPS);
    tap(&scene, 0x61);
    scene.desk.expect_keys(&[(0x41, true), (0x41, false)]);
}

#[test]
fn a_watcher_leaves_the_locks_alone() {
    let scene = open(&["--view-only"], Leds::NUM);
    tap(&scene, 0x61);
    let key = scene
        .desk
        .soon(|event| matches!(event, tightrope::ServerEvent::Key { .. }).then_some(()));
    assert_eq!(key, None);
}

#[test]
fn grabbed_keys_of_the_window_manager_go_to_the_desktop() {
    let scene = Scene::open(&["--grab"]);
    scene.screen.keep_alt_and(TAB);
    scene.screen.expect(&scene.desk.picture, 0, 0);
    scene.screen.focus(scene.window);
    eventually("the keyboard is grabbed", || {
        (!scene.screen.is_keyboard_free()).then_some(())
    });
    scene.screen.key(ALT, true);
    tap(&scene, TAB);
    scene.screen.key(ALT, false);
    scene
        .desk
        .expect_keys(&[(ALT, true), (TAB, true), (TAB, false), (ALT, false)]);
    scene.screen.key(SHIFT, true);
    scene.desk.expect_keys(&[(SHIFT, true)]);
    scene.screen.unfocus();
    scene.desk.expect_keys(&[(SHIFT, false)]);
    eventually("the keyboard is given back", || {
        scene.screen.is_keyboard_free().then_some(())
    });
}

#[test]
fn keys_of_the_window_manager_stay_there_without_a_grab() {
    let scene = open(&[], Leds::default());
    scene.screen.keep_alt_and(TAB);
    assert!(scene.screen.is_keyboard_free());
    scene.screen.key(ALT, true);
    tap(&scene, TAB);
    scene.screen.key(ALT, false);
    tap(&scene, 0x61);
    let mut keys = Vec::new();
    while keys.last() != Some(&0x61) {
        keys.push(scene.desk.next_key().0);
    }
    assert!(!keys.contains(&TAB), "{keys:x?}");
}
