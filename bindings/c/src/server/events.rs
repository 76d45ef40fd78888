//! What clients do.

use std::os::fd::{AsFd as _, AsRawFd as _};

use tightrope::rfb::PowerAction;
use tightrope::{ServerEvent, SessionId};

use super::{find, tr_server};
use crate::error::{Fault, tr_result};
use crate::event::{Told, place, tr_event, tr_event_kind as kind};
use crate::guard::{guard, guard_or};
use crate::rights::{TR_RIGHTS_FULL, TR_RIGHTS_VIEW_ONLY};
use crate::time::timeout;

/// End it properly.
pub const TR_POWER_SHUTDOWN: i32 = 0;
/// End it properly and start it again.
pub const TR_POWER_REBOOT: i32 = 1;
/// Start it again at once.
pub const TR_POWER_RESET: i32 = 2;

/// Waits at most `timeout_ms` for what clients do next, for ever if that is negative; 0 only looks. `event` is
/// TR_EVENT_NONE if they did nothing. It must be zero, or come from the library: what it held is freed first.
///
/// Events wait until they are fetched; of those of somebody who never fetches any, some are dropped in the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_wait(
    server: tr_server,
    timeout_ms: i32,
    event: *mut tr_event,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises an event, zero or filled by the library.
        let place = unsafe { place(event) }?;
        let server = find(server)?;
        let found = server.inner.wait(timeout(timeout_ms));
        if found.is_none() && server.inner.waits_ended() {
            place.set(tr_event::default());
            let told = "the server was destroyed while this waited";
            return Err(Fault::new(tr_result::TR_ERROR_CLOSED, told));
        }
        place.set(match found {
            Some(found) => tell(found).finish()?,
            None => tr_event::default(),
        });
        Ok(())
    })
}

/// A descriptor that is readable while tr_server_wait() would give something without waiting, for poll() and the like. Read
/// nothing from it. It belongs to the server and ends with it; -1 if there is no such server.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_descriptor(server: tr_server) -> i32 {
    guard_or(-1, || Ok(find(server)?.inner.as_fd().as_raw_fd()))
}

fn tell(event: ServerEvent) -> Told {
    let of =
        |kind, session: SessionId| Told::new(kind).with(|event| event.session = session.number());
    match event {
        ServerEvent::Connected {
            session,
            address,
            view_only,
        } => of(kind::TR_EVENT_CONNECTED, session)
            .with(|event| {
                event.rights = match view_only {
                    true => TR_RIGHTS_VIEW_ONLY,
                    false => TR_RIGHTS_FULL,
                }
            })
            .text(&address.to_string()),
        ServerEvent::Parted { session, reason } => of(kind::TR_EVENT_PARTED, session).text(&reason),
        ServerEvent::Resumed { session, address } => {
            of(kind::TR_EVENT_RESUMED, session).text(&address.to_string())
        }
        ServerEvent::Disconnected { session, reason } => {
            of(kind::TR_EVENT_DISCONNECTED, session).text(&reason)
        }
        ServerEvent::Key {
            session,
            keysym,
            keycode,
            down,
        } => of(kind::TR_EVENT_KEY, session).with(|event| {
            (event.keysym, event.keycode) = (keysym, keycode.unwrap_or_default());
            event.down = down;
        }),
        ServerEvent::Pointer {
            session,
            at,
            buttons,
        } => of(kind::TR_EVENT_POINTER, session).with(|event| {
            (event.x, event.y) = (at.x.into(), at.y.into());
            event.buttons = buttons.into();
        }),
        ServerEvent::Clipboard { session, content } => {
            of(kind::TR_EVENT_CLIPBOARD, session).content(&content)
        }
        ServerEvent::ClipboardImage { session, image } => {
            of(kind::TR_EVENT_CLIPBOARD_IMAGE, session).image(image.as_deref())
        }
        ServerEvent::ClipboardImageWanted { session } => {
            of(kind::TR_EVENT_CLIPBOARD_IMAGE_WANTED, session)
        }
        ServerEvent::ResizeRequested {
            session,
            size,
            screens,
        } => of(kind::TR_EVENT_RESIZE_REQUESTED, session)
            .with(|event| (event.width, event.height) = (size.width.into(), size.height.into()))
            .rects(screens.iter().map(|screen| screen.rect)),
        ServerEvent::Power { session, action } => {
            of(kind::TR_EVENT_POWER, session).with(|event| event.code = power_code(action))
        }
        ServerEvent::MicrophoneStarted { session } => {
            of(kind::TR_EVENT_MICROPHONE_STARTED, session)
        }
        ServerEvent::MicrophoneStopped { session } => {
            of(kind::TR_EVENT_MICROPHONE_STOPPED, session)
        }
        _ => Told::new(kind::TR_EVENT_NONE),
    }
}

fn power_code(action: PowerAction) -> i32 {
    match action {
        PowerAction::Shutdown => TR_POWER_SHUTDOWN,
        PowerAction::Reboot => TR_POWER_REBOOT,
        PowerAction::Reset => TR_POWER_RESET,
    }
}
