//! From one kind of recording to another, as fast as it goes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tightrope::rfb::{self, ClientConnection, ClientEvent, LocalTime};
use tightrope::tight;

use crate::fbs;
use crate::playback::{Coding, Playback};
use crate::recorder::{Kind, Segments};
use crate::{Error, Result};

/// Small rather than fast: nobody waits for a picture.
const LEVEL: i32 = 9;

/// What a conversion made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The files, in order: a `.vtz` for each size the desktop had.
    pub files: Vec<PathBuf>,
    /// Pictures; for an `.fbs` blocks.
    pub frames: u64,
    /// From the start to the last of them.
    pub duration: Duration,
    /// The source was not ended as it should be: what is there has been converted.
    pub is_cut_short: bool,
}

/// Converts `from` to `to`, each a `.vtz` or an `.fbs`; pictures are at least 1/`fps` seconds of the recording apart.
///
/// The end of a faulty source is an error, but what came before it is in the file.
pub fn convert(from: &Path, to: &Path, fps: u32) -> Result<Converted> {
    match Kind::of(to)? {
        Kind::Vtz => to_pictures(Playback::open(from, Coding::Raw)?, to, fps),
        Kind::Fbs => to_stream(Playback::open(from, Coding::Zrle)?, to),
    }
}

fn to_stream(mut source: Playback, to: &Path) -> Result<Converted> {
    let mut writer = fbs::Writer::new(File::create(to)?, source.start())?;
    let mut converted = Converted {
        files: vec![to.to_owned()],
        frames: 0,
        duration: Duration::ZERO,
        is_cut_short: false,
    };
    // The writer has written the start.
    source.next_bytes()?;
    while let Some((time, bytes)) = source.next_bytes()? {
        writer.add(time, &bytes)?;
        converted.frames += 1;
        converted.duration = time;
    }
    writer.flush()?;
    converted.is_cut_short = source.is_cut_short();
    Ok(converted)
}

fn to_pictures(mut source: Playback, to: &Path, fps: u32) -> Result<Converted> {
    let config = rfb::ClientConfig {
        format: source.start().format,
        ..rfb::ClientConfig::default()
    };
    let mut pictures = Pictures {
        client: ClientConnection::new(config, tight::decoders()),
        segments: Segments::create(to, LEVEL)?,
        interval: Duration::from_secs(1) / fps.max(1),
        pending: None,
        next: Duration::ZERO,
    };
    let mut outcome = Ok(());
    while let Some((time, bytes)) = source.next_bytes()? {
        outcome = pictures.handle(time, &bytes);
        if outcome.is_err() {
            break;
        }
    }
    pictures.write_pending()?;
    let files = pictures.segments.finish()?;
    outcome?;
    Ok(Converted {
        frames: files.iter().map(|(_, own)| u64::from(own.frames)).sum(),
        duration: files.iter().map(|(_, own)| own.duration).sum(),
        files: files.into_iter().map(|(path, _)| path).collect(),
        is_cut_short: source.is_cut_short(),
    })
}

/// A client without a window.
struct Pictures {
    client: ClientConnection,
    segments: Segments,
    interval: Duration,
    /// When the picture that is not written yet last changed.
    pending: Option<Duration>,
    /// When the next picture may be written.
    next: Duration,
}

impl Pictures {
    fn handle(&mut self, time: Duration, bytes: &[u8]) -> Result<()> {
        if time >= self.next {
            self.write_pending()?;
        }
        self.client.handle_bytes(LocalTime::default() + time, bytes);
        while let Some(event) = self.client.poll_event()? {
            match event {
                ClientEvent::Updated { damage, .. } => {
                    let picture = self.client.framebuffer();
                    if self.segments.size() != Some(picture.size()) {
                        self.segments.resize(picture.size())?;
                    }
                    self.segments.take(picture.view(), &damage);
                    self.pending = Some(time);
                }
                // What was drawn before belongs to the old size.
                ClientEvent::Resized { size, .. } if self.segments.size() != Some(size) => {
                    self.write_pending()?;
                }
                ClientEvent::Challenge(_) => {
                    return Err(Error::Stream(rfb::Error::Protocol {
                        got: "a challenge",
                        expected: "a stream without authentication",
                    }));
                }
                _ => {}
            }
            // Nobody is there to read the answers.
            self.client.poll_output();
        }
        self.client.poll_output();
        Ok(())
    }

    fn write_pending(&mut self) -> Result<()> {
        if let Some(changed) = self.pending.take() {
            let time = changed.max(self.next);
            self.segments.write(time)?;
            self.next = time + self.interval;
        }
        Ok(())
    }
}
