//! A file in the place of a device.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::convert::to_i16;
use super::{Moment, Notice, RATE};

/// How often samples are asked for.
const PERIOD: Duration = Duration::from_millis(10);

/// Samples of both channels in a period.
const PERIOD_SAMPLES: usize = 2 * 480;

/// How often the file's header is brought up to date, in periods.
const HEADER_PERIODS: u32 = 100;

/// If it is as late as this, the clock is not caught up with: the process stood still.
const LATE_LIMIT: Duration = Duration::from_secs(1);

const HEADER_BYTES: u32 = 44;
const FRAME_BYTES: u16 = 4;

/// Plays into a WAV file (16 bits, stereo, 48 kHz) at the pace of the clock, until it is dropped.
///
/// The file can be read up to the last second even if the process is killed.
#[derive(Debug)]
pub struct WavOutput {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WavOutput {
    /// Creates the file and calls `render` as a device would, every 10 ms, from a thread of its own: what it gives is
    /// "played" 10 ms later. If the file cannot be written any more, for instance because the disk is full, `notice` is told
    /// so once, and `render` is still called.
    ///
    /// # Errors
    /// The file cannot be created, or there is no thread for it.
    pub fn create(
        path: &Path,
        render: impl FnMut(&mut [f32], Moment) + Send + 'static,
        notice: impl Fn(Notice) + Send + 'static,
    ) -> io::Result<Self> {
        let file = WavFile::create(path)?;
        let place = path.display().to_string();
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sound file".to_owned())
            .spawn(move || {
                let failed = |error: io::Error| notice(Notice::Lost(format!("{place}: {error}")));
                run(Some(file), render, failed, &stopped);
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for WavOutput {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn run(
    mut file: Option<WavFile>,
    mut render: impl FnMut(&mut [f32], Moment),
    failed: impl Fn(io::Error),
    stopped: &Receiver<()>,
) {
    let mut samples = [0.0; PERIOD_SAMPLES];
    let mut due = Instant::now();
    let mut periods = 0_u32;
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if stopped.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
            break;
        }
        let called = Instant::now();
        if called > due + LATE_LIMIT {
            due = called;
        }
        samples.fill(0.0);
        let at = due + PERIOD;
        render(&mut samples, Moment { called, at });
        due += PERIOD;
        periods = periods.wrapping_add(1);
        let is_time = periods.is_multiple_of(HEADER_PERIODS);
        let written = file.as_mut().map(|file| file.append(&samples, is_time));
        if let Some(Err(error)) = written {
            failed(error);
            file = None;
        }
    }
    if let Some(Err(error)) = file.map(|mut file| file.complete()) {
        failed(error);
    }
}

#[derive(Debug)]
struct WavFile {
    file: BufWriter<File>,
    /// Of the samples.
    bytes: u32,
}

impl WavFile {
    fn create(path: &Path) -> io::Result<Self> {
        let mut own = Self {
            file: BufWriter::new(File::create(path)?),
            bytes: 0,
        };
        own.complete()?;
        Ok(own)
    }

    /// Writes samples, and with `complete` everything that makes the file readable up to here.
    fn append(&mut self, samples: &[f32], complete: bool) -> io::Result<()> {
        let length = u32::try_from(2 * samples.len()).map_err(io::Error::other)?;
        let bytes = self.bytes.checked_add(length);
        // The lengths in the header have 32 bits.
        self.bytes = bytes
            .filter(|bytes| bytes.checked_add(HEADER_BYTES).is_some())
            .ok_or(io::ErrorKind::FileTooLarge)?;
        for sample in samples {
            self.file.write_all(&to_i16(*sample).to_le_bytes())?;
        }
        if complete {
            self.complete()?;
        }
        Ok(())
    }

    fn complete(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.bytes))?;
        self.file.seek(SeekFrom::End(0))?;
        self.file.flush()
    }
}

/// The header of a file with so many bytes of samples (RIFF, "fmt ", "data").
fn header(bytes: u32) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(b"RIFF");
    header.extend((bytes + HEADER_BYTES - 8).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(16_u32.to_le_bytes()); // bytes that follow in this part
    header.extend(1_u16.to_le_bytes()); // samples as they are
    header.extend(2_u16.to_le_bytes()); // channels
    header.extend(RATE.to_le_bytes());
    header.extend((RATE * u32::from(FRAME_BYTES)).to_le_bytes()); // bytes a second
    header.extend(FRAME_BYTES.to_le_bytes());
    header.extend(16_u16.to_le_bytes()); // bits of a sample
    header.extend(b"data");
    header.extend(bytes.to_le_bytes());
    header
}
