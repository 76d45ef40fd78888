//! Pictures on the clipboard.

use rfb::clipboard::Bitmap;

use super::choices::Choices;
use crate::memory;

/// Bytes of pixels that are accepted.
const LIMIT: usize = 1 << 16;
/// Bytes that reading one may hold: its pixels, and a palette.
const BYTES: usize = LIMIT + (1 << 13);

/// A bitmap, or a file of one, as the first byte says: it is read in bounded memory, and what was read is written and
/// read again as the same picture.
pub fn bitmaps(data: &[u8]) {
    let mut choices = Choices::new(data);
    let is_file = choices.byte() % 2 == 1;
    let bytes = choices.rest();
    let (read, held) = memory::peak(|| match is_file {
        true => Bitmap::from_file(bytes, LIMIT),
        false => Bitmap::decode(bytes, LIMIT),
    });
    assert!(held <= BYTES, "held {held} bytes, {BYTES} are allowed");
    let Ok(bitmap) = read else {
        return;
    };
    let same = [
        Bitmap::decode(&bitmap.encode(), LIMIT),
        Bitmap::from_file(&bitmap.to_file(), LIMIT),
    ];
    for again in same {
        let again = again.expect("a bitmap of ours is readable");
        assert_eq!(again.size(), bitmap.size());
        assert!(again.pixels() == bitmap.pixels(), "other pixels");
    }
}
