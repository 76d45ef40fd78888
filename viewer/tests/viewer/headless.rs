//! `--headless`: pictures, figures, scripts, and what a person is told when it fails.

use crate::desk::{Desk, eventually};
use crate::process::Viewer;
use serde_json::json;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use tightrope::{
    Cursor, Framebuffer, GoodbyeCode, Point, Rect, ResizeStatus, Rights, ServerEvent, Size,
};

const SIZE: Size = Size::new(320, 200);

/// The RGB pixels of a PNG file.
pub(crate) fn pixels_of(path: &Path) -> Vec<u8> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).unwrap()))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

pub(crate) fn rgb(picture: &Framebuffer) -> Vec<u8> {
    let pixels = picture.bytes().as_chunks::<4>().0.iter();
    pixels.flat_map(|&[b, g, r, _]| [r, g, b]).collect()
}

/// A viewer that obeys the test line by line.
pub(crate) fn driven(desk: &Desk, flags: &[&str]) -> Viewer {
    let credentials = desk.credentials();
    let base = ["--credentials", &credentials, "--headless", "--script", "-"];
    Viewer::start(None, base.into_iter().chain(flags.iter().copied()))
}

/// A viewer that obeys the test line by line, and has the whole picture.
fn driven_with_picture(desk: &Desk, flags: &[&str]) -> Viewer {
    let mut viewer = driven(desk, flags);
    eventually("the first picture", || {
        viewer.does("stats")["first_picture_ms"].as_f64()
    });
    viewer
}

#[test]
fn a_snapshot_holds_every_pixel_and_the_figures_add_up() {
    let desk = Desk::open(SIZE);
    let (file, credentials) = (desk.path("screen.png"), desk.credentials());
    let flags = [
        "--headless",
        "--quality",
        "lossless",
        "--stats",
        "--for",
        "2",
    ];
    let place = [
        "--snapshot",
        file.to_str().unwrap(),
        "--credentials",
        &credentials,
    ];
    let ending = Viewer::start(None, flags.into_iter().chain(place)).ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    assert_eq!(pixels_of(&file), rgb(&desk.picture));

    let figures = ending.statistics();
    assert_eq!(figures["url"], desk.server.url());
    assert_eq!(figures["size"], "320x200");
    assert_eq!(figures["encrypted"], true);
    assert_eq!(figures["ended"], "for");
    assert_eq!(figures["goodbye"], json!(null));
    assert_eq!(figures["pixels"], 320 * 200);
    assert!(figures["first_picture_ms"].as_f64().unwrap() > 0.0);
    assert!(figures["bytes_received"].as_u64().unwrap() > 1000);
}

#[test]
fn a_script_types_and_points_on_the_desktop() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven(&desk, &[]);
    viewer.does("type aB\\n");
    let (a, b, shift, enter) = (0x61, 0x42, 0xffe1, 0xff0d);
    desk.expect_keys(&[(a, true), (a, false), (shift, true), (b, true), (b, false)]);
    desk.expect_keys(&[(shift, false), (enter, true), (enter, false)]);
    viewer.does("key ctrl-a");
    desk.expect_keys(&[(0xffe3, true), (a, true), (a, false), (0xffe3, false)]);
    viewer.does("click 10 20");
    let at = Point::new(10, 20);
    for buttons in [0, 1, 0] {
        assert_eq!(desk.expect_pointer(), (at, buttons));
    }
    let answer = viewer.ask("move 320 0");
    assert_eq!(answer["ok"], false);
    assert!(
        answer["error"].as_str().unwrap().contains("320,0"),
        "{answer}"
    );
    assert_eq!(viewer.ask("dance")["ok"], false);
    viewer.does("quit");
    assert_eq!(viewer.ending().code, 0);
}

#[test]
fn a_script_sees_when_the_picture_is_still() {
    let mut desk = Desk::open(SIZE);
    let mut viewer = driven_with_picture(&desk, &["--quality", "lossless"]);
    desk.fill(Rect::new(5, 6, 70, 80), [1, 2, 3]);
    let file = desk.path("still.png");
    eventually("the picture in the file", || {
        viewer.does("still 50");
        let answer = viewer.does(&format!("snapshot {}", file.display()));
        assert_eq!(answer["size"], "320x200");
        (pixels_of(&file) == rgb(&desk.picture)).then_some(())
    });
    let figures = viewer.does("stats");
    assert_eq!(figures["ended"], json!(null));
    assert!(figures["updates"].as_u64() >= Some(2), "{figures}");
    let answer = viewer.ask("still 60000 0.1");
    assert_eq!(
        answer["error"],
        "still: the picture was never still for 60000 ms"
    );
}

#[test]
fn a_script_sees_the_shape_of_the_pointer() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven_with_picture(&desk, &[]);
    let pixels = vec![3, 2, 1, 255, 6, 5, 4, 255];
    let shape = Cursor::new(Size::new(2, 1), Point::new(1, 0), pixels).unwrap();
    desk.server.set_cursor(shape);
    let wanted = json!({
        "ok": true, "width": 2, "height": 1, "hot_x": 1, "hot_y": 0, "pixels": [0xff01_0203_u32, 0xff04_0506_u32],
    });
    eventually("the shape", || {
        (viewer.ask("cursor") == wanted).then_some(())
    });
}

#[test]
fn texts_go_both_ways() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven(&desk, &[]);
    viewer.does("clipboard grüße\\nvon hier €");
    assert_eq!(desk.expect_clipboard(), "grüße\nvon hier €");
    assert_eq!(viewer.ask("clipboard-wait 0.1")["ok"], false);
    desk.server.set_clipboard("and back ✓\n");
    assert_eq!(viewer.does("clipboard-wait")["text"], "and back ✓\n");
}

#[test]
fn a_resize_is_answered_by_the_new_size_or_by_the_refusal() {
    let mut desk = Desk::open(SIZE);
    let mut viewer = driven_with_picture(&desk, &[]);
    let wish = |event| match event {
        ServerEvent::ResizeRequested { session, size, .. } => Some((session, size)),
        _ => None,
    };
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| viewer.does("resize 400x300"));
        let (session, size) = desk.expect("a wish for another size", wish);
        assert_eq!(size, Size::new(400, 300));
        desk.server.resize(size, Some(session));
        desk.paint(size);
        assert_eq!(answer.join().unwrap()["size"], "400x300");
    });
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| viewer.ask("resize 9x9"));
        let (session, _) = desk.expect("a wish for another size", wish);
        desk.server.refuse_resize(session, ResizeStatus::PROHIBITED);
        assert_eq!(answer.join().unwrap()["ok"], false);
    });
}

#[test]
fn a_failed_command_of_a_script_file_makes_the_exit_code_1() {
    let desk = Desk::open(SIZE);
    let (credentials, script) = (desk.credentials(), desk.path("script"));
    for (text, code) in [("# nothing\n\nkey a\n", 0), ("dance\nkey a\n", 1)] {
        std::fs::write(&script, text).unwrap();
        let flags = ["--credentials", &credentials, "--headless", "--stats"];
        let script = ["--script", script.to_str().unwrap()];
        let ending = Viewer::start(None, flags.into_iter().chain(script)).ending();
        assert_eq!(ending.code, code, "{ending:?}");
        assert_eq!(ending.statistics()["ended"], "script");
        desk.expect_keys(&[(0x61, true), (0x61, false)]);
    }
}

#[test]
fn a_view_only_session_sends_nothing() {
    let desk = Desk::open(SIZE);
    let mut viewer = driven(&desk, &["--view-only"]);
    let rights = desk.expect("a viewer", |event| match event {
        ServerEvent::Connected { rights, .. } => Some(rights),
        _ => None,
    });
    assert_eq!(rights, Rights::VIEW_ONLY);
    for line in ["type a", "move 1 1", "clipboard a"] {
        assert_eq!(viewer.ask(line)["error"], "this session is view-only");
    }
    viewer.does("still 100");
}

#[test]
fn a_wrong_fingerprint_is_refused_before_anything_is_sent() {
    let desk = Desk::open(SIZE);
    let (credentials, wrong) = (desk.credentials(), format!("sha256:{}", "0a".repeat(32)));
    let flags = [
        "--headless",
        "--fingerprint",
        &wrong,
        "--credentials",
        &credentials,
    ];
    let ending = Viewer::start(None, flags).ending();
    assert_eq!(ending.code, 4);
    let right = desk.server.fingerprint().unwrap().to_string();
    for part in [&right, &wrong, "nothing was sent", "127.0.0.1"] {
        assert!(ending.errors.contains(part), "{}", ending.errors);
    }
    assert_eq!(desk.server.sessions(), 0);
}

#[test]
fn a_wrong_password_is_refused_and_a_missing_one_asked_for() {
    let desk = Desk::open(SIZE);
    let (url, print) = (
        desk.server.url(),
        desk.server.fingerprint().unwrap().to_string(),
    );
    let secret = desk.path("secret");
    std::fs::write(&secret, "mistaken\n").unwrap();
    let flags = [&url, "--headless", "--fingerprint", &print];
    let file = ["--password-file", secret.to_str().unwrap()];
    let ending = Viewer::start(None, flags.into_iter().chain(file)).ending();
    assert_eq!(ending.code, 4, "{ending:?}");
    assert!(ending.errors.contains("127.0.0.1"), "{}", ending.errors);
    assert!(!ending.errors.contains("mistaken"), "{}", ending.errors);
}

#[test]
fn the_password_can_come_on_standard_input() {
    let desk = Desk::open(SIZE);
    let (url, print) = (
        desk.server.url(),
        desk.server.fingerprint().unwrap().to_string(),
    );
    let flags = [&url, "--headless", "--for", "0.2", "--fingerprint", &print];
    let mut viewer = Viewer::start(None, flags.into_iter().chain(["--password-file", "-"]));
    viewer.says(desk.server.password().unwrap().reveal());
    assert_eq!(viewer.ending().code, 0);
}

#[test]
fn plain_rfb_is_spoken_only_when_asked_for_by_name() {
    let desk = Desk::open_insecure(SIZE);
    let url = desk.server.url();
    let ending = Viewer::start(None, [&*url, "--headless", "--for", "1"]).ending();
    assert_eq!(ending.code, 2);
    assert!(ending.errors.contains("--insecure"), "{}", ending.errors);
    let flags = [&*url, "--headless", "--for", "0.5", "--insecure", "--stats"];
    let ending = Viewer::start(None, flags).ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    assert_eq!(ending.statistics()["encrypted"], false);
}

#[test]
fn a_goodbye_is_told_and_is_early_while_a_script_goes_on() {
    let desk = Desk::open(SIZE);
    let viewer = driven_with_picture(&desk, &["--stats"]);
    desk.shut_down(GoodbyeCode::APPLICATION_ENDED, "the editor was closed");
    let ending = viewer.ending();
    assert_eq!(ending.code, 5, "{ending:?}");
    let told = "the session ended: the editor was closed";
    assert!(ending.errors.contains(told), "{}", ending.errors);
    let figures = ending.statistics();
    assert_eq!(figures["ended"], "goodbye");
    assert_eq!(figures["goodbye"]["code"], 1);
}

#[test]
fn a_signal_ends_it_with_everything_written() {
    let desk = Desk::open(SIZE);
    let file = desk.path("last.png");
    let place = ["--snapshot", file.to_str().unwrap()];
    let viewer = driven_with_picture(
        &desk,
        &[&["--stats", "--quality", "lossless"], &place[..]].concat(),
    );
    viewer.terminate();
    let ending = viewer.ending();
    assert_eq!(ending.code, 0, "{ending:?}");
    assert_eq!(ending.statistics()["ended"], "closed");
    assert_eq!(pixels_of(&file), rgb(&desk.picture));
}
