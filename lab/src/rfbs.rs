//! RFBS: what an encoder made of each picture of a recording, to be decoded by anybody's client.
//!
//! ```text
//! char[8]  "RFBS0001"
//! u32      width, height, frame_count             little-endian, as are the lengths below
//! per frame:
//!   u32    n: bytes of the update, 0 if the picture did not change
//!   u8[n]  one FramebufferUpdate as the server would send it, in pixels of 32 bits, blue first
//! ```
//!
//! What came before (handshake, choice of encodings) is not in it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use tightrope::{Limits, Size};

use crate::error::{invalid, too_large};
use crate::{Error, Result};

const MAGIC: &[u8; 8] = b"RFBS0001";
/// The most bytes of one update.
const UPDATE_LIMIT: u32 = 256 << 20;

/// A stream that is being read, update by update. Memory: one update.
#[derive(Debug)]
pub struct Reader<R> {
    source: BufReader<R>,
    size: Size,
    left: u32,
    update: Vec<u8>,
}

impl Reader<File> {
    /// Opens the stream at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(File::open(path)?)
    }
}

impl<R: Read> Reader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// The file is none of this kind, or its pictures are larger than the limits of a session.
    pub fn new(source: R) -> Result<Self> {
        let mut source = BufReader::new(source);
        let mut found = Vec::new();
        let length = MAGIC.len() as u64;
        source.by_ref().take(length).read_to_end(&mut found)?;
        if found != MAGIC {
            let format = "RFBS";
            return Err(Error::Magic { format, found });
        }
        let (width, height) = (number(&mut source)?, number(&mut source)?);
        let size = Size::new(side("width", width)?, side("height", height)?);
        let limit = Limits::default().framebuffer_pixels;
        if size.area() > limit {
            let pixels = size.area() as u64;
            return Err(too_large("width x height", pixels, limit as u64));
        }
        let left = number(&mut source)?;
        Ok(Self {
            source,
            size,
            left,
            update: Vec::new(),
        })
    }

    /// The size of the pictures.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// The next update, without bytes if the picture did not change; `None` at the end.
    ///
    /// # Errors
    /// The file ends too early or cannot be read, or an update is over the limit.
    pub fn next_update(&mut self) -> Result<Option<&[u8]>> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let length = number(&mut self.source)?;
        if length > UPDATE_LIMIT {
            return Err(too_large(
                "update-length",
                length.into(),
                UPDATE_LIMIT.into(),
            ));
        }
        self.update.clear();
        let source = self.source.by_ref();
        let read = source.take(length.into()).read_to_end(&mut self.update)?;
        if (read as u64) < u64::from(length) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(Some(&self.update))
    }
}

/// A stream that is being written.
#[derive(Debug)]
pub struct Writer<W: Write> {
    sink: BufWriter<W>,
}

impl Writer<File> {
    /// Starts a stream of `frames` updates at `path`, in place of what is there.
    pub fn create(path: &Path, size: Size, frames: u32) -> Result<Self> {
        Self::new(File::create(path)?, size, frames)
    }
}

impl<W: Write> Writer<W> {
    /// Writes the head: `frames` updates will follow.
    pub fn new(sink: W, size: Size, frames: u32) -> Result<Self> {
        let mut sink = BufWriter::new(sink);
        sink.write_all(MAGIC)?;
        for field in [size.width.into(), size.height.into(), frames] {
            sink.write_all(&field.to_le_bytes())?;
        }
        Ok(Self { sink })
    }

    /// Writes the update that brings one picture; none if it did not change.
    ///
    /// # Errors
    /// It is over the limit, or the file cannot be written.
    pub fn add(&mut self, update: &[u8]) -> Result<()> {
        let length = u32::try_from(update.len()).unwrap_or(u32::MAX);
        if length > UPDATE_LIMIT {
            return Err(too_large(
                "update-length",
                length.into(),
                UPDATE_LIMIT.into(),
            ));
        }
        self.sink.write_all(&length.to_le_bytes())?;
        Ok(self.sink.write_all(update)?)
    }

    /// Brings all of it to the file.
    pub fn finish(mut self) -> Result<()> {
        Ok(self.sink.flush()?)
    }
}

fn number(source: &mut impl Read) -> Result<u32> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn side(field: &'static str, value: u32) -> Result<u16> {
    match u16::try_from(value) {
        Ok(side @ 1..) => Ok(side),
        _ => Err(invalid(field, value)),
    }
}
