//! Encodings by name.

use tightrope::Encoding as Number;

/// An encoding that our client decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Encoding {
    Tight,
    TightPng,
    Jpeg,
    Zrle,
    Trle,
    Hextile,
    Zlib,
    Rre,
    Corre,
    Raw,
}

impl Encoding {
    /// As it is called in figures and on command lines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tight => "tight",
            Self::TightPng => "tight-png",
            Self::Jpeg => "jpeg",
            Self::Zrle => "zrle",
            Self::Trle => "trle",
            Self::Hextile => "hextile",
            Self::Zlib => "zlib",
            Self::Rre => "rre",
            Self::Corre => "corre",
            Self::Raw => "raw",
        }
    }

    /// Its number in the protocol.
    pub(crate) fn number(self) -> Number {
        match self {
            Self::Tight => Number::TIGHT,
            Self::TightPng => Number::TIGHT_PNG,
            Self::Jpeg => Number::JPEG,
            Self::Zrle => Number::ZRLE,
            Self::Trle => Number(15),
            Self::Hextile => Number(5),
            Self::Zlib => Number(6),
            Self::Rre => Number(2),
            Self::Corre => Number(4),
            Self::Raw => Number::RAW,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn each_is_called_the_same_everywhere() {
        for own in Encoding::value_variants() {
            assert_eq!(Encoding::from_str(own.name(), false), Ok(*own));
        }
    }
}
