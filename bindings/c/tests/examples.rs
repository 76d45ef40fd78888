//! The examples, each built and run as its first lines say, against each other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod harness;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Language, Program, pkg_config};

const LIMIT: Duration = Duration::from_secs(60);

/// A program that runs until its input is closed, or this is dropped.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    /// The first lines that it wrote.
    lines: Vec<String>,
}

impl Running {
    /// Starts it, and waits for so many lines.
    fn start(mut command: Command, lines: usize) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let lines: Vec<_> = output.lines().take(lines).map(Result::unwrap).collect();
        Self {
            input: child.stdin.take(),
            child,
            lines,
        }
    }

    /// Closes its input, and waits until it has ended well.
    fn end(mut self) {
        drop(self.input.take());
        let status = look_until("its end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An X server of this test's own.
struct Display {
    _server: Running,
    name: String,
}

impl Display {
    fn start() -> Self {
        let mut command = Command::new("Xvfb");
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1024x768x24",
            "-nolisten",
            "tcp",
        ]);
        let running = Running::start(command, 1);
        Self {
            name: format!(":{}", running.lines[0]),
            _server: running,
        }
    }

    /// What it shows, as rows of red, green and blue.
    fn picture(&self) -> Picture {
        let mut import = Command::new("import");
        import.args(["-silent", "-window", "root", "-depth", "8", "ppm:-"]);
        let output = import.env("DISPLAY", &self.name).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Picture::read(&output.stdout)
    }
}

struct Picture(Vec<[u8; 3]>);

impl Picture {
    fn read(ppm: &[u8]) -> Self {
        let pixels = 1024 * 768;
        let start = ppm.len() - pixels * 3;
        Self(ppm[start..].as_chunks().0.to_vec())
    }

    /// How many pixels have this colour, within what JPEG may do to it.
    fn count(&self, colour: [u8; 3]) -> usize {
        let is_near = |own: &&[u8; 3]| own.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 8);
        self.0.iter().filter(is_near).count()
    }

    /// Where the first of them is.
    fn first(&self, colour: [u8; 3]) -> Option<usize> {
        let is_near = |own: &[u8; 3]| own.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 8);
        self.0.iter().position(is_near).map(|at| at % 1024)
    }
}

/// Looks until `wanted` says what it was looking for.
fn look_until<T>(what: &str, mut wanted: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = wanted() {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        // Neither a screen nor the end of a process can be waited for with a limit.
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn example(name: &str, flags: &[&str]) -> Program {
    Program::of_file(&format!("examples/{name}.c"), flags)
}

fn sdl_viewer() -> Program {
    let flags = pkg_config(&["--cflags", "--libs", "sdl2"]);
    let flags = flags.iter().map(String::as_str).chain(CHECKS);
    example("viewer", &flags.collect::<Vec<_>>())
}

/// The viewer in a window on `display`, connected to what `server` says.
fn viewing(server: &Running, display: &Display) -> Running {
    let mut command = sdl_viewer().command();
    command
        .args(&server.lines)
        .env("DISPLAY", &display.name)
        .env("SDL_AUDIODRIVER", "dummy")
        // What SDL and X keep until the end is not the viewer's.
        .env("ASAN_OPTIONS", "detect_leaks=0");
    Running::start(command, 0)
}

fn serving() -> Running {
    Running::start(example("server", &[]).command(), 2)
}

const GROUND: [u8; 3] = [0x20, 0x40, 0x60];
const BOX: [u8; 3] = [0xff, 0xc0, 0x20];

#[test]
fn the_viewer_shows_in_its_window_what_the_server_paints() {
    let display = Display::start();
    let server = serving();
    let mut viewer = viewing(&server, &display);
    let shown = |picture: &Picture| {
        // All of 640 by 480 pixels, of which the box has 96 by 96.
        picture.count(GROUND) > 290_000 && picture.count(BOX) > 8000
    };
    let first = look_until("the picture", || {
        assert!(viewer.child.try_wait().unwrap().is_none(), "it has ended");
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
    let display = Display::start();
    let server = serving();
    let _viewer = viewing(&server, &display);
    look_until("the picture", || {
        (display.picture().count(BOX) > 8000).then_some(())
    });
    let act = |arguments: &[&str]| {
        let mut xdotool = Command::new("xdotool");
        let status = xdotool
            .args(arguments)
            .env("DISPLAY", &display.name)
            .status();
        assert!(status.unwrap().success());
    };
    act(&["mousemove", "512", "384", "mousedown", "1"]);
    look_until("the other colour", || {
        (display.picture().count([0x40, 0xd0, 0x60]) > 8000).then_some(())
    });
    act(&["mouseup", "1"]);
    look_until("the colour before", || {
        (display.picture().count(BOX) > 8000).then_some(())
    });
}

#[test]
fn the_agent_serves_what_another_process_draws() {
    let name = format!("/tightrope-test-{}", std::process::id());
    let mut command = example("agent", &[]).checked_command();
    command.args([&name, "320x200"]);
    let agent = Running::start(command, 2);
    let mut command = example("painter", &[]).command();
    command.arg(&name);
    let painter = Running::start(command, 0);
    let arguments: Vec<_> = agent.lines.iter().map(String::as_str).collect();
    Program::of_file("tests/c/draws.c", &[]).run(&arguments);
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
    let server = Running::start(program.command(), 1);
    let (url, password) = server.lines[0].split_once(' ').unwrap();
    Program::of_file("tests/c/follows.c", &[]).run(&[url, password]);
}

/// What has the compiler look after memory and arithmetic.
const CHECKS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

#[test]
fn the_server_does_nothing_wrong_with_memory() {
    for command in [
        example("server", &[]).checked_command(),
        example("server", &CHECKS).command(),
    ] {
        let server = Running::start(command, 2);
        let arguments: Vec<_> = server.lines.iter().map(String::as_str).collect();
        Program::of_file("tests/c/follows.c", &CHECKS).run(&arguments);
        server.end();
    }
}

#[test]
fn what_calls_cost_is_measured() {
    let figures = example("costs", &[]).run(&["100"]);
    assert_eq!(figures.lines().count(), 10, "{figures}");
    assert!(figures.contains("tr_server_update, nothing"), "{figures}");
}
