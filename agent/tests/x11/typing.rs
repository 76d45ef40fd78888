//! Keys and buttons as a real program sees them: xev, which is Xlib's own view.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};

use tightrope::{Point, Size};
use tightrope_agent::input::Input;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, MapState};

use crate::desktop::{Desktop, PATIENCE, Program, sync, until};

const SHIFT: u32 = 0xffe1;
const CONTROL: u32 = 0xffe3;
const CAPS_LOCK: u32 = 0xffe5;
const LEVEL3: u32 = 0xfe03;
const MODE_SWITCH: u32 = 0xff7e;

/// xev, and what it says line by line.
struct Xev {
    _program: Program,
    lines: Receiver<String>,
}

/// One event that xev has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Event {
    kind: String,
    state: u32,
    keycode: u8,
    keysym: u32,
    button: u8,
    text: String,
}

impl Xev {
    fn new(desktop: &Desktop) -> Self {
        let mut child = desktop
            .command("xev")
            .args(["-geometry", "400x400+0+0"])
            .args(["-event", "keyboard", "-event", "button"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("xev must be installed (x11-utils)");
        let stdout = child.stdout.take().unwrap();
        let program = Program(child);
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let x = desktop.connect();
        let root = x.setup().roots[0].root;
        until("xev's window", || {
            let windows = x.query_tree(root).unwrap().reply().unwrap().children;
            let is_shown = |&window: &u32| {
                let attributes = x.get_window_attributes(window).unwrap().reply();
                attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
            };
            windows.iter().any(is_shown).then_some(())
        });
        Self {
            _program: program,
            lines,
        }
    }

    /// The next press or release of a key or button.
    fn event(&self) -> Event {
        let mut event = Event::default();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("xev says more");
            let kind = line.split(" event").next().unwrap_or_default();
            if ["KeyPress", "KeyRelease", "ButtonPress", "ButtonRelease"].contains(&kind) {
                event.kind = kind.to_owned();
            }
            if event.kind.is_empty() {
                continue;
            }
            if let Some(state) = between(&line, "state 0x", ",") {
                event.state = u32::from_str_radix(state.split(',').next().unwrap(), 16).unwrap();
            }
            if let Some(keysym) = between(&line, "(keysym 0x", ",") {
                event.keysym = u32::from_str_radix(keysym, 16).unwrap();
                event.keycode = between(&line, "keycode ", " ").unwrap().parse().unwrap();
            }
            if let Some(button) = between(&line, "button ", ",") {
                event.button = button.parse().unwrap();
                return event;
            }
            if let Some(text) = between(&line, "XmbLookupString gives", "end") {
                event.text = between(text, "\"", "\"").unwrap_or_default().to_owned();
            }
            if line.contains("XFilterEvent returns") {
                return event;
            }
        }
    }

    /// The texts and keysyms of the next `count` presses of keys that are no modifiers.
    fn pressed(&self, count: usize) -> Vec<(String, u32)> {
        let mut pressed = Vec::new();
        while pressed.len() < count {
            let event = self.event();
            let modifier = (0xffe1..=0xffee).contains(&event.keysym)
                || [LEVEL3, MODE_SWITCH].contains(&event.keysym);
            if event.kind == "KeyPress" && !modifier {
                pressed.push((event.text, event.keysym));
            }
        }
        pressed
    }
}

/// What stands between two marks; up to the end if the second is missing.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(before)?;
    if before == "\"" {
        return rest.rsplit_once(after).map(|(text, _)| text);
    }
    Some(rest.split_once(after).map_or(rest, |(text, _)| text))
}

async fn start() -> (Desktop, Xev, Input<u8>) {
    let desktop = Desktop::new(Size::new(640, 480)).await;
    let xev = Xev::new(&desktop);
    let mut input = Input::new(desktop.display()).unwrap();
    input.pointer(1, Point::new(200, 200), 0).unwrap();
    (desktop, xev, input)
}

async fn tap(input: &mut Input<u8>, keysym: u32) {
    input.key(1, keysym, true).await.unwrap();
    input.key(1, keysym, false).await.unwrap();
}

fn keysym(character: char) -> u32 {
    match u32::from(character) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        other => 0x0100_0000 + other,
    }
}

async fn types(xev: &Xev, input: &mut Input<u8>, text: &str) {
    for character in text.chars() {
        tap(input, keysym(character)).await;
    }
    let pressed = xev.pressed(text.chars().count());
    let arrived: String = pressed.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(arrived, text);
}

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
    input.key(1, SHIFT, true).await.unwrap();
    types(&xev, &mut input, &ascii()).await;
    types(&xev, &mut input, FOREIGN).await;
    input.key(1, SHIFT, false).await.unwrap();
    types(&xev, &mut input, "aB").await;
}

#[tokio::test]
async fn every_character_arrives_as_itself_with_caps_lock_on() {
    let (_desktop, xev, mut input) = start().await;
    tap(&mut input, CAPS_LOCK).await;
    types(&xev, &mut input, &ascii()).await;
    types(&xev, &mut input, FOREIGN).await;
    input.key(1, SHIFT, true).await.unwrap();
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
    let desktop = Desktop::new(Size::new(640, 480)).await;
    desktop.output("setxkbmap", &["de,ru"]);
    let xev = Xev::new(&desktop);
    let mut input = Input::new(desktop.display()).unwrap();
    input.pointer(1, Point::new(200, 200), 0).unwrap();
    types(&xev, &mut input, "zyZY{[]}\\@€äÖß~|µ").await;
    types(&xev, &mut input, "привет Мир, tschüß!").await;
    desktop.output("setxkbmap", &["fr"]);
    types(&xev, &mut input, "azerty 0123 Éé{#~").await;
}

#[tokio::test]
async fn shift_goes_with_function_keys_and_shortcuts() {
    let (_desktop, xev, mut input) = start().await;
    input.key(1, SHIFT, true).await.unwrap();
    assert_eq!(xev.event().keysym, SHIFT);
    tap(&mut input, 0xff09).await;
    let tab = xev.event();
    assert_eq!((tab.keysym, tab.state & 1), (0xfe20, 1));
    xev.event();
    tap(&mut input, 0xff50).await;
    let home = xev.event();
    assert_eq!((home.keysym, home.state & 1), (0xff50, 1));
    xev.event();
    input.key(1, SHIFT, false).await.unwrap();
    xev.event();
    input.key(1, CONTROL, true).await.unwrap();
    xev.event();
    tap(&mut input, u32::from('c')).await;
    let copy = xev.event();
    assert_eq!((copy.keysym, copy.state & 5), (0x63, 4));
}

#[tokio::test]
async fn shift_let_go_before_the_letter_leaves_no_key_down() {
    let (desktop, xev, mut input) = start().await;
    input.key(1, SHIFT, true).await.unwrap();
    input.key(1, u32::from('A'), true).await.unwrap();
    input.key(1, SHIFT, false).await.unwrap();
    input.key(1, u32::from('a'), false).await.unwrap();
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
    input.key(1, u32::from('a'), true).await.unwrap();
    input.key(1, SHIFT, true).await.unwrap();
    input.pointer(1, Point::new(200, 200), 1).unwrap();
    input.key(2, u32::from('b'), true).await.unwrap();
    input.key(2, SHIFT, true).await.unwrap();
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
    for bit in 0..7_u8 {
        input.pointer(1, Point::new(100, 120), 1 << bit).unwrap();
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

fn keys_down(desktop: &Desktop) -> u32 {
    let keys = desktop.connect().query_keymap().unwrap().reply().unwrap();
    keys.keys.iter().map(|byte| byte.count_ones()).sum()
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
