//! Every decoder, fed with bodies.

use rfb::wire::Encode;
use rfb::{ClientConfig, Rect, Size};

use super::choices::{Choices, ENCODINGS, formats};
use super::deflated::Deflater;
use super::sessions::{check_client, client_config, greeting};

/// The desktop: a little more than one tile of ZRLE each way.
pub(crate) const SIZE: Size = Size::new(80, 72);

/// Bit of the third byte: zlib data is made from the input.
pub(crate) const DEFLATE: u8 = 1;
/// Bit of the third byte: the input is two bodies, half each.
pub(crate) const TWO_BODIES: u8 = 2;
/// How far the rest of the third byte is shifted: the quality level that was asked for, which ZYWRLE depends on.
const LEVEL_SHIFT: u8 = 2;

/// One or two bodies of one encoding, then whatever rectangles follow: however they are cut, they draw the same
/// pixels, in bounded memory. Encoding, pixel format, flags, width and height are the first bytes.
pub fn decoders(data: &[u8]) {
    let mut choices = Choices::new(data);
    let encoding = choices.of(&ENCODINGS);
    let format = choices.of(&formats());
    let flags = choices.byte();
    let width = choices.below(SIZE.width + 1);
    let rect = Rect::new(0, 0, width, choices.below(SIZE.height + 1));
    let body = choices.rest();
    let parts: &[&[u8]] = if flags & TWO_BODIES == 0 {
        &[body]
    } else {
        let (first, second) = body.split_at(body.len() / 2);
        &[first, second]
    };
    let mut bytes = greeting(SIZE);
    bytes.extend([/* an update that LastRect ends */ 0, 0, 255, 255]);
    let mut deflater = Deflater::default();
    for part in parts {
        rect.encode(&mut bytes);
        bytes.extend(encoding.0.to_be_bytes());
        if flags & DEFLATE == 0 {
            bytes.extend(*part);
        } else {
            bytes.extend(deflater.body(encoding, &format, part));
        }
    }
    let config = ClientConfig {
        quality: Some((flags >> LEVEL_SHIFT) % 10),
        ..client_config(format)
    };
    check_client(&config, &bytes);
}
