//! What clients do.

use std::os::fd::{AsFd as _, AsRawFd as _};
use std::time::Duration;

use tightrope::rfb::PowerAction;
use tightrope::{Login, LoginId, Rights, Secret, ServerEvent, SessionId};

use super::{find, tr_server};
use crate::error::{Fault, tr_result};
use crate::event::{Told, place, tr_event, tr_event_kind as kind};
use crate::guard::{guard, guard_or};
use crate::time::{Left, timeout};

/// End it properly.
pub const TR_POWER_SHUTDOWN: i32 = 0;
/// End it properly and start it again.
pub const TR_POWER_REBOOT: i32 = 1;
/// Start it again at once.
pub const TR_POWER_RESET: i32 = 2;

/// Waits at most `timeout_ms` for what clients do next, for ever if that is negative; 0 only looks. `event` is
/// TR_EVENT_NONE if they did nothing. It must be zero, or come from the library: what it held is freed first. If it is NULL, this
/// waits all that time, and what clients do is thrown away.
///
/// Events wait until they are fetched; of those of somebody who never fetches any, some are dropped in the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_wait(
    server: tr_server,
    timeout_ms: i32,
    event: *mut tr_event,
) -> tr_result {
    guard(|| {
        if event.is_null() {
            return pass(&find(server)?.inner, timeout(timeout_ms));
        }
        // SAFETY: the caller promises an event, zero or filled by the library.
        let place = unsafe { place(event) }?;
        let (told, fault) = match next(&find(server)?.inner, timeout(timeout_ms)) {
            Ok(event) => (event, None),
            Err(fault) => (tr_event::default(), Some(fault)),
        };
        place.set(told);
        fault.map_or(Ok(()), Err)
    })
}

fn next(server: &blocking::Server, timeout: Option<Duration>) -> Result<tr_event, Fault> {
    let left = Left::new(timeout);
    while let Some(found) = server.wait(left.now()) {
        if let Some(told) = tell(found) {
            return told.finish();
        }
    }
    match server.waits_ended() {
        false => Ok(tr_event::default()),
        true => Err(Fault::new(
            tr_result::TR_ERROR_CLOSED,
            "the server was destroyed while this waited",
        )),
    }
}

/// Throws away what happens within `timeout`.
fn pass(server: &blocking::Server, timeout: Option<Duration>) -> Result<(), Fault> {
    let left = Left::new(timeout);
    while server.wait(left.now()).is_some() {}
    next(server, Some(Duration::ZERO)).map(drop)
}

/// Lets in who asked by TR_EVENT_LOGIN, to do what `rights` says (TR_RIGHT_* together; 0 is looking). TR_ERROR_STATE if nobody waits for the
/// answer: it was given, it took longer than 30 s, or the client went away.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_answer_login(server: tr_server, login: u64, rights: u32) -> tr_result {
    guard(|| {
        let known = u8::try_from(rights).ok().and_then(Rights::of_bits);
        let known = known.ok_or_else(|| {
            let told = format_args!("{rights:#x} is not TR_RIGHT_* together");
            Fault::argument("rights", told)
        })?;
        answer(server, login, Some(known))
    })
}

/// Turns away who asked by TR_EVENT_LOGIN. As tr_server_answer_login().
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_refuse_login(server: tr_server, login: u64) -> tr_result {
    guard(|| answer(server, login, None))
}

fn answer(server: tr_server, login: u64, rights: Option<Rights>) -> Result<(), Fault> {
    match find(server)?.inner.answer_login(LoginId::of(login), rights) {
        true => Ok(()),
        false => Err(Fault::new(
            tr_result::TR_ERROR_STATE,
            format_args!("login: nobody waits for an answer to {login}"),
        )),
    }
}

/// A descriptor that is readable while tr_server_wait() would give something without waiting, for poll() and the like. Read
/// nothing from it. It belongs to the server and ends with it; -1 if there is no such server.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_descriptor(server: tr_server) -> i32 {
    guard_or(-1, || Ok(find(server)?.inner.as_fd().as_raw_fd()))
}

/// None for what is not known here.
fn tell(event: ServerEvent) -> Option<Told> {
    let of =
        |kind, session: SessionId| Told::new(kind).with(|event| event.session = session.number());
    Some(match event {
        ServerEvent::Login { id, login } => told_login(id, &login),
        ServerEvent::Connected {
            session,
            address,
            rights,
        } => of(kind::TR_EVENT_CONNECTED, session)
            .with(|event| event.rights = rights.bits().into())
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
        _ => return None,
    })
}

fn told_login(id: LoginId, login: &Login) -> Told {
    let password = login.password.as_ref().map(Secret::reveal);
    Told::new(kind::TR_EVENT_LOGIN)
        .with(|event| {
            event.login = id.number();
            event.code = login.probe.into();
        })
        .text(&login.address.to_string())
        .credentials(login.user.as_deref(), password, login.certificate)
}

pub(crate) fn power_code(action: PowerAction) -> i32 {
    match action {
        PowerAction::Shutdown => TR_POWER_SHUTDOWN,
        PowerAction::Reboot => TR_POWER_REBOOT,
        PowerAction::Reset => TR_POWER_RESET,
    }
}
