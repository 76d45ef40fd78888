//! What a server tells its application.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::{Point, PowerAction, Screen, Size};

use super::authenticator::{Login, LoginId};
use crate::rights::Rights;

/// One client's session, by number: the same over all connections that it goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub(super) u64);

impl SessionId {
    /// The number, which no other session of this server has.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
    /// The session of a number, whether there is one or not.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What clients do. Of what a session has no right to nothing is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A client wants to come in: call [`Server::answer_login`](super::Server::answer_login), within 30 seconds. Only with
    /// [`Authenticator::by_event`](super::Authenticator::by_event).
    Login {
        /// What the answer is to.
        id: LoginId,
        /// Who it is.
        login: Login,
    },
    /// A client has come in.
    Connected {
        /// Its session.
        session: SessionId,
        /// Where it comes from.
        address: SocketAddr,
        /// What it may do.
        rights: Rights,
    },
    /// The connection of a client is lost. It may come back for [`ServerConfig::linger`](super::ServerConfig::linger), unless
    /// a new client needs its place; until then nothing is heard of it. Keys that it held down are to be released.
    Parted {
        /// Its session.
        session: SessionId,
        /// Why, for people.
        reason: String,
    },
    /// A client that had parted is back.
    Resumed {
        /// Its session.
        session: SessionId,
        /// Where it comes from now.
        address: SocketAddr,
    },
    /// A client has gone.
    Disconnected {
        /// Its session.
        session: SessionId,
        /// Why, for people.
        reason: String,
    },
    /// A key went down or up.
    Key {
        /// Whose.
        session: SessionId,
        /// An X11 keysym.
        keysym: u32,
        /// The key itself, if the client tells: its code in the PC's set 1, with 0x80 added for those behind 0xe0.
        keycode: Option<u32>,
        /// Pressed or released.
        down: bool,
    },
    /// The pointer moved or a button changed.
    Pointer {
        /// Whose.
        session: SessionId,
        /// Where.
        at: Point,
        /// The buttons held down: bit 0 is the left one, 1 the middle, 2 the right, 3 to 6 the wheel up, down, left,
        /// right, 7 and 8 buttons 8 (back) and 9 (forward).
        buttons: u16,
    },
    /// A client's clipboard has this now. Who waits for an image of this client waits in vain.
    Clipboard {
        /// Whose.
        session: SessionId,
        /// What it has.
        content: Content,
    },
    /// The image that [`Server::request_clipboard_image`](super::Server::request_clipboard_image) asked for.
    ClipboardImage {
        /// Whose.
        session: SessionId,
        /// A DIB, see [`rfb::clipboard::Bitmap`]; none if it is no longer there.
        image: Option<Bytes>,
    },
    /// A client wants the image that was offered as [`rfb::clipboard::Image::OnRequest`]: call
    /// [`Server::give_clipboard_image`](super::Server::give_clipboard_image).
    ClipboardImageWanted {
        /// Whose wish.
        session: SessionId,
    },
    /// A client wants another size: call [`Server::resize`](super::Server::resize) or
    /// [`Server::refuse_resize`](super::Server::refuse_resize).
    ResizeRequested {
        /// Whose wish.
        session: SessionId,
        /// The wanted framebuffer.
        size: Size,
        /// The wanted screens.
        screens: Vec<Screen>,
    },
    /// A client wants the machine, or the application, shut down or restarted. Only if
    /// [`ServerConfig::power`](super::ServerConfig::power) allows it; call
    /// [`Server::refuse_power`](super::Server::refuse_power) if it will not be.
    Power {
        /// Whose wish.
        session: SessionId,
        /// What is wanted.
        action: PowerAction,
    },
    /// A client's microphone is on: see [`Server::on_microphone`](super::Server::on_microphone).
    MicrophoneStarted {
        /// Whose.
        session: SessionId,
    },
    /// A client's microphone is off.
    MicrophoneStopped {
        /// Whose.
        session: SessionId,
    },
}
