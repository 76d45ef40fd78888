//! xev, which tells what a program with Xlib sees, and an [`Input`] that types at it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};

use tightrope::{Point, Size};
use tightrope_agent::input::{ClientKey, Input};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, MapState};

use crate::desktop::{Desktop, PATIENCE, Program, until};

pub(crate) const SHIFT: u32 = 0xffe1;
pub(crate) const CONTROL: u32 = 0xffe3;
pub(crate) const CAPS_LOCK: u32 = 0xffe5;
pub(crate) const LEVEL3: u32 = 0xfe03;
pub(crate) const MODE_SWITCH: u32 = 0xff7e;

/// xev, and what it says line by line.
pub(crate) struct Xev {
    _program: Program,
    lines: Receiver<String>,
}

/// One event that xev has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) state: u32,
    pub(crate) keycode: u8,
    pub(crate) keysym: u32,
    pub(crate) button: u8,
    pub(crate) text: String,
}

impl Xev {
    pub(crate) fn new(desktop: &Desktop) -> Self {
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
    pub(crate) fn event(&self) -> Event {
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
    pub(crate) fn pressed(&self, count: usize) -> Vec<(String, u32)> {
        let mut pressed = Vec::new();
        while pressed.len() < count {
            let event = self.event();
            if event.kind == "KeyPress" && !is_modifier(event.keysym) {
                pressed.push((event.text, event.keysym));
            }
        }
        pressed
    }
}

/// Whether a key that gives `keysym` only changes what others give.
pub(crate) fn is_modifier(keysym: u32) -> bool {
    (0xffe1..=0xffee).contains(&keysym) || [LEVEL3, MODE_SWITCH].contains(&keysym)
}

/// What stands between two marks; up to the end if the second is missing.
fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(before)?;
    if before == "\"" {
        return rest.rsplit_once(after).map(|(text, _)| text);
    }
    Some(rest.split_once(after).map_or(rest, |(text, _)| text))
}

pub(crate) async fn start() -> (Desktop, Xev, Input<u8>) {
    start_with(&[]).await
}

/// With a keyboard as `setxkbmap` makes it of these arguments.
pub(crate) async fn start_with(layout: &[&str]) -> (Desktop, Xev, Input<u8>) {
    let desktop = Desktop::new(Size::new(640, 480)).await;
    if !layout.is_empty() {
        desktop.output("setxkbmap", layout);
    }
    let xev = Xev::new(&desktop);
    let mut input = Input::new(desktop.display()).unwrap();
    input.pointer(1, Point::new(200, 200), 0).unwrap();
    (desktop, xev, input)
}

pub(crate) fn sym(keysym: u32) -> ClientKey {
    ClientKey::of_keysym(keysym)
}

pub(crate) async fn tap(input: &mut Input<u8>, keysym: u32) {
    input.key(1, sym(keysym), true).await.unwrap();
    input.key(1, sym(keysym), false).await.unwrap();
}

pub(crate) fn keysym(character: char) -> u32 {
    match u32::from(character) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        other => 0x0100_0000 + other,
    }
}

pub(crate) async fn types(xev: &Xev, input: &mut Input<u8>, text: &str) {
    for character in text.chars() {
        tap(input, keysym(character)).await;
    }
    let pressed = xev.pressed(text.chars().count());
    let arrived: String = pressed.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(arrived, text);
}

/// How many keys are down.
pub(crate) fn keys_down(desktop: &Desktop) -> u32 {
    let keys = desktop.connect().query_keymap().unwrap().reply().unwrap();
    keys.keys.iter().map(|byte| byte.count_ones()).sum()
}
