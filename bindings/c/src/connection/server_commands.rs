//! What a server tells its client.

use std::ffi::{c_char, c_void};

use tightrope::rfb::screen::ResizeReason;
use tightrope::rfb::{LocalTime, ServerConnection, SoundEnd, SoundStream};
use tightrope::{Goodbye, GoodbyeCode, Leds, Point, Rect, Region, ResizeStatus, Screen};

use super::server::{Server, State, tr_server_connection};
use crate::audio::{sound_packet, tr_sound_packet};
use crate::clipboard::{self, optional_bytes, tr_clipboard};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle;
use crate::memory::{self, coordinate, optional_text, region, size, slice, text, tr_rect};

/// Notes that the pixels of `damage` changed (NULL and 0: all of them). What lies outside the desktop is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_add_damage(
    connection: tr_server_connection,
    damage: *const tr_rect,
    damage_count: usize,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises so many rectangles.
        let damage = unsafe { slice(damage, damage_count, "damage") }?;
        let damage: Region = region(damage, state.size);
        state.inner.add_damage(&damage);
        Ok(())
    })
}

/// Notes that the pixels of `to` are now what was at `from_x`, `from_y` before: a scroll, a window that moved. A client that can
/// is told to copy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_add_copy(
    connection: tr_server_connection,
    from_x: u32,
    from_y: u32,
    to: *const tr_rect,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a rectangle.
        let to = unsafe { slice(to, 1, "to") }?;
        let to = to.first().copied().unwrap_or_default();
        let rect = |left: u32, top: u32, name: &str| {
            let right = left.checked_add(to.width);
            let bottom = top.checked_add(to.height);
            let (width, height) = (state.size.width.into(), state.size.height.into());
            match (right, bottom) {
                (Some(right), Some(bottom)) if right <= width && bottom <= height => {
                    Ok(Rect::from_edges(left, top, right, bottom))
                }
                _ => Err(Fault::argument(
                    name,
                    format_args!("it is not on the desktop of {}", state.size),
                )),
            }
        };
        let target = rect(to.left, to.top, "to")?;
        let from = rect(from_x, from_y, "from_x and from_y")?;
        state.inner.add_copy(from.origin(), target);
        Ok(())
    })
}

/// The desktop, as it is from now on, was captured at this moment of the clock of `now_us`: clients show it in step with sound.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_set_captured(
    connection: tr_server_connection,
    captured_us: u64,
) -> tr_result {
    tell(connection, |inner| {
        inner.set_captured(LocalTime::from_micros(captured_us));
    })
}

/// Gives the desktop another size; all of it is damage then.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_resize(
    connection: tr_server_connection,
    width: u32,
    height: u32,
) -> tr_result {
    with(connection, |state| {
        let size = size(width, height)?;
        state.size = size;
        let screens = vec![Screen::whole(size)];
        state.inner.resize(size, screens, ResizeReason::SERVER);
        Ok(())
    })
}

/// Says that the size of TR_EVENT_RESIZE_REQUESTED will not be: `code` is one of TR_RESIZE_*.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_refuse_resize(
    connection: tr_server_connection,
    code: u32,
) -> tr_result {
    with(connection, |state| {
        let code = u16::try_from(code).ok().filter(|code| *code > 0);
        let code = code.ok_or_else(|| Fault::argument("code", "it is none of TR_RESIZE_*"))?;
        state.inner.refuse_resize(ResizeStatus(code));
        Ok(())
    })
}

/// Gives the pointer a shape of `width` by `height` pixels (0 by 0 hides it), of which the one at `hot_x`, `hot_y` points. `pixels`
/// are rows without gaps of blue, green, red, alpha (not premultiplied).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_set_cursor(
    connection: tr_server_connection,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    hot_x: u32,
    hot_y: u32,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises so many readable bytes.
        let pixels = unsafe { slice(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        let cursor = memory::cursor(pixels, (width, height), (hot_x, hot_y))?;
        state.inner.set_cursor(&cursor);
        Ok(())
    })
}

/// Says where the pointer is. A client that did not move it there itself is told; one that cannot draw it gets it in its picture.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_set_pointer(
    connection: tr_server_connection,
    x: u32,
    y: u32,
) -> tr_result {
    with(connection, |state| {
        let at = Point::new(coordinate(x, "x")?, coordinate(y, "y")?);
        state.inner.set_pointer(at);
        Ok(())
    })
}

/// Gives the desktop another name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_set_name(
    connection: tr_server_connection,
    name: *const c_char,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises text that ends with a zero byte.
        state.inner.set_name(unsafe { text(name, "name") }?);
        Ok(())
    })
}

/// Says which lights of the keyboard are on: TR_LED_* together.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_set_leds(
    connection: tr_server_connection,
    leds: u32,
) -> tr_result {
    with(connection, |state| {
        let leds = u8::try_from(leds).ok().filter(|own| *own < 8);
        let leds = leds.ok_or_else(|| Fault::argument("leds", "it is not TR_LED_* together"))?;
        state.inner.set_leds(Leds(leds));
        Ok(())
    })
}

/// Rings the client's bell.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_bell(connection: tr_server_connection) -> tr_result {
    tell(connection, ServerConnection::bell)
}

/// Says that the desktop's clipboard has this now. What is over a mebibyte, or of images 32, is not offered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_set_clipboard(
    connection: tr_server_connection,
    clipboard: *const tr_clipboard,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a clipboard and what it points to.
        let content = unsafe { clipboard::read(clipboard) }?;
        state.inner.set_clipboard(content);
        Ok(())
    })
}

/// Asks for the image on the client's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers. Nothing happens if there is none, or it was
/// asked for already.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_request_clipboard_image(
    connection: tr_server_connection,
) -> tr_result {
    tell(connection, ServerConnection::request_clipboard_image)
}

/// Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_give_clipboard_image(
    connection: tr_server_connection,
    image: *const u8,
    image_length: usize,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises so many readable bytes.
        let image = unsafe { optional_bytes(image, image_length, "image") }?;
        let image = image.map(|own| own.to_vec().into());
        state.inner.give_clipboard_image(image);
        Ok(())
    })
}

/// Says that what TR_EVENT_POWER asked for will not be.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_refuse_power(connection: tr_server_connection) -> tr_result {
    tell(connection, ServerConnection::refuse_power)
}

/// Says why the session will end, to clients that understand it: `code` is one of TR_GOODBYE_*, `text` is for people, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_goodbye(
    connection: tr_server_connection,
    code: u32,
    text: *const c_char,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let goodbye = unsafe { goodbye(code, text) }?;
        state.inner.goodbye(goodbye);
        Ok(())
    })
}

/// The goodbye of a code and a text.
///
/// The caller promises text that ends with a zero byte, or null.
pub(crate) unsafe fn goodbye(code: u32, text: *const c_char) -> Result<Goodbye, Fault> {
    let code = u16::try_from(code)
        .map_err(|_| Fault::argument("code", format_args!("{code} is not 0 to 65535")))?;
    // SAFETY: the caller promises text that ends with a zero byte, or NULL.
    let text = unsafe { optional_text(text, "text") }?;
    Ok(Goodbye {
        code: GoodbyeCode(code),
        text: text.unwrap_or_default().to_owned(),
    })
}

/// Sends a packet of the desktop's sound, in the format of TR_EVENT_SOUND_STARTED. Nothing happens while the client wants none;
/// the oldest are dropped if more than 300 ms of them wait. It is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_connection_send_sound(
    connection: tr_server_connection,
    packet: *const tr_sound_packet,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a packet.
        let packet = unsafe { sound_packet(packet, SoundStream::Desktop) }?;
        state.inner.send_sound(&packet);
        Ok(())
    })
}

/// Ends the desktop's sound for this client: there is none any more.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_end_sound(connection: tr_server_connection) -> tr_result {
    tell(connection, |inner| inner.end_sound(SoundEnd::UNAVAILABLE))
}

/// Takes nothing more of the client's microphone.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_connection_end_microphone(
    connection: tr_server_connection,
) -> tr_result {
    tell(connection, |inner| {
        inner.end_microphone(SoundEnd::UNAVAILABLE);
    })
}

fn with(
    connection: tr_server_connection,
    say: impl FnOnce(&mut State) -> Result<(), Fault>,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Server>(connection)?;
        let mut state = connection.lock();
        say(&mut state)
    })
}

fn tell(connection: tr_server_connection, say: impl FnOnce(&mut ServerConnection)) -> tr_result {
    with(connection, |state| {
        say(&mut state.inner);
        Ok(())
    })
}
