//! How the pixels of one row lie.

use super::{BGRA_MASKS, invalid};
use crate::DecodeError;

/// The form of a pixel.
pub(super) enum Layout {
    /// Numbers of colours, the first pixel in the highest bits.
    Palette { bits: u16, colours: Vec<[u8; 4]> },
    /// Blue, green, red.
    Bgr,
    /// Blue, green, red, and a byte that means nothing.
    Bgrx,
    /// Blue, green, red, alpha.
    Bgra,
    /// 16 or 32 bits with a mask for each of red, green, blue and alpha.
    Masks { bits: u16, channels: [Channel; 4] },
}

/// Where the bits of a colour are.
#[derive(Clone, Copy)]
pub(super) struct Channel {
    mask: u32,
    shift: u32,
    most: u32,
}

impl Layout {
    pub(super) fn palette(bits: u16, colours: Vec<[u8; 4]>) -> Self {
        Self::Palette { bits, colours }
    }

    /// `Invalid` if the bits of a mask are not side by side, or two masks overlap, or lie outside the pixel.
    pub(super) fn masks(bits: u16, masks: [u32; 4]) -> Result<Self, DecodeError> {
        if bits == 32 && masks == BGRA_MASKS {
            return Ok(Self::Bgra);
        }
        let mut seen = if bits == 16 { 0xffff_0000 } else { 0 };
        let mut channels = [Channel::NONE; 4];
        for (channel, mask) in channels.iter_mut().zip(masks) {
            *channel = Channel::new(mask)
                .filter(|_| mask & seen == 0)
                .ok_or_else(|| invalid("clipboard.dib.masks", mask))?;
            seen |= mask;
        }
        Ok(Self::Masks { bits, channels })
    }

    /// Reads as many pixels as `row` has room for, four bytes each, from `stored`, which holds them all.
    pub(super) fn read_row(&self, stored: &[u8], row: &mut [u8]) -> Result<(), DecodeError> {
        let pixels = row.as_chunks_mut::<4>().0;
        match self {
            Self::Palette { bits, colours } => {
                return read_numbers(*bits, colours, stored, pixels);
            }
            Self::Bgr => {
                for (pixel, &[blue, green, red]) in pixels.iter_mut().zip(stored.as_chunks().0) {
                    *pixel = [blue, green, red, 0xff];
                }
            }
            Self::Bgrx => {
                for (pixel, &[blue, green, red, _]) in pixels.iter_mut().zip(stored.as_chunks().0) {
                    *pixel = [blue, green, red, 0xff];
                }
            }
            Self::Bgra => {
                for (pixel, stored) in pixels.iter_mut().zip(stored.as_chunks().0) {
                    *pixel = *stored;
                }
            }
            Self::Masks { bits: 16, channels } => {
                for (pixel, &stored) in pixels.iter_mut().zip(stored.as_chunks().0) {
                    *pixel = colour(channels, u16::from_le_bytes(stored).into());
                }
            }
            Self::Masks { channels, .. } => {
                for (pixel, &stored) in pixels.iter_mut().zip(stored.as_chunks().0) {
                    *pixel = colour(channels, u32::from_le_bytes(stored));
                }
            }
        }
        Ok(())
    }
}

impl Channel {
    const NONE: Self = Self {
        mask: 0,
        shift: 0,
        most: 0,
    };

    fn new(mask: u32) -> Option<Self> {
        if mask == 0 {
            return Some(Self::NONE);
        }
        let shift = mask.trailing_zeros();
        let most = mask >> shift;
        // All ones: adding one leaves a power of two, or nothing.
        let side_by_side = most & most.wrapping_add(1) == 0;
        side_by_side.then_some(Self { mask, shift, most })
    }

    /// 0 to 255; `None` if the pixel has no such bits.
    fn value(self, pixel: u32) -> Option<u8> {
        let most = u64::from(self.most);
        let value = u64::from((pixel & self.mask) >> self.shift);
        let scaled = (value * 255 + most / 2).checked_div(most)?;
        u8::try_from(scaled).ok()
    }
}

fn colour(channels: &[Channel; 4], pixel: u32) -> [u8; 4] {
    let [red, green, blue, alpha] = channels.map(|channel| channel.value(pixel));
    [
        blue.unwrap_or(0),
        green.unwrap_or(0),
        red.unwrap_or(0),
        alpha.unwrap_or(0xff),
    ]
}

fn read_numbers(
    bits: u16,
    colours: &[[u8; 4]],
    stored: &[u8],
    pixels: &mut [[u8; 4]],
) -> Result<(), DecodeError> {
    let in_a_byte = usize::from(8 / bits.max(1)).max(1);
    for (pixels, &byte) in pixels.chunks_mut(in_a_byte).zip(stored) {
        let mut rest = u16::from(byte);
        for pixel in pixels {
            rest <<= bits;
            let number = usize::from(rest >> 8);
            rest &= 0xff;
            *pixel = *colours
                .get(number)
                .ok_or_else(|| invalid("clipboard.dib.pixel", number))?;
        }
    }
    Ok(())
}
