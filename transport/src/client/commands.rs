//! What a client can ask of a server, and what it knows of it.

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::{
    ClientConnection, Cursor, Encoding, Framebuffer, Leds, MediaTime, Point, PowerAction, Screen,
    Size,
};

use super::Client;

impl Client {
    /// Presses or releases the key of an X11 keysym.
    pub fn key(&mut self, keysym: u32, down: bool) {
        self.noted(|connection| connection.key(keysym, down));
    }
    /// Presses or releases a key: its X11 keysym (0 if unknown) and its own code, which is that of the PC's set 1, with
    /// 0x80 added for those behind 0xe0. A server that takes no key codes is told the keysym alone.
    pub fn extended_key(&mut self, keysym: u32, keycode: u32, down: bool) {
        self.noted(|connection| connection.extended_key(keysym, keycode, down));
    }
    /// Puts the pointer at a pixel of the desktop, with these buttons held down: bit 0 is the left button, 1 the
    /// middle, 2 the right, 3 to 6 the wheel up, down, left, right, 7 and 8 buttons 8 (back) and 9 (forward), which
    /// not every server takes.
    pub fn pointer(&mut self, at: Point, buttons: u16) {
        self.noted(|connection| connection.pointer(at, buttons));
    }
    /// Tells the server that the local clipboard has `content`.
    pub fn set_clipboard(&mut self, content: impl Into<Content>) {
        self.noted(|connection| connection.set_clipboard(content));
    }
    /// Asks for the image on the server's clipboard: [`ClientEvent::ClipboardImage`](rfb::ClientEvent::ClipboardImage)
    /// answers. Nothing happens if there is none.
    pub fn request_clipboard_image(&mut self) {
        self.noted(ClientConnection::request_clipboard_image);
    }
    /// The image of [`ClientEvent::ClipboardImageWanted`](rfb::ClientEvent::ClipboardImageWanted), a DIB; none if there
    /// is none after all.
    pub fn give_clipboard_image(&mut self, image: Option<Bytes>) {
        self.session.connection.give_clipboard_image(image);
    }
    /// Asks for a desktop of `size`; nothing happens if the server cannot.
    pub fn request_size(&mut self, size: Size) {
        if self.session.connection.can_resize() {
            self.noted(|connection| connection.request_size(size));
        }
    }
    /// Asks for a desktop of `size` made of `screens`; nothing happens if the server cannot, or a screen is outside.
    pub fn request_screens(&mut self, size: Size, screens: Vec<Screen>) {
        self.noted(|connection| connection.request_screens(size, screens));
    }
    /// Asks for a picture of this quality from now on: JPEG quality level 0 to 9, `None` for lossless, and compression
    /// level 0 (fast) to 9 (small).
    pub fn set_quality(&mut self, quality: Option<u8>, compression: u8) {
        self.noted(|connection| connection.set_quality(quality, compression));
    }
    /// Asks for the machine, or the application, to be shut down or restarted; nothing happens if the server does not
    /// offer it: see [`Self::can_power`].
    pub fn power(&mut self, action: PowerAction) {
        self.noted(|connection| connection.power(action));
    }
    /// Asks for the server's clock, see [`ClientEvent::ClockCompared`](rfb::ClientEvent::ClockCompared); nothing
    /// happens if it does not tell it.
    pub fn compare_clocks(&mut self) {
        let now = self.session.clock.now();
        self.noted(|connection| connection.compare_clocks(now));
    }
    /// Tells the server that the picture captured then is seen now, see [`ClientConnection::presented`].
    pub fn presented(&mut self, captured: MediaTime) {
        let now = self.session.clock.now();
        self.noted(|connection| connection.presented(now, captured));
    }
    /// Asks for the whole picture again.
    pub fn request_full_update(&mut self) {
        self.noted(ClientConnection::request_full_update);
    }

    /// Runs a command. It can only fail once the session is over, which the next event tells.
    pub(super) fn noted(
        &mut self,
        command: impl FnOnce(&mut ClientConnection) -> Result<(), rfb::Error>,
    ) {
        if let Err(error) = command(&mut self.session.connection) {
            tracing::debug!("not sent: {error}");
        }
    }

    /// The desktop as last updated.
    #[must_use]
    pub fn framebuffer(&self) -> &Framebuffer {
        self.session.connection.framebuffer()
    }
    /// The desktop's size.
    #[must_use]
    pub fn size(&self) -> Size {
        self.session.connection.framebuffer().size()
    }
    /// The desktop's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.session.connection.name()
    }
    /// The pointer's shape; `None` until the server has sent one.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.session.connection.cursor()
    }
    /// Whether the server takes [`Self::request_size`].
    #[must_use]
    pub fn can_resize(&self) -> bool {
        self.session.connection.can_resize()
    }
    /// Rectangles drawn so far of each encoding that the server has used.
    pub fn encodings_used(&self) -> impl Iterator<Item = (Encoding, u64)> + '_ {
        self.session.connection.encodings_used()
    }
    /// The desktop's screens; none until the server has told.
    #[must_use]
    pub fn screens(&self) -> &[Screen] {
        self.session.connection.screens()
    }
    /// Whether the server takes key codes: see [`Self::extended_key`].
    #[must_use]
    pub fn takes_keycodes(&self) -> bool {
        self.session.connection.takes_keycodes()
    }
    /// Whether the server takes [`Self::power`].
    #[must_use]
    pub fn can_power(&self) -> bool {
        self.session.connection.can_power()
    }
    /// The lights of the desktop's keyboard; `None` until the server has told.
    #[must_use]
    pub fn leds(&self) -> Option<Leds> {
        self.session.connection.leds()
    }
}
