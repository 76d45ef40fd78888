//! `codec`: recordings through our encoder, then through our decoder.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use lab::rfbs;

use crate::decode;
use crate::figures::{Cost, Figures, seconds};
use crate::quality::Quality;
use crate::recording;
use crate::server::{Server, Settings};
use crate::table;

/// What `codec` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The recordings (.vtz).
    #[arg(long = "session", value_name = "FILE", required = true, num_args = 1..)]
    sessions: Vec<PathBuf>,
    /// JPEG quality level, or lossless.
    #[arg(long, value_name = "0-9|lossless")]
    quality: Quality,
    /// Compression level: 0 is fast, 9 is small.
    #[arg(long, value_name = "0-9", value_parser = clap::value_parser!(u8).range(0..=9))]
    compress: u8,
    /// Threads that share the work on one picture.
    #[arg(long, value_name = "N", default_value = "1")]
    threads: NonZeroUsize,
    /// The client does not take CopyRect: no movement is looked for.
    #[arg(long)]
    no_copy: bool,
    /// Keep what the encoder made, to be decoded by others; a directory if there are several recordings.
    #[arg(long, value_name = "FILE.rfbs")]
    stream_out: Option<PathBuf>,
    /// Encode and decode so many times: times are those of the best.
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroU32,
}

/// What the encoder made of a recording.
pub(crate) struct Encoded {
    /// An update for each picture; empty where nothing changed.
    pub(crate) updates: Vec<Bytes>,
    pub(crate) cost: Cost,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let settings = Settings {
        quality: options.quality,
        compression: options.compress,
        threads: options.threads,
        copies: !options.no_copy,
    };
    if let Some(target) = &options.stream_out {
        let fits = options.sessions.len() == 1 || target.is_dir();
        ensure!(
            fits,
            "--stream-out must be a directory that exists: there are several recordings"
        );
    }
    let mut lines = Vec::new();
    for path in &options.sessions {
        let name = recording::name(path);
        eprintln!("{name} …");
        let encoded = encode_best(path, &settings, options.repeat)?;
        if let Some(target) = &options.stream_out {
            keep(path, target, &encoded)?;
        }
        let decoded = decode::best(path, options.threads, options.repeat, &encoded.updates)?;
        let figures = Figures {
            encode_cpu_s: Some(seconds(encoded.cost.cpu)),
            quality: Some(settings.quality.number()),
            compress: Some(settings.compression),
            wall_s: seconds(encoded.cost.wall),
            ..Figures::new(name, &decoded, options.threads.get())
        };
        println!("{}", serde_json::to_string(&figures)?);
        ensure!(
            figures.lossless || !settings.quality.is_lossless(),
            "{}: the client does not show what was recorded, though nothing was to be lost",
            figures.session
        );
        lines.push(figures);
    }
    eprint!("{}", table::of(&lines));
    Ok(())
}

/// Encodes the recording at `path` `repeat` times, always to the same bytes.
pub(crate) fn encode_best(path: &Path, settings: &Settings, repeat: NonZeroU32) -> Result<Encoded> {
    let mut best = encode(path, settings)?;
    for _ in 1..repeat.get() {
        let again = encode(path, settings)?;
        ensure!(
            again.updates == best.updates,
            "encoding {} again gives other bytes",
            path.display()
        );
        best.cost = best.cost.best(again.cost);
    }
    Ok(best)
}

/// Encodes the recording at `path`. Reading it does not count.
pub(crate) fn encode(path: &Path, settings: &Settings) -> Result<Encoded> {
    let mut reader = recording::open(path)?;
    let mut server = Server::new(reader.size(), settings)?;
    let mut updates = Vec::new();
    let mut cost = Cost::default();
    while let Some(frame) = reader.next_frame()? {
        let update = cost.add(|| server.encode(&frame));
        let number = frame.index;
        updates.push(update.with_context(|| format!("picture {number}"))?);
    }
    Ok(Encoded { updates, cost })
}

/// Writes the stream to `target`: a file, or a directory for a file of the recording's name.
pub(crate) fn keep(recording: &Path, target: &Path, encoded: &Encoded) -> Result<()> {
    let target = match target.is_dir() {
        true => target
            .join(recording::name(recording))
            .with_extension("rfbs"),
        false => target.to_owned(),
    };
    let size = recording::open(recording)?.size();
    let frames = u32::try_from(encoded.updates.len())?;
    let write = || -> lab::Result<()> {
        let mut writer = rfbs::Writer::create(&target, size, frames)?;
        for update in &encoded.updates {
            writer.add(update)?;
        }
        writer.finish()
    };
    write().with_context(|| format!("cannot write {}", target.display()))
}
