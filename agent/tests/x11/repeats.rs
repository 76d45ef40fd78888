//! Who repeats a key that is held: the client while there is one, else the X server.

use std::time::Duration;

use tightrope_agent::input::Input;

use crate::desktop::{Desktop, sync};
use crate::xev::{CONTROL, Event, SHIFT, Xev, keysym, start, sym};

/// Many times what `quick` makes the X server wait before it repeats a key.
const LONG: Duration = Duration::from_millis(300);

/// An X server that repeats a key after 20 ms, a hundred times a second.
async fn quick() -> (Desktop, Xev, Input<u8>) {
    let (desktop, xev, input) = start().await;
    desktop.output("xset", &["r", "rate", "20", "100"]);
    (desktop, xev, input)
}

async fn press(input: &mut Input<u8>, keysym: u32) {
    input.key(1, sym(keysym), true).await.unwrap();
}

async fn release(input: &mut Input<u8>, keysym: u32) {
    input.key(1, sym(keysym), false).await.unwrap();
}

/// Takes in what others have changed.
fn hear(input: &mut Input<u8>) {
    sync(input.link().x());
    input.handle_events().unwrap();
}

/// Holds a key for long, and gives what a program saw of it.
async fn held(xev: &Xev, input: &mut Input<u8>, key: char) -> Vec<String> {
    press(input, keysym(key)).await;
    // Nothing is to happen, so there is nothing to wait for.
    tokio::time::sleep(LONG).await;
    release(input, keysym(key)).await;
    press(input, 0xff0d).await;
    let mut seen = Vec::new();
    loop {
        let event = xev.event();
        if event.keysym == 0xff0d {
            break;
        }
        seen.push(event.kind);
    }
    release(input, 0xff0d).await;
    while !is_end(&xev.event()) {}
    seen
}

fn is_end(event: &Event) -> bool {
    (event.keysym, event.kind.as_str()) == (0xff0d, "KeyRelease")
}

/// What a program sees of a key that does not repeat.
const ONCE: [&str; 2] = ["KeyPress", "KeyRelease"];

#[tokio::test]
async fn a_release_that_comes_late_has_typed_nothing_more() {
    let (desktop, xev, mut input) = quick().await;
    assert!(held(&xev, &mut input, 'a').await.len() > 4);
    input.set_played(true).unwrap();
    assert_eq!(held(&xev, &mut input, 'a').await, ONCE);
    assert_eq!(held(&xev, &mut input, 'é').await, ONCE);
    desktop.output("setxkbmap", &["de"]);
    assert_eq!(held(&xev, &mut input, 'z').await, ONCE);
}

#[tokio::test]
async fn the_x_server_repeats_again_when_nobody_plays() {
    let (_desktop, xev, mut input) = quick().await;
    input.set_played(true).unwrap();
    input.set_played(false).unwrap();
    assert!(held(&xev, &mut input, 'a').await.len() > 4);
    input.set_played(true).unwrap();
    input.end().unwrap();
    assert!(held(&xev, &mut input, 'a').await.len() > 4);
}

#[tokio::test]
async fn who_turns_repeating_on_meanwhile_gets_it_in_the_end() {
    let (desktop, xev, mut input) = quick().await;
    desktop.output("xset", &["r", "off"]);
    hear(&mut input);
    input.set_played(true).unwrap();
    desktop.output("xset", &["r", "on"]);
    hear(&mut input);
    assert_eq!(held(&xev, &mut input, 'a').await, ONCE);
    input.set_played(false).unwrap();
    assert!(held(&xev, &mut input, 'a').await.len() > 4);
}

#[tokio::test]
async fn who_had_it_off_finds_it_off() {
    let (desktop, xev, mut input) = quick().await;
    desktop.output("xset", &["r", "off"]);
    hear(&mut input);
    input.set_played(true).unwrap();
    input.end().unwrap();
    assert_eq!(held(&xev, &mut input, 'a').await, ONCE);
}

#[tokio::test]
async fn a_key_that_its_client_repeats_is_seen_to_repeat() {
    let (_desktop, xev, mut input) = quick().await;
    input.set_played(true).unwrap();
    for character in ['a', 'Q', 'é'] {
        for _ in 0..3 {
            press(&mut input, keysym(character)).await;
        }
        release(&mut input, keysym(character)).await;
        assert_eq!(
            xev.pressed(3),
            vec![(character.to_string(), keysym(character)); 3]
        );
    }
}

#[tokio::test]
async fn a_modifier_that_is_held_is_pressed_once() {
    let (_desktop, xev, mut input) = quick().await;
    input.set_played(true).unwrap();
    for modifier in [SHIFT, CONTROL] {
        for _ in 0..3 {
            press(&mut input, modifier).await;
        }
        release(&mut input, modifier).await;
        for kind in ONCE {
            let event = xev.event();
            assert_eq!((event.kind.as_str(), event.keysym), (kind, modifier));
        }
    }
}

#[tokio::test]
async fn a_key_that_repeats_as_another_lets_go_of_the_first() {
    let (desktop, xev, mut input) = quick().await;
    input.set_played(true).unwrap();
    press(&mut input, keysym('z')).await;
    desktop.output("setxkbmap", &["de"]);
    press(&mut input, keysym('z')).await;
    release(&mut input, keysym('z')).await;
    let kinds: Vec<(String, u8)> = (0..4)
        .map(|_| xev.event())
        .map(|event| (event.kind, event.keycode))
        .collect();
    assert_eq!(crate::xev::keys_down(&desktop), 0);
    assert_eq!(kinds[0].1, kinds[1].1);
    assert_eq!(kinds[2].1, kinds[3].1);
    assert_ne!(kinds[0].1, kinds[2].1);
}
