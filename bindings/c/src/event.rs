//! What happened, as one flat structure for all who tell.

use std::ffi::c_char;
use std::ptr;

use tightrope::rfb::SoundPacket;
use tightrope::rfb::clipboard::{Content, Image};
use tightrope::{Fingerprint, Rect};
use zeroize::Zeroize as _;

use crate::audio::{tr_clock_sample, tr_sound_format, tr_sound_packet};
use crate::clipboard::{
    TR_CLIPBOARD_HTML, TR_CLIPBOARD_IMAGE, TR_CLIPBOARD_RTF, TR_CLIPBOARD_TEXT, tr_clipboard,
};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{Out, out, tr_rect};

/// What happened. Later versions know more: ignore what you do not know.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tr_event_kind {
    /// Nothing did.
    TR_EVENT_NONE = 0,
    /// Server: a client has come in. `session`, `rights`, `text` (its address).
    TR_EVENT_CONNECTED = 1,
    /// Server: a client has gone. `session`, `text` (why).
    TR_EVENT_DISCONNECTED = 2,
    /// Server: a client's connection is lost; it may come back. `session`, `text` (why). Release its keys.
    TR_EVENT_PARTED = 3,
    /// Server: a client that had parted is back. `session`, `text` (its address).
    TR_EVENT_RESUMED = 4,
    /// Server: somebody wants to come in: answer within 30 s with tr_server_answer_login() or tr_server_refuse_login(). Only if
    /// tr_server_config_set_login_events() says so. `login`, `text` (its address), `user`, `password`, `fingerprint` (each NULL if
    /// there is none), `code` (1 if it only measures the link: it is shown nothing).
    TR_EVENT_LOGIN = 5,
    /// Server: a key went down or up. `session`, `keysym`, `keycode`, `down`.
    TR_EVENT_KEY = 6,
    /// Server: the pointer moved or a button changed. `session`, `x`, `y`, `buttons`.
    /// Client: the desktop moved the pointer by itself. `x`, `y`.
    TR_EVENT_POINTER = 7,
    /// The other side's clipboard has this now. `session`, `clipboard`.
    TR_EVENT_CLIPBOARD = 8,
    /// The image that was asked for. `session`, `clipboard.image`, NULL if it is no longer there.
    TR_EVENT_CLIPBOARD_IMAGE = 9,
    /// The other side wants the image that was offered: give it. `session`.
    TR_EVENT_CLIPBOARD_IMAGE_WANTED = 10,
    /// Server: a client wants another size: call tr_server_resize() or tr_server_refuse_resize(). `session`, `width`,
    /// `height`, `rects` (its screens).
    TR_EVENT_RESIZE_REQUESTED = 11,
    /// Server: a client wants the machine, or the application, shut down or restarted. `session`, `code` (TR_POWER_*).
    TR_EVENT_POWER = 12,
    /// Server: a client's microphone is on. `session`. Connections: `format`, in which it is sent.
    TR_EVENT_MICROPHONE_STARTED = 13,
    /// Server: a client's microphone is off. `session`.
    /// Client: the server takes no microphone now.
    TR_EVENT_MICROPHONE_STOPPED = 14,
    /// Client: the picture changed. `rects` (where), `captured_us`.
    TR_EVENT_UPDATED = 32,
    /// Client: all has come of the picture that was captured at `captured_us`. Only from servers that tell.
    TR_EVENT_PICTURE_ENDED = 33,
    /// Client: the desktop has another size or other screens: call tr_client_picture() again. `width`, `height`, `rects` (its
    /// screens, if the server tells).
    TR_EVENT_RESIZED = 34,
    /// Client: the size that was asked for will not be. `code` (TR_RESIZE_*).
    TR_EVENT_RESIZE_REFUSED = 35,
    /// Client: the pointer has another shape: see tr_client_cursor().
    TR_EVENT_CURSOR = 36,
    /// Client: the lights of the keyboard changed. `code` (TR_LED_* together).
    TR_EVENT_LEDS = 37,
    /// Client: the server will not do what tr_client_power() asked for.
    TR_EVENT_POWER_REFUSED = 38,
    /// Client: the desktop has another name. `text`.
    TR_EVENT_RENAMED = 39,
    /// Client: ring the bell.
    TR_EVENT_BELL = 40,
    /// Client: the desktop's sound follows. Connections: also `format`; a server's is to send it from now on.
    TR_EVENT_SOUND_STARTED = 41,
    /// Client: no sound follows. Connections: a server's is to send no more.
    TR_EVENT_SOUND_STOPPED = 42,
    /// Client: the server says why it will end the session. `code` (TR_GOODBYE_*), `text`.
    TR_EVENT_GOODBYE = 43,
    /// Server connection: the client proves itself: look at it with tr_server_connection_check_password(), then call
    /// tr_server_connection_accept() or tr_server_connection_refuse(). `code` (how: TR_METHOD_VNC_AUTH or TR_METHOD_PLAIN); of
    /// TR_METHOD_PLAIN also `user`, `password`.
    TR_EVENT_PROOF = 64,
    /// Server connection: the client was turned away. Write the output, and close.
    TR_EVENT_REFUSED = 65,
    /// Server connection: the client shows the picture that was captured at `captured_us`, which was `duration_us` old by then.
    TR_EVENT_PRESENTED = 66,
    /// Client connection: the server asks for the password: call tr_client_connection_give_password().
    TR_EVENT_PASSWORD_WANTED = 67,
    /// Client connection: the server asks for user and password: call tr_client_connection_give_credentials().
    TR_EVENT_CREDENTIALS_WANTED = 68,
    /// Client connection: the server has sound: see tr_client_connection_start_sound(). `code` (1 if it takes a microphone).
    TR_EVENT_SOUND_OFFERED = 69,
    /// Connections: a packet of the desktop's sound, or of the client's microphone. `packet`.
    TR_EVENT_SOUND_PACKET = 70,
    /// Connections: how loud the other side wants the desktop's sound. `code` (in 256ths, 0 for muted).
    TR_EVENT_SOUND_VOLUME = 71,
    /// Client connection: how long it takes to the server and back. `duration_us`.
    TR_EVENT_ROUND_TRIP = 72,
    /// Client connection: the clocks were compared. `clock`.
    TR_EVENT_CLOCK = 73,
}

/// One thing that happened: `kind` says which of the other members mean something, the others are 0.
///
/// It must be all zero before it is first given to a function that waits: `tr_event event = {0};`, in C++ `{}`. What it points to belongs
/// to it, and is gone when it is given to such a function again, or to tr_event_release().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_event {
    /// The library's own: what the pointers point to.
    pub content: u64,
    /// What happened.
    pub kind: tr_event_kind,
    /// A number whose meaning depends on `kind`.
    pub code: i32,
    /// Whose doing it was, at a server.
    pub session: u64,
    /// Which login is to be answered.
    pub login: u64,
    /// What a client may do: TR_RIGHT_* together.
    pub rights: u32,
    /// An X11 keysym.
    pub keysym: u32,
    /// The key itself, if the client tells, else 0: its code in the PC's set 1, with 0x80 added for those behind 0xe0.
    pub keycode: u32,
    /// The buttons held down: bit 0 is the left one, 1 the middle, 2 the right, 3 to 6 the wheel up, down, left, right, 7 and
    /// 8 back and forward.
    pub buttons: u32,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Pressed, or released.
    pub down: bool,
    /// When a picture was captured, on the server's clock: see tr_client_due_us(). 0 if that is not told.
    pub captured_us: u64,
    /// Text for people.
    pub text: *const c_char,
    /// Who somebody says to be.
    pub user: *const c_char,
    /// The password that somebody gives.
    pub password: *const c_char,
    /// The fingerprint of the certificate that somebody showed, and has the key of.
    pub fingerprint: *const c_char,
    /// Rectangles.
    pub rects: *const tr_rect,
    /// How many.
    pub rects_count: usize,
    /// What was copied.
    pub clipboard: tr_clipboard,
    /// How long something takes, or how old it is.
    pub duration_us: u64,
    /// How sound is coded.
    pub format: tr_sound_format,
    /// A packet of sound.
    pub packet: tr_sound_packet,
    /// A comparison of the clocks.
    pub clock: tr_clock_sample,
    /// For later versions.
    pub reserved: [u64; 8],
}

impl Default for tr_event {
    fn default() -> Self {
        Self {
            content: 0,
            kind: tr_event_kind::TR_EVENT_NONE,
            code: 0,
            session: 0,
            login: 0,
            rights: 0,
            keysym: 0,
            keycode: 0,
            buttons: 0,
            x: 0,
            y: 0,
            width: 0,
            height: 0,
            down: false,
            captured_us: 0,
            text: ptr::null(),
            user: ptr::null(),
            password: ptr::null(),
            fingerprint: ptr::null(),
            rects: ptr::null(),
            rects_count: 0,
            clipboard: tr_clipboard::default(),
            duration_us: 0,
            format: tr_sound_format::default(),
            packet: tr_sound_packet::default(),
            clock: tr_clock_sample::default(),
            reserved: [0; 8],
        }
    }
}

/// Frees what `event` points to, and makes it all zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_event_release(event: *mut tr_event) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises an event, zero or filled by the library.
        unsafe { place(event) }?.set(tr_event::default());
        Ok(())
    })
}

/// The place of an event, emptied of what was there.
///
/// The caller promises an event there that is zero or was filled here.
pub(crate) unsafe fn place<'a>(event: *mut tr_event) -> Result<Out<'a, tr_event>, Fault> {
    // SAFETY: the caller promises room for an event.
    let place = unsafe { out(event, "event") }?;
    // SAFETY: the caller promises that it was written to; no reference to the rest is made.
    let content = unsafe { event.cast::<u64>().read() };
    if content != 0 {
        // A stale one has nothing to free.
        drop(handle::remove::<Held>(content));
    }
    Ok(place)
}

/// An event that is being put together, with what it points to.
pub(crate) struct Told {
    event: tr_event,
    held: Held,
}

/// What an event points to. Nothing in it moves as long as it lives.
#[derive(Default)]
struct Held {
    bytes: Vec<Vec<u8>>,
    rects: Vec<tr_rect>,
}

/// Passwords are among it.
impl Drop for Held {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Noun for Held {
    const NAME: &'static str = "event";
}

impl Told {
    pub(crate) fn new(kind: tr_event_kind) -> Self {
        Self {
            event: tr_event {
                kind,
                ..tr_event::default()
            },
            held: Held::default(),
        }
    }

    /// Sets plain members.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut tr_event)) -> Self {
        change(&mut self.event);
        self
    }

    fn hold(&mut self, bytes: Vec<u8>) -> *const u8 {
        let address = bytes.as_ptr();
        self.held.bytes.push(bytes);
        address
    }

    fn hold_text(&mut self, text: &str) -> (*const c_char, usize) {
        let length = text.len();
        // As long as it gets, so that no shorter copy is left behind.
        let mut bytes = Vec::with_capacity(length + 1);
        // Nobody means the zero bytes that a peer may put into a text.
        bytes.extend(text.bytes().map(|own| if own == 0 { b' ' } else { own }));
        bytes.push(0);
        (self.hold(bytes).cast(), length)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        (self.event.text, _) = self.hold_text(text);
        self
    }

    /// Who somebody is.
    pub(crate) fn credentials(
        mut self,
        user: Option<&str>,
        password: Option<&str>,
        certificate: Option<Fingerprint>,
    ) -> Self {
        let mut hold = |text: &str| self.hold_text(text).0;
        let [user, password] = [user, password].map(|own| own.map_or(ptr::null(), &mut hold));
        let fingerprint = certificate.map(|own| own.to_string());
        let fingerprint = fingerprint.map_or(ptr::null(), |own| hold(&own));
        (self.event.user, self.event.password) = (user, password);
        self.event.fingerprint = fingerprint;
        self
    }

    pub(crate) fn packet(mut self, packet: &SoundPacket) -> Self {
        let repair = packet.repair.as_ref();
        self.event.packet = tr_sound_packet {
            data: self.hold(packet.frame.to_vec()),
            repair: repair.map_or(ptr::null(), |own| self.hold(own.to_vec())),
            ..packet.into()
        };
        self
    }

    pub(crate) fn rects(mut self, rects: impl Iterator<Item = Rect>) -> Self {
        self.held.rects = rects.map(Into::into).collect();
        self
    }

    pub(crate) fn content(mut self, content: &Content) -> Self {
        let mut told = tr_clipboard::default();
        if let Some(text) = &content.text {
            (told.text, told.text_length) = self.hold_text(text);
            told.formats |= TR_CLIPBOARD_TEXT;
        }
        if let Some(html) = &content.html {
            (told.html, told.html_length) = self.hold_text(html);
            told.formats |= TR_CLIPBOARD_HTML;
        }
        if let Some(rtf) = &content.rtf {
            told.rtf_length = rtf.len();
            told.rtf = self.hold(rtf.clone());
            told.formats |= TR_CLIPBOARD_RTF;
        }
        if content.image.is_some() {
            told.formats |= TR_CLIPBOARD_IMAGE;
        }
        if let Some(Image::Dib(image)) = &content.image {
            told.image_length = image.len();
            told.image = self.hold(image.to_vec());
        }
        self.event.clipboard = told;
        self
    }

    /// An image that was asked for.
    pub(crate) fn image(self, image: Option<&[u8]>) -> Self {
        let image = image.map(|dib| Image::Dib(dib.to_vec().into()));
        self.content(&Content {
            image,
            ..Content::default()
        })
    }

    /// The event as C gets it; what it points to is in the table from here on.
    pub(crate) fn finish(self) -> Result<tr_event, Fault> {
        let Self { mut event, held } = self;
        if held.bytes.is_empty() && held.rects.is_empty() {
            return Ok(event);
        }
        if !held.rects.is_empty() {
            event.rects = held.rects.as_ptr();
            event.rects_count = held.rects.len();
        }
        event.content = handle::insert(held)?;
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    #[test]
    fn what_an_event_points_to_is_there_until_the_next_is_put_in_its_place() {
        let mut slot = tr_event::default();
        let told = Told::new(tr_event_kind::TR_EVENT_RENAMED).text("pod\0 7");
        // SAFETY: it is a whole event.
        unsafe { place(&raw mut slot) }
            .unwrap()
            .set(told.finish().unwrap());
        let first = slot.content;
        // SAFETY: the event says that this is text.
        let text = unsafe { CStr::from_ptr(slot.text) };
        assert_eq!(text.to_str().unwrap(), "pod  7");
        assert!(handle::get::<Held>(first).is_ok());
        let told = Told::new(tr_event_kind::TR_EVENT_BELL);
        // SAFETY: it is a whole event.
        unsafe { place(&raw mut slot) }
            .unwrap()
            .set(told.finish().unwrap());
        assert!(handle::get::<Held>(first).is_err());
        assert_eq!((slot.content, slot.text.is_null()), (0, true));
    }

    #[test]
    fn a_released_event_is_zero_and_may_be_released_again() {
        let rects = [Rect::new(1, 2, 3, 4)];
        let told = Told::new(tr_event_kind::TR_EVENT_UPDATED).rects(rects.into_iter());
        let mut event = told.finish().unwrap();
        // SAFETY: the event says that there is one.
        assert_eq!(unsafe { event.rects.read() }, rects[0].into());
        let content = event.content;
        for _ in 0..2 {
            // SAFETY: it is a whole event.
            let released = unsafe { tr_event_release(&raw mut event) };
            assert_eq!(released, tr_result::TR_OK);
            assert!(event.rects.is_null() && event.content == 0);
        }
        assert!(handle::get::<Held>(content).is_err());
    }
}
