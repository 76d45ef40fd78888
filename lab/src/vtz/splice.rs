//! A zstd frame whose first bytes can still be changed when the rest has been written.
//!
//! The number of frames stands at the start of a recording and is known at its end. So the header is a block of its own
//! that is not compressed; the blocks of libzstd follow it, without the head of their frame. The checksum, which
//! covers the header, is taken when all is written, by reading it once more.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use twox_hash::XxHash64;
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use super::{HEADER_BYTES, WINDOW_LOG_LIMIT};

/// Magic number, descriptor, window. RFC 8878 3.1.1.
const FRAME_HEAD: usize = 6;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A checksum follows the last block; the content's size is not given.
const WITH_CHECKSUM: u8 = 0x04;
/// The header's block: a head of three bytes (not the last block, type 0: raw), then its bytes.
const HEADER_AT: u64 = FRAME_HEAD as u64 + 3;
/// 16 MiB: a window that tells what comes again from seconds ago, at a memory cost a live session can bear.
const WINDOW_LOG: u32 = 24;
const _: () = assert!(WINDOW_LOG <= WINDOW_LOG_LIMIT);
/// Compressed bytes kept before they are written.
const BUFFER: usize = 64 << 10;

pub(super) type Header = [u8; HEADER_BYTES];

/// See the module.
pub(super) struct PatchedFrame {
    file: File,
    encoder: Encoder<'static, Vec<u8>>,
    /// The head of libzstd's own frame has been left out.
    headless: bool,
}

impl PatchedFrame {
    /// Starts a frame in `file`, which is empty and can be read, compressed with `level` (1 fast to 19 small).
    pub(super) fn start(mut file: File, header: &Header, level: i32) -> io::Result<Self> {
        let mut encoder = Encoder::new(Vec::with_capacity(2 * BUFFER), level)?;
        encoder.window_log(WINDOW_LOG)?;
        encoder.include_checksum(false)?;
        let window = u8::try_from((WINDOW_LOG - 10) << 3).unwrap_or(u8::MAX);
        let block = u32::try_from(HEADER_BYTES << 3).unwrap_or(u32::MAX);
        let [low, middle, high, _] = block.to_le_bytes();
        file.write_all(&MAGIC)?;
        file.write_all(&[WITH_CHECKSUM, window, low, middle, high])?;
        file.write_all(header)?;
        let headless = false;
        Ok(Self {
            file,
            encoder,
            headless,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.encoder.write_all(bytes)?;
        match self.encoder.get_ref().len() >= BUFFER {
            true => self.drain(),
            false => Ok(()),
        }
    }

    /// Brings all that was written to the file, readable, and then `header`, which may count it.
    pub(super) fn flush(&mut self, header: &Header) -> io::Result<()> {
        self.encoder.flush()?;
        self.drain()?;
        self.patch(header)
    }

    /// Ends the frame; gives the size of the file.
    pub(super) fn finish(mut self, header: &Header) -> io::Result<u64> {
        self.encoder.do_finish()?;
        self.drain()?;
        self.patch(header)?;
        let [a, b, c, d, ..] = content_sum(&mut self.file)?.to_le_bytes();
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(&[a, b, c, d])?;
        self.file.stream_position()
    }

    fn drain(&mut self) -> io::Result<()> {
        let bytes = self.encoder.get_mut();
        let mut blocks = bytes.as_slice();
        if !self.headless {
            // A descriptor of 0 has no checksum, dictionary or size: the head is as long as ours.
            match bytes.split_at_checked(FRAME_HEAD) {
                Some((head, rest)) if head.starts_with(&MAGIC) && head.get(4) == Some(&0) => {
                    blocks = rest;
                }
                _ => return Err(io::Error::other("libzstd starts its frame in another way")),
            }
            self.headless = true;
        }
        self.file.write_all(blocks)?;
        bytes.clear();
        Ok(())
    }

    fn patch(&mut self, header: &Header) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(HEADER_AT))?;
        self.file.write_all(header)?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }
}

/// The checksum (RFC 8878 3.1.1) of what the blocks in `file` hold, which ends where its own checksum would be.
fn content_sum(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut content = Decoder::with_buffer(BufReader::with_capacity(BUFFER, file))?;
    let mut sum = XxHash64::with_seed(0);
    let mut buffer = vec![0; 2 * BUFFER];
    loop {
        match content.read(&mut buffer) {
            Ok(length) => sum.write(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(sum.finish()),
            Err(error) => return Err(error),
        }
    }
}
