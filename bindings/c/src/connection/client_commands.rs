//! What a client tells its server.

use std::ffi::c_char;

use tightrope::rfb::{ClientConnection, Error, LocalTime, MediaTime, SoundStream};
use tightrope::{Point, PowerAction};

use super::client::{Client, State, tr_client_connection};
use super::server_commands::goodbye;
use crate::audio::{sound_format, sound_packet, tr_sound_format, tr_sound_packet};
use crate::client::{compression, quality};
use crate::clipboard::{self, optional_bytes, tr_clipboard};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle;
use crate::memory::{coordinate, out, size};
use crate::server::{TR_POWER_REBOOT, TR_POWER_RESET, TR_POWER_SHUTDOWN};

/// Presses or releases a key: its X11 keysym (0 if it is not known) and its own code in the PC's set 1, with 0x80 added for those
/// behind 0xe0 (0 if it is not known).
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_key(
    connection: tr_client_connection,
    keysym: u32,
    keycode: u32,
    down: bool,
) -> tr_result {
    tell(connection, |inner| {
        inner.extended_key(keysym, keycode, down)
    })
}

/// Puts the pointer somewhere, with these buttons held down (see `buttons` of tr_event).
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_pointer(
    connection: tr_client_connection,
    x: u32,
    y: u32,
    buttons: u32,
) -> tr_result {
    with(connection, |state| {
        let at = Point::new(coordinate(x, "x")?, coordinate(y, "y")?);
        let buttons = u16::try_from(buttons).ok().filter(|own| *own < 512);
        let buttons = buttons.ok_or_else(|| Fault::argument("buttons", "there are only nine"))?;
        check(state.inner.pointer(at, buttons))
    })
}

/// Asks for pictures of another quality from now on: as tr_client_connection_create().
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_set_quality(
    connection: tr_client_connection,
    quality: i32,
    compression: u32,
) -> tr_result {
    with(connection, |state| {
        let compression = self::compression(compression)?;
        let quality = self::quality(quality)?;
        check(state.inner.set_quality(quality, compression))
    })
}

/// Says that the clipboard here has this now. What is over a mebibyte, or of images 32, is not offered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_set_clipboard(
    connection: tr_client_connection,
    clipboard: *const tr_clipboard,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a clipboard and what it points to.
        let content = unsafe { clipboard::read(clipboard) }?;
        check(state.inner.set_clipboard(content))
    })
}

/// Asks for the image on the server's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers. Nothing happens if there is none, or it was
/// asked for already.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_request_clipboard_image(
    connection: tr_client_connection,
) -> tr_result {
    tell(connection, ClientConnection::request_clipboard_image)
}

/// Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_give_clipboard_image(
    connection: tr_client_connection,
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

/// Asks for a desktop of another size: TR_EVENT_RESIZED or TR_EVENT_RESIZE_REFUSED answers. TR_ERROR_STATE if the server cannot.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_request_size(
    connection: tr_client_connection,
    width: u32,
    height: u32,
) -> tr_result {
    with(connection, |state| {
        let size = size(width, height)?;
        check(state.inner.request_size(size))
    })
}

/// Asks for the whole picture again.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_request_full_update(
    connection: tr_client_connection,
) -> tr_result {
    tell(connection, ClientConnection::request_full_update)
}

/// Asks how long it takes to the server and back: TR_EVENT_ROUND_TRIP answers. `is_asked` is false, and nothing is asked, if the
/// server knows no fences, or while another question is under way, whose answer it then is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_measure_round_trip(
    connection: tr_client_connection,
    now_us: u64,
    is_asked: *mut bool,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a place for the answer.
        let place = unsafe { out(is_asked, "is_asked") }?;
        let now = LocalTime::from_micros(now_us);
        let asked = state.inner.measure_round_trip(now);
        place.set(asked.map_err(not_now)?);
        Ok(())
    })
}

/// Asks for the server's clock: TR_EVENT_CLOCK answers. Nothing happens if the server does not tell it.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_compare_clocks(
    connection: tr_client_connection,
    now_us: u64,
) -> tr_result {
    tell(connection, |inner| {
        inner.compare_clocks(LocalTime::from_micros(now_us))
    })
}

/// Says that the picture that was captured at `captured_us` (TR_EVENT_PICTURE_ENDED) is seen from `now_us` on. For the server's
/// statistics; it is told at most 60 times a second.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_presented(
    connection: tr_client_connection,
    now_us: u64,
    captured_us: u64,
) -> tr_result {
    tell(connection, |inner| {
        let captured = MediaTime::from_micros(captured_us);
        inner.presented(LocalTime::from_micros(now_us), captured)
    })
}

/// Asks for the machine, or the application, to be shut down or restarted: one of TR_POWER_*. TR_ERROR_STATE if the server does not
/// offer it.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_power(
    connection: tr_client_connection,
    action: i32,
) -> tr_result {
    with(connection, |state| {
        let action = match action {
            TR_POWER_SHUTDOWN => PowerAction::Shutdown,
            TR_POWER_REBOOT => PowerAction::Reboot,
            TR_POWER_RESET => PowerAction::Reset,
            _ => {
                let expected = format_args!("{action} is none of TR_POWER_*");
                return Err(Fault::argument("action", expected));
            }
        };
        check(state.inner.power(action))
    })
}

/// Says why the session will end, to servers that understand it: `code` is one of TR_GOODBYE_*, `text` is for people, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_goodbye(
    connection: tr_client_connection,
    code: u32,
    text: *const c_char,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let goodbye = unsafe { goodbye(code, text) }?;
        check(state.inner.goodbye(goodbye))
    })
}

/// Asks for the desktop's sound in this format: TR_EVENT_SOUND_STARTED, with the bit rate that suits the server, or
/// TR_EVENT_SOUND_STOPPED answers. TR_ERROR_STATE if the server has offered none (TR_EVENT_SOUND_OFFERED).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_start_sound(
    connection: tr_client_connection,
    format: *const tr_sound_format,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a format.
        let format = unsafe { sound_format(format) }?;
        check(state.inner.start_sound(format))
    })
}

/// Ends the desktop's sound.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_stop_sound(connection: tr_client_connection) -> tr_result {
    with(connection, |state| {
        state.inner.stop_sound();
        Ok(())
    })
}

/// Asks to send what a microphone hears, in this format: TR_EVENT_MICROPHONE_STARTED, with the format to send, or
/// TR_EVENT_MICROPHONE_STOPPED answers. TR_ERROR_STATE if the server has offered no sound.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_start_microphone(
    connection: tr_client_connection,
    format: *const tr_sound_format,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a format.
        let format = unsafe { sound_format(format) }?;
        check(state.inner.start_microphone(format))
    })
}

/// Sends a packet of the microphone. Nothing happens while the server takes none. It is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connection_send_sound(
    connection: tr_client_connection,
    packet: *const tr_sound_packet,
) -> tr_result {
    with(connection, |state| {
        // SAFETY: the caller promises a packet.
        let packet = unsafe { sound_packet(packet, SoundStream::Microphone) }?;
        state.inner.send_sound(&packet);
        Ok(())
    })
}

/// Ends what tr_client_connection_start_microphone() began.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_connection_stop_microphone(
    connection: tr_client_connection,
) -> tr_result {
    with(connection, |state| {
        state.inner.stop_microphone();
        Ok(())
    })
}

/// What cannot be said now is no wrong argument: those were looked at before.
fn not_now(error: Error) -> Fault {
    match error {
        Error::Misuse(told) => Fault::new(tr_result::TR_ERROR_STATE, told),
        other => other.into(),
    }
}

fn check(said: Result<(), Error>) -> Result<(), Fault> {
    said.map_err(not_now)
}

fn with(
    connection: tr_client_connection,
    say: impl FnOnce(&mut State) -> Result<(), Fault>,
) -> tr_result {
    guard(|| {
        let connection = handle::get::<Client>(connection)?;
        let mut state = connection.lock();
        say(&mut state)
    })
}

fn tell(
    connection: tr_client_connection,
    say: impl FnOnce(&mut ClientConnection) -> Result<(), Error>,
) -> tr_result {
    with(connection, |state| check(say(&mut state.inner)))
}
