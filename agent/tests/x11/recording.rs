//! `--record`: the desktop in a file, with and without clients.

use std::path::Path;

use lab::vtz::Reader;
use rustix::process::Signal;
use tightrope::{Framebuffer, Rect, Size};

use crate::agent::{Agent, program, wait_until_equal};
use crate::desktop::{connect, fill, until, window};

/// The pictures of a recording, as far as there are any.
fn pictures(path: &Path) -> Vec<Framebuffer> {
    let Ok(mut reader) = Reader::open(path) else {
        return Vec::new();
    };
    let mut pictures = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        pictures.push(frame.picture.clone());
    }
    pictures
}

/// The blue, green and red of one pixel.
fn pixel(picture: &Framebuffer, x: usize, y: usize) -> [u8; 3] {
    let start = (y * usize::from(picture.size().width) + x) * 4;
    picture.bytes()[start..start + 3].try_into().unwrap()
}

#[test]
fn the_desktop_is_recorded_while_nobody_looks_and_after_a_crash() {
    let mut agent =
        Agent::on_its_own_display(&["--geometry", "300x200", "--record", "{}/desk.vtz"]);
    let path = agent.files.path().join("desk.vtz");
    let (display, _) = agent.place();
    let x = connect(&display);
    let drawn = window(&x, Rect::new(0, 0, 300, 200), 0x0010_2030);
    fill(&x, drawn, 0x0040_5060, &[Rect::new(100, 100, 50, 50)]);
    // It is flushed every second.
    until("the drawing in the file", || {
        let last = pictures(&path).pop()?;
        (pixel(&last, 120, 120) == [0x60, 0x50, 0x40]).then_some(())
    });
    assert_eq!(
        pixel(pictures(&path).last().unwrap(), 5, 5),
        [0x30, 0x20, 0x10]
    );
    agent.signal(Signal::KILL);
    agent.end();
    assert!(!pictures(&path).is_empty());
}

#[tokio::test]
async fn what_clients_see_is_in_the_file_when_the_agent_has_ended() {
    let mut agent =
        Agent::on_its_own_display(&["--geometry", "300x200", "--record", "{}/desk.vtz"]);
    let path = agent.files.path().join("desk.vtz");
    let (display, _) = agent.place();
    let x = connect(&display);
    let drawn = window(&x, Rect::new(0, 0, 300, 200), 0x0010_2030);
    let mut client = agent.client().await;
    wait_until_equal(&mut client, &x).await;
    fill(&x, drawn, 0x00aa_bbcc, &[Rect::new(7, 8, 90, 90)]);
    wait_until_equal(&mut client, &x).await;
    let shown = client.framebuffer().clone();
    agent.signal(Signal::TERM);
    assert_eq!(agent.end().code(), Some(0));
    assert!(pictures(&path).last().unwrap() == &shown);
    let mut reader = Reader::open(&path).unwrap();
    while reader.next_frame().unwrap().is_some() {}
    assert!(!reader.is_cut_short());
    assert_eq!(reader.size(), Size::new(300, 200));
}

#[test]
fn a_full_disk_does_not_end_the_agent() {
    let files = tempfile::tempdir().unwrap();
    let full = files.path().join("full.vtz");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let mut agent = Agent::on_its_own_display(&["--record", full.to_str().unwrap()]);
    until("the message", || {
        agent.log().contains("The session goes on").then_some(())
    });
    assert!(agent.log().contains("make room there"), "{}", agent.log());
    agent.signal(Signal::TERM);
    assert_eq!(agent.end().code(), Some(1));
}

#[test]
fn a_file_of_another_kind_is_wrong_usage() {
    let output = program()
        .args(["--exec", "true", "--no-password", "--insecure"])
        .args(["--listen", "127.0.0.1:0", "--print-credentials", "1"])
        .args(["--record", "desk.fbs"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--record: desk.fbs"), "{said}");
}
