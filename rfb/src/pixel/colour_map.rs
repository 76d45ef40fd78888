//! Colour maps: what the 256 values of a colour-mapped format look like. RFC 6143 7.6.2.

use crate::{BYTES_PER_PIXEL, DecodeError};

/// The colours of pixel values 0 to 255, as a server may set them.
#[derive(Clone, PartialEq, Eq)]
pub struct ColourMap {
    /// BGRX with X = 0.
    pixels: Box<[[u8; BYTES_PER_PIXEL]; 256]>,
}

impl ColourMap {
    /// Largest levels of red, green and blue in [`Self::rgb332`].
    pub(super) const MAX: [u16; 3] = [7, 7, 3];
    /// Where those levels are in an index.
    pub(super) const SHIFT: [u8; 3] = [5, 2, 0];

    /// The fixed map that [`Packer`](super::Packer) writes: an index is three bits of red, three of green and two of
    /// blue, red highest.
    #[must_use]
    pub fn rgb332() -> Self {
        let mut map = Self::default();
        for (index, pixel) in (0_u8..=255).zip(map.pixels.iter_mut()) {
            let level =
                |value: u8, max: u8| (u32::from(value) * 255 + u32::from(max) / 2) / u32::from(max);
            let [red, green, blue] = [
                level(index >> 5, 7),
                level(index >> 2 & 7, 7),
                level(index & 3, 3),
            ];
            *pixel = [blue, green, red, 0].map(super::low_byte);
        }
        map
    }

    /// The colour of `index`: BGRX with X = 0.
    #[must_use]
    pub fn pixel(&self, index: u8) -> [u8; BYTES_PER_PIXEL] {
        self.pixels
            .get(usize::from(index))
            .copied()
            .unwrap_or_default()
    }

    /// Takes `colours` (red, green, blue, 0 to 65535 each) for the indices from `first` on, as SetColourMapEntries
    /// gives them. All or none: an error if they go beyond index 255.
    pub fn set(&mut self, first: u16, colours: &[[u16; 3]]) -> Result<(), DecodeError> {
        let start = usize::from(first);
        let last = start + colours.len();
        let Some(pixels) = self.pixels.get_mut(start..last) else {
            let (field, value) = match start {
                ..256 => ("number-of-colours", colours.len()),
                _ => ("first-colour", start),
            };
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            return Err(DecodeError::Invalid { field, value });
        };
        for (pixel, colour) in pixels.iter_mut().zip(colours) {
            let [red, green, blue] = colour.map(|level| super::low_byte(u32::from(level >> 8)));
            *pixel = [blue, green, red, 0];
        }
        Ok(())
    }

    /// All 256 colours as SetColourMapEntries sends them: red, green, blue, 0 to 65535 each.
    pub fn colours(&self) -> impl Iterator<Item = [u16; 3]> + '_ {
        self.pixels
            .iter()
            .map(|&[b, g, r, _]| [r, g, b].map(|level| u16::from(level) * 257))
    }
}

/// All black: what a server that has set nothing yet shows.
impl Default for ColourMap {
    fn default() -> Self {
        let pixels = Box::new([[0; BYTES_PER_PIXEL]; 256]);
        Self { pixels }
    }
}

impl std::fmt::Debug for ColourMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ColourMap(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_of_a_map_makes_the_same_map() {
        let map = ColourMap::rgb332();
        let colours: Vec<_> = map.colours().collect();
        let mut again = ColourMap::default();
        again.set(0, &colours[..100]).unwrap();
        assert_ne!(again, map);
        again.set(100, &colours[100..]).unwrap();
        assert_eq!(again, map);
        assert_eq!(map.pixel(0b1110_0001), [85, 0, 255, 0]);
        assert_eq!(map.pixel(255), [255, 255, 255, 0]);
    }

    #[test]
    fn colours_beyond_the_last_index_are_refused_by_name() {
        let mut map = ColourMap::default();
        for (first, count, message) in [
            (255, 2, "number-of-colours: invalid value 2"),
            (0, 257, "number-of-colours: invalid value 257"),
            (256, 1, "first-colour: invalid value 256"),
            (65_535, 0, "first-colour: invalid value 65535"),
        ] {
            let error = map.set(first, &vec![[65_535; 3]; count]).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(map, ColourMap::default(), "nothing was taken");
        map.set(256, &[]).unwrap();
        map.set(255, &[[65_535, 256, 255]]).unwrap();
        assert_eq!(map.pixel(255), [0, 1, 255, 0]);
    }
}
