//! What can be wrong with stored credentials.

use std::path::PathBuf;
use std::{fmt, io};

use super::{Fingerprint, IdentityError};

/// Why credentials cannot be made, stored or read. Says which file, never what is in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialsError {
    /// They cannot be made.
    Identity(IdentityError),
    /// The time they are to be valid is none, or longer than ten years.
    Validity,
    /// There is something already where they are to be stored.
    Exists(PathBuf),
    /// A file cannot be read.
    Read(PathBuf, io::Error),
    /// A file or a directory cannot be written.
    Write(PathBuf, io::Error),
    /// There is no such file, but one that belongs to it.
    Missing {
        /// The file that is not there.
        file: PathBuf,
        /// The one that is.
        with: &'static str,
    },
    /// A file does not hold what it should.
    Invalid {
        /// The file.
        file: PathBuf,
        /// Its line, from 1; none if it is about the whole file.
        line: Option<usize>,
        /// What is wrong.
        rule: String,
    },
    /// A server has another certificate than the one it was remembered with.
    OtherServer {
        /// The file that remembers it.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Host and port.
        address: String,
        /// What is remembered.
        expected: Fingerprint,
        /// What the server showed.
        found: Fingerprint,
    },
}

impl From<IdentityError> for CredentialsError {
    fn from(error: IdentityError) -> Self {
        Self::Identity(error)
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(error) => error.fmt(f),
            Self::Validity => f.write_str("credentials are valid for a second to ten years"),
            Self::Exists(path) => {
                write!(
                    f,
                    "{} is there already: nothing is overwritten",
                    path.display()
                )
            }
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Missing { file, with } => {
                write!(f, "{} is missing: it belongs to {with}", file.display())
            }
            Self::Invalid { file, line, rule } => {
                write!(f, "{}", file.display())?;
                if let Some(line) = line {
                    write!(f, ", line {line}")?;
                }
                write!(f, ": {rule}")
            }
            Self::OtherServer {
                file,
                line,
                address,
                expected,
                found,
            } => write!(
                f,
                "the certificate of {address} is {found}, but {}, line {line}, remembers {expected}: someone may be in \
                 between, or the server was set up anew. If you know that it was, delete that line",
                file.display()
            ),
        }
    }
}

impl std::error::Error for CredentialsError {}
