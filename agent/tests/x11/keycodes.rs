//! Keys that clients name by their place: pressed as such where that gives what the client means, else typed.

use tightrope::rfb::Leds;
use tightrope_agent::input::{ClientKey, Input};
use x11rb::protocol::xkb::{ConnectionExt as _, Group, ID};
use x11rb::protocol::xproto::ModMask;

use crate::desktop::{Desktop, sync, until};
use crate::xev::{Event, Xev, is_modifier, keys_down, keysym, start, start_with, sym, tap};

const ALT_R: u32 = 0xffea;
const CAPS_LOCK: u32 = 0xffe5;
const LEVEL3: u32 = 0xfe03;
const SHIFT: u32 = 0xffe1;

/// Some keys of the PC's set 1, 0x80 added for those behind 0xe0.
mod place {
    pub(super) const KEY_1: u32 = 0x02;
    pub(super) const KEY_2: u32 = 0x03;
    pub(super) const KEY_7: u32 = 0x08;
    pub(super) const Q: u32 = 0x10;
    pub(super) const E: u32 = 0x12;
    pub(super) const A: u32 = 0x1e;
    pub(super) const QUOTE: u32 = 0x28;
    pub(super) const LEFT_SHIFT: u32 = 0x2a;
    pub(super) const Z: u32 = 0x2c;
    pub(super) const CAPS_LOCK: u32 = 0x3a;
    pub(super) const KEYPAD_1: u32 = 0x4f;
    pub(super) const MUTE: u32 = 0xa0;
    pub(super) const RIGHT_ALT: u32 = 0xb8;
}

fn key(place: u32, keysym: u32) -> ClientKey {
    ClientKey {
        keysym,
        keycode: Some(place),
    }
}

async fn press(input: &mut Input<u8>, key: ClientKey) {
    input.key(1, key, true).await.unwrap();
}

async fn release(input: &mut Input<u8>, key: ClientKey) {
    input.key(1, key, false).await.unwrap();
}

/// Presses and releases a key; gives the first press of a key that is no modifier, as a program sees it.
async fn typed(xev: &Xev, input: &mut Input<u8>, key: ClientKey) -> Event {
    press(input, key).await;
    release(input, key).await;
    loop {
        let event = xev.event();
        if event.kind == "KeyPress" && !is_modifier(event.keysym) {
            return event;
        }
    }
}

/// Presses keys by place and meaning; each has to arrive as itself, from the X server's key `expected`.
async fn arrive(xev: &Xev, input: &mut Input<u8>, keys: &[(u32, char, u8)]) {
    for &(place, character, expected) in keys {
        let event = typed(xev, input, key(place, keysym(character))).await;
        assert_eq!(event.text, character.to_string());
        assert_eq!(event.keycode, expected, "the key of {character}");
    }
}

/// Makes the keyboard's layout `group`, counted from 0.
fn lock_group(desktop: &Desktop, group: Group) {
    let x = desktop.connect();
    x.xkb_use_extension(1, 0).unwrap().reply().unwrap();
    let none = ModMask::from(0_u16);
    let keyboard = u16::from(ID::USE_CORE_KBD);
    let locked = x.xkb_latch_lock_state(keyboard, none, none, true, group, none, false, 0);
    locked.unwrap().check().unwrap();
}

#[tokio::test]
async fn a_key_that_gives_what_is_meant_is_pressed_as_such() {
    let (_desktop, xev, mut input) = start_with(&["de"]).await;
    let keys = [
        (place::Z, 'y', 52),
        (place::A, 'a', 38),
        (place::KEY_1, '1', 10),
    ];
    arrive(&xev, &mut input, &keys).await;
    let mute = typed(&xev, &mut input, key(place::MUTE, 0x1008_ff12)).await;
    assert_eq!((mute.keycode, mute.keysym), (121, 0x1008_ff12));
}

#[tokio::test]
async fn alt_gr_held_by_its_key_chooses_the_third_level() {
    let (_desktop, xev, mut input) = start_with(&["de"]).await;
    press(&mut input, key(place::RIGHT_ALT, LEVEL3)).await;
    let keys = [(place::Q, '@', 24), (place::KEY_7, '{', 16)];
    arrive(&xev, &mut input, &keys).await;
    let euro = typed(&xev, &mut input, key(place::E, 0x20ac)).await;
    assert_eq!((euro.text.as_str(), euro.keycode), ("€", 26));
    // What only the keysym says is typed without it, though it is held.
    tap(&mut input, u32::from('q')).await;
    assert_eq!(xev.pressed(1), [("q".to_owned(), u32::from('q'))]);
    release(&mut input, key(place::RIGHT_ALT, LEVEL3)).await;
    arrive(&xev, &mut input, &[(place::Q, 'q', 24)]).await;
}

#[tokio::test]
async fn a_key_that_gives_something_else_here_is_typed_by_its_meaning() {
    let (_desktop, xev, mut input) = start_with(&["de"]).await;
    // A client with a US keyboard: Shift and 2, which is a double quote here.
    press(&mut input, key(place::LEFT_SHIFT, SHIFT)).await;
    arrive(&xev, &mut input, &[(place::KEY_2, '@', 24)]).await;
    release(&mut input, key(place::LEFT_SHIFT, SHIFT)).await;
    arrive(&xev, &mut input, &[(place::Z, 'z', 29)]).await;
    let foreign = typed(&xev, &mut input, key(place::E, keysym('ж'))).await;
    assert_eq!(foreign.text, "ж");
    // Its right Alt is AltGr here: the left one stands in.
    press(&mut input, key(place::RIGHT_ALT, ALT_R)).await;
    let alt = until("Alt", || {
        Some(xev.event()).filter(|event| event.keycode == 64)
    });
    assert_eq!((alt.kind.as_str(), alt.keysym), ("KeyPress", 0xffe9));
}

#[tokio::test]
async fn french_digits_need_shift_and_get_it() {
    let (_desktop, xev, mut input) = start_with(&["fr"]).await;
    arrive(
        &xev,
        &mut input,
        &[(place::KEY_1, '&', 10), (place::KEY_1, '1', 10)],
    )
    .await;
    press(&mut input, key(place::LEFT_SHIFT, SHIFT)).await;
    let one = typed(&xev, &mut input, key(place::KEY_1, u32::from('1'))).await;
    assert_eq!(
        (one.text.as_str(), one.keycode, one.state & 1),
        ("1", 10, 1)
    );
}

#[tokio::test]
async fn dead_keys_are_pressed_as_such_and_by_meaning() {
    const DEAD_ACUTE: u32 = 0xfe51;
    let (_desktop, xev, mut input) = start_with(&["us", "-variant", "intl"]).await;
    for dead in [key(place::QUOTE, DEAD_ACUTE), sym(DEAD_ACUTE)] {
        let dead = typed(&xev, &mut input, dead).await;
        assert_eq!((dead.keysym, dead.keycode), (DEAD_ACUTE, 48));
        arrive(&xev, &mut input, &[(place::E, 'e', 26)]).await;
        // Put together by Xlib.
        assert_eq!(xev.pressed(1)[0].0, "é");
    }
    press(&mut input, key(place::RIGHT_ALT, LEVEL3)).await;
    arrive(&xev, &mut input, &[(place::E, 'é', 26)]).await;
}

#[tokio::test]
async fn the_layout_in_effect_decides() {
    const CYRILLIC_EF: u32 = 0x6c6;
    let (desktop, xev, mut input) = start_with(&["us,de,ru"]).await;
    lock_group(&desktop, Group::M3);
    let letter = typed(&xev, &mut input, key(place::A, CYRILLIC_EF)).await;
    assert_eq!((letter.text.as_str(), letter.keycode), ("ф", 38));
    let letter = typed(&xev, &mut input, key(place::A, u32::from('a'))).await;
    assert_eq!(letter.text, "a");
    lock_group(&desktop, Group::M2);
    arrive(&xev, &mut input, &[(place::Z, 'y', 52)]).await;
    lock_group(&desktop, Group::M1);
    arrive(&xev, &mut input, &[(place::Z, 'z', 52)]).await;
    let letter = typed(&xev, &mut input, key(place::A, CYRILLIC_EF)).await;
    assert_eq!(letter.text, "ф");
}

#[tokio::test]
async fn caps_lock_counts_only_where_it_is_meant() {
    let (_desktop, xev, mut input) = start().await;
    press(&mut input, key(place::CAPS_LOCK, CAPS_LOCK)).await;
    release(&mut input, key(place::CAPS_LOCK, CAPS_LOCK)).await;
    let upper = typed(&xev, &mut input, key(place::A, u32::from('A'))).await;
    assert_eq!(
        (upper.text.as_str(), upper.keycode, upper.state & 1),
        ("A", 38, 0)
    );
    arrive(&xev, &mut input, &[(place::A, 'a', 38)]).await;
    let lower = typed(&xev, &mut input, sym(u32::from('a'))).await;
    assert_eq!(lower.text, "a");
}

#[tokio::test]
async fn num_lock_counts_only_where_it_is_meant() {
    const NUM_LOCK: u32 = 0xff7f;
    const KEYPAD_1: u32 = 0xffb1;
    const KEYPAD_END: u32 = 0xff9c;
    let (_desktop, xev, mut input) = start().await;
    for _ in 0..2 {
        for keysym in [KEYPAD_1, KEYPAD_END] {
            for pressed in [key(place::KEYPAD_1, keysym), sym(keysym)] {
                let event = typed(&xev, &mut input, pressed).await;
                assert_eq!(event.keysym, keysym);
            }
        }
        tap(&mut input, NUM_LOCK).await;
        assert_eq!(xev.pressed(1)[0].1, NUM_LOCK);
    }
}

#[tokio::test]
async fn a_key_of_unknown_meaning_is_pressed_as_such() {
    let (_desktop, xev, mut input) = start_with(&["de"]).await;
    let event = typed(&xev, &mut input, key(place::Z, 0)).await;
    assert_eq!((event.text.as_str(), event.keycode), ("y", 52));
}

#[tokio::test]
async fn keys_and_meanings_that_do_not_exist_do_nothing() {
    let (desktop, xev, mut input) = start().await;
    for nothing in [
        key(0, 0),
        key(0x9f, 0),
        key(u32::MAX, 0),
        sym(0),
        sym(u32::MAX),
    ] {
        press(&mut input, nothing).await;
        release(&mut input, nothing).await;
    }
    assert_eq!(keys_down(&desktop), 0);
    // A key that no keyboard has still types what it means.
    let letter = typed(&xev, &mut input, key(0xe01d, u32::from('a'))).await;
    assert_eq!(letter.text, "a");
    sync(input.link().x());
    assert_eq!(keys_down(&desktop), 0);
}

#[tokio::test]
async fn a_release_releases_what_its_press_pressed() {
    let (desktop, xev, mut input) = start().await;
    press(&mut input, key(place::LEFT_SHIFT, SHIFT)).await;
    press(&mut input, key(place::A, u32::from('A'))).await;
    release(&mut input, key(place::LEFT_SHIFT, SHIFT)).await;
    desktop.output("setxkbmap", &["fr"]);
    // Another meaning by now, on another layout.
    release(&mut input, key(place::A, u32::from('q'))).await;
    sync(input.link().x());
    assert_eq!(keys_down(&desktop), 0);
    let keycodes: Vec<u8> = (0..4).map(|_| xev.event().keycode).collect();
    assert_eq!(keycodes, [50, 38, 50, 38]);
}

#[tokio::test]
async fn a_press_and_its_release_need_not_both_tell_the_place() {
    let (desktop, _xev, mut input) = start().await;
    let (placed, meant) = (key(place::A, u32::from('a')), sym(u32::from('a')));
    for (pressed, released) in [(placed, meant), (meant, placed)] {
        press(&mut input, pressed).await;
        sync(input.link().x());
        assert_eq!(keys_down(&desktop), 1);
        // Another key that was never pressed releases nothing.
        release(&mut input, key(place::Z, u32::from('b'))).await;
        sync(input.link().x());
        assert_eq!(keys_down(&desktop), 1);
        release(&mut input, released).await;
        sync(input.link().x());
        assert_eq!(keys_down(&desktop), 0);
    }
}

#[tokio::test]
async fn a_key_that_two_sessions_hold_is_released_by_the_last() {
    let (desktop, _xev, mut input) = start().await;
    let held = key(place::A, u32::from('a'));
    for session in [1, 2, 3] {
        input.key(session, held, true).await.unwrap();
    }
    let mut down = Vec::new();
    input.key(1, held, false).await.unwrap();
    sync(input.link().x());
    down.push(keys_down(&desktop));
    input.leave(2).unwrap();
    sync(input.link().x());
    down.push(keys_down(&desktop));
    input.leave(3).unwrap();
    sync(input.link().x());
    down.push(keys_down(&desktop));
    assert_eq!(down, [1, 1, 0]);
}

#[tokio::test]
async fn lights_are_followed_whoever_switches_them() {
    let (desktop, _xev, mut input) = start().await;
    assert_eq!(input.leds(), Leds::default());
    let mut expect = |leds: Leds, what: &str| {
        until(what, || {
            input.handle_events().unwrap();
            (input.leds() == leds).then_some(())
        });
    };
    desktop.output("xdotool", &["key", "Caps_Lock"]);
    expect(Leds::CAPS, "Caps Lock by a program");
    desktop.output("xdotool", &["key", "Num_Lock"]);
    expect(Leds::CAPS.with(Leds::NUM), "Num Lock by a program");
    desktop.output("xdotool", &["key", "Caps_Lock"]);
    expect(Leds::NUM, "no Caps Lock");
    tap(&mut input, 0xff7f).await;
    until("no light", || {
        input.handle_events().unwrap();
        (input.leds() == Leds::default()).then_some(())
    });
    desktop.output("xdotool", &["key", "Caps_Lock"]);
    let again = Input::<u8>::new(desktop.display()).unwrap();
    assert_eq!(again.leds(), Leds::CAPS, "on before we came");
}
