//! What quality is asked for.

use std::fmt;
use std::str::FromStr;

/// A JPEG quality level, or no loss at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quality(Option<u8>);

impl Quality {
    /// The level, 0 to 9; `None` for lossless.
    pub(crate) fn level(self) -> Option<u8> {
        self.0
    }
    /// With loss, at `level`.
    pub(crate) fn at(level: u8) -> Self {
        Self(Some(level))
    }
    /// The level; -1 for lossless.
    pub(crate) fn number(self) -> i16 {
        self.0.map_or(-1, i16::from)
    }
    /// Whether nothing may be lost.
    pub(crate) fn is_lossless(self) -> bool {
        self.0.is_none()
    }
}

impl FromStr for Quality {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("lossless", _) => Ok(Self(None)),
            (_, Ok(level @ 0..=9)) => Ok(Self(Some(level))),
            _ => Err("a quality is 0 to 9 or the word lossless".to_owned()),
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("lossless"),
            Some(level) => write!(f, "quality {level}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quality_is_a_level_or_lossless_and_nothing_else() {
        let number = |text: &str| text.parse().map(Quality::number);
        assert_eq!(number("lossless"), Ok(-1));
        assert_eq!(number("0"), Ok(0));
        assert_eq!(number("9"), Ok(9));
        for text in ["10", "-1", "", "high"] {
            assert!(number(text).is_err(), "{text:?}");
        }
    }
}
