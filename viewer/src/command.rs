//! What the window asks of the session, and what the session tells the window.

use crate::input::Input;
use crate::reconnect::Outage;
use crate::sound::SoundState;
use crate::window::Status;
use rfb::clipboard::Content;
use rfb::{Cursor, Leds, Point, PowerAction, Size};

/// From the window to the session.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// A key or the pointer.
    Input(Input),
    /// The local clipboard has something new.
    Clipboard(Content),
    /// The local clipboard takes the image of the server's.
    ClipboardImage,
    /// The window has another size: the desktop should have it too, if the server can.
    Resize(Size),
    /// Pictures of another quality (`None`: lossless) and compression from now on.
    Quality {
        quality: Option<u8>,
        compression: u8,
    },
    /// The whole picture again.
    Refresh,
    /// Whether nothing that acts is sent from now on.
    ViewOnly(bool),
    /// Play no sound, or play it again.
    Mute(bool),
    /// Play sound so loud, in percent.
    Volume(u8),
    /// Send what the microphone hears, or nothing more.
    Microphone(bool),
    /// Shut down or restart what is shown.
    Power(PowerAction),
    /// The window wants to be told a [`Notice::Status`].
    Status,
    /// The window has drawn and let go of the canvas.
    Drawn,
    /// The person does not wait for a lost connection any longer.
    GiveUp,
    /// The person closed the window.
    Quit,
}

/// From the session to the window.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// There is new damage on the canvas.
    Damaged,
    /// The desktop has another size.
    Resized(Size),
    /// The pointer's shape changed.
    Cursor(Cursor),
    /// The desktop moved the pointer itself.
    PointerMoved(Point),
    /// The lights of the desktop's keyboard.
    Leds(Leds),
    /// The desktop has another name.
    Renamed(String),
    /// The server rang.
    Bell,
    /// The server's clipboard has something new.
    Clipboard(Content),
    /// The image that [`Command::ClipboardImage`] asked for, a DIB.
    ClipboardImage(Option<Vec<u8>>),
    /// How the session is.
    Status(Status),
    /// Whether the server takes [`Command::Power`].
    CanPower(bool),
    /// How the desktop's sound is played; `None` if it has none, or it is not wanted.
    Sound(Option<SoundState>),
    /// The server does not do what [`Command::Power`] asked for.
    PowerRefused,
    /// The connection is lost, or back if there is none.
    Outage(Option<Outage>),
    /// The session is over.
    Ended,
}
