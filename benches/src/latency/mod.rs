//! `latency`: how long a pixel takes from a program on a real desktop to the client's framebuffer.
//!
//! ```text
//! picture    what is painted, and where: the same in both processes, by its number
//! paper      the program on the desktop: paints what it is told, or what a key asks for, and says when
//! messages   what it is told, and says
//! arrival    whether what was painted stands in the client's framebuffer
//! session    one after the other, at times that nothing else is in step with
//! line       what is printed of it
//! ```

mod arrival;
mod line;
mod messages;
pub(crate) mod paper;
mod picture;
mod session;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::desktop::load::Load;
use crate::desktop::served::Foreign;
use crate::desktop::transport::Transport;
use crate::link::Link;
use picture::Extent;

/// What `latency` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    link: Link,
    /// What is painted: a block, or a photograph as large as the screen.
    #[arg(long, value_name = "64x64|full", default_value = "64x64")]
    size: Extent,
    /// What carries the session; several are measured one after the other. Foreign servers: tcp.
    #[arg(long, value_name = "tcp|tls|ws|quic", value_delimiter = ',', default_values = ["tls"])]
    transport: Vec<Transport>,
    /// How many are painted.
    #[arg(long, value_name = "N", default_value = "200", value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// JPEG quality level, 0 to 9, fixed. Without it level 8 at most, and what the link allows.
    #[arg(long, value_name = "0-9", value_parser = clap::value_parser!(u8).range(..=9))]
    quality: Option<u8>,
    /// With it blocks are painted as an answer to keys of the client, beside what plays.
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    foreign: Foreign,
    /// Pictures a second that our agent captures, at most; its own limit if it is not given.
    #[arg(long, value_name = "1-240", conflicts_with = "against")]
    fps: Option<u32>,
    /// Keep the logs in this directory.
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,
}

impl Options {
    /// The level that is asked for, at most or exactly.
    fn level(&self) -> u8 {
        self.quality.unwrap_or(8)
    }

    /// Whether the server may send less.
    fn adapts(&self) -> bool {
        self.quality.is_none() && self.foreign.against.is_none()
    }
}

/// Prints a line for each transport.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(load) = &options.load.file {
        ensure!(
            options.size == Extent::Block,
            "--load goes with --size 64x64: a picture of the whole screen leaves no room for it"
        );
        crate::recording::open(load)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for &transport in &options.transport {
        let line = runtime.block_on(session::measure(options, transport))?;
        println!("{}", serde_json::to_string(&line)?);
        eprintln!("{line}");
        if options.foreign.against.is_some() {
            break;
        }
    }
    Ok(())
}
