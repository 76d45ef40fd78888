//! Text copied on the desktop and by clients, with xclip as the program on the desktop.

use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use tightrope::Size;
use tightrope_agent::clipboard::Clipboard;
use tightrope_agent::display::Link;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, WindowClass};

use crate::desktop::{Desktop, PATIENCE, Program, sync};

async fn start() -> (Desktop, Clipboard) {
    let desktop = Desktop::new(Size::new(320, 200)).await;
    let clipboard = Clipboard::new(desktop.display()).unwrap();
    (desktop, clipboard)
}

/// About `bytes` bytes that are the same nowhere.
fn text(bytes: usize) -> String {
    let mut text = String::new();
    for line in 0.. {
        if text.len() >= bytes {
            break;
        }
        text += &format!("line {line}: naïve café, {} €\n", line * 7919);
    }
    text
}

/// Copies on the desktop. xclip stays in the background until somebody else copies.
fn copy(desktop: &Desktop, selection: &str, text: &str) -> Program {
    let mut child = desktop
        .command("xclip")
        .args(["-in", "-quiet", "-selection", selection])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("xclip must be installed");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    Program(child)
}

/// Pastes on the desktop while `clipboard` serves.
async fn paste(desktop: &Desktop, clipboard: &mut Clipboard, arguments: &[&str]) -> Vec<u8> {
    let mut command = desktop.command("xclip");
    command.arg("-out").args(arguments).stderr(Stdio::inherit());
    let output = tokio::process::Command::from(command).output();
    tokio::pin!(output);
    let pasted = async {
        loop {
            assert_eq!(clipboard.handle_events(Instant::now()).unwrap(), [""; 0]);
            tokio::select! {
                output = &mut output => return output.expect("xclip must be installed"),
                waited = wait(clipboard.link()) => waited,
            }
        }
    };
    let output = tokio::time::timeout(PATIENCE, pasted).await.unwrap();
    assert!(output.status.success());
    output.stdout
}

async fn wait(link: &Link) {
    link.wait().await.unwrap();
}

/// The next text that a program copies.
async fn copied(clipboard: &mut Clipboard) -> String {
    let copied = async {
        loop {
            let mut texts = clipboard.handle_events(Instant::now()).unwrap();
            if !texts.is_empty() {
                return texts.remove(0);
            }
            clipboard.link().wait().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, copied).await.unwrap()
}

#[tokio::test]
async fn what_a_program_copies_is_read_short_or_long() {
    let (desktop, mut clipboard) = start().await;
    for selection in ["clipboard", "primary"] {
        for bytes in [5, 700_000] {
            let text = if bytes == 5 {
                "h€l".to_owned()
            } else {
                text(bytes)
            };
            let _xclip = copy(&desktop, selection, &text);
            assert!(copied(&mut clipboard).await == text, "{selection}, {bytes}");
        }
    }
}

#[tokio::test]
async fn what_a_client_copies_is_pasted_short_or_long() {
    let (desktop, mut clipboard) = start().await;
    for text in ["hel€".to_owned(), text(700_000), text(1_000_000)] {
        clipboard.offer(text.clone()).unwrap();
        for selection in ["clipboard", "primary"] {
            for target in ["UTF8_STRING", "TEXT", "text/plain;charset=utf-8"] {
                let arguments = ["-selection", selection, "-target", target];
                let pasted = paste(&desktop, &mut clipboard, &arguments).await;
                assert!(pasted == text.as_bytes(), "{selection} {target}");
            }
        }
    }
}

#[tokio::test]
async fn old_programs_get_latin_1() {
    let (desktop, mut clipboard) = start().await;
    clipboard.offer("café €".to_owned()).unwrap();
    let arguments = ["-selection", "clipboard", "-target", "STRING"];
    let pasted = paste(&desktop, &mut clipboard, &arguments).await;
    assert_eq!(pasted, b"caf\xe9 ?");
}

#[tokio::test]
async fn programs_are_told_what_there_is() {
    let (desktop, mut clipboard) = start().await;
    clipboard.offer("x".to_owned()).unwrap();
    let arguments = ["-selection", "clipboard", "-target", "TARGETS"];
    let targets = paste(&desktop, &mut clipboard, &arguments).await;
    let targets = String::from_utf8(targets).unwrap();
    let targets: Vec<&str> = targets.lines().collect();
    for target in ["TARGETS", "TIMESTAMP", "UTF8_STRING", "STRING", "TEXT"] {
        assert!(targets.contains(&target), "{targets:?}");
    }
    let arguments = ["-selection", "clipboard", "-target", "TIMESTAMP"];
    let time = paste(&desktop, &mut clipboard, &arguments).await;
    let time = String::from_utf8(time).unwrap();
    assert_ne!(time.trim().parse::<u64>().unwrap(), 0);
}

#[tokio::test]
async fn a_clients_text_never_comes_back() {
    let (desktop, mut clipboard) = start().await;
    clipboard.offer("from a client".to_owned()).unwrap();
    sync(clipboard.link().x());
    assert_eq!(clipboard.handle_events(Instant::now()).unwrap(), [""; 0]);
    // As a clipboard manager does.
    let _manager = copy(&desktop, "clipboard", "from a client");
    let _other = copy(&desktop, "primary", "by hand");
    assert_eq!(copied(&mut clipboard).await, "by hand");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_left_out_and_the_next_one_read() {
    let (desktop, mut clipboard) = start().await;
    let _long = copy(&desktop, "clipboard", &text(3_000_000));
    // Until the long one has been offered, then until it has been taken and thrown away.
    for under_way in [true, false] {
        while clipboard.timeout().is_some() != under_way {
            let waited = clipboard.link().wait();
            tokio::time::timeout(PATIENCE, waited)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(clipboard.handle_events(Instant::now()).unwrap(), [""; 0]);
        }
    }
    let _short = copy(&desktop, "clipboard", "short");
    assert_eq!(copied(&mut clipboard).await, "short");
}

#[tokio::test]
async fn an_owner_that_does_not_answer_is_given_up() {
    let (desktop, mut clipboard) = start().await;
    let silent = desktop.connect();
    let window = silent.generate_id().unwrap();
    let root = silent.setup().roots[0].root;
    let class = WindowClass::INPUT_ONLY;
    let look = CreateWindowAux::new();
    silent
        .create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look)
        .unwrap();
    let name = silent.intern_atom(false, b"CLIPBOARD").unwrap();
    let name = name.reply().unwrap().atom;
    silent.set_selection_owner(window, name, 0u32).unwrap();
    sync(&silent);
    sync(clipboard.link().x());
    let now = Instant::now();
    assert_eq!(clipboard.handle_events(now).unwrap(), [""; 0]);
    let timeout = clipboard.timeout().expect("it waits for an answer");
    assert!(timeout > now);
    let _xclip = copy(&desktop, "primary", "another");
    clipboard.handle_timeout(timeout).unwrap();
    assert_eq!(copied(&mut clipboard).await, "another");
    assert_eq!(clipboard.timeout(), None);
}
