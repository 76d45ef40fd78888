//! Recording while a session goes on. The disk and the compression never hold the session up: a thread of its own does
//! their work, and if it falls behind, pictures are left out.

mod pictures;
mod segments;
mod stream;

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

pub use pictures::{Picture, Recorder};
pub use segments::Files;
pub(crate) use segments::Segments;
pub use stream::StreamRecorder;

use crate::Error;

/// Pictures a second if nobody says otherwise.
pub const DEFAULT_FPS: u32 = 30;

/// Fast enough for a live session, on less than one core.
pub(crate) const LIVE_LEVEL: i32 = 3;

/// Which kind of recording a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pictures: see [`crate::vtz`].
    Vtz,
    /// The server's bytes: see [`crate::fbs`].
    Fbs,
}

impl Kind {
    /// What the name of a file says.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().unwrap_or_default();
        if extension.eq_ignore_ascii_case("vtz") {
            Ok(Self::Vtz)
        } else if extension.eq_ignore_ascii_case("fbs") {
            Ok(Self::Fbs)
        } else {
            Err(Error::Kind(path.display().to_string()))
        }
    }
}

/// What a person is told when `path` cannot be recorded to: what happened, and what to do.
#[must_use]
pub fn advice(path: &Path, error: &Error) -> String {
    let name = path.display();
    let kind = match error {
        Error::Io(error) => error.kind(),
        _ => ErrorKind::Other,
    };
    let remedy: &dyn fmt::Display = match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            &"make room there, or record to another disk"
        }
        ErrorKind::FileTooLarge => &"record to a file system without that limit",
        ErrorKind::NotFound => &"the directory must be there",
        ErrorKind::TimedOut => &"record to a faster disk",
        _ => &"record to a file you may write",
    };
    format!("{name} cannot be recorded to: {error}; {remedy}")
}

/// Tells a person that the recording has ended, while the session goes on.
fn tell_end(path: &Path, error: &Error) {
    let advice = advice(path, error);
    tracing::error!("{advice}. The session goes on; what was recorded until now can be read");
}
