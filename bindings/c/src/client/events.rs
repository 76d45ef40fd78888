//! What the server tells, and what the desktop looks like.

use std::ffi::c_void;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::ptr;

use tightrope::rfb::{MediaTime, SoundStream};
use tightrope::{ClientEvent, Cursor, Size};

use super::{find, tr_client};
use crate::error::{Fault, tr_result};
use crate::event::{Told, place, tr_event, tr_event_kind as kind};
use crate::guard::{guard, guard_or};
use crate::memory::out;
use crate::time::{Left, timeout};

/// Waits at most `timeout_ms` for what happens next, for ever if that is negative; 0 only looks. `event` is TR_EVENT_NONE if nothing
/// did. It must be zero, or come from the library: what it held is freed first.
///
/// The picture changes only in here. Meanwhile the session goes on by itself: changes that were not fetched become one.
///
/// Fails when the session is over, with the reason: TR_ERROR_NETWORK, TR_ERROR_CLOSED, TR_ERROR_PROTOCOL; after that with
/// TR_ERROR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_wait(
    client: tr_client,
    timeout_ms: i32,
    event: *mut tr_event,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises an event, zero or filled by the library.
        let place = unsafe { place(event) }?;
        let found = wait(client, timeout_ms);
        let (told, fault) = match found {
            Ok(event) => (event, None),
            Err(fault) => (tr_event::default(), Some(fault)),
        };
        place.set(told);
        fault.map_or(Ok(()), Err)
    })
}

fn wait(client: tr_client, timeout_ms: i32) -> Result<tr_event, Fault> {
    let client = find(client)?;
    let left = Left::new(timeout(timeout_ms));
    while let Some(found) = client.inner.wait(left.now())? {
        if let Some(told) = tell(found) {
            return told.finish();
        }
    }
    if client.inner.waits_ended() {
        let told = "the client was destroyed while this waited";
        return Err(Fault::new(tr_result::TR_ERROR_CLOSED, told));
    }
    Ok(tr_event::default())
}

/// A descriptor that is readable while tr_client_wait() would give something without waiting, for poll() and the like. Read nothing
/// from it. It belongs to the client and ends with it; -1 if there is no such client.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_descriptor(client: tr_client) -> i32 {
    guard_or(-1, || Ok(find(client)?.inner.as_fd().as_raw_fd()))
}

/// What a desktop looks like.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_picture {
    /// Its pixels, top to bottom.
    pub pixels: *const c_void,
    /// All of their bytes.
    pub length: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Where the desktop's pixels are. They stay where they are, and change only in tr_client_wait(), until that tells of another size
/// (TR_EVENT_RESIZED): then ask again. The memory is there until then, or until the client is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_picture(
    client: tr_client,
    picture: *mut tr_picture,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for it.
        let place = unsafe { out(picture, "picture") }?;
        let client = find(client)?;
        let current = client.inner.picture();
        let size = current.size();
        let stride = usize::from(size.width) * 4;
        place.set(tr_picture {
            pixels: current.as_ptr().cast(),
            length: stride * usize::from(size.height),
            stride,
            width: size.width.into(),
            height: size.height.into(),
        });
        client.given().picture = Some(current);
        Ok(())
    })
}

/// A pointer's shape.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tr_cursor {
    /// Blue, green, red, alpha (not premultiplied), rows without gaps; NULL while the server has sent none.
    pub pixels: *const c_void,
    /// Columns; 0 while the pointer is hidden.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The column that points.
    pub hot_x: u32,
    /// The row that points.
    pub hot_y: u32,
}

impl tr_cursor {
    /// It points into the shape.
    pub(crate) fn of(shape: Option<&Cursor>) -> Self {
        let Some(own) = shape else {
            return Self {
                pixels: ptr::null(),
                width: 0,
                height: 0,
                hot_x: 0,
                hot_y: 0,
            };
        };
        Self {
            pixels: own.pixels().as_ptr().cast(),
            width: own.size().width.into(),
            height: own.size().height.into(),
            hot_x: own.hotspot().x.into(),
            hot_y: own.hotspot().y.into(),
        }
    }
}

/// The pointer's shape. Its pixels are there until this is called again for this client, or the client is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_cursor(client: tr_client, cursor: *mut tr_cursor) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for it.
        let place = unsafe { out(cursor, "cursor") }?;
        let client = find(client)?;
        let shape = client.inner.with(|client| client.cursor().cloned())?;
        let told = tr_cursor::of(shape.as_ref());
        client.given().cursor = shape;
        place.set(told);
        Ok(())
    })
}

/// None for what the session does by itself.
pub(crate) fn tell(event: ClientEvent) -> Option<Told> {
    let sized = |kind, size: Size| {
        Told::new(kind).with(|event| {
            (event.width, event.height) = (size.width.into(), size.height.into());
        })
    };
    let micros = |captured: Option<MediaTime>| captured.map_or(0, MediaTime::as_micros);
    Some(match event {
        // Without sockets the handshake is seen.
        ClientEvent::Connected { size, name } => sized(kind::TR_EVENT_CONNECTED, size).text(&name),
        ClientEvent::Updated { damage, captured } => Told::new(kind::TR_EVENT_UPDATED)
            .with(|event| event.captured_us = micros(captured))
            .rects(damage.rects().iter().copied()),
        ClientEvent::PictureEnded { captured } => Told::new(kind::TR_EVENT_PICTURE_ENDED)
            .with(|event| event.captured_us = micros(Some(captured))),
        ClientEvent::Resized { size, screens } => {
            sized(kind::TR_EVENT_RESIZED, size).rects(screens.iter().map(|screen| screen.rect))
        }
        ClientEvent::ResizeRefused(status) => {
            Told::new(kind::TR_EVENT_RESIZE_REFUSED).with(|event| event.code = status.0.into())
        }
        ClientEvent::CursorChanged => Told::new(kind::TR_EVENT_CURSOR),
        ClientEvent::PointerMoved(at) => Told::new(kind::TR_EVENT_POINTER)
            .with(|event| (event.x, event.y) = (at.x.into(), at.y.into())),
        ClientEvent::LedsChanged(leds) => {
            Told::new(kind::TR_EVENT_LEDS).with(|event| event.code = leds.0.into())
        }
        ClientEvent::PowerRefused => Told::new(kind::TR_EVENT_POWER_REFUSED),
        ClientEvent::Renamed(name) => Told::new(kind::TR_EVENT_RENAMED).text(&name),
        ClientEvent::Bell => Told::new(kind::TR_EVENT_BELL),
        ClientEvent::Clipboard(content) => Told::new(kind::TR_EVENT_CLIPBOARD).content(&content),
        ClientEvent::ClipboardImage(image) => {
            Told::new(kind::TR_EVENT_CLIPBOARD_IMAGE).image(image.as_deref())
        }
        ClientEvent::ClipboardImageWanted => Told::new(kind::TR_EVENT_CLIPBOARD_IMAGE_WANTED),
        ClientEvent::SoundStarted(SoundStream::Desktop, _) | ClientEvent::PcmStarted => {
            Told::new(kind::TR_EVENT_SOUND_STARTED)
        }
        ClientEvent::SoundStopped(SoundStream::Desktop, _) | ClientEvent::PcmStopped => {
            Told::new(kind::TR_EVENT_SOUND_STOPPED)
        }
        ClientEvent::SoundStarted(SoundStream::Microphone, _) => {
            Told::new(kind::TR_EVENT_MICROPHONE_STARTED)
        }
        ClientEvent::SoundStopped(SoundStream::Microphone, _) => {
            Told::new(kind::TR_EVENT_MICROPHONE_STOPPED)
        }
        ClientEvent::Goodbye(goodbye) => Told::new(kind::TR_EVENT_GOODBYE)
            .with(|event| event.code = goodbye.code.0.into())
            .text(&goodbye.text),
        _ => return None,
    })
}
