//! What the first bytes of an input choose.

use rfb::{Encoding, PixelFormat};

/// The encodings an input can name, in an order that stays: saved inputs count on it.
pub(crate) const ENCODINGS: [Encoding; 16] = [
    Encoding(0),    // Raw
    Encoding(1),    // CopyRect
    Encoding(2),    // RRE
    Encoding(4),    // CoRRE
    Encoding(5),    // Hextile
    Encoding(6),    // Zlib
    Encoding(7),    // Tight
    Encoding(15),   // TRLE
    Encoding(16),   // ZRLE
    Encoding(17),   // ZYWRLE
    Encoding(21),   // JPEG
    Encoding(-260), // TightPNG
    // Room for others; until then, the ones with most cases twice.
    Encoding(7),
    Encoding(16),
    Encoding(5),
    Encoding(-260),
];

/// Pixel formats of every size, byte order and oddity, in an order that stays.
pub(crate) fn formats() -> [PixelFormat; 16] {
    let format = |bits_per_pixel, depth, big_endian, max, shift| {
        let mut format = PixelFormat::BGRX;
        (format.bits_per_pixel, format.depth) = (bits_per_pixel, depth);
        format.big_endian = big_endian;
        (format.max, format.shift) = (max, shift);
        format
    };
    [
        PixelFormat::BGRX,
        PixelFormat::RGB565,
        PixelFormat::BGR233,
        format(32, 24, true, [255; 3], [16, 8, 0]),
        format(32, 24, false, [255; 3], [0, 8, 16]),
        format(32, 24, true, [255; 3], [24, 16, 8]),
        format(32, 30, false, [1023; 3], [20, 10, 0]),
        format(16, 15, true, [31; 3], [10, 5, 0]),
        format(16, 12, false, [15; 3], [0, 4, 8]),
        format(8, 6, false, [3; 3], [4, 2, 0]),
        format(32, 9, true, [5, 6, 7], [28, 3, 17]),
        format(16, 3, false, [1; 3], [15, 7, 0]),
        PixelFormat::COLOUR_MAPPED,
        format(16, 16, true, [31, 63, 31], [11, 5, 0]),
        format(32, 32, false, [255; 3], [8, 16, 24]),
        format(8, 8, true, [7, 7, 3], [5, 2, 0]),
    ]
}

/// Takes bytes off the front of an input; where it has ended they are 0.
pub(crate) struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }
    pub(crate) fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((&first, rest)) => {
                self.rest = rest;
                first
            }
            None => 0,
        }
    }
    /// One of `options`.
    pub(crate) fn of<T: Copy>(&mut self, options: &[T]) -> T {
        options[usize::from(self.byte()) % options.len()]
    }
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u16) -> u16 {
        u16::from(self.byte()) % limit
    }
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}
