//! Filtered rows to pixels: copied, two colours, a palette. rfbproto "Tight Encoding", CopyFilter and PaletteFilter.

use rfb::BYTES_PER_PIXEL;

use crate::tpixel::TpixelReader;

type Pixel = [u8; BYTES_PER_PIXEL];

/// A filtered row, and the row of pixels it is for.
pub(crate) type Pair<'w, 'r> = (&'w [u8], &'r mut [u8]);

/// Undoes a filter, top to bottom.
pub(crate) trait Unfilter {
    /// How many rows are best given at once.
    const ROWS: usize = 1;
    /// Whether wider vectors than every processor has make it faster.
    const WIDE: bool = false;

    /// Draws some rows.
    fn rows<'w, 'r>(&mut self, pairs: impl Iterator<Item = Pair<'w, 'r>>);
}

/// Pixels as they are.
pub(crate) struct Copied<'a>(pub(crate) TpixelReader<'a>);

impl Unfilter for Copied<'_> {
    const WIDE: bool = true;

    #[inline(always)]
    fn rows<'w, 'r>(&mut self, pairs: impl Iterator<Item = Pair<'w, 'r>>) {
        for (wire, row) in pairs {
            self.0.row(wire, row);
        }
    }
}

/// A bit for each pixel.
pub(crate) struct Mono {
    zero: u32,
    /// The bits in which the other colour differs.
    other: u32,
}

impl Mono {
    pub(crate) fn new(zero: Pixel, one: Pixel) -> Self {
        let (zero, one) = (u32::from_le_bytes(zero), u32::from_le_bytes(one));
        Self {
            zero,
            other: zero ^ one,
        }
    }

    #[inline(always)]
    fn eight(&self, bits: u8) -> [Pixel; 8] {
        let mut pixels = [self.zero; 8];
        let places = [128, 64, 32, 16, 8, 4, 2, 1];
        for (pixel, place) in pixels.iter_mut().zip(places) {
            *pixel ^= if bits & place == 0 { 0 } else { self.other };
        }
        pixels.map(u32::to_le_bytes)
    }
}

impl Unfilter for Mono {
    const WIDE: bool = true;

    #[inline(always)]
    fn rows<'w, 'r>(&mut self, pairs: impl Iterator<Item = Pair<'w, 'r>>) {
        for (bits, row) in pairs {
            let (whole, rest) = row.as_chunks_mut::<BYTES_PER_PIXEL>().0.as_chunks_mut();
            for (pixels, &byte) in whole.iter_mut().zip(bits) {
                *pixels = self.eight(byte);
            }
            if let Some(&byte) = bits.get(whole.len()) {
                for (pixel, last) in rest.iter_mut().zip(self.eight(byte)) {
                    *pixel = last;
                }
            }
        }
    }
}

/// An index for each pixel.
pub(crate) struct Indexed {
    /// Black where the palette ends.
    colours: [Pixel; 256],
    last: u8,
    /// The largest index so far that is none; 0 if all were indices.
    pub(crate) bad: u8,
}

impl Indexed {
    /// `palette`: 1 to 256 TPIXELs of `length` bytes.
    pub(crate) fn new(palette: &[u8], length: usize, reader: &TpixelReader<'_>) -> Self {
        let mut colours = [Pixel::default(); 256];
        reader.row(palette, colours.as_flattened_mut());
        let last = (palette.len() / length.max(1)).saturating_sub(1);
        Self {
            colours,
            last: u8::try_from(last).unwrap_or(u8::MAX),
            bad: 0,
        }
    }
}

impl Unfilter for Indexed {
    #[inline(always)]
    fn rows<'w, 'r>(&mut self, pairs: impl Iterator<Item = Pair<'w, 'r>>) {
        let mut largest = 0;
        for (indices, row) in pairs {
            let pixels = row.as_chunks_mut::<BYTES_PER_PIXEL>().0;
            for (pixel, &index) in pixels.iter_mut().zip(indices) {
                *pixel = *self.colours.get(usize::from(index)).unwrap_or(&[0; 4]);
            }
            largest = indices.iter().fold(largest, |most, &index| most.max(index));
        }
        if largest > self.last {
            self.bad = self.bad.max(largest);
        }
    }
}
