//! Small files that only their owner may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::CredentialsError;

/// No file of credentials is longer, in bytes.
const LIMIT: u64 = 1 << 20;

/// The text of a file; `None` if there is none. Links are followed: a Kubernetes Secret is mounted as links.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, CredentialsError> {
    let failed = |error| CredentialsError::Read(path.to_owned(), error);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let length = file.metadata().map_err(failed)?.len();
    let invalid = |rule: &str| CredentialsError::Invalid {
        file: path.to_owned(),
        line: None,
        rule: rule.to_owned(),
    };
    // As large as it gets, so that growing leaves no copy of a secret behind.
    let room = usize::try_from(length.min(LIMIT)).unwrap_or_default() + 1;
    let mut text = Zeroizing::new(String::with_capacity(room));
    let read = file.take(LIMIT + 1).read_to_string(&mut text);
    read.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => invalid("it is not UTF-8 text"),
        _ => failed(error),
    })?;
    if text.len() as u64 > LIMIT {
        return Err(invalid("it is longer than a mebibyte"));
    }
    Ok(Some(text))
}

/// The first line of a file, which may not be empty; `None` if there is no file.
pub(super) fn read_line(path: &Path) -> Result<Option<Zeroizing<String>>, CredentialsError> {
    let Some(text) = read(path)? else {
        return Ok(None);
    };
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(CredentialsError::Invalid {
            file: path.to_owned(),
            line: Some(1),
            rule: "it is empty".to_owned(),
        });
    }
    Ok(Some(Zeroizing::new(line.to_owned())))
}

/// A new file with `text` that only its owner may read and write.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), CredentialsError> {
    let write = || {
        let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| CredentialsError::Write(path.to_owned(), error))
}

/// Adds `text` to the end of a file, in one piece, and creates it and its directory if they are not there.
pub(super) fn append(path: &Path, text: &str) -> Result<(), CredentialsError> {
    let write = || {
        if let Some(directory) = path.parent() {
            make_directory(DirBuilder::new().recursive(true), directory)?;
        }
        let mut file = private(OpenOptions::new().append(true).create(true)).open(path)?;
        // In append mode one call is one piece, whoever else writes.
        file.write_all(text.as_bytes())
    };
    write().map_err(|error| CredentialsError::Write(path.to_owned(), error))
}

/// A new directory that only its owner may enter.
pub(super) fn create_directory(path: &Path) -> Result<(), CredentialsError> {
    make_directory(&mut DirBuilder::new(), path)
        .map_err(|error| CredentialsError::Write(path.to_owned(), error))
}

/// Gives a finished directory its name, if nothing has it.
pub(super) fn publish(from: &Path, to: &Path) -> Result<(), CredentialsError> {
    let exists = || CredentialsError::Exists(to.to_owned());
    // The system itself replaces nothing but an empty directory.
    if to.symlink_metadata().is_ok() {
        return Err(exists());
    }
    fs::rename(from, to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::DirectoryNotEmpty
        | io::ErrorKind::NotADirectory => exists(),
        _ => CredentialsError::Write(to.to_owned(), error),
    })
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(unix)]
fn make_directory(builder: &mut DirBuilder, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    builder.mode(0o700).create(path)
}

/// Elsewhere a person's files are their own by default.
#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn make_directory(builder: &mut DirBuilder, path: &Path) -> io::Result<()> {
    builder.create(path)
}
