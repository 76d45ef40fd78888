//! The pointer's shape, from XFixes.

use anyhow::Result;
use tightrope::{Cursor, Point, Size};
use x11rb::errors::ReplyError;
use x11rb::protocol::ErrorKind;
use x11rb::protocol::xfixes::ConnectionExt;

use crate::display::Link;

/// The shape the pointer has now, an empty one if the X server shows none; `None` if it keeps that from us.
pub fn cursor(link: &Link) -> Result<Option<Cursor>> {
    let image = match link.x().xfixes_get_cursor_image()?.reply() {
        Ok(image) => image,
        // The extension SECURITY guards shapes whose makers have gone, as those of xsetroot.
        Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Access => {
            return Ok(None);
        }
        // BadCursor: no cursor is displayed.
        Err(ReplyError::X11Error(_)) => return Ok(Some(Cursor::default())),
        Err(error) => return Err(error.into()),
    };
    let size = Size::new(image.width, image.height);
    let pixels = image.cursor_image.iter().flat_map(|&argb| straight(argb));
    let hotspot = Point::new(image.xhot, image.yhot);
    Ok(Some(Cursor::new(size, hotspot, pixels.collect())?))
}

/// Blue, green, red, alpha, not premultiplied, of a premultiplied ARGB pixel.
fn straight(argb: u32) -> [u8; 4] {
    let [blue, green, red, alpha] = argb.to_le_bytes();
    let divide = |channel: u8| match u32::from(alpha) {
        0 => 0,
        a => u8::try_from((u32::from(channel) * 255 + a / 2) / a).unwrap_or(u8::MAX),
    };
    [divide(blue), divide(green), divide(red), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn premultiplied_pixels_become_straight_ones() {
        assert_eq!(straight(0xff10_2030), [0x30, 0x20, 0x10, 0xff]);
        assert_eq!(straight(0x8040_2000), [0, 64, 128, 0x80]);
        assert_eq!(straight(0x0000_0000), [0, 0, 0, 0]);
        assert_eq!(
            straight(0x40ff_ffff),
            [255, 255, 255, 0x40],
            "a liar is clamped"
        );
    }
}
