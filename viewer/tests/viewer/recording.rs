//! `--record` and `--play`: what was shown can be shown again, by us and by others.

use crate::desk::{Desk, eventually};
use crate::headless::{driven, pixels_of, rgb};
use crate::process::{Ending, Viewer};
use lab::vtz::Reader;
use std::path::Path;
use tightrope::{Framebuffer, GoodbyeCode, Rect, Size};

const SIZE: Size = Size::new(320, 200);

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The pictures of a recording.
fn pictures(path: &Path) -> Vec<Framebuffer> {
    let mut reader = Reader::open(path).unwrap();
    let mut pictures = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        pictures.push(frame.picture.clone());
    }
    assert!(!reader.is_cut_short());
    pictures
}

/// Records a session with two pictures to the file `name`.
fn record(desk: &mut Desk, name: &str) {
    let file = desk.path(name);
    let flags = ["--quality", "lossless", "--record", text(&file)];
    let mut viewer = driven(desk, &flags);
    eventually("the first picture", || {
        viewer.does("stats")["first_picture_ms"].as_f64()
    });
    desk.fill(Rect::new(10, 20, 30, 40), [1, 2, 3]);
    viewer.does("still 300");
    viewer.does("quit");
    let ending = viewer.ending();
    assert_eq!(ending.code, 0, "{ending:?}");
}

fn play(flags: &[&str]) -> Ending {
    Viewer::start(None, flags.iter().copied()).ending()
}

#[test]
fn what_was_shown_is_recorded_and_played() {
    let mut desk = Desk::open(SIZE);
    record(&mut desk, "a.vtz");
    let (file, png) = (desk.path("a.vtz"), desk.path("a.png"));
    assert!(pictures(&file).last().unwrap() == &desk.picture);
    let flags = ["--play", text(&file), "--speed", "max", "--headless"];
    let ending = play(&[&flags[..], &["--stats", "--snapshot", text(&png)]].concat());
    assert_eq!(ending.code, 0, "{ending:?}");
    assert_eq!(pixels_of(&png), rgb(&desk.picture));
    assert_eq!(ending.statistics()["ended"], "closed");
}

#[test]
fn what_the_server_said_is_recorded_played_and_converted() {
    let mut desk = Desk::open(SIZE);
    record(&mut desk, "a.fbs");
    let (stream, file, png) = (desk.path("a.fbs"), desk.path("b.vtz"), desk.path("a.png"));
    let flags = ["--play", text(&stream), "--speed", "max", "--headless"];
    let ending = play(&[&flags[..], &["--snapshot", text(&png)]].concat());
    assert_eq!(ending.code, 0, "{ending:?}");
    assert_eq!(pixels_of(&png), rgb(&desk.picture));

    let ending = play(&["--play", text(&stream), "--record", text(&file), "--stats"]);
    assert_eq!(ending.code, 0, "{ending:?}");
    let figures = ending.statistics();
    assert_eq!(figures["files"], serde_json::json!([text(&file)]));
    assert_eq!(figures["cut_short"], false);
    let pictures = pictures(&file);
    assert_eq!(figures["frames"], pictures.len());
    assert!(pictures.last().unwrap() == &desk.picture);
}

#[test]
fn a_stream_starts_without_authentication_and_holds_nothing_unheard_of() {
    let mut desk = Desk::open(SIZE);
    record(&mut desk, "a.fbs");
    let mut reader = lab::fbs::Reader::open(&desk.path("a.fbs")).unwrap();
    let start = reader.next_block().unwrap().unwrap().data.to_vec();
    assert_eq!(start[..16], *b"RFB 003.003\n\0\0\0\x01");
    // Of the messages behind it, the first is an update, which needs no extension.
    let first = reader.next_block().unwrap().unwrap().data.to_vec();
    assert_eq!(first[0], 0);
}

#[test]
fn another_size_is_recorded_in_another_file() {
    let mut desk = Desk::open(SIZE);
    let file = desk.path("a.vtz");
    let mut viewer = driven(&desk, &["--quality", "lossless", "--record", text(&file)]);
    viewer.does("still 300");
    let first = desk.picture.clone();
    let other = Size::new(200, 150);
    desk.server.resize(other, None);
    desk.paint(other);
    eventually("the size", || {
        (viewer.does("stats")["size"] == "200x150").then_some(())
    });
    viewer.does("still 300");
    viewer.does("quit");
    assert_eq!(viewer.ending().code, 0);
    assert!(pictures(&file).last().unwrap() == &first);
    assert!(pictures(&desk.path("a-2.vtz")).last().unwrap() == &desk.picture);
}

#[test]
fn a_file_that_cannot_be_made_is_told_before_anything_is_connected_to() {
    let desk = Desk::open(SIZE);
    let (file, credentials) = (desk.path("none/a.vtz"), desk.credentials());
    let base = ["--credentials", &credentials, "--headless"];
    let ending = play(&[&base[..], &["--record", text(&file)]].concat());
    assert_eq!(ending.code, 1, "{ending:?}");
    assert!(
        ending.errors.contains("the directory must be there"),
        "{ending:?}"
    );
    assert_eq!(desk.server.sessions(), 0);

    let ending = play(&[&base[..], &["--record", "a.mp4"]].concat());
    assert_eq!(ending.code, 2, "{ending:?}");
    assert!(ending.errors.contains(".vtz or .fbs"), "{ending:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_does_not_end_the_session() {
    let mut desk = Desk::open(SIZE);
    let file = desk.path("full.vtz");
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let mut viewer = driven(&desk, &["--quality", "lossless", "--record", text(&file)]);
    viewer.does("still 300");
    desk.fill(Rect::new(0, 0, 9, 9), [7, 7, 7]);
    viewer.does("still 300");
    let png = desk.path("a.png");
    viewer.does(&format!("snapshot {}", text(&png)));
    assert_eq!(pixels_of(&png), rgb(&desk.picture));
    viewer.does("quit");
    let ending = viewer.ending();
    assert_eq!(ending.code, 1, "{ending:?}");
    assert!(ending.errors.contains("The session goes on"), "{ending:?}");
    assert!(ending.errors.contains("make room there"), "{ending:?}");
}

#[test]
fn a_recording_is_whole_when_the_server_ends_the_session() {
    let desk = Desk::open(SIZE);
    let file = desk.path("a.vtz");
    let flags = ["--quality", "lossless", "--record", text(&file)];
    let mut viewer = driven(&desk, &flags);
    viewer.does("still 300");
    desk.shut_down(GoodbyeCode::SHUTTING_DOWN, "enough");
    viewer.ending();
    assert!(pictures(&file).last().unwrap() == &desk.picture);
}

#[test]
fn what_is_no_recording_is_told() {
    let desk = Desk::open(SIZE);
    let file = desk.path("a.fbs");
    std::fs::write(&file, "RIFF, not a stream").unwrap();
    let ending = play(&["--headless", "--play", text(&file)]);
    assert_eq!(ending.code, 1, "{ending:?}");
    assert!(
        ending.errors.contains("this is no FBS recording"),
        "{ending:?}"
    );
    let ending = play(&["--headless", "--play", text(&desk.path("none.vtz"))]);
    assert_eq!(ending.code, 1, "{ending:?}");
    assert!(
        ending.errors.contains("none.vtz cannot be played"),
        "{ending:?}"
    );
}
