//! The examples, each built and run as its first lines say, against each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod harness;

use harness::running::{Running, look_until};
use harness::screen::{Display, Picture};
use harness::{CHECKS, Language, Program, pkg_config};

fn example(name: &str, flags: &[&str]) -> Program {
    Program::of_file(&format!("examples/{name}.c"), flags)
}

fn sdl_viewer() -> Program {
    let flags = pkg_config(&["--cflags", "--libs", "sdl2"]);
    let flags = flags.iter().map(String::as_str).chain(CHECKS);
    example("viewer", &flags.collect::<Vec<_>>())
}

/// The viewer in a window on `display`, connected to where `server` is.
fn viewing(server: &Running, display: &Display) -> Running {
    let mut command = sdl_viewer().command();
    command
        .args(server.lines::<2>())
        .env("DISPLAY", &display.name)
        .env("SDL_AUDIODRIVER", "dummy")
        // What SDL and X keep until the end is not the viewer's.
        .env("ASAN_OPTIONS", "detect_leaks=0");
    Running::start(&mut command)
}

fn serving() -> Running {
    Running::start(&mut example("server", &[]).command())
}

const GROUND: [u8; 3] = [0x20, 0x40, 0x60];
const BOX: [u8; 3] = [0xff, 0xc0, 0x20];

#[test]
fn the_viewer_shows_in_its_window_what_the_server_paints() {
    let display = Display::xvfb("1024x768");
    let server = serving();
    let mut viewer = viewing(&server, &display);
    let shown = |picture: &Picture| {
        // All of 640 by 480 pixels, of which the box has 96 by 96.
        picture.count(GROUND) > 290_000 && picture.count(BOX) > 8000
    };
    let first = look_until("the picture", || {
        assert!(!viewer.is_over(), "it has ended");
        let picture = display.picture();
        shown(&picture).then(|| picture.first(BOX)).flatten()
    });
    look_until("the box moves", || {
        let picture = display.picture();
        (shown(&picture) && picture.first(BOX) != Some(first)).then_some(())
    });
    server.end();
    viewer.end();
}

#[test]
fn a_click_in_the_window_reaches_the_server() {
    let display = Display::xvfb("1024x768");
    let server = serving();
    let _viewer = viewing(&server, &display);
    look_until("the picture", || {
        (display.picture().count(BOX) > 8000).then_some(())
    });
    let press = ["mousemove", "512", "384", "mousedown", "1"];
    display.run("xdotool", &press);
    look_until("the other colour", || {
        (display.picture().count([0x40, 0xd0, 0x60]) > 8000).then_some(())
    });
    display.run("xdotool", &["mouseup", "1"]);
    look_until("the colour before", || {
        (display.picture().count(BOX) > 8000).then_some(())
    });
}

#[test]
fn the_agent_serves_what_another_process_draws() {
    let name = format!("/tightrope-test-{}", std::process::id());
    let mut command = example("agent", &[]).checked_command();
    command.args([&name, "320x200"]);
    let agent = Running::start(&mut command);
    // By then there is the memory that the painter opens.
    let [url, password] = agent.lines();
    let mut command = example("painter", &[]).command();
    command.arg(&name);
    let painter = Running::start(&mut command);
    Program::of_file("tests/c/draws.c", &[]).run(&[&url, &password]);
    painter.end();
    agent.end();
    assert!(!std::path::Path::new("/dev/shm").join(&name[1..]).exists());
}

/// The program in README's section "From C".
fn readme() -> String {
    let readme = harness::folder().join("../../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let section = text.split("## From C\n").nth(1).expect("the section");
    let program = section.split("```c\n").nth(1).expect("a program in C");
    program.split("```").next().unwrap().to_owned()
}

#[test]
fn the_server_of_the_readme_works_as_printed_in_seven_lines() {
    let text = readme();
    let (_, body) = text.split_once("int main(void) {\n").unwrap();
    let lines = body.trim_end().trim_end_matches('}').trim_end().lines();
    assert_eq!(lines.count(), 7, "{text}");
    let program = Program::of_text("readme", &text, Language::C11);
    let server = Running::start(&mut program.command());
    let line = server.line();
    let (url, password) = line.split_once(' ').unwrap();
    Program::of_file("tests/c/follows.c", &[]).run(&[url, password]);
}

#[test]
fn the_server_does_nothing_wrong_with_memory() {
    for mut command in [
        example("server", &[]).checked_command(),
        example("server", &CHECKS).command(),
    ] {
        let server = Running::start(&mut command);
        let [url, password] = server.lines();
        Program::of_file("tests/c/follows.c", &CHECKS).run(&[&url, &password]);
        server.end();
    }
}

#[test]
fn what_calls_cost_is_measured() {
    let figures = example("costs", &[]).run(&["100"]);
    assert_eq!(figures.lines().count(), 10, "{figures}");
    assert!(figures.contains("tr_server_update, nothing"), "{figures}");
}
