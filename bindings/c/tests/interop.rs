//! Programs in C against the programs of others: TigerVNC's viewer and server, and libvncclient.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod harness;

use std::fs;
use std::process::Command;

use harness::running::{Running, look_until};
use harness::screen::{Display, Picture};
use harness::{CHECKS, Language, Program, pkg_config, scratch};

const PASSWORD: &str = "oak barn";

/// A file with the password, as TigerVNC reads it.
fn password_file() -> String {
    let file = scratch("password");
    let script = format!(
        "printf %s '{PASSWORD}' | tigervncpasswd -f > '{}'",
        file.display()
    );
    let status = Command::new("sh").args(["-c", &script]).status().unwrap();
    assert!(status.success());
    file.display().to_string()
}

/// TigerVNC's viewer, in a corner of a screen without a window manager.
fn viewer(display: &Display, port: &str, size: &str, more: &[&str]) -> Running {
    let place = format!("{size}+0+0");
    let address = format!("127.0.0.1::{port}");
    let mut arguments = vec![
        "-AlertOnFatalError=0",
        "-ReconnectOnError=0",
        "-geometry",
        &place,
        "-AutoSelect=0",
        "-QualityLevel=9",
        // Without its notice, which covers the picture.
        "-MenuKey=",
    ];
    arguments.extend(more);
    arguments.push(&address);
    let running = Running::start(&mut display.command("xtigervncviewer", &arguments));
    let window = look_until("the viewer shows its window", || {
        let search = ["search", "--onlyvisible", "--class", "^TigerVNC Viewer$"];
        let output = display.command("xdotool", &search).output().unwrap();
        let found = String::from_utf8(output.stdout).unwrap();
        found.lines().next_back().map(str::to_owned)
    });
    display.run("xdotool", &["windowmove", &window, "0", "0"]);
    display.run("xdotool", &["windowfocus", &window]);
    running
}

const INK: [u8; 3] = [0x20, 0x30, 0x40];
const PAPER: [u8; 3] = [0xf4, 0xf0, 0xe4];

#[test]
fn tigervncs_viewer_draws_on_the_canvas_that_was_libvncservers() {
    let canvas = Program::of_file("examples/libvncserver-port.c", &CHECKS);
    let canvas = Running::start(canvas.command().arg("127.0.0.1:0"));
    let port = canvas.after("port");
    let display = Display::xvfb("640x480");
    let viewer = viewer(&display, &port, "400x300", &["-SecurityTypes", "None"]);
    let shows = |x, y, colour| {
        look_until("the canvas is shown", || {
            (display.picture().at(x, y) == colour).then_some(())
        });
    };
    shows(200, 150, INK);
    shows(50, 50, PAPER);
    canvas.after("127.0.0.1");
    display.run("xdotool", &["mousemove", "50", "50", "mousedown", "1"]);
    shows(50, 50, INK);
    display.run("xdotool", &["mousemove", "70", "50"]);
    shows(70, 50, INK);
    display.run("xdotool", &["mouseup", "1"]);
    display.run("xdotool", &["mousemove", "300", "50", "click", "3"]);
    shows(50, 50, PAPER);
    shows(200, 150, PAPER);
    display.run("xdotool", &["key", "x"]);
    assert_eq!(canvas.after("key"), "0x78");
    display.run("xdotool", &["key", "q"]);
    canvas.end();
    drop(viewer);
}

#[test]
fn tigervncs_viewer_is_let_in_by_a_server_with_a_socket_of_its_own() {
    let server = Program::of_file("examples/own-socket-server.c", &CHECKS);
    let server = Running::start(server.command().args(["0", PASSWORD]));
    let port = server.after("port");
    let display = Display::xvfb("640x480");
    let file = password_file();
    let viewer = viewer(
        &display,
        &port,
        "320x200",
        &["-SecurityTypes", "VncAuth", "-passwd", &file],
    );
    let pressed = |x: usize, y: usize| {
        let at = [x.to_string(), y.to_string()];
        display.run("xdotool", &["mousemove", &at[0], &at[1], "click", "1"]);
        look_until("what was pressed on changes", || {
            (display.picture().at(x, y) == [0xff, 0x80, 0]).then_some(())
        });
    };
    pressed(100, 90);
    pressed(20, 30);
    display.run("xdotool", &["key", "a"]);
    assert_eq!(server.after("key"), "0x61");
    drop(viewer);
    server.after("sent");
    server.end();
}

#[test]
fn libvncclient_holds_every_pixel_of_a_server_with_a_socket_of_its_own() {
    let server = Program::of_file("examples/own-socket-server.c", &[]);
    let flags = pkg_config(&["--cflags", "--libs", "libvncclient"]);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let client = Program::of_file_as("tests/c/libvncclient.c", Language::C11, &flags);
    for encoding in ["tight", "zrle", "hextile", "raw"] {
        let server = Running::start(server.checked_command().arg("0"));
        let port = server.after("port");
        let file = scratch("libvncclient");
        client.run(&[&port, encoding, &file.display().to_string()]);
        expect_quarters(&Picture::read(&fs::read(&file).unwrap()));
        server.after("sent");
        server.end();
    }
}

/// The four colours that own-socket-server.c begins with.
fn expect_quarters(picture: &Picture) {
    assert_eq!((picture.width, picture.pixels.len()), (320, 320 * 200));
    for (at, pixel) in picture.pixels.iter().enumerate() {
        let (right, low) = (at % 320 >= 160, at / 320 >= 100);
        let quarter = u32::from(right) + 2 * u32::from(low);
        let [_, red, green, blue] = ((0x0040_4040 << (quarter / 2)) | (quarter * 60)).to_be_bytes();
        assert_eq!(*pixel, [red, green, blue], "{at}");
    }
}

#[test]
fn a_client_with_a_socket_of_its_own_holds_every_pixel_of_xtigervnc() {
    let file = password_file();
    let port = free_port();
    let arguments = [
        "-geometry",
        "640x480",
        "-depth",
        "24",
        "-localhost=1",
        "-rfbport",
        &port,
        "-SecurityTypes",
        "VncAuth",
        "-PasswordFile",
        &file,
    ];
    let display = Display::start("Xtigervnc", &arguments);
    let grid = ["-mod", "16", "16", "-fg", "#204060", "-bg", "#ffc020"];
    display.run("xsetroot", &grid);
    let client = Program::of_file("examples/own-socket-client.c", &[]);
    let file = scratch("client");
    let said = client.run_checked(&[&port, PASSWORD, &file.display().to_string()]);
    assert!(said.contains("640 x 480"), "{said}");
    let held = Picture::read(&fs::read(&file).unwrap());
    let shown = display.picture();
    assert_eq!(held.pixels.len(), 640 * 480);
    assert!(held.pixels == shown.pixels);
    let colours = [[0x20, 0x40, 0x60], [0xff, 0xc0, 0x20]];
    assert!(colours.iter().all(|own| held.pixels.contains(own)));
}

#[test]
fn a_wrong_password_is_refused_by_xtigervnc_and_said_so() {
    let file = password_file();
    let port = free_port();
    let arguments = [
        "-rfbport",
        &port,
        "-localhost=1",
        "-SecurityTypes",
        "VncAuth",
        "-PasswordFile",
        &file,
    ];
    let _display = Display::start("Xtigervnc", &arguments);
    let client = Program::of_file("examples/own-socket-client.c", &[]);
    let output = client
        .command()
        .args([&port, "guess", "/dev/null"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("refused"), "{said}");
}

/// A port that nobody listens on just now.
fn free_port() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port().to_string()
}
