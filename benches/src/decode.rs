//! `decode`: anybody's stream through our decoder.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use lab::measure::Kinds;
use lab::rfbs;

use crate::figures::{Decoded, Figures};
use crate::player::Player;
use crate::recording;
use crate::table;

/// What `decode` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The stream: what some server made of the recording.
    #[arg(long, value_name = "FILE.rfbs")]
    stream: PathBuf,
    /// The recording (.vtz).
    #[arg(long, value_name = "FILE")]
    session: PathBuf,
    /// Threads that share the work on one picture.
    #[arg(long, value_name = "N", default_value = "1")]
    threads: NonZeroUsize,
    /// Decode so many times: times are those of the best.
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroU32,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let updates = read(&options.stream)
        .with_context(|| format!("cannot read {}", options.stream.display()))?;
    let decoded = best(&options.session, options.threads, options.repeat, &updates)?;
    let name = recording::name(&options.session);
    let figures = Figures::new(name, &decoded, options.threads.get());
    println!("{}", serde_json::to_string(&figures)?);
    eprint!("{}", table::of(&[figures]));
    Ok(())
}

/// All updates of the stream at `path`.
fn read(path: &Path) -> lab::Result<Vec<Bytes>> {
    let mut reader = rfbs::Reader::open(path)?;
    let mut updates = Vec::new();
    while let Some(update) = reader.next_update()? {
        updates.push(Bytes::copy_from_slice(update));
    }
    Ok(updates)
}

/// Decodes `updates` `repeat` times and compares each picture with that of the recording at `path`.
pub(crate) fn best(
    path: &Path,
    threads: NonZeroUsize,
    repeat: NonZeroU32,
    updates: &[Bytes],
) -> Result<Decoded> {
    let mut best = decode(path, threads, updates)?;
    for _ in 1..repeat.get() {
        let again = decode(path, threads, updates)?;
        best.cost = best.cost.best(again.cost);
    }
    best.kinds = kinds(updates)?;
    Ok(best)
}

/// What is in `updates`.
pub(crate) fn kinds(updates: &[Bytes]) -> Result<Kinds> {
    let mut kinds = Kinds::default();
    for update in updates.iter().filter(|update| !update.is_empty()) {
        kinds.add(update)?;
    }
    Ok(kinds)
}

/// Decodes `updates` and compares each picture with that of the recording at `path`. Reading and comparing do not count.
pub(crate) fn decode(path: &Path, threads: NonZeroUsize, updates: &[Bytes]) -> Result<Decoded> {
    let mut reader = recording::open(path)?;
    let mut player = Player::new(reader.size(), threads)?;
    let mut decoded = Decoded::default();
    let mut updates = updates.iter();
    while let Some(frame) = reader.next_frame()? {
        let update = updates.next().context("the stream has fewer pictures")?;
        let number = frame.index;
        let drawn = decoded.cost.add(|| player.decode(update));
        drawn.with_context(|| format!("picture {number}"))?;
        decoded.add(&frame, update, player.shown());
    }
    ensure!(updates.next().is_none(), "the stream has more pictures");
    Ok(decoded)
}
