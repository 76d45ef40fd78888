//! Reads blocks, from anybody's file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use super::{ALIGNMENT, VERSION};
use crate::error::{Error, Result, too_large};

/// The most data of one block. Recorders write what they read from a socket, or one update.
const BLOCK_LIMIT: u32 = 64 << 20;
/// Bytes of [`VERSION`] that are the same in all files: those after the dot may differ.
const FIXED: usize = 8;

/// A stream that is being read, block by block. Memory: one block.
pub struct Reader<R> {
    source: BufReader<R>,
    data: Vec<u8>,
    is_cut_short: bool,
}

/// Some bytes of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// When they came, since the start.
    pub time: Duration,
    /// The bytes.
    pub data: &'a [u8],
}

impl Reader<File> {
    /// Opens the recording at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(File::open(path)?)
    }
}

impl<R: Read> Reader<R> {
    /// Reads the version.
    pub fn new(source: R) -> Result<Self> {
        let mut source = BufReader::new(source);
        let mut version = Vec::new();
        let length = VERSION.len() as u64;
        source.by_ref().take(length).read_to_end(&mut version)?;
        let is_known = match version.split_at_checked(FIXED) {
            Some((fixed, [digits @ .., b'\n'])) => {
                VERSION.starts_with(fixed) && digits.iter().all(u8::is_ascii_digit)
            }
            _ => false,
        };
        if !is_known || version.len() != VERSION.len() {
            let format = "FBS";
            let found = version;
            return Err(Error::Magic { format, found });
        }
        Ok(Self {
            source,
            data: Vec::new(),
            is_cut_short: false,
        })
    }

    /// Whether the file ended inside a block. Known once [`Self::next_block`] has given `None`.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.is_cut_short
    }

    /// The next block; `None` at the end, and where the file was cut.
    ///
    /// # Errors
    /// The file cannot be read, or the length of a block is over the limit.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>> {
        if self.is_cut_short || io::BufRead::fill_buf(&mut self.source)?.is_empty() {
            return Ok(None);
        }
        match self.read_block() {
            Ok(time) => Ok(Some(Block {
                time,
                data: &self.data,
            })),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.is_cut_short = true;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn read_block(&mut self) -> Result<Duration> {
        let length = self.number()?;
        if length > BLOCK_LIMIT {
            let limit = BLOCK_LIMIT.into();
            return Err(too_large("block-length", length.into(), limit));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let padded = length.next_multiple_of(ALIGNMENT);
        self.data.clear();
        let source = self.source.by_ref();
        source.take(padded as u64).read_to_end(&mut self.data)?;
        if self.data.len() < padded {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        self.data.truncate(length);
        let time = self.number()?;
        Ok(Duration::from_millis(time.into()))
    }

    fn number(&mut self) -> Result<u32> {
        let mut bytes = [0; 4];
        self.source.read_exact(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }
}
