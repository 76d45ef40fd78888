//! `browser`: a real browser goes through pages on a served desktop, and what that takes on a link.
//!
//! ```text
//! pages      an article that is scrolled, photographs, figures that move, a film: all by their own clock
//! site       serves them, and hears when they begin and end
//! window     the browser
//! session    a desktop, who serves it, the browser on it, and a client that counts
//! rate       bytes over time, as rates
//! line       what is printed of it
//! ```

mod line;
mod rate;
mod session;
mod site;
mod window;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use lab::link::{LinkSettings, Rates};
use tightrope::Framebuffer;

use crate::desktop::served::Foreign;
use crate::desktop::transport::Transport;
use crate::link::Link;
use crate::recording;

/// The link if nothing else is said: the one of the study that this repeats, in bits a second, and its round trip.
const RATE: u64 = 20_000_000;
const RTT: Duration = Duration::from_millis(40);
/// Photographs that are taken of a recording at most.
const PHOTOGRAPHS: usize = 24;

/// What `browser` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    link: Link,
    /// How long the pages take, in seconds.
    #[arg(long, value_name = "N", default_value = "120", value_parser = clap::value_parser!(u64).range(5..=3600))]
    seconds: u64,
    /// JPEG quality level, fixed.
    #[arg(long, value_name = "0-9", default_value = "4", value_parser = clap::value_parser!(u8).range(..=9))]
    quality: u8,
    /// Compression level.
    #[arg(long, value_name = "0-9", default_value = "3", value_parser = clap::value_parser!(u8).range(..=9))]
    compress: u8,
    /// What carries the session with our server.
    #[arg(long, value_name = "tls|quic|…", default_value = "tls")]
    transport: Transport,
    /// Take the photographs from this recording (.vtz); otherwise the pages make some.
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    #[command(flatten)]
    foreign: Foreign,
    /// With --against: do not measure our own server before.
    #[arg(long, requires = "against")]
    only_theirs: bool,
    /// The browser: Chromium or Chrome.
    #[arg(long, value_name = "FILE")]
    browser: Option<PathBuf>,
    /// Keep what browser and server said in this directory.
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

impl Options {
    fn link(&self) -> LinkSettings {
        let mut link = self.link.settings(RTT);
        link.rate = link.rate.or_else(|| Rates::steady(RATE));
        link
    }
}

/// Prints a line for each server.
pub(crate) fn run(options: &Options) -> Result<()> {
    let photographs = match &options.session {
        Some(path) => photographs(path)?,
        None => Vec::new(),
    };
    let ours = Foreign {
        against: None,
        display: None,
    };
    let mut all = vec![&ours];
    if options.foreign.against.is_some() {
        all.push(&options.foreign);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for foreign in all.into_iter().skip(usize::from(options.only_theirs)) {
        let line = runtime.block_on(session::measure(options, foreign, &photographs))?;
        println!("{}", serde_json::to_string(&line)?);
        eprintln!("{line}");
    }
    Ok(())
}

/// Some pictures of the recording at `path`, far apart.
fn photographs(path: &Path) -> Result<Vec<Framebuffer>> {
    let mut reader = recording::open(path)?;
    let mut count = 0_usize;
    while reader.next_frame()?.is_some() {
        count += 1;
    }
    let every = count.div_ceil(PHOTOGRAPHS).max(1);
    let mut reader = recording::open(path)?;
    let mut photographs = Vec::new();
    let mut index = 0;
    while let Some(frame) = reader.next_frame()? {
        if index % every == 0 {
            photographs.push(frame.picture.clone());
        }
        index += 1;
    }
    ensure!(
        !photographs.is_empty(),
        "{} has no pictures",
        path.display()
    );
    Ok(photographs)
}
