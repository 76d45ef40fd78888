//! What can be wrong with a recording.

use std::{fmt, io};

use tightrope::rfb::{self, DecodeError};

/// Why a recording cannot be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file system, or the compression that goes with the file.
    Io(io::Error),
    /// A field of the file holds what it must not.
    Field(DecodeError),
    /// The file begins otherwise.
    Magic {
        /// What it should be a recording of.
        format: &'static str,
        /// How it begins.
        found: Vec<u8>,
    },
    /// The RFB stream in the file is faulty.
    Stream(rfb::Error),
    /// The name of the file does not say which kind of recording it is.
    Kind(String),
}

/// With [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Field(error) => error.fmt(f),
            Self::Magic { format, found } => {
                let found = found.escape_ascii();
                write!(
                    f,
                    "this is no {format} recording: it begins with \"{found}\""
                )
            }
            Self::Stream(error) => write!(f, "the recorded stream: {error}"),
            Self::Kind(name) => write!(
                f,
                "{name:?} does not say which kind of recording it is: its name must end in .vtz or .fbs"
            ),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Field(error)
    }
}

impl From<rfb::Error> for Error {
    fn from(error: rfb::Error) -> Self {
        match error {
            rfb::Error::Decode(error) => Self::Field(error),
            error => Self::Stream(error),
        }
    }
}

pub(crate) fn invalid(field: &'static str, value: impl Into<i64>) -> Error {
    let value = value.into();
    Error::Field(DecodeError::Invalid { field, value })
}

pub(crate) fn too_large(field: &'static str, value: u64, limit: u64) -> Error {
    Error::Field(DecodeError::TooLarge {
        field,
        value,
        limit,
    })
}
