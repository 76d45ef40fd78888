//! The wire to BGRX.

use super::{ColourMap, PixelFormat, low_byte};
use crate::BYTES_PER_PIXEL;

type Pixel = [u8; BYTES_PER_PIXEL];

/// Reads pixels of a wire format as BGRX with X = 0. Build one per format: it holds tables.
///
/// Level `l` of 0 to `max` becomes `l * 255 / max`, rounded; a level above `max` counts as `max`.
#[derive(Clone, Debug)]
pub struct Unpacker {
    format: PixelFormat,
    lookup: Lookup,
}

#[derive(Clone, Debug)]
enum Lookup {
    /// Blue, green and red have 256 levels: bits to shift right to reach them.
    Bytes([u32; 3]),
    /// The pixel of every value of eight bits.
    Values(Box<[Pixel; 256]>),
    /// Blue, green and red.
    Channels([Channel; 3]),
}

/// Where one channel's level is, and what each level is in 0 to 255.
#[derive(Clone, Debug)]
struct Channel {
    shift: u32,
    mask: u32,
    /// One for each level that fits the mask.
    levels: Box<[u8]>,
}

impl Channel {
    fn new(max: u16, shift: u8) -> Self {
        let mask = super::mask(max);
        let max = u32::from(max).max(1);
        let level = |level: u32| low_byte((level.min(max) * 255 + max / 2) / max);
        Self {
            shift: shift.into(),
            mask,
            levels: (0..=mask).map(level).collect(),
        }
    }

    fn bits(max: u16, shift: u8) -> Self {
        let mask = super::mask(max);
        let unused = mask.leading_zeros().saturating_sub(24);
        Self {
            shift: shift.into(),
            mask,
            levels: (0..=mask).map(|level| low_byte(level << unused)).collect(),
        }
    }

    fn level(&self, value: u32) -> u8 {
        let level = usize::try_from((value >> self.shift) & self.mask).unwrap_or(0);
        self.levels.get(level).copied().unwrap_or(0)
    }
}

impl Unpacker {
    /// An unpacker for `format`; if that is colour-mapped, with [`ColourMap::rgb332`].
    #[must_use]
    pub fn new(format: &PixelFormat) -> Self {
        if !format.true_colour {
            return Self::with_map(format, &ColourMap::rgb332());
        }
        let channels = || {
            let ([red, green, blue], [to_red, to_green, to_blue]) = (format.max, format.shift);
            [(blue, to_blue), (green, to_green), (red, to_red)]
                .map(|(max, shift)| Channel::new(max, shift))
        };
        let lookup = match (format.bits_per_pixel, format.max, format.shift) {
            (8, ..) => {
                let channels = channels();
                values(|value| picked(&channels, value.into()))
            }
            (_, [255, 255, 255], [red, green, blue]) => {
                Lookup::Bytes([blue, green, red].map(u32::from))
            }
            _ => Lookup::Channels(channels()),
        };
        Self {
            format: *format,
            lookup,
        }
    }

    /// An unpacker for `format` whose values are indices of `map`. The map does nothing to a true-colour format.
    #[must_use]
    pub fn with_map(format: &PixelFormat, map: &ColourMap) -> Self {
        if format.true_colour {
            return Self::new(format);
        }
        Self {
            format: *format,
            lookup: values(|index| map.pixel(index)),
        }
    }

    /// An unpacker that gives the bits of each channel as they are, in the highest bits of a byte.
    pub(crate) fn levels(format: &PixelFormat) -> Self {
        let [red, green, blue] = format.max;
        let [to_red, to_green, to_blue] = format.shift;
        let channels = [(blue, to_blue), (green, to_green), (red, to_red)];
        Self {
            format: *format,
            lookup: Lookup::Channels(channels.map(|(max, shift)| Channel::bits(max, shift))),
        }
    }

    /// The format it reads.
    #[must_use]
    pub fn format(&self) -> &PixelFormat {
        &self.format
    }

    /// The pixel of one wire value.
    #[must_use]
    pub fn pixel(&self, value: u32) -> Pixel {
        match &self.lookup {
            Lookup::Bytes(shifts) => bytes(*shifts, value),
            Lookup::Values(pixels) => looked_up(pixels, low_byte(value)),
            Lookup::Channels(channels) => picked(channels, value),
        }
    }

    /// Fills a BGRX row from wire pixels of `format.bytes_per_pixel()` bytes each, as far as both reach.
    pub fn row(&self, wire: &[u8], bgrx: &mut [u8]) {
        match (self.format.bits_per_pixel, self.format.big_endian) {
            (8, _) => self.read(wire, bgrx, |[value]| u32::from(value)),
            (16, true) => self.read(wire, bgrx, |bytes| u16::from_be_bytes(bytes).into()),
            (16, false) => self.read(wire, bgrx, |bytes| u16::from_le_bytes(bytes).into()),
            (_, true) => self.read(wire, bgrx, u32::from_be_bytes),
            (_, false) => self.read(wire, bgrx, u32::from_le_bytes),
        }
    }

    fn read<const N: usize>(&self, wire: &[u8], bgrx: &mut [u8], value: impl Fn([u8; N]) -> u32) {
        let pixels = bgrx.as_chunks_mut::<BYTES_PER_PIXEL>().0;
        let pairs = pixels.iter_mut().zip(wire.as_chunks::<N>().0);
        match &self.lookup {
            Lookup::Bytes([0, 8, 16]) => {
                for (pixel, &wire) in pairs {
                    *pixel = bytes([0, 8, 16], value(wire));
                }
            }
            Lookup::Bytes(shifts) => {
                for (pixel, &wire) in pairs {
                    *pixel = bytes(*shifts, value(wire));
                }
            }
            Lookup::Values(colours) => {
                for (pixel, &wire) in pairs {
                    *pixel = looked_up(colours, low_byte(value(wire)));
                }
            }
            Lookup::Channels(channels) => {
                for (pixel, &wire) in pairs {
                    *pixel = picked(channels, value(wire));
                }
            }
        }
    }

    /// The wire value of the bytes of one pixel, in the format's byte order.
    #[must_use]
    pub fn wire_value(&self, wire: &[u8]) -> u32 {
        let fold = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        if self.format.big_endian {
            wire.iter().fold(0, fold)
        } else {
            wire.iter().rev().fold(0, fold)
        }
    }
}

fn values(pixel: impl Fn(u8) -> Pixel) -> Lookup {
    let mut pixels = Box::new([Pixel::default(); 256]);
    for (value, entry) in (0..=255).zip(pixels.iter_mut()) {
        *entry = pixel(value);
    }
    Lookup::Values(pixels)
}

fn bytes([blue, green, red]: [u32; 3], value: u32) -> Pixel {
    let level = |shift: u32| value >> shift & 255;
    (level(blue) | level(green) << 8 | level(red) << 16).to_le_bytes()
}

fn looked_up(pixels: &[Pixel; 256], value: u8) -> Pixel {
    pixels.get(usize::from(value)).copied().unwrap_or_default()
}

fn picked([blue, green, red]: &[Channel; 3], value: u32) -> Pixel {
    [blue.level(value), green.level(value), red.level(value), 0]
}
