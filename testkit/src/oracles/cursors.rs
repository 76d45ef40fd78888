//! Pointer shapes.

use rfb::wire::Encode;
use rfb::{Cursor, Encoding, Framebuffer, Point, Rect, Size};

use super::choices::{Choices, formats};
use super::sessions::{check_client, client_config, greeting};
use crate::pair::Pair;

/// The pseudo-encodings of pointer shapes and positions, in an order that stays.
pub(crate) const ENCODINGS: [Encoding; 6] = [
    Encoding(-239),        // Cursor
    Encoding(-240),        // XCursor
    Encoding(-314),        // Cursor with alpha
    Encoding(0x574d_5664), // VMware cursor
    Encoding(0x574d_5666), // VMware cursor position
    Encoding(-232),        // PointerPos
];

/// A pointer shape as a server may send it: however it is cut, it is the same shape, in bounded memory. Then the same
/// bytes as a shape of our own: our client gets it as our server was given it, but for the alpha of a mask.
pub fn cursors(data: &[u8]) {
    let mut choices = Choices::new(data);
    let encoding = choices.of(&ENCODINGS);
    let format = choices.of(&formats());
    let size = Size::new(choices.below(72), choices.below(72));
    let hotspot = Point::new(choices.byte().into(), choices.byte().into());

    let mut bytes = greeting(Size::new(16, 16));
    bytes.extend([/* an update that LastRect ends */ 0, 0, 255, 255]);
    Rect::new(hotspot.x, hotspot.y, size.width, size.height).encode(&mut bytes);
    bytes.extend(encoding.0.to_be_bytes());
    bytes.extend(choices.rest());
    check_client(&client_config(format), &bytes);

    let seed = [choices.rest(), &[0]].concat();
    let pixels: Vec<u8> = seed.into_iter().cycle().take(size.area() * 4).collect();
    let cursor = Cursor::new(size, hotspot, pixels).unwrap();
    let mut pair = Pair::new(Framebuffer::new(Size::new(16, 16)));
    pair.server.set_cursor(&cursor);
    pair.drive().expect("our client reads our shapes");
    let shown = pair.client.cursor().expect("a shape was sent");
    assert_eq!((shown.size(), shown.hotspot()), (size, hotspot));
}
