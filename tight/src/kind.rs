//! How a rectangle was coded, from what its body begins with.

use rfb::Encoding;
use rfb::wire::Reader;

use crate::control::{COPY_FILTER, Control, Flavour, GRADIENT_FILTER, Method, PALETTE_FILTER};

/// How a rectangle was coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// All pixels have one colour. Tight, TightPNG.
    Fill,
    /// Pixels are numbers of colours, 2 to 256 of them. Tight.
    Palette {
        /// How many colours there are.
        colours: u16,
    },
    /// Pixels are differences from what their neighbours make likely. Tight.
    Gradient,
    /// Pixels are what they are. Tight.
    FullColour,
    /// A JPEG image. Tight, TightPNG, JPEG.
    Jpeg,
    /// A PNG image. TightPNG.
    Png,
    /// The encoding has only one way, or does not say at its beginning which.
    Only,
}

impl Kind {
    /// What a rectangle of `encoding` is, whose body begins with `head`: three bytes tell all. `None` if they are no
    /// beginning of such a body.
    #[must_use]
    pub fn of(encoding: Encoding, head: &[u8]) -> Option<Self> {
        let flavour = match encoding {
            Encoding::TIGHT => Flavour::Tight,
            Encoding::TIGHT_PNG => Flavour::TightPng,
            Encoding::JPEG => return Some(Self::Jpeg),
            _ => return Some(Self::Only),
        };
        let mut reader = Reader::new(head);
        let filtered = match Control::read(&mut reader, flavour).ok()?.method {
            Method::Fill => return Some(Self::Fill),
            Method::Jpeg => return Some(Self::Jpeg),
            Method::Png => return Some(Self::Png),
            Method::Basic { filtered, .. } | Method::WithoutZlib { filtered } => filtered,
        };
        if !filtered {
            return Some(Self::FullColour);
        }
        match reader.u8("tight.filter-id").ok()? {
            COPY_FILTER => Some(Self::FullColour),
            GRADIENT_FILTER => Some(Self::Gradient),
            PALETTE_FILTER => {
                let last = reader.u8("tight.palette.size").ok()?;
                let colours = u16::from(last) + 1;
                Some(Self::Palette { colours })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_three_bytes_tell_how_a_body_is_coded() {
        let tight = Encoding::TIGHT;
        let palette = |colours| Some(Kind::Palette { colours });
        for (encoding, head, kind) in [
            (tight, &[/* fill */ 0x80, 1, 2][..], Some(Kind::Fill)),
            (tight, &[/* jpeg */ 0x90, 5, 0], Some(Kind::Jpeg)),
            (tight, &[/* basic */ 0x00, 9, 9], Some(Kind::FullColour)),
            (
                tight,
                &[/* basic, filter */ 0x40, 0, 9],
                Some(Kind::FullColour),
            ),
            (
                tight,
                &[/* basic, filter */ 0x60, 2, 9],
                Some(Kind::Gradient),
            ),
            (tight, &[/* basic, filter */ 0x50, 1, 1], palette(2)),
            (
                tight,
                &[/* without zlib, filter */ 0xe0, 1, 255],
                palette(256),
            ),
            (tight, &[/* basic, filter */ 0x40, 7, 0], None),
            (tight, &[/* reserved */ 0xf0, 0, 0], None),
            (tight, &[], None),
            (
                Encoding::TIGHT_PNG,
                &[/* png */ 0xa0, 5, 0],
                Some(Kind::Png),
            ),
            (Encoding::JPEG, &[0xff, 0xd8, 0xff], Some(Kind::Jpeg)),
            (Encoding::ZRLE, &[0, 0, 0], Some(Kind::Only)),
        ] {
            assert_eq!(Kind::of(encoding, head), kind, "{encoding:?} {head:?}");
        }
    }
}
