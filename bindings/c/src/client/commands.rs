//! What a client asks of the server.

use std::ffi::c_char;

use tightrope::Point;
use tightrope::rfb::{MediaTime, PowerAction};

use super::{command, compression, quality, tr_client};
use crate::clipboard::{self, tr_clipboard};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::memory::{self, coordinate, slice, tr_rect};
use crate::server::{TR_POWER_REBOOT, TR_POWER_RESET, TR_POWER_SHUTDOWN};

/// Presses or releases a key: its X11 keysym (0 if unknown), and, where `keycode` is not 0, its own code: that of the PC's set 1,
/// with 0x80 added for those behind 0xe0. A server that takes no key codes is told the keysym alone.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_key(
    client: tr_client,
    keysym: u32,
    keycode: u32,
    down: bool,
) -> tr_result {
    guard(|| {
        command(client, move |client| match keycode {
            0 => client.key(keysym, down),
            keycode => client.extended_key(keysym, keycode, down),
        })
    })
}

/// Puts the pointer at a pixel of the desktop, with these buttons held down: bit 0 is the left one, 1 the middle, 2 the right, 3 to
/// 6 the wheel up, down, left, right, 7 and 8 back and forward.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_pointer(client: tr_client, x: u32, y: u32, buttons: u32) -> tr_result {
    guard(|| {
        let at = Point::new(coordinate(x, "x")?, coordinate(y, "y")?);
        let buttons = u16::try_from(buttons).ok().filter(|own| *own < 1 << 9);
        let buttons =
            buttons.ok_or_else(|| Fault::argument("buttons", "it has more than 9 bits"))?;
        command(client, move |client| client.pointer(at, buttons))
    })
}

/// Tells the server that the local clipboard has this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_set_clipboard(
    client: tr_client,
    clipboard: *const tr_clipboard,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a clipboard and what it points to.
        let content = unsafe { clipboard::read(clipboard) }?;
        command(client, |client| client.set_clipboard(content))
    })
}

/// The same for text alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_set_clipboard_text(
    client: tr_client,
    text: *const c_char,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let text = unsafe { memory::text(text, "text") }?.to_owned();
        command(client, |client| client.set_clipboard(text))
    })
}

/// Asks for the image on the server's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers. Nothing happens if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_request_clipboard_image(client: tr_client) -> tr_result {
    guard(|| command(client, |client| client.request_clipboard_image()))
}

/// Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_give_clipboard_image(
    client: tr_client,
    image: *const u8,
    image_length: usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises so many readable bytes.
        let image = unsafe { clipboard::optional_bytes(image, image_length, "image") }?;
        let image = image.map(|own| own.to_vec().into());
        command(client, |client| client.give_clipboard_image(image))
    })
}

/// Asks for a desktop of this size; nothing happens if the server cannot. TR_EVENT_RESIZED or TR_EVENT_RESIZE_REFUSED answers.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_request_size(client: tr_client, width: u32, height: u32) -> tr_result {
    guard(|| {
        let size = memory::size(width, height)?;
        command(client, move |client| client.request_size(size))
    })
}

/// The same for a desktop made of several screens, 1 to 255, which lie within it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_request_screens(
    client: tr_client,
    width: u32,
    height: u32,
    screens: *const tr_rect,
    screens_count: usize,
) -> tr_result {
    guard(|| {
        let size = memory::size(width, height)?;
        // SAFETY: the caller promises so many rectangles.
        let screens = unsafe { slice(screens, screens_count, "screens") }?;
        let screens = memory::screens(screens, size)?;
        command(client, move |client| client.request_screens(size, screens))
    })
}

/// Asks for pictures of this quality from now on: see tr_client_config_set_quality().
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_set_quality(
    client: tr_client,
    quality: i32,
    compression: u32,
) -> tr_result {
    guard(|| {
        let level = self::quality(quality)?;
        let compression = self::compression(compression)?;
        command(client, move |client| client.set_quality(level, compression))
    })
}

/// Asks for the whole picture again.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_refresh(client: tr_client) -> tr_result {
    guard(|| command(client, |client| client.request_full_update()))
}

/// Asks for the machine, or the application, to be shut down or restarted: one of TR_POWER_*. Nothing happens if the server does not
/// offer it.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_power(client: tr_client, action: i32) -> tr_result {
    guard(|| {
        let action = match action {
            TR_POWER_SHUTDOWN => PowerAction::Shutdown,
            TR_POWER_REBOOT => PowerAction::Reboot,
            TR_POWER_RESET => PowerAction::Reset,
            _ => {
                let told = format_args!("{action} is none of TR_POWER_*");
                return Err(Fault::argument("action", told));
            }
        };
        command(client, move |client| client.power(action))
    })
}

/// Tells the server that the picture of `captured_us` (an event's) is seen now, so that it knows how old pictures get.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_presented(client: tr_client, captured_us: u64) -> tr_result {
    guard(|| {
        let captured = MediaTime::from_micros(captured_us);
        command(client, move |client| client.presented(captured))
    })
}
