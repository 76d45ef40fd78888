//! What the desktop looks like, and what else it does by itself.

use std::ffi::{c_char, c_void};

use tightrope::{Leds, Point, Rect, ResizeStatus, SessionId, View};

use super::{find, tr_server};
use crate::clipboard::{self, tr_clipboard};
use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::memory::{self, coordinate, region, size, slice, tr_rect};
use crate::time::instant;

/// The desktop looks like this now: all of its `pixels`, BGRX, top to bottom, in rows that begin `stride` bytes apart (0:
/// `width * 4`), and in `damage` where to look for changes (NULL and 0: everywhere). What lies outside the desktop is ignored,
/// and what did not change costs the clients nothing. `width` and `height` must be those of the desktop.
///
/// The pixels are borrowed for the call. It takes up to some 30 ms for a large picture of which everything changed; what is
/// sent is encoded and sent behind it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_update(
    server: tr_server,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    stride: usize,
    damage: *const tr_rect,
    damage_count: usize,
) -> tr_result {
    // SAFETY: the caller promises what is asked for here.
    unsafe {
        tr_server_update_drawn(
            server,
            pixels,
            pixels_length,
            width,
            height,
            stride,
            damage,
            damage_count,
            0,
        )
    }
}

/// As tr_server_update(), of what is known to have been drawn at `drawn_us`: clients show it in step with the sound of that
/// moment. 0 is now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_update_drawn(
    server: tr_server,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    stride: usize,
    damage: *const tr_rect,
    damage_count: usize,
    drawn_us: u64,
) -> tr_result {
    guard(|| {
        let server = find(server)?;
        let size = size(width, height)?;
        // SAFETY: the caller promises so many readable bytes.
        let pixels = unsafe { slice(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        // SAFETY: the caller promises so many rectangles.
        let damage = unsafe { slice(damage, damage_count, "damage") }?;
        let desktop = memory::view(pixels, size, stride)?;
        if size != server.inner.size() {
            let expected = format_args!("the desktop is {}", server.inner.size());
            return Err(Fault::argument("width and height", expected));
        }
        let damage = tightrope::rfb::damage::whole_columns(&region(damage, size), size);
        let patch = |rect: &Rect| {
            let bytes = desktop.bytes_of(*rect)?;
            let part = View::new(bytes, rect.size(), desktop.stride()).ok()?;
            Some((rect.origin(), part))
        };
        let patches: Vec<_> = damage.rects().iter().filter_map(patch).collect();
        server.inner.show_drawn(&patches, instant(drawn_us));
        Ok(())
    })
}

/// Nobody looks, so pictures stop coming: what is held is shown to no new client until the next one.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_invalidate(server: tr_server) -> tr_result {
    guard(|| {
        find(server)?.inner.invalidate();
        Ok(())
    })
}

/// The desktop has another size, because of the wish of `session` (TR_EVENT_RESIZE_REQUESTED), or by itself: 0. What is new is
/// black until it is drawn.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_resize(
    server: tr_server,
    width: u32,
    height: u32,
    session: u64,
) -> tr_result {
    guard(|| {
        let size = size(width, height)?;
        find(server)?.inner.resize(size, asked_by(session));
        Ok(())
    })
}

/// The same for a desktop made of several screens, 1 to 255, which lie within it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_resize_screens(
    server: tr_server,
    width: u32,
    height: u32,
    screens: *const tr_rect,
    screens_count: usize,
    session: u64,
) -> tr_result {
    guard(|| {
        let size = size(width, height)?;
        // SAFETY: the caller promises so many rectangles.
        let screens = unsafe { slice(screens, screens_count, "screens") }?;
        let screens = memory::screens(screens, size)?;
        let server = find(server)?;
        server
            .inner
            .resize_screens(size, screens, asked_by(session));
        Ok(())
    })
}

fn asked_by(session: u64) -> Option<SessionId> {
    (session != 0).then(|| SessionId::of(session))
}

/// Resizing is administratively prohibited.
pub const TR_RESIZE_PROHIBITED: u32 = 1;
/// Out of resources.
pub const TR_RESIZE_OUT_OF_RESOURCES: u32 = 2;
/// The layout is not one the server can show.
pub const TR_RESIZE_INVALID_LAYOUT: u32 = 3;

/// The size that a client asked for will not be: `reason` is one of TR_RESIZE_*.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_refuse_resize(
    server: tr_server,
    session: u64,
    reason: u32,
) -> tr_result {
    guard(|| {
        let status = u16::try_from(reason).ok().filter(|own| *own > 0);
        let status = status.ok_or_else(|| {
            Fault::argument("reason", format_args!("{reason} is none of TR_RESIZE_*"))
        })?;
        let server = find(server)?;
        server
            .inner
            .refuse_resize(SessionId::of(session), ResizeStatus(status));
        Ok(())
    })
}

/// What a client asked for in TR_EVENT_POWER will not be.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_refuse_power(server: tr_server, session: u64) -> tr_result {
    guard(|| {
        find(server)?.inner.refuse_power(SessionId::of(session));
        Ok(())
    })
}

/// The pointer has another shape: `width` by `height` pixels of blue, green, red, alpha (not premultiplied), rows without gaps,
/// of which the one in column `hot_x` of row `hot_y` points. 0 by 0 pixels hide the pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_set_cursor(
    server: tr_server,
    pixels: *const c_void,
    pixels_length: usize,
    width: u32,
    height: u32,
    hot_x: u32,
    hot_y: u32,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises so many readable bytes.
        let pixels = unsafe { slice(pixels.cast::<u8>(), pixels_length, "pixels") }?;
        let cursor = memory::cursor(pixels, (width, height), (hot_x, hot_y))?;
        find(server)?.inner.set_cursor(cursor);
        Ok(())
    })
}

/// The pointer is here, whoever moved it. Clients that did not move it there themselves are told.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_set_pointer(server: tr_server, x: u32, y: u32) -> tr_result {
    guard(|| {
        let at = Point::new(coordinate(x, "x")?, coordinate(y, "y")?);
        find(server)?.inner.set_pointer(at);
        Ok(())
    })
}

/// Scroll Lock.
pub const TR_LED_SCROLL: u32 = 1;
/// Num Lock.
pub const TR_LED_NUM: u32 = 2;
/// Caps Lock.
pub const TR_LED_CAPS: u32 = 4;

/// The lights of the desktop's keyboard that are on: TR_LED_* together.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_set_leds(server: tr_server, leds: u32) -> tr_result {
    guard(|| {
        let leds = u8::try_from(leds).ok().filter(|own| *own < 8);
        let leds = leds.ok_or_else(|| Fault::argument("leds", "it is not TR_LED_* together"))?;
        find(server)?.inner.set_leds(Leds(leds));
        Ok(())
    })
}

/// Rings the clients' bells.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_bell(server: tr_server) -> tr_result {
    guard(|| {
        find(server)?.inner.bell();
        Ok(())
    })
}

/// The desktop's clipboard has this now. Clients without the right to it are not told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_set_clipboard(
    server: tr_server,
    clipboard: *const tr_clipboard,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a clipboard and what it points to.
        let content = unsafe { clipboard::read(clipboard) }?;
        find(server)?.inner.set_clipboard(content);
        Ok(())
    })
}

/// The same for text alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_set_clipboard_text(
    server: tr_server,
    text: *const c_char,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let text = unsafe { memory::text(text, "text") }?;
        find(server)?.inner.set_clipboard(text);
        Ok(())
    })
}

/// Asks for the image on a client's clipboard: TR_EVENT_CLIPBOARD_IMAGE answers, unless the client leaves or copies something
/// else.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_request_clipboard_image(server: tr_server, session: u64) -> tr_result {
    guard(|| {
        let server = find(server)?;
        server.inner.request_clipboard_image(SessionId::of(session));
        Ok(())
    })
}

/// Gives the image of TR_EVENT_CLIPBOARD_IMAGE_WANTED, a DIB; NULL and 0 if there is none after all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_give_clipboard_image(
    server: tr_server,
    session: u64,
    image: *const u8,
    image_length: usize,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises so many readable bytes.
        let image = unsafe { clipboard::optional_bytes(image, image_length, "image") }?;
        let image = image.map(|own| own.to_vec().into());
        let server = find(server)?;
        server
            .inner
            .give_clipboard_image(SessionId::of(session), image);
        Ok(())
    })
}
