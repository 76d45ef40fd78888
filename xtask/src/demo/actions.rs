//! What the demo does with hands: every key and every click goes through the viewer's connection.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::wait_until;
use crate::programs::{Viewer, typed};
use crate::x11::Display;

/// Capitals, every punctuation mark of a US keyboard, a tab, and signs that no US keyboard has.
pub(super) const TEXT: &str = "This is typed through Tightrope's encrypted link, key by key.\n\
    THE QUICK BROWN FOX jumps over the lazy dog; 0123456789.\n\
    Marks:\t! \" # $ % & ' ( ) * + , - . / : ; < = > ? @ [ \\ ] ^ _ ` { | } ~\n\
    Beyond: é è ê ü ß ñ å ø Ç Ž € £ § ° ½ × “quoted” – and „so on“ …\n";

const SAVE_LIMIT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
const TRIES: u32 = 5;

/// Clicks into the editor, types [`TEXT`], saves with ctrl-s; whether the file then holds exactly that.
pub(super) fn type_and_save(
    viewer: &mut Viewer,
    display: &Display,
    editor: &str,
    file: &Path,
) -> Result<bool> {
    try_again("the editor got the keyboard by a click", || {
        let place = display.place(editor)?;
        viewer.tell(&format!(
            "click {} {}",
            place.x + place.width / 2,
            place.y + place.height / 2
        ))?;
        // Whoever types before the window manager has dealt with the click types into another window.
        let active = || Ok((display.active_window()?.as_deref() == Some(editor)).then_some(()));
        wait_until("it is the active window", ANSWER_LIMIT, active)
    })?;
    viewer.tell("wait 0.3")?;
    viewer.ask(&format!("type {}", typed(TEXT)), Duration::from_secs(60))?;
    viewer.tell("wait 0.5")?;
    viewer.tell("key ctrl-s")?;
    let saved = || {
        Ok(std::fs::read_to_string(file)
            .ok()
            .filter(|text| text == TEXT)
            .map(drop))
    };
    if wait_until("the text is saved", SAVE_LIMIT, saved).is_ok() {
        return Ok(true);
    }
    let arrived =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    super::say(&format!(
        "the text differs: {}",
        first_difference(TEXT, &arrived)
    ));
    Ok(false)
}

/// Drags a window by its title bar and sees that it went there.
pub(super) fn drag_window(viewer: &mut Viewer, display: &Display, window: &str) -> Result<()> {
    const WAY: (i32, i32) = (180, -30);
    try_again("the window went with the pointer", || {
        let before = display.place(window)?;
        let (x, y) = (before.x + before.width / 2, before.y - 10); // the title bar is above the window itself
        viewer.tell(&format!("drag {x} {y} {} {}", x + WAY.0, y + WAY.1))?;
        let moved = || {
            let now = display.place(window)?;
            Ok((now.x - before.x == WAY.0 && now.y - before.y == WAY.1).then_some(()))
        };
        wait_until("it moved", ANSWER_LIMIT, moved)
    })
}

/// Opens the desktop's menu with the right button and picks its entry; it changes the wallpaper and leaves `mark`.
pub(super) fn choose_from_menu(viewer: &mut Viewer, mark: &Path) -> Result<()> {
    ensure!(
        !mark.exists(),
        "the wallpaper was changed before anybody asked"
    );
    try_again("the menu's entry was chosen", || {
        viewer.tell("key Escape")?; // closes a menu that came too late
        viewer.tell("click 140 800 3")?;
        viewer.tell("wait 0.4")?;
        viewer.tell("click 170 809")?;
        wait_until("it left its mark", ANSWER_LIMIT, || {
            Ok(mark.exists().then_some(()))
        })
    })
}

/// Does what a person does when a busy window manager misses a gesture: makes it again.
fn try_again(what: &str, mut gesture: impl FnMut() -> Result<()>) -> Result<()> {
    for _ in 1..TRIES {
        if gesture().is_ok() {
            return Ok(());
        }
    }
    gesture().with_context(|| format!("{what}: not in {TRIES} tries"))
}

fn first_difference(wanted: &str, arrived: &str) -> String {
    let pairs = wanted.chars().map(Some).chain(std::iter::repeat(None));
    let others = arrived.chars().map(Some).chain(std::iter::repeat(None));
    let length = wanted.chars().count().max(arrived.chars().count());
    match pairs
        .zip(others)
        .take(length)
        .enumerate()
        .find(|(_, (a, b))| a != b)
    {
        Some((at, (a, b))) => {
            format!("character {at} should be {a:?} and is {b:?}; all that arrived: {arrived:?}")
        }
        None => "it became right only after the time was up".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_in_text_is_found_where_it_starts() {
        assert!(
            first_difference("same", "sane")
                .starts_with("character 2 should be Some('m') and is Some('n')")
        );
        assert!(
            first_difference("same", "sam")
                .starts_with("character 3 should be Some('e') and is None")
        );
    }

    #[test]
    fn the_text_has_every_mark_of_ascii() {
        let marks = (33_u8..127)
            .map(char::from)
            .filter(char::is_ascii_punctuation);
        assert!(marks.clone().count() == 32 && marks.clone().all(|mark| TEXT.contains(mark)));
    }
}
