//! The recordings that are replayed.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use lab::vtz::Reader;

/// Opens the recording at `path`.
pub(crate) fn open(path: &Path) -> Result<Reader<File>> {
    Reader::open(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What the recording at `path` is called: its file's name up to the first dot.
pub(crate) fn name(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.split('.').next().unwrap_or_default().to_owned()
}
