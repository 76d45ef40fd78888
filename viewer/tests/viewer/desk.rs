//! A served desktop with a known picture.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tightrope::{
    Allow, Framebuffer, Goodbye, GoodbyeCode, Point, Protocol, Rect, Region, Secret, Server,
    ServerConfig, ServerEvent, Size,
};
use tokio::runtime::Runtime;

/// How long anything may take on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server in this process.
pub(crate) struct Desk {
    runtime: Runtime,
    pub(crate) server: Server,
    pub(crate) picture: Framebuffer,
    pub(crate) directory: TempDir,
}

impl Desk {
    /// Serves a picture of `size`, encrypted and with passwords.
    pub(crate) fn open(size: Size) -> Self {
        Self::with(ServerConfig {
            view_only_password: Some(Secret::from("onlylook")),
            ..ServerConfig::new(size).unwrap()
        })
    }
    /// Serves it, and lets viewers ask to shut it down.
    pub(crate) fn open_with_power(size: Size) -> Self {
        Self::with(ServerConfig {
            power: true,
            ..ServerConfig::new(size).unwrap()
        })
    }
    /// Serves it plainly, for everybody.
    pub(crate) fn open_insecure(size: Size) -> Self {
        Self::with(ServerConfig {
            allow: Allow::only(&[Protocol::Plain]),
            password: None,
            ..ServerConfig::new(size).unwrap()
        })
    }
    pub(crate) fn with(config: ServerConfig) -> Self {
        let runtime = Runtime::new().unwrap();
        let size = config.size;
        let server = runtime.block_on(Server::bind(config)).unwrap();
        let mut desk = Self {
            runtime,
            server,
            picture: Framebuffer::default(),
            directory: tempfile::tempdir().unwrap(),
        };
        desk.paint(size);
        desk
    }
    /// Paints another picture of `size`: every pixel tells where it is.
    pub(crate) fn paint(&mut self, size: Size) {
        self.picture = Framebuffer::new(size);
        let mut view = self.picture.view_mut(size.into()).unwrap();
        for (y, row) in (0_u32..).zip(view.rows_mut()) {
            for (x, pixel) in (0_u32..).zip(row.as_chunks_mut::<4>().0) {
                let mixed = (x * 7 + y * 13) ^ (x * y / 64);
                let [_, high, middle, low] = mixed.to_be_bytes();
                *pixel = [low, middle.wrapping_add(low), high ^ low.wrapping_mul(3), 0];
            }
        }
        self.publish(size.into());
    }
    /// Fills a rectangle.
    pub(crate) fn fill(&mut self, rect: Rect, bgr: [u8; 3]) {
        let [blue, green, red] = bgr;
        let mut view = self.picture.view_mut(rect).unwrap();
        view.fill([blue, green, red, 0]);
        self.publish(rect);
    }
    /// Shows another picture of the same size for now.
    pub(crate) fn show(&self, picture: &Framebuffer) {
        let everything = Region::from(picture.size());
        self.server.update(picture.view(), &everything);
    }
    fn publish(&self, rect: Rect) {
        self.server.update(self.picture.view(), &Region::from(rect));
    }
    /// The file that `tightrope-agent --print-credentials` would have written.
    pub(crate) fn credentials(&self) -> String {
        let json = serde_json::json!({
            "url": self.server.url(),
            "fingerprint": self.server.fingerprint().map(|print| print.to_string()),
            "password": self.server.password().map(Secret::reveal),
            "view_only_password": "onlylook",
        });
        let path = self.path("credentials.json");
        std::fs::write(&path, json.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
    /// The first event from now on that `wanted` has something to say about.
    pub(crate) fn expect<T>(&self, what: &str, wanted: impl FnMut(ServerEvent) -> Option<T>) -> T {
        self.within(PATIENCE, wanted)
            .unwrap_or_else(|| panic!("the server never got {what}"))
    }
    /// The same, if it comes within a second.
    pub(crate) fn soon<T>(&self, wanted: impl FnMut(ServerEvent) -> Option<T>) -> Option<T> {
        self.within(Duration::from_secs(1), wanted)
    }
    fn within<T>(
        &self,
        time: Duration,
        mut wanted: impl FnMut(ServerEvent) -> Option<T>,
    ) -> Option<T> {
        let find = async {
            loop {
                if let Some(found) = wanted(self.server.next_event().await) {
                    return found;
                }
            }
        };
        let found = async { tokio::time::timeout(time, find).await };
        self.runtime.block_on(found).ok()
    }
    /// Waits for these keysyms, pressed and let go or not, and nothing else in between.
    pub(crate) fn expect_keys(&self, keys: &[(u32, bool)]) {
        for &expected in keys {
            assert_eq!(self.next_key(), expected, "of {keys:x?}");
        }
    }
    /// The next key that was pressed or let go.
    pub(crate) fn next_key(&self) -> (u32, bool) {
        self.expect("a key", |event| match event {
            ServerEvent::Key { keysym, down, .. } => Some((keysym, down)),
            _ => None,
        })
    }
    /// The next key that was pressed or let go, with its place on the keyboard.
    pub(crate) fn next_placed_key(&self) -> (u32, Option<u32>, bool) {
        self.expect("a key", |event| match event {
            ServerEvent::Key {
                keysym,
                keycode,
                down,
                ..
            } => Some((keysym, keycode, down)),
            _ => None,
        })
    }
    /// The next pointer event.
    pub(crate) fn expect_pointer(&self) -> (Point, u16) {
        self.expect("a pointer event", |event| match event {
            ServerEvent::Pointer { at, buttons, .. } => Some((at, buttons)),
            _ => None,
        })
    }
    /// The next text from the viewer's clipboard.
    pub(crate) fn expect_clipboard(&self) -> String {
        self.expect("a clipboard text", |event| match event {
            ServerEvent::Clipboard { content, .. } => content.text,
            _ => None,
        })
    }
    /// Ends without a word, as a machine that fails.
    pub(crate) fn crash(self) {
        self.runtime.shutdown_background();
    }
    /// Ends all sessions with a goodbye.
    pub(crate) fn shut_down(&self, code: GoodbyeCode, text: &str) {
        let text = text.to_owned();
        self.runtime
            .block_on(self.server.shutdown(Goodbye { code, text }));
    }
}

/// Tries until `done` has a result; `what` is what is waited for.
pub(crate) fn eventually<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = done() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "it never happened: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
