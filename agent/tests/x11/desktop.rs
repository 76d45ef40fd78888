//! A real X server for a test, and programs on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tightrope::{Rect, Size};
use tightrope_agent::display::Display;
use tightrope_agent::xvfb::{Xvfb, environment};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt, CreateGCAux, CreateWindowAux, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Desktop {
    pub(crate) xvfb: Xvfb,
}

impl Desktop {
    pub(crate) async fn new(size: Size) -> Self {
        Self {
            xvfb: Xvfb::start(size).await.expect("Xvfb starts"),
        }
    }

    pub(crate) fn display(&self) -> &Display {
        self.xvfb.display()
    }

    /// A connection of some other program.
    pub(crate) fn connect(&self) -> RustConnection {
        connect(self.display())
    }

    /// `program`, to be run on this desktop. It must be installed.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .envs(environment(self.display(), &self.xvfb.authority()))
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs `program` to its end and gives what it wrote.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self
            .command(program)
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
        assert!(output.status.success(), "{program}: {}", output.status);
        output.stdout
    }
}

pub(crate) fn connect(display: &Display) -> RustConnection {
    let number = display.name.trim_start_matches(':');
    let path = format!("/tmp/.X11-unix/X{number}");
    let stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    let (stream, _) = DefaultStream::from_unix_stream(stream).unwrap();
    let cookie = display.cookie.map(Vec::from).unwrap_or_default();
    let kind = match display.cookie {
        Some(_) => b"MIT-MAGIC-COOKIE-1".to_vec(),
        None => Vec::new(),
    };
    RustConnection::connect_to_stream_with_auth_info(stream, 0, kind, cookie).unwrap()
}

/// An Xvfb with these arguments, open to this user without a cookie.
pub(crate) fn bare_xvfb(arguments: &str) -> (Program, Display) {
    let mut child = Command::new("Xvfb")
        .args(["-displayfd", "1", "-noreset"])
        .args(arguments.split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb must be installed");
    let mut number = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut number).unwrap();
    let display = Display {
        name: format!(":{}", number.trim()),
        cookie: None,
    };
    (Program(child), display)
}

/// Ends with the test.
pub(crate) struct Program(pub(crate) Child);

impl Drop for Program {
    fn drop(&mut self) {
        // Xvfb removes its files when it is asked to end.
        let _gone = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _gone = self.0.wait();
    }
}

/// A mapped window at `rect` of one colour (0xRRGGBB), above all others.
pub(crate) fn window(x: &RustConnection, rect: Rect, colour: u32) -> Window {
    let window = x.generate_id().unwrap();
    let look = CreateWindowAux::new()
        .background_pixel(colour)
        .override_redirect(1);
    let (left, top) = (rect.left.cast_signed(), rect.top.cast_signed());
    x.create_window(
        x11rb::COPY_DEPTH_FROM_PARENT,
        window,
        x.setup().roots[0].root,
        left,
        top,
        rect.width,
        rect.height,
        0,
        WindowClass::INPUT_OUTPUT,
        0,
        &look,
    )
    .unwrap();
    x.map_window(window).unwrap();
    sync(x);
    window
}

/// Fills parts of `window` with one colour (0xRRGGBB).
pub(crate) fn fill(x: &RustConnection, window: Window, colour: u32, rects: &[Rect]) {
    let context = x.generate_id().unwrap();
    x.create_gc(context, window, &CreateGCAux::new().foreground(colour))
        .unwrap();
    let rects: Vec<Rectangle> = rects
        .iter()
        .map(|rect| Rectangle {
            x: rect.left.cast_signed(),
            y: rect.top.cast_signed(),
            width: rect.width,
            height: rect.height,
        })
        .collect();
    x.poly_fill_rectangle(window, context, &rects).unwrap();
    x.free_gc(context).unwrap();
    sync(x);
}

/// Waits until the X server has done everything asked of it.
pub(crate) fn sync(x: &RustConnection) {
    x.get_input_focus().unwrap().reply().unwrap();
}

/// Waits until `condition` gives something.
pub(crate) fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
