//! The script language of `--script`: one command a line.

mod words;

use crate::input::{Input, Key, button, clicks, tap};
use crate::keysym;
use rfb::clipboard::Content;
use rfb::{Point, Size};
use std::path::PathBuf;
use std::time::Duration;
use words::Words;

/// How long `still`, `clipboard-wait`, `clipboard-save` and `resize` wait if the script does not say.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Points between the ends of a drag, so that programs see it move.
const DRAG_POINTS: i32 = 8;
/// The most steps of the wheel in one command.
const MOST_STEPS: u32 = 1000;

/// One command of a script.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Keys and pointer events, to be sent as they are.
    Input(Vec<Input>),
    /// The same one after the other, at the pace of a hand: programs that are slow to take the pointer would not see
    /// that a button was down.
    SlowInput(Vec<Input>),
    /// Nothing for so long.
    Wait(Duration),
    /// Wait until no update came for `quiet`; fails after `patience`.
    Still { quiet: Duration, patience: Duration },
    /// Write the picture to a PNG file.
    Snapshot(PathBuf),
    /// Give the server this clipboard text, HTML or RTF.
    Clipboard(Content),
    /// Give the server the image of a PNG file to paste.
    ClipboardImage(PathBuf),
    /// Wait for something on the server's clipboard.
    ClipboardWait { patience: Duration },
    /// Wait for an image on the server's clipboard and write it to a PNG file.
    ClipboardSave(PathBuf),
    /// Ask for another desktop size and wait for the answer.
    Resize { size: Size, patience: Duration },
    /// Play no sound, or play it again.
    Mute(bool),
    /// Play sound so loud, in percent.
    Volume(u8),
    /// Send what the microphone hears, or nothing more.
    Microphone(bool),
    /// Answer with the pointer's shape.
    Cursor,
    /// Answer with the statistics.
    Stats,
    /// End the session.
    Quit,
}

/// The command of one line; `None` for an empty line and for a comment (`# …`). The error says what is wrong with it.
pub(crate) fn parse(line: &str) -> Result<Option<Step>, String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let (command, rest) = line
        .trim_start()
        .split_once(' ')
        .unwrap_or((line.trim(), ""));
    if command.is_empty() || command.starts_with('#') {
        return Ok(None);
    }
    let mut words = Words::new(command, rest);
    let step = match command {
        "type" => Step::Input(typed(&unescape(rest)?)?),
        "key" => Step::Input(chord(words.required("a key")?)?),
        "move" => Step::Input(vec![pointer(words.point()?, 0)]),
        "click" => click(&mut words)?,
        "drag" => drag(&mut words)?,
        "scroll" => scroll(&mut words)?,
        "wait" => Step::Wait(words.seconds("seconds")?),
        "still" => Step::Still {
            quiet: Duration::from_millis(words.number("milliseconds")?),
            patience: words.patience()?,
        },
        "snapshot" => Step::Snapshot(rest_of_line(command, rest)?.into()),
        "clipboard" => Step::Clipboard(unescape(rest)?.into()),
        "clipboard-html" => Step::Clipboard(Content {
            html: Some(unescape(rest)?),
            ..Content::default()
        }),
        "clipboard-rtf" => Step::Clipboard(Content {
            rtf: Some(unescape(rest)?.into_bytes()),
            ..Content::default()
        }),
        "clipboard-image" => Step::ClipboardImage(rest_of_line(command, rest)?.into()),
        "clipboard-save" => Step::ClipboardSave(rest_of_line(command, rest)?.into()),
        "clipboard-wait" => Step::ClipboardWait {
            patience: words.patience()?,
        },
        "resize" => Step::Resize {
            size: words.size()?,
            patience: words.patience()?,
        },
        "mute" => Step::Mute(words.switch()?),
        "volume" => Step::Volume(words.percent()?),
        "microphone" => Step::Microphone(words.switch()?),
        "cursor" => Step::Cursor,
        "stats" => Step::Stats,
        "quit" => Step::Quit,
        _ => return Err(format!("there is no command {command:?}")),
    };
    let takes_the_line = command == "clipboard-wait" || !command.starts_with("clipboard");
    if takes_the_line && !matches!(command, "type" | "snapshot") {
        words.end()?;
    }
    Ok(Some(step))
}

/// The key events that type `text`, with Shift where a US keyboard needs it.
fn typed(text: &str) -> Result<Vec<Input>, String> {
    let mut events = Vec::with_capacity(text.len() * 2);
    for character in text.chars() {
        let keysym = keysym::of_character(character)
            .ok_or_else(|| format!("type: no key types {character:?}"))?;
        press_with(&mut events, shift_for(character), keysym);
    }
    Ok(events)
}

fn shift_for(character: char) -> &'static [u32] {
    match keysym::needs_shift(character) {
        true => &[keysym::SHIFT_LEFT],
        false => &[],
    }
}

/// `keysym` pressed and let go while `modifiers` are held.
fn press_with(events: &mut Vec<Input>, modifiers: &[u32], keysym: u32) {
    let key = |down| move |&keysym: &u32| Key::of_keysym(keysym).input(down);
    events.extend(modifiers.iter().map(key(true)));
    events.extend(tap(keysym));
    events.extend(modifiers.iter().rev().map(key(false)));
}

/// The events of modifiers and a key, joined by `-`: `ctrl-shift-a`, `alt-F4`, `ctrl--`.
fn chord(text: &str) -> Result<Vec<Input>, String> {
    let unknown = |name: &str| format!("key: there is no key {name:?}");
    let (names, key) = match text.strip_suffix('-') {
        Some(before) => (before.strip_suffix('-').unwrap_or(before), "-"),
        None => text.rsplit_once('-').unwrap_or(("", text)),
    };
    let mut modifiers = Vec::new();
    for name in names.split('-').filter(|name| !name.is_empty()) {
        modifiers.push(modifier(name).ok_or_else(|| unknown(name))?);
    }
    let mut characters = key.chars();
    let keysym = match (characters.next(), characters.next()) {
        (Some(character), None) => {
            let shift = modifiers.contains(&keysym::SHIFT_LEFT);
            if keysym::needs_shift(character) && !shift {
                modifiers.push(keysym::SHIFT_LEFT);
            }
            let character = if shift {
                keysym::shifted(character)
            } else {
                character
            };
            keysym::of_character(character)
        }
        _ => keysym::of_name(key),
    };
    let mut events = Vec::new();
    press_with(&mut events, &modifiers, keysym.ok_or_else(|| unknown(key))?);
    Ok(events)
}

fn modifier(name: &str) -> Option<u32> {
    Some(match name.to_ascii_lowercase().as_str() {
        "ctrl" | "control" => keysym::CONTROL_LEFT,
        "shift" => keysym::SHIFT_LEFT,
        "alt" => keysym::ALT_LEFT,
        "altgr" => keysym::ALT_GRAPH,
        "super" | "win" => keysym::SUPER_LEFT,
        "meta" => keysym::META_LEFT,
        _ => return None,
    })
}

fn pointer(at: Point, buttons: u16) -> Input {
    Input::Pointer { at, buttons }
}

fn click(words: &mut Words<'_>) -> Result<Step, String> {
    let at = words.point()?;
    let bit = words.button()?;
    let press = clicks(at, 0, bit, 1);
    Ok(Step::Input(
        [pointer(at, 0)].into_iter().chain(press).collect(),
    ))
}

fn drag(words: &mut Words<'_>) -> Result<Step, String> {
    let (from, to) = (words.point()?, words.point()?);
    let bit = words.button()?;
    let between = |from: u16, to: u16, step: i32| {
        let (from, to) = (i32::from(from), i32::from(to));
        u16::try_from(from + (to - from) * step / DRAG_POINTS).unwrap_or_default()
    };
    let mut events = vec![pointer(from, 0), pointer(from, bit)];
    events.extend((1..=DRAG_POINTS).map(|step| {
        let at = Point::new(between(from.x, to.x, step), between(from.y, to.y, step));
        pointer(at, bit)
    }));
    events.push(pointer(to, 0));
    Ok(Step::SlowInput(events))
}

fn scroll(words: &mut Words<'_>) -> Result<Step, String> {
    let at = words.point()?;
    let steps: i32 = words.number("steps")?;
    if steps.unsigned_abs() > MOST_STEPS {
        return Err(format!("scroll: at most {MOST_STEPS} steps at once"));
    }
    let bit = match steps < 0 {
        true => button::WHEEL_UP,
        false => button::WHEEL_DOWN,
    };
    let turns = clicks(at, 0, bit, steps.unsigned_abs());
    Ok(Step::Input(
        [pointer(at, 0)].into_iter().chain(turns).collect(),
    ))
}

fn rest_of_line<'a>(command: &str, rest: &'a str) -> Result<&'a str, String> {
    let rest = rest.trim();
    if rest.is_empty() {
        return Err(format!("{command}: a file name is missing"));
    }
    Ok(rest)
}

/// `\n`, `\t` and `\\` made what they stand for.
fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('\\') => plain.push('\\'),
            other => {
                let other = other.map(String::from).unwrap_or_default();
                return Err(format!(
                    "\"\\{other}\" means nothing; a backslash is \"\\\\\""
                ));
            }
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(line: &str) -> Vec<(u32, bool)> {
        let Ok(Some(Step::Input(events))) = parse(line) else {
            panic!("{line} is not input: {:?}", parse(line))
        };
        let key = |event: &Input| match *event {
            Input::Key { key, down } => (key.keysym, down),
            Input::Pointer { .. } => panic!("{line} moves the pointer"),
        };
        events.iter().map(key).collect()
    }

    fn pointers(line: &str) -> Vec<(u16, u16, u16)> {
        let Ok(Some(Step::Input(events) | Step::SlowInput(events))) = parse(line) else {
            panic!("{line} is not input: {:?}", parse(line))
        };
        let pointer = |event: &Input| match *event {
            Input::Pointer { at, buttons } => (at.x, at.y, buttons),
            Input::Key { .. } => panic!("{line} presses a key"),
        };
        events.iter().map(pointer).collect()
    }

    #[test]
    fn text_is_typed_with_shift_where_a_us_keyboard_needs_it() {
        let shift = keysym::SHIFT_LEFT;
        let expect = [
            (0x61, true),
            (0x61, false),
            (shift, true),
            (0x42, true),
            (0x42, false),
            (shift, false),
            (keysym::RETURN, true),
            (keysym::RETURN, false),
        ];
        assert_eq!(keys(r"type aB\n"), expect);
    }

    #[test]
    fn spaces_and_backslashes_of_a_text_are_kept() {
        let typed: Vec<u32> = keys(r"type  a\\ ")
            .chunks(2)
            .map(|pair| pair[0].0)
            .collect();
        assert_eq!(typed, [0x20, 0x61, 0x5c, 0x20]);
        assert_eq!(
            parse(r"clipboard two\nlines").unwrap(),
            Some(Step::Clipboard("two\nlines".into()))
        );
        assert_eq!(
            parse(r"clipboard-html <b>a  b</b>\n").unwrap(),
            Some(Step::Clipboard(Content {
                html: Some("<b>a  b</b>\n".into()),
                ..Content::default()
            }))
        );
        assert_eq!(
            parse(r"clipboard-rtf {\\rtf1 x}").unwrap(),
            Some(Step::Clipboard(Content {
                rtf: Some(br"{\rtf1 x}".to_vec()),
                ..Content::default()
            }))
        );
        assert_eq!(
            parse("clipboard-image a b.png").unwrap(),
            Some(Step::ClipboardImage("a b.png".into()))
        );
        assert_eq!(
            parse("clipboard-save a b.png").unwrap(),
            Some(Step::ClipboardSave("a b.png".into()))
        );
        assert!(parse(r"type \x").is_err());
    }

    #[test]
    fn a_chord_holds_its_modifiers_around_the_key() {
        let (ctrl, shift) = (keysym::CONTROL_LEFT, keysym::SHIFT_LEFT);
        let expect = [
            (ctrl, true),
            (shift, true),
            (0x41, true),
            (0x41, false),
            (shift, false),
            (ctrl, false),
        ];
        assert_eq!(keys("key ctrl-shift-a"), expect);
        assert_eq!(keys("key A"), keys("key shift-a"));
        assert_eq!(
            keys("key ctrl--"),
            [(ctrl, true), (0x2d, true), (0x2d, false), (ctrl, false)]
        );
        assert_eq!(keys("key -"), [(0x2d, true), (0x2d, false)]);
        assert_eq!(
            keys("key Return"),
            [(keysym::RETURN, true), (keysym::RETURN, false)]
        );
        assert!(parse("key hyper-a").is_err());
    }

    #[test]
    fn a_click_moves_there_first() {
        assert_eq!(pointers("click 5 6"), [(5, 6, 0), (5, 6, 1), (5, 6, 0)]);
        assert_eq!(pointers("click 5 6 right")[1], (5, 6, 4));
        assert_eq!(pointers("move 65535 0"), [(65_535, 0, 0)]);
    }

    #[test]
    fn a_drag_goes_through_points_between_its_ends() {
        let points = pointers("drag 0 80 80 0");
        assert_eq!(points[0], (0, 80, 0));
        assert_eq!(points[1], (0, 80, 1));
        assert_eq!(points[2], (10, 70, 1));
        assert_eq!(points[points.len() - 2..], [(80, 0, 1), (80, 0, 0)]);
    }

    #[test]
    fn scrolling_down_is_positive() {
        assert_eq!(
            pointers("scroll 1 2 2"),
            [(1, 2, 0), (1, 2, 16), (1, 2, 0), (1, 2, 16), (1, 2, 0)]
        );
        assert_eq!(pointers("scroll 1 2 -1")[1], (1, 2, 8));
        assert!(parse("scroll 1 2 4000000000").is_err());
        assert!(parse("scroll 1 2 -2147483648").is_err());
    }

    #[test]
    fn waits_have_a_length_and_a_time_out() {
        let seconds = Duration::from_secs_f64;
        assert_eq!(parse("wait 0.25").unwrap(), Some(Step::Wait(seconds(0.25))));
        let still = Step::Still {
            quiet: Duration::from_millis(300),
            patience: seconds(4.0),
        };
        assert_eq!(parse("still 300 4").unwrap(), Some(still));
        let patience = PATIENCE;
        assert_eq!(
            parse("clipboard-wait").unwrap(),
            Some(Step::ClipboardWait { patience })
        );
        let size = Size::new(800, 600);
        assert_eq!(
            parse("resize 800x600").unwrap(),
            Some(Step::Resize { size, patience })
        );
        for line in [
            "wait -1",
            "wait inf",
            "wait NaN",
            "still",
            "resize 800x0",
            "resize 8",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn empty_lines_and_comments_are_no_commands() {
        for line in ["", "   ", "# click 1 2", "\r\n"] {
            assert_eq!(parse(line), Ok(None));
        }
    }

    #[test]
    fn an_error_names_command_and_value() {
        assert_eq!(
            parse("click 1 z").unwrap_err(),
            "click: y: invalid value \"z\""
        );
        assert_eq!(parse("click 1").unwrap_err(), "click: y is missing");
        assert_eq!(parse("quit now").unwrap_err(), "quit: \"now\" is too much");
        assert_eq!(parse("dance").unwrap_err(), "there is no command \"dance\"");
        assert!(parse("snapshot").is_err());
        assert_eq!(
            parse("snapshot a b.png").unwrap(),
            Some(Step::Snapshot("a b.png".into()))
        );
    }
}
