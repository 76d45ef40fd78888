//! RRE and CoRRE: one-coloured rectangles on a background; those of CoRRE have coordinates of one byte.
//! RFC 6143 7.7.3, rfbproto "CoRRE Encoding".

mod decoder;
mod encoder;

pub use decoder::{CorreDecoder, RreDecoder};
pub use encoder::{CorreEncoder, RreEncoder};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Rre,
    Corre,
}

impl Form {
    /// Bytes of the four coordinates of a sub-rectangle.
    fn coordinate_bytes(self) -> usize {
        match self {
            Self::Rre => 8,
            Self::Corre => 4,
        }
    }
}
