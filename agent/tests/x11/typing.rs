//! Keys and buttons as a real program sees them: xev, which is Xlib's own view.

use std::collections::HashMap;

use tightrope::Point;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::ConnectionExt;

use crate::desktop::{Desktop, sync};
use crate::xev::{CAPS_LOCK, CONTROL, SHIFT, keys_down, start, start_with, sym, tap, types};

fn ascii() -> String {
    (' '..='~').collect()
}

const FOREIGN: &str = "é€ÉñßжЖщЩЪλΛ😀←∑ąĄạẠ한";

#[tokio::test]
async fn every_character_arrives_as_itself() {
    let (_desktop, xev, mut input) = start().await;
    types(&xev, &mut input, &ascii()).await;
    types(&xev, &mut input, FOREIGN).await;
}

#[tokio::test]
async fn every_character_arrives_as_itself_with_shift_held() {
    let (_desktop, xev, mut input) = start().await;
    input.key(1, sym(SHIFT), true).await.unwrap();
    types(&xev, &mut input, &ascii()).await;
    types(&xev, &mut input, FOREIGN).await;
    input.key(1, sym(SHIFT), false).await.unwrap();
    types(&xev, &mut input, "aB").await;
}

#[tokio::test]
async fn every_character_arrives_as_itself_with_caps_lock_on() {
    let (_desktop, xev, mut input) = start().await;
    tap(&mut input, CAPS_LOCK).await;
    types(&xev, &mut input, &ascii()).await;
    types(&xev, &mut input, FOREIGN).await;
    input.key(1, sym(SHIFT), true).await.unwrap();
    types(&xev, &mut input, &ascii()).await;
    types(&xev, &mut input, FOREIGN).await;
}

#[tokio::test]
async fn old_keysyms_of_other_alphabets_arrive() {
    let (_desktop, xev, mut input) = start().await;
    for (keysym, text) in [
        (0x6c1, "а"),
        (0x6e1, "А"),
        (0x7e1, "α"),
        (0x1b1, "ą"),
        (0x20ac, "€"),
    ] {
        tap(&mut input, keysym).await;
        assert_eq!(xev.pressed(1), [(text.to_owned(), keysym)]);
    }
}

#[tokio::test]
async fn more_foreign_characters_than_spare_keys_arrive_in_order() {
    let (_desktop, xev, mut input) = start().await;
    let text: String = ('\u{2200}'..'\u{2240}').collect();
    types(&xev, &mut input, &text).await;
}

#[tokio::test]
async fn another_layout_is_typed_on_too() {
    let (desktop, xev, mut input) = start_with(&["de,ru"]).await;
    types(&xev, &mut input, "zyZY{[]}\\@€äÖß~|µ").await;
    types(&xev, &mut input, "привет Мир, tschüß!").await;
    desktop.output("setxkbmap", &["fr"]);
    types(&xev, &mut input, "azerty 0123 Éé{#~").await;
    desktop.output("setxkbmap", &["us", "-variant", "intl"]);
    types(&xev, &mut input, "€@{}é'\"`~^ëÉ").await;
}

#[tokio::test]
async fn shift_goes_with_function_keys_and_shortcuts() {
    let (_desktop, xev, mut input) = start().await;
    input.key(1, sym(SHIFT), true).await.unwrap();
    assert_eq!(xev.event().keysym, SHIFT);
    tap(&mut input, 0xff09).await;
    let tab = xev.event();
    assert_eq!((tab.keysym, tab.state & 1), (0xfe20, 1));
    xev.event();
    tap(&mut input, 0xff50).await;
    let home = xev.event();
    assert_eq!((home.keysym, home.state & 1), (0xff50, 1));
    xev.event();
    input.key(1, sym(SHIFT), false).await.unwrap();
    xev.event();
    input.key(1, sym(CONTROL), true).await.unwrap();
    xev.event();
    tap(&mut input, u32::from('c')).await;
    let copy = xev.event();
    assert_eq!((copy.keysym, copy.state & 5), (0x63, 4));
}

#[tokio::test]
async fn shift_let_go_before_the_letter_leaves_no_key_down() {
    let (desktop, xev, mut input) = start().await;
    input.key(1, sym(SHIFT), true).await.unwrap();
    input.key(1, sym(u32::from('A')), true).await.unwrap();
    input.key(1, sym(SHIFT), false).await.unwrap();
    input.key(1, sym(u32::from('a')), false).await.unwrap();
    let kinds: Vec<(String, u8)> = (0..4)
        .map(|_| xev.event())
        .map(|event| (event.kind, event.keycode))
        .collect();
    assert_eq!(kinds[1].1, kinds[3].1);
    assert_eq!(keys_down(&desktop), 0);
}

#[tokio::test]
async fn a_session_that_ends_leaves_nothing_down_that_others_do_not_hold() {
    let (desktop, _xev, mut input) = start().await;
    input.key(1, sym(u32::from('a')), true).await.unwrap();
    input.key(1, sym(SHIFT), true).await.unwrap();
    input.pointer(1, Point::new(200, 200), 1).unwrap();
    input.key(2, sym(u32::from('b')), true).await.unwrap();
    input.key(2, sym(SHIFT), true).await.unwrap();
    input.pointer(2, Point::new(201, 200), 3).unwrap();
    sync(input.link().x());
    assert_eq!((keys_down(&desktop), buttons_down(&desktop)), (3, 0b11));
    input.leave(1).unwrap();
    sync(input.link().x());
    assert_eq!((keys_down(&desktop), buttons_down(&desktop)), (2, 0b11));
    input.leave(2).unwrap();
    sync(input.link().x());
    assert_eq!((keys_down(&desktop), buttons_down(&desktop)), (0, 0));
}

#[tokio::test]
async fn buttons_and_the_wheel_arrive_where_the_pointer_is() {
    let (desktop, xev, mut input) = start().await;
    for bit in 0..9_u8 {
        input
            .pointer(1, Point::new(100, 120), 1_u16 << bit)
            .unwrap();
        input.pointer(1, Point::new(100, 120), 0).unwrap();
        let (press, release) = (xev.event(), xev.event());
        assert_eq!(
            (press.kind.as_str(), press.button),
            ("ButtonPress", bit + 1)
        );
        assert_eq!(
            (release.kind.as_str(), release.button),
            ("ButtonRelease", bit + 1)
        );
    }
    let x = desktop.connect();
    let pointer = x.query_pointer(x.setup().roots[0].root).unwrap();
    let pointer = pointer.reply().unwrap();
    assert_eq!((pointer.root_x, pointer.root_y), (100, 120));
}

#[tokio::test]
async fn spare_keys_are_given_back_at_the_end() {
    let (desktop, xev, mut input) = start().await;
    let before = keysyms(&desktop);
    types(&xev, &mut input, FOREIGN).await;
    assert_ne!(keysyms(&desktop), before);
    input.end().unwrap();
    sync(input.link().x());
    assert_eq!(keysyms(&desktop), before);
}

fn buttons_down(desktop: &Desktop) -> u16 {
    let x = desktop.connect();
    let pointer = x.query_pointer(x.setup().roots[0].root).unwrap();
    u16::from(pointer.reply().unwrap().mask) >> 8 & 0x1f
}

/// What each key carries, unassigned columns left out.
fn keysyms(desktop: &Desktop) -> HashMap<usize, Vec<u32>> {
    let x = desktop.connect();
    let mapping = x.get_keyboard_mapping(8, 248).unwrap().reply().unwrap();
    mapping
        .keysyms
        .chunks(usize::from(mapping.keysyms_per_keycode))
        .map(|row| row.iter().copied().filter(|&keysym| keysym != 0).collect())
        .enumerate()
        .collect()
}
