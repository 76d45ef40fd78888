//! An X server with nothing on it: its pixels, its keyboard and mouse, its clipboard.

use crate::desk::eventually;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use tightrope::{Framebuffer, Rect, Size};
use x11rb::connection::Connection;
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt, GrabMode, GrabStatus, ImageFormat, InputFocus,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, ModMask, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// Xvfb, and a connection to it. It ends when dropped.
pub(crate) struct Screen {
    server: Child,
    pub(crate) display: String,
    connection: RustConnection,
    root: Window,
}

impl Screen {
    /// Starts Xvfb with `width` × `height` pixels.
    pub(crate) fn start(width: u16, height: u16) -> Self {
        let geometry = format!("{width}x{height}x24");
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &geometry])
            .args(["-noreset", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        let output = server.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut number).unwrap();
        let display = format!(":{}", number.trim());
        let (connection, _) = x11rb::connect(Some(&display)).unwrap();
        let root = connection.setup().roots[0].root;
        Self {
            server,
            display,
            connection,
            root,
        }
    }
    /// The window with this title, once it is on the screen.
    pub(crate) fn window(&self, title: &str) -> Window {
        let connection = &self.connection;
        let atom = |name: &[u8]| {
            connection
                .intern_atom(false, name)
                .unwrap()
                .reply()
                .unwrap()
                .atom
        };
        let (name, utf8) = (atom(b"_NET_WM_NAME"), atom(b"UTF8_STRING"));
        let is_it = |&window: &Window| {
            let property = connection.get_property(false, window, name, utf8, 0, 1000);
            property
                .unwrap()
                .reply()
                .is_ok_and(|reply| reply.value == title.as_bytes())
        };
        eventually(&format!("a window {title:?}"), || {
            let tree = connection.query_tree(self.root).unwrap().reply().unwrap();
            tree.children.into_iter().find(is_it)
        })
    }
    /// Gives `window` the keyboard.
    pub(crate) fn focus(&self, window: Window) {
        eventually("the window takes the keyboard", || {
            // It may not be on the screen yet, which is an error.
            let focus = self
                .connection
                .set_input_focus(InputFocus::PARENT, window, 0_u32);
            focus.unwrap().check().ok()
        });
    }
    /// Starts a window manager.
    pub(crate) fn manage(&self) -> Manager {
        let mut command = Command::new("openbox");
        command.env("DISPLAY", &self.display);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Manager(command.spawn().expect("openbox is installed"))
    }
    /// Waits until the window manager has taken `window` in.
    pub(crate) fn expect_bordered(&self, window: Window) {
        eventually("the window has a border", || {
            let tree = self.connection.query_tree(window).unwrap();
            (tree.reply().unwrap().parent != self.root).then_some(())
        });
    }
    /// The screen's size.
    pub(crate) fn size(&self) -> Size {
        self.size_of(self.root)
    }
    /// The size of a window.
    pub(crate) fn size_of(&self, window: Window) -> Size {
        let geometry = self.connection.get_geometry(window).unwrap();
        let geometry = geometry.reply().unwrap();
        Size::new(geometry.width, geometry.height)
    }
    /// Makes the keyboard what `setxkbmap` makes of these arguments.
    pub(crate) fn set_layout(&self, arguments: &[&str]) {
        let mut command = Command::new("setxkbmap");
        command.args(arguments).env("DISPLAY", &self.display);
        assert!(command.status().expect("setxkbmap is installed").success());
    }
    /// Keeps a key with Alt from all windows, as a window manager does.
    pub(crate) fn keep_alt_and(&self, keysym: u32) {
        let (key, root) = (self.keycode(keysym), self.root);
        let (mode, alt) = (GrabMode::ASYNC, ModMask::M1);
        let grab = self.connection.grab_key(true, root, alt, key, mode, mode);
        grab.unwrap().check().unwrap();
    }
    /// Whether no program has taken the keyboard for itself alone.
    pub(crate) fn is_keyboard_free(&self) -> bool {
        let mode = GrabMode::ASYNC;
        let grab = self
            .connection
            .grab_keyboard(false, self.root, 0_u32, mode, mode);
        let is_free = grab.unwrap().reply().unwrap().status == GrabStatus::SUCCESS;
        let released = self.connection.ungrab_keyboard(0_u32);
        released.unwrap().check().unwrap();
        is_free
    }
    /// Takes the keyboard from every window.
    pub(crate) fn unfocus(&self) {
        let focus = self
            .connection
            .set_input_focus(InputFocus::NONE, 0_u32, 0_u32);
        focus.unwrap().check().unwrap();
    }
    /// Makes `window` another size, as a window manager does.
    pub(crate) fn resize(&self, window: Window, width: u32, height: u32) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.connection
            .configure_window(window, &size)
            .unwrap()
            .check()
            .unwrap();
    }
    /// The pixels of a rectangle of the screen, rows of BGRX with X zero.
    pub(crate) fn pixels(&self, rect: Rect) -> Vec<u8> {
        let [x, y] = [rect.left, rect.top].map(|edge| i16::try_from(edge).unwrap());
        let (width, height) = (rect.width, rect.height);
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0)
            .unwrap()
            .reply()
            .unwrap();
        let mut pixels = image.data;
        pixels
            .iter_mut()
            .skip(3)
            .step_by(4)
            .for_each(|byte| *byte = 0);
        pixels
    }
    /// The pixel at a place, as blue, green, red.
    pub(crate) fn pixel(&self, x: u16, y: u16) -> [u8; 3] {
        let pixels = self.pixels(Rect::new(x, y, 1, 1));
        [pixels[0], pixels[1], pixels[2]]
    }
    /// Waits until the screen shows `picture` with its first pixel at `left`, `top`.
    pub(crate) fn expect(&self, picture: &Framebuffer, left: u16, top: u16) {
        let size = picture.size();
        let rect = Rect::new(left, top, size.width, size.height);
        eventually("the screen shows the picture", || {
            (self.pixels(rect) == picture.bytes()).then_some(())
        });
    }
    /// Presses or lets go of the key that has `keysym` without modifiers.
    pub(crate) fn key(&self, keysym: u32, down: bool) {
        let kind = if down {
            KEY_PRESS_EVENT
        } else {
            KEY_RELEASE_EVENT
        };
        self.fake(kind, self.keycode(keysym), 0, 0);
    }
    fn keycode(&self, keysym: u32) -> u8 {
        let setup = self.connection.setup();
        let count = setup.max_keycode - setup.min_keycode + 1;
        let mapping = self
            .connection
            .get_keyboard_mapping(setup.min_keycode, count);
        let mapping = mapping.unwrap().reply().unwrap();
        let mut keys = mapping.keysyms.chunks(mapping.keysyms_per_keycode.into());
        let index = keys.position(|keysyms| keysyms[0] == keysym).unwrap();
        setup.min_keycode + u8::try_from(index).unwrap()
    }
    /// Moves the pointer.
    pub(crate) fn point(&self, x: i16, y: i16) {
        self.fake(MOTION_NOTIFY_EVENT, 0, x, y);
    }
    /// Width, height and pixels (ARGB) of the pointer as it is shown.
    pub(crate) fn pointer_shape(&self) -> (u16, u16, Vec<u32>) {
        let version = self.connection.xfixes_query_version(5, 0).unwrap();
        version.reply().unwrap();
        let image = self.connection.xfixes_get_cursor_image().unwrap();
        let image = image.reply().unwrap();
        (image.width, image.height, image.cursor_image)
    }
    /// Where the pointer is.
    pub(crate) fn pointer_place(&self) -> (i16, i16) {
        let pointer = self.connection.query_pointer(self.root).unwrap();
        let pointer = pointer.reply().unwrap();
        (pointer.root_x, pointer.root_y)
    }
    /// Presses and lets go of a button of the mouse.
    pub(crate) fn click(&self, button: u8) {
        for kind in [4, 5] {
            self.fake(kind, button, 0, 0);
        }
    }
    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) {
        let event = self
            .connection
            .xtest_fake_input(kind, detail, 0, self.root, x, y, 0);
        event.unwrap().check().unwrap();
    }
    /// Another program copies `text`.
    pub(crate) fn copy(&self, text: &str) {
        self.copy_as("UTF8_STRING", text.as_bytes());
    }
    /// Another program copies `bytes`, and calls them `target`.
    pub(crate) fn copy_as(&self, target: &str, bytes: &[u8]) {
        // It stays in the background and must not keep our streams open.
        let mut command = self.xclip(&["-in", "-target", target]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut xclip = command
            .stdin(Stdio::piped())
            .spawn()
            .expect("xclip is installed");
        xclip.stdin.take().unwrap().write_all(bytes).unwrap();
        assert!(xclip.wait().unwrap().success());
        // It goes to the background before it has the clipboard.
        eventually("the text is copied", || {
            (self.paste_as(target) == bytes).then_some(())
        });
    }
    /// What another program would paste.
    pub(crate) fn paste(&self) -> String {
        String::from_utf8(self.paste_as("UTF8_STRING")).unwrap()
    }
    /// The same, of what it calls `target`; nothing if there is none.
    pub(crate) fn paste_as(&self, target: &str) -> Vec<u8> {
        let mut command = self.xclip(&["-out", "-target", target]);
        let output = command.stderr(Stdio::null()).output();
        output.expect("xclip is installed").stdout
    }
    fn xclip(&self, flags: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command
            .args(["-selection", "clipboard"])
            .args(flags)
            .env("DISPLAY", &self.display);
        command
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Ended, not killed, so that it takes its lock and its socket away.
        let pid = self.server.id().to_string();
        _ = Command::new("kill").arg(pid).status();
        _ = self.server.wait();
    }
}

/// A window manager. It ends when dropped.
pub(crate) struct Manager(Child);

impl Drop for Manager {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
