//! One recording in as many files as the desktop had sizes.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tightrope::{Region, Size, View};

use crate::Result;
use crate::vtz::{Summary, Writer};

/// How much time may be lost when the program dies.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// The files of a recording, in order, and what is in them.
pub type Files = Vec<(PathBuf, Summary)>;

/// Writes pictures of any size: another size goes to another file.
pub(crate) struct Segments {
    path: PathBuf,
    level: i32,
    /// The first file: made at once, so that whoever asks for it hears at once that it cannot be.
    empty: Option<File>,
    writer: Option<Writer>,
    written: Files,
    flushed: Duration,
    unflushed: bool,
}

impl Segments {
    pub(crate) fn create(path: &Path, level: i32) -> io::Result<Self> {
        Ok(Self {
            empty: Some(create(path)?),
            path: path.to_owned(),
            level,
            writer: None,
            written: Vec::new(),
            flushed: Duration::ZERO,
            unflushed: false,
        })
    }

    /// The size of the pictures that [`Self::take`] takes without a new file.
    pub(crate) fn size(&self) -> Option<Size> {
        self.writer.as_ref().map(Writer::size)
    }

    /// Ends the file and begins another, for pictures of `size`.
    pub(crate) fn resize(&mut self, size: Size) -> Result<()> {
        self.end()?;
        let file = match self.empty.take() {
            Some(file) => file,
            None => create(&self.current())?,
        };
        self.writer = Some(Writer::new(file, size, self.level)?);
        Ok(())
    }

    /// See [`Writer::take`].
    pub(crate) fn take(&mut self, picture: View<'_>, damage: &Region) {
        if let Some(writer) = &mut self.writer {
            writer.take(picture, damage);
        }
    }

    /// See [`Writer::write`]; flushes now and then.
    pub(crate) fn write(&mut self, time: Duration) -> Result<()> {
        if let Some(writer) = &mut self.writer {
            self.unflushed |= writer.write(time)?;
        }
        if time.saturating_sub(self.flushed) >= FLUSH_INTERVAL {
            self.flush(time)?;
        }
        Ok(())
    }

    /// See [`Writer::flush`].
    pub(crate) fn flush(&mut self, time: Duration) -> Result<()> {
        self.flushed = time;
        match &mut self.writer {
            Some(writer) if std::mem::take(&mut self.unflushed) => writer.flush(),
            _ => Ok(()),
        }
    }

    /// Ends the recording; gives its files. Without any picture there is none.
    pub(crate) fn finish(mut self) -> Result<Files> {
        self.end()?;
        if self.empty.take().is_some() {
            std::fs::remove_file(&self.path)?;
        }
        Ok(self.written)
    }

    fn end(&mut self) -> Result<()> {
        if let Some(writer) = self.writer.take() {
            let path = self.current();
            self.written.push((path, writer.finish()?));
        }
        Ok(())
    }

    fn current(&self) -> PathBuf {
        segment(&self.path, self.written.len() + 1)
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(true);
    options.open(path)
}

/// `FILE.vtz`, `FILE-2.vtz`, `FILE-3.vtz` …
fn segment(path: &Path, number: usize) -> PathBuf {
    if number < 2 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_files_are_numbered_before_the_extension() {
        let name = |number| segment(Path::new("/a/b.c/day.one.vtz"), number);
        assert_eq!(name(1), Path::new("/a/b.c/day.one.vtz"));
        assert_eq!(name(2), Path::new("/a/b.c/day.one-2.vtz"));
        assert_eq!(segment(Path::new("x"), 3), Path::new("x-3"));
    }
}
