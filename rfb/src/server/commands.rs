//! What the server tells the client, and what it is told of the desktop.

use bytes::Bytes;

use super::ServerConnection;
use crate::clipboard::Content;
use crate::damage::{Change, Move};
use crate::message::{Extension, Power};
use crate::screen::{ResizeReason, ResizeStatus};
use crate::{
    Cursor, Encoding, Goodbye, Leds, LocalTime, MediaTime, Point, Rect, Region, Screen,
    ServerMessage, Size,
};

impl ServerConnection {
    /// Rings the client's bell.
    pub fn bell(&mut self) {
        self.machine.say(&ServerMessage::Bell);
    }

    /// Tells the client that the desktop's clipboard has `content`. What is over the limits is not offered. During the
    /// handshake it is kept for a client that announces the extended clipboard.
    pub fn set_clipboard(&mut self, content: impl Into<Content>) {
        if !self.is_running() {
            self.machine.clipboard.hold(content.into());
            return;
        }
        if let Some(message) = self.machine.clipboard.offer(content.into()) {
            self.machine.say(&ServerMessage::CutText(message));
        }
    }

    /// Asks for the image on the client's clipboard: [`ServerEvent::ClipboardImage`](super::ServerEvent::ClipboardImage) answers. Nothing happens if there is
    /// none, or it was asked for already.
    pub fn request_clipboard_image(&mut self) {
        if let Some(message) = self.machine.clipboard.request_image() {
            self.machine.say(&ServerMessage::CutText(message));
        }
    }

    /// The image of [`ServerEvent::ClipboardImageWanted`](super::ServerEvent::ClipboardImageWanted), a DIB; none if there is none after all.
    pub fn give_clipboard_image(&mut self, image: Option<Bytes>) {
        self.machine.clipboard.give_image(image);
    }

    /// From now on this client can neither read nor write the desktop's clipboard.
    pub fn close_clipboard(&mut self) {
        self.machine.clipboard.close();
    }

    /// The pointer has another shape.
    pub fn set_cursor(&mut self, cursor: &Cursor) {
        self.machine.news.cursor = Some(cursor.clone());
    }

    /// The desktop has another name.
    pub fn set_name(&mut self, name: &str) {
        self.machine.config.name = name.to_owned();
        self.machine.news.name = true;
    }

    /// Where the pointer is, whoever moved it. A client that did not move it there itself is told, if it wants to know;
    /// one that cannot draw it gets it in its picture.
    pub fn set_pointer(&mut self, at: Point) {
        self.machine.pointer.desktop_says(at);
    }

    /// The lights of the desktop's keyboard.
    pub fn set_leds(&mut self, leds: Leds) {
        self.machine.news.leds = Some(leds);
    }

    /// The desktop, as it is from now on, was captured at this moment of the clock that `handle_bytes` is told.
    pub fn set_captured(&mut self, captured: LocalTime) {
        self.machine.news.captured = Some(MediaTime::from_micros(captured.as_micros()));
    }

    /// The desktop has another size, or other screens, for this reason. If the size changed, all of it is damage.
    pub fn resize(&mut self, size: Size, screens: Vec<Screen>, reason: ResizeReason) {
        self.machine.config.size = size;
        self.machine.news.resize(size, screens, reason);
    }

    /// What the client asked for in [`ServerEvent::Power`](super::ServerEvent::Power) will not be.
    pub fn refuse_power(&mut self) {
        self.machine.say(&ServerMessage::Power(Power::Refused));
    }

    /// The size this client asked for will not be.
    pub fn refuse_resize(&mut self, status: ResizeStatus) {
        self.machine.news.refused_resize = Some(status);
    }

    /// Says why the session will end, if the client reads our extensions.
    pub fn goodbye(&mut self, goodbye: Goodbye) {
        if self.machine.supports(Encoding::TIGHTROPE) {
            let message = ServerMessage::Extension(Extension::Goodbye(goodbye));
            self.machine.say(&message);
        }
    }

    /// Notes what changed on the desktop.
    pub fn add_damage(&mut self, damage: &Region) {
        self.machine.sent.add_damage(damage);
    }

    /// Notes that the pixels of `to` are now what was at `from` before: a scroll, a moved window.
    ///
    /// The client is told to copy if it can; what it does not hold rightly at `from` becomes damage at `to`.
    pub fn add_copy(&mut self, from: Point, to: Rect) {
        let can_copy = self.takes_copies();
        self.machine.sent.add_move(Move { from, to }, can_copy);
    }

    /// Notes all that has happened to the desktop: first moves, in order, then damage.
    pub fn add_change(&mut self, change: &Change) {
        for move_ in &change.moves {
            self.add_copy(move_.from, move_.to);
        }
        self.add_damage(&change.damage);
    }

    /// Whether the client can be told to copy what moves. Where it cannot, finding movement is work for nothing.
    #[must_use]
    pub fn takes_copies(&self) -> bool {
        // A pointer drawn into the client's picture would be copied along.
        self.machine.supports(Encoding::COPY_RECT) && self.machine.drawn.is_none()
    }
}
