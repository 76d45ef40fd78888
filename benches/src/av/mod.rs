//! `av`: how well sound and picture keep step.
//!
//! ```text
//! source     on a real desktop with a real sink: flashes and clicks at once, and says when both were done
//!            this program in another role, as is the agent that serves that desktop (`crate::desktop`)
//! pulse      the viewer's sound card
//! viewer     a client that presents and plays, and notes when
//! session    joins them over a link, for one line of figures
//! figures    which picture and which sound belong together, and by how much they are apart
//! line       what is printed of it
//! ```

mod figures;
mod line;
mod messages;
mod onset;
mod pulse;
mod session;
pub(crate) mod source;
mod viewer;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::desktop::load::Load;
use crate::desktop::transport::Transport;
use crate::link::Link;
use pulse::Pulse;

/// Flashes if nothing else is said.
const SAMPLES: u32 = 60;

/// What `av` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    link: Link,
    /// What carries the session; several are measured one after the other.
    #[arg(long, value_name = "tls,quic,…", value_delimiter = ',', default_values = ["tls", "quic"])]
    transport: Vec<Transport>,
    /// Flashes, each with its click: 60, or as many as there is time for with --seconds. 0: only sound, on a still
    /// desktop.
    #[arg(long, value_name = "N")]
    samples: Option<u32>,
    /// How long it is measured at most, and with --samples 0, how long.
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Play music all the time instead of silence between clicks.
    #[arg(long)]
    music: bool,
    #[command(flatten)]
    load: Load,
    /// JPEG quality level, 0 to 9.
    #[arg(long, value_name = "0-9", default_value = "8", value_parser = clap::value_parser!(u8).range(..=9))]
    quality: u8,
    /// Keep the logs in this directory.
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

impl Options {
    /// How many flashes, at most.
    fn flashes(&self) -> u32 {
        let any = self.seconds.map_or(SAMPLES, |_| u32::MAX);
        self.samples.unwrap_or(any)
    }

    /// For how long, at most.
    fn time(&self) -> Option<Duration> {
        self.seconds.map(Duration::from_secs)
    }
}

/// Starts the viewer's sound card, then itself again as its client: which card a program uses is told by its
/// environment.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(
        options.flashes() > 0 || options.seconds.is_some(),
        "--samples 0 needs --seconds"
    );
    if let Some(load) = &options.load.file {
        crate::recording::open(load)?;
    }
    let directory = tempfile::tempdir()?;
    let pulse = Pulse::start(directory.path())?;
    let mut again = Command::new(std::env::current_exe()?);
    let own = std::env::args_os().skip_while(|word| word != "av").skip(1);
    let status = again
        .arg("av-viewer")
        .args(own)
        .envs(pulse.environment())
        .stdin(Stdio::piped())
        .status()
        .context("cannot start myself")?;
    ensure!(status.success(), "the measurement failed: {status}");
    Ok(())
}

/// The same, with a sound card.
pub(crate) fn run_viewer(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for &transport in &options.transport {
        let line = runtime
            .block_on(session::measure(options, transport))
            .with_context(|| transport.name())?;
        println!("{}", serde_json::to_string(&line)?);
        eprintln!("{line}");
    }
    Ok(())
}
