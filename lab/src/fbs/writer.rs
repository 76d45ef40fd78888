//! Writes blocks.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use super::{ALIGNMENT, Start, VERSION, start_bytes};

/// The most data we write in one block.
const BLOCK: usize = 1 << 20;

/// A stream that is being written.
#[derive(Debug)]
pub struct Writer<W: Write> {
    sink: BufWriter<W>,
}

impl<W: Write> Writer<W> {
    /// Writes the version, and the start of the stream.
    pub fn new(sink: W, start: &Start) -> io::Result<Self> {
        let mut sink = BufWriter::new(sink);
        sink.write_all(VERSION)?;
        let mut writer = Self { sink };
        writer.add(Duration::ZERO, &start_bytes(start))?;
        Ok(writer)
    }

    /// Writes what the server sent, `time` after the start.
    pub fn add(&mut self, time: Duration, data: &[u8]) -> io::Result<()> {
        let time = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        for block in data.chunks(BLOCK) {
            let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
            let padding = block.len().next_multiple_of(ALIGNMENT) - block.len();
            self.sink.write_all(&length.to_be_bytes())?;
            self.sink.write_all(block)?;
            for _ in 0..padding {
                self.sink.write_all(&[0])?;
            }
            self.sink.write_all(&time.to_be_bytes())?;
        }
        Ok(())
    }

    /// Brings all that was added to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
