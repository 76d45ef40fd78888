//! `link`: a recording in real time through a whole server and a whole client, over a shaped link.
//!
//! ```text
//! scenes     the recording's pictures, each with its number on it
//! source     a process that paints them when their times come: our server, or a program on the display of another's
//! process    that process, as seen from here; messages: what is said
//! watch      our client, and when each picture stood whole in its framebuffer
//! card       what plays the sound beside them
//! session    joins them over a link
//! judge      how close the pictures were that arrived
//! wire       rates and delays; ages: of pictures
//! line       what is printed of it
//! ```

mod ages;
mod card;
mod judge;
mod line;
mod messages;
mod process;
mod scenes;
mod session;
pub(crate) mod source;
mod watch;
mod wire;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use lab::link::Rates;

use crate::desktop::load::speed;
use crate::desktop::served::{Against, Foreign};
use crate::desktop::transport::Transport;
use crate::encoding::Encoding;
use crate::link::Link;
use crate::quality::Quality;
use line::Line;

/// The level that is the most if none was asked for.
const MOST: u8 = 8;

/// What `link` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The recording (.vtz).
    #[arg(long, value_name = "FILE")]
    session: PathBuf,
    #[command(flatten)]
    link: Link,
    /// What carries the session; tls if nothing else is said.
    #[arg(long, value_name = "tcp|tls|ws|wss|quic", conflicts_with = "against")]
    transport: Option<Transport>,
    /// This JPEG quality level, or lossless. Without it: level 8, and less where the link is too slow for that.
    #[arg(long, value_name = "0-9|lossless")]
    quality: Option<Quality>,
    /// The only encoding that the client asks for, beside Raw and CopyRect.
    #[arg(long, value_name = "NAME")]
    encoding: Option<Encoding>,
    /// Play music beside it.
    #[arg(long, conflicts_with = "against")]
    audio: bool,
    /// How much faster than it was recorded.
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed)]
    speed: f64,
    /// The most that our server is to send, in bits a second: 8mbit.
    #[arg(long, value_name = "RATE", conflicts_with = "against")]
    max_rate: Option<Rates>,
    #[command(flatten)]
    foreign: Foreign,
}

impl Options {
    /// The quality level; none for lossless.
    fn level(&self) -> Option<u8> {
        self.quality.map_or(Some(MOST), Quality::level)
    }

    /// Whether the level is the most that is wanted.
    fn adapts(&self) -> bool {
        self.quality.is_none() && self.foreign.against.is_none()
    }

    fn against(&self) -> Option<String> {
        match self.foreign.against.as_ref()? {
            Against::Xtigervnc => Some("xtigervnc".to_owned()),
            Against::Running(url) => Some(url.clone()),
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(rate) = &options.max_rate {
        ensure!(
            rate.steps().count() == 1,
            "--max-rate is one rate; the link's --rate may have steps"
        );
    }
    let transport = match options.foreign.against {
        Some(_) => Transport::Tcp,
        None => options.transport.unwrap_or(Transport::Tls),
    };
    let name = crate::recording::name(&options.session);
    eprintln!("{name}, {}", transport.name());
    let seeing = session::measure(options, transport).with_context(|| name)?;
    let line = Line::new(options, transport, options.against(), &seeing);
    println!("{}", serde_json::to_string(&line)?);
    eprintln!("{line}");
    Ok(())
}
