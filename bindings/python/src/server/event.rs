//! What clients do, as instances of the classes in `tightrope/events.py`.

use pyo3::prelude::*;
use tightrope::{PowerAction, ServerEvent};

use super::session::Session;
use crate::clipboard;

/// What `event` of the server of that number is in Python; `None` for what Python programs have no use for.
pub(crate) fn object<'py>(
    py: Python<'py>,
    server: u64,
    event: &ServerEvent,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let of = |&id| Session { server, id };
    let events = py.import("tightrope.events")?;
    let made = match event {
        ServerEvent::Connected {
            session,
            address,
            rights,
        } => {
            let address = address.to_string();
            events.call_method1(
                "Connected",
                (of(session), address, super::rights::object(py, *rights)?),
            )
        }
        ServerEvent::Parted { session, reason } => {
            events.call_method1("Parted", (of(session), reason))
        }
        ServerEvent::Resumed { session, address } => {
            events.call_method1("Resumed", (of(session), address.to_string()))
        }
        ServerEvent::Disconnected { session, reason } => {
            events.call_method1("Disconnected", (of(session), reason))
        }
        ServerEvent::Key {
            session,
            keysym,
            keycode,
            down,
        } => events.call_method1("Key", (of(session), *keysym, *keycode, *down)),
        ServerEvent::Pointer {
            session,
            at,
            buttons,
        } => events.call_method1("Pointer", (of(session), at.x, at.y, *buttons)),
        ServerEvent::Clipboard { session, content } => {
            let (text, html) = (&content.text, &content.html);
            let given = (of(session), text, html, content.image.is_some());
            events.call_method1("ClipboardGiven", given)
        }
        ServerEvent::ClipboardImage { session, image } => {
            let image = clipboard::array(py, image.as_deref())?;
            events.call_method1("ClipboardImageGiven", (of(session), image))
        }
        ServerEvent::MicrophoneStarted { session } => {
            events.call_method1("ClientMicrophoneStarted", (of(session),))
        }
        ServerEvent::MicrophoneStopped { session } => {
            events.call_method1("ClientMicrophoneStopped", (of(session),))
        }
        ServerEvent::ResizeRequested { session, size, .. } => {
            events.call_method1("ResizeRequested", (of(session), size.width, size.height))
        }
        ServerEvent::Power { session, action } => {
            events.call_method1("PowerRequested", (of(session), power(*action)))
        }
        _ => return Ok(None),
    };
    made.map(Some)
}

fn power(action: PowerAction) -> &'static str {
    match action {
        PowerAction::Shutdown => "shutdown",
        PowerAction::Reboot => "reboot",
        PowerAction::Reset => "reset",
    }
}
