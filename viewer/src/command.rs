//! What the window asks of the session, and what the session tells the window.

use crate::input::Input;
use rfb::{Cursor, Size};

/// From the window to the session.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// A key or the pointer.
    Input(Input),
    /// The local clipboard has a new text.
    Clipboard(String),
    /// The window has another size: the desktop should have it too, if the server can.
    Resize(Size),
    /// The window has drawn and let go of the canvas.
    Drawn,
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
    /// The desktop has another name.
    Renamed(String),
    /// The server rang.
    Bell,
    /// The server has a new clipboard text.
    Clipboard(String),
    /// The session is over.
    Ended,
}
