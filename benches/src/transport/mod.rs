//! `transport`: what encryption costs, how soon a session begins, and what it survives.

pub(crate) mod agent;
mod handshake;
mod moving;
mod network;
mod over;
mod pictures;
mod resume;
mod throughput;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::figures::rounded;
use crate::grid::Grid;
use crate::link::Link;
use over::Over;

/// The round trip of the handshake's link, and of the one whose end moves, if none is asked for.
const HANDSHAKE_RTT: Duration = Duration::from_millis(100);
const MOVING_RTT: Duration = Duration::from_millis(50);

/// What `transport` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    link: Link,
    /// What to measure it on.
    #[arg(long, value_name = "tls,quic", value_delimiter = ',', default_values = ["tls", "quic"])]
    transport: Vec<Over>,
    /// What to measure; everything by default.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<Part>,
    /// A recording (.vtz) in which the CPU time of encryption is measured.
    #[arg(long, value_name = "FILE")]
    session: Option<PathBuf>,
    /// How long throughput is measured, in seconds.
    #[arg(long, value_name = "N", default_value = "5")]
    seconds: u64,
    /// Handshakes and recordings so many times: the best counts.
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
}

/// Something to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Throughput,
    Cpu,
    Handshake,
    Move,
    Resume,
}

/// A line of figures. Names and units of the fields are relied on from outside; what was not measured is null.
#[derive(Clone, Debug, Default, Serialize)]
struct Line {
    transport: &'static str,
    /// Pixels of a Raw stream, drawn into a framebuffer: 10^6 bytes a second, over loopback, or the link
    /// that was asked for.
    mb_s: Option<f64>,
    /// The server's CPU time for the recording, and for the same without encryption, in seconds.
    cpu_s: Option<f64>,
    plain_cpu_s: Option<f64>,
    /// How much more that is: 0.05 is 5 %.
    cpu_overhead: Option<f64>,
    /// From connecting to the first request leaving, in round trips of the link and in milliseconds.
    handshake_rtts: Option<f64>,
    handshake_ms: Option<f64>,
    handshake_rtt_ms: Option<f64>,
    /// To the first pixels.
    first_picture_ms: Option<f64>,
    /// Without a picture after the client got another address.
    migration_stall_ms: Option<f64>,
    migration_rtt_ms: Option<f64>,
    /// Keys pressed meanwhile, and how many of them were lost.
    keys: Option<u32>,
    lost_keys: Option<u32>,
    /// From a server's listening elsewhere to the whole picture.
    reconnect_ms: Option<f64>,
    /// Bytes received to resume a session of an unchanged desktop, and for all of the picture; with TLS, its handshake
    /// included.
    resume_bytes: Option<u64>,
    full_bytes: Option<u64>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let wants = |part| options.only.is_empty() || options.only.contains(&part);
    if wants(Part::Move) {
        network::allow()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut table = Grid::new([
        "transport",
        "MB/s",
        "CPU",
        "handshake RTT",
        "moved, ms",
        "elsewhere, ms",
        "resumed",
    ]);
    let mut plain = Duration::MAX;
    for &over in &options.transport {
        let mut line = Line {
            transport: over.name(),
            ..Line::default()
        };
        for part in [
            Part::Throughput,
            Part::Cpu,
            Part::Handshake,
            Part::Move,
            Part::Resume,
        ] {
            if wants(part) {
                line.measure(part, over, options, &runtime, &mut plain)
                    .with_context(|| format!("{}, {part:?}", over.name()))?;
            }
        }
        println!("{}", serde_json::to_string(&line)?);
        table.add(line.cells());
    }
    eprint!("{table}");
    Ok(())
}

impl Line {
    fn measure(
        &mut self,
        part: Part,
        over: Over,
        options: &Options,
        runtime: &Runtime,
        plain: &mut Duration,
    ) -> Result<()> {
        eprintln!("{}: {part:?} …", over.name());
        match part {
            Part::Throughput => {
                let time = Duration::from_secs(options.seconds);
                let link = options.link.settings(Duration::ZERO);
                let bytes = runtime.block_on(throughput::measure(over, time, &link))?;
                self.mb_s = Some(rounded(bytes / 1e6, 1));
            }
            Part::Cpu => {
                let Some(session) = &options.session else {
                    eprintln!("  not measured: it needs a recording (--session)");
                    return Ok(());
                };
                let (mut own, mut without) = (Duration::MAX, *plain);
                for _ in 0..options.repeat {
                    let once = |over| runtime.block_on(agent::measure(over, session));
                    own = own.min(once(over)?);
                    without = without.min(once(Over::Plain)?);
                }
                *plain = without;
                let (own, without) = (own.as_secs_f64(), without.as_secs_f64());
                self.cpu_s = Some(rounded(own, 4));
                self.plain_cpu_s = Some(rounded(without, 4));
                self.cpu_overhead = Some(rounded(own / without - 1.0, 4));
            }
            Part::Handshake => {
                let link = options.link.settings(HANDSHAKE_RTT);
                let times = options.repeat;
                let once = runtime.block_on(handshake::measure(over, &link, times))?;
                let rtt = milliseconds(link.rtt);
                let request = milliseconds(once.request);
                self.handshake_ms = Some(request);
                self.handshake_rtt_ms = Some(rtt);
                self.handshake_rtts = (rtt > 0.0).then(|| rounded(request / rtt, 2));
                self.first_picture_ms = Some(milliseconds(once.picture));
            }
            Part::Move => {
                let link = options.link.settings(MOVING_RTT);
                let moved = moving::measure(over, &link)?;
                self.migration_stall_ms = Some(milliseconds(moved.stall));
                self.migration_rtt_ms = Some(milliseconds(link.rtt));
                self.keys = Some(moved.keys);
                self.lost_keys = Some(moved.lost_keys);
            }
            Part::Resume => {
                let bytes = runtime.block_on(resume::bytes(over))?;
                self.resume_bytes = Some(bytes.resumed);
                self.full_bytes = Some(bytes.full);
                let took = runtime.block_on(resume::elsewhere(over))?;
                self.reconnect_ms = Some(milliseconds(took));
            }
        }
        Ok(())
    }

    fn cells(&self) -> [String; 7] {
        let number = |value: Option<f64>, digits: usize| {
            value.map_or_else(String::new, |value| format!("{value:.digits$}"))
        };
        let overhead = self.cpu_overhead.map(|own| own * 100.0);
        let percent = overhead.map(|own| format!("{own:+.1} %"));
        let bytes = self.resume_bytes.zip(self.full_bytes);
        [
            self.transport.to_owned(),
            number(self.mb_s, 0),
            percent.unwrap_or_default(),
            number(self.handshake_rtts, 2),
            number(self.migration_stall_ms, 0),
            number(self.reconnect_ms, 0),
            bytes.map_or_else(String::new, |(part, whole)| format!("{part} of {whole}")),
        ]
    }
}

fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1000.0, 1)
}
