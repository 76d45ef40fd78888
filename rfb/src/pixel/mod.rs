//! Pixel formats on the wire (RFC 6143 7.4). In memory every pixel is BGRX, four bytes.

mod colour_map;
mod packer;
#[cfg(test)]
mod tests;
mod unpacker;

pub use colour_map::ColourMap;
pub use packer::Packer;
pub use unpacker::Unpacker;

use std::ops::Range;

use crate::DecodeError;
use crate::wire::{Decode, Encode, Reader};

/// How a pixel value is laid out on the wire: red, green and blue in channels of it, or an index of a [`ColourMap`].
///
/// INVARIANT (kept by [`Decode`]): 8, 16 or 32 bits; with true colour, maxima at least 1, and every channel inside the
/// pixel and outside the others; with a colour map, 8 bits, and maxima and shifts 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    /// 8, 16 or 32.
    pub bits_per_pixel: u8,
    /// Useful bits of those.
    pub depth: u8,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
    /// Whether pixels have channels. If not, they are indices of a colour map.
    pub true_colour: bool,
    /// Largest value of red, green and blue.
    pub max: [u16; 3],
    /// Bits to shift right to reach red, green and blue.
    pub shift: [u8; 3],
}

impl PixelFormat {
    /// Blue, green, red, unused: one byte each, which is the in-memory layout.
    pub const BGRX: Self = Self {
        bits_per_pixel: 32,
        depth: 24,
        big_endian: false,
        true_colour: true,
        max: [255; 3],
        shift: [16, 8, 0],
    };
    /// Sixteen bits, least significant byte first: five red, six green, five blue.
    pub const RGB565: Self = Self {
        bits_per_pixel: 16,
        depth: 16,
        big_endian: false,
        true_colour: true,
        max: [31, 63, 31],
        shift: [11, 5, 0],
    };
    /// Eight bits: three red, three green, two blue, red lowest.
    pub const BGR233: Self = Self {
        bits_per_pixel: 8,
        depth: 8,
        big_endian: false,
        true_colour: true,
        max: [7, 7, 3],
        shift: [0, 3, 6],
    };
    /// Eight bits that are indices of a colour map.
    pub const COLOUR_MAPPED: Self = Self {
        bits_per_pixel: 8,
        depth: 8,
        big_endian: false,
        true_colour: false,
        max: [0; 3],
        shift: [0; 3],
    };

    /// Bytes of one pixel on the wire: 1, 2 or 4.
    #[must_use]
    pub fn bytes_per_pixel(&self) -> usize {
        usize::from(self.bits_per_pixel / 8)
    }

    /// Whether Tight sends this format as three bytes red, green, blue (rfbproto "Tight Encoding", TPIXEL).
    #[must_use]
    pub fn is_tight_rgb(&self) -> bool {
        self.bits_per_pixel == 32 && self.depth == 24 && self.max == [255; 3]
    }

    /// The bytes of a wire pixel that ZRLE and TRLE send (RFC 6143 7.7.5, CPIXEL): three where three suffice.
    #[must_use]
    pub fn compressed_bytes(&self) -> Range<usize> {
        let used = (0..3).fold(0_u32, |used, channel| used | self.mask(channel));
        // RFC 6143 asks for a depth of at most 24 too. Servers and clients look at the channels only: those that say
        // depth 32 mean three bytes.
        if self.bits_per_pixel != 32 {
            return 0..self.bytes_per_pixel();
        }
        let (low, high) = (used & 0xff00_0000 == 0, used & 0xff == 0);
        match (low, high, self.big_endian) {
            (true, _, false) | (false, true, true) => 0..3,
            (true, _, true) | (false, true, false) => 1..4,
            (false, false, _) => 0..4,
        }
    }

    fn mask(&self, channel: usize) -> u32 {
        let (max, shift) = (self.max.get(channel), self.shift.get(channel));
        mask(max.copied().unwrap_or(0)) << shift.copied().unwrap_or(0)
    }
}

impl Encode for PixelFormat {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([
            self.bits_per_pixel,
            self.depth,
            self.big_endian.into(),
            self.true_colour.into(),
        ]);
        for max in self.max {
            out.extend(max.to_be_bytes());
        }
        out.extend(self.shift);
        out.extend([0; 3]); // padding
    }
}

impl Decode for PixelFormat {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let invalid = |field, value| Err(DecodeError::Invalid { field, value });
        let bits_per_pixel = r.u8("pixel-format.bits-per-pixel")?;
        let depth = r.u8("pixel-format.depth")?;
        let big_endian = r.u8("pixel-format.big-endian-flag")? != 0;
        let true_colour = r.u8("pixel-format.true-colour-flag")?;
        let max = [
            r.u16("pixel-format.red-max")?,
            r.u16("pixel-format.green-max")?,
            r.u16("pixel-format.blue-max")?,
        ];
        let shift = [
            r.u8("pixel-format.red-shift")?,
            r.u8("pixel-format.green-shift")?,
            r.u8("pixel-format.blue-shift")?,
        ];
        r.bytes("pixel-format.padding", 3)?;
        if !matches!(bits_per_pixel, 8 | 16 | 32) {
            return invalid("pixel-format.bits-per-pixel", bits_per_pixel.into());
        }
        if !(1..=bits_per_pixel).contains(&depth) {
            return invalid("pixel-format.depth", depth.into());
        }
        if true_colour == 0 {
            if bits_per_pixel != 8 {
                let field = "colour-mapped pixel-format.bits-per-pixel";
                return invalid(field, bits_per_pixel.into());
            }
            // What they say of channels means nothing.
            return Ok(Self {
                depth,
                big_endian,
                ..Self::COLOUR_MAPPED
            });
        }
        check_channels(bits_per_pixel, max, shift)?;
        Ok(Self {
            bits_per_pixel,
            depth,
            big_endian,
            true_colour: true,
            max,
            shift,
        })
    }
}

/// Checks that every channel has levels, and bits of its own inside the pixel.
fn check_channels(bits_per_pixel: u8, max: [u16; 3], shift: [u8; 3]) -> Result<(), DecodeError> {
    let fields = [
        ["pixel-format.red-max", "pixel-format.red-shift"],
        ["pixel-format.green-max", "pixel-format.green-shift"],
        ["pixel-format.blue-max", "pixel-format.blue-shift"],
    ];
    let mut used = 0_u64;
    for (([max_field, shift_field], max), shift) in fields.into_iter().zip(max).zip(shift) {
        if max == 0 {
            let (field, value) = (max_field, 0);
            return Err(DecodeError::Invalid { field, value });
        }
        // 17 bits at most, shifted by 31 at most.
        let channel = u64::from(mask(max)) << shift.min(31);
        if shift >= bits_per_pixel || channel >> bits_per_pixel != 0 || channel & used != 0 {
            let (field, value) = (shift_field, shift.into());
            return Err(DecodeError::Invalid { field, value });
        }
        used |= channel;
    }
    Ok(())
}

/// The bits that levels of 0 to `max` take.
fn mask(max: u16) -> u32 {
    let max = u32::from(max);
    max.checked_ilog2().map_or(0, |highest| (2 << highest) - 1)
}

fn low_byte(value: u32) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

fn low_half(value: u32) -> u16 {
    let [low, high, ..] = value.to_le_bytes();
    u16::from_le_bytes([low, high])
}
