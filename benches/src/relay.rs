//! The shaped link as a program of its own, between any client and any server.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lab::link::{Passed, Protocols, Relay};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use crate::figures::rounded;
use crate::link::Link;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where clients connect to; port 0 is any that is free.
    #[arg(long, value_name = "HOST:PORT")]
    listen: String,
    /// The server.
    #[arg(long, value_name = "HOST:PORT")]
    to: String,
    /// Take TCP connections; without this and --udp both are taken, at the same number, and share the link.
    #[arg(long)]
    tcp: bool,
    /// Take datagrams.
    #[arg(long)]
    udp: bool,
    #[command(flatten)]
    link: Link,
    /// Print a line each second.
    #[arg(long, short)]
    verbose: bool,
}

/// The first line: it listens.
#[derive(Serialize)]
struct Ready {
    listening: SocketAddr,
    to: SocketAddr,
    tcp: bool,
    udp: bool,
}

/// What passed since the start, or in the last second.
#[derive(Serialize)]
struct Line {
    /// Since the start.
    seconds: f64,
    /// To the server.
    up: Direction,
    /// To the clients.
    down: Direction,
}

#[derive(Serialize)]
struct Direction {
    bytes: u64,
    /// With the headers of IP and of UDP or TCP, in 10^6 bits a second.
    mbit: f64,
    /// Datagrams, and how many of them got lost, or found the queue full.
    datagrams: u64,
    lost: u64,
    dropped: u64,
    /// How long the queue is now, and was at most since the start.
    queue_ms: f64,
    queue_max_ms: f64,
}

/// Passes on until it is interrupted.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(pass(options))
}

async fn pass(options: &Options) -> Result<()> {
    let own = resolve(&options.listen).await.context("--listen")?;
    let to = resolve(&options.to).await.context("--to")?;
    let protocols = match (options.tcp, options.udp) {
        (true, false) => Protocols::Tcp,
        (false, true) => Protocols::Udp,
        _ => Protocols::Both,
    };
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let settings = options.link.settings(Duration::ZERO);
    let relay = Relay::listen(own, to, &settings, protocols)
        .await
        .with_context(|| format!("listening at {own}"))?;
    print(&Ready {
        listening: relay.address(),
        to,
        tcp: protocols != Protocols::Udp,
        udp: protocols != Protocols::Tcp,
    })?;
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + second, second);
    let mut last = [Passed::default(); 2];
    let mut last_at = start;
    loop {
        tokio::select! {
            _ = interrupts.recv() => break,
            _ = terminations.recv() => break,
            _ = ticks.tick(), if options.verbose => {
                let now = [relay.up(), relay.down()];
                print(&Line::new(start, last_at, last, now))?;
                (last, last_at) = (now, Instant::now());
            }
        }
    }
    let all = [relay.up(), relay.down()];
    print(&Line::new(start, start, [Passed::default(); 2], all))
}

/// The first address of a name, or of a number, with its port.
async fn resolve(text: &str) -> Result<SocketAddr> {
    let mut found = tokio::net::lookup_host(text)
        .await
        .with_context(|| format!("{text:?} is no HOST:PORT"))?;
    found
        .next()
        .with_context(|| format!("no address of {text}"))
}

/// Prints it at once, as others wait for it. Nobody who reads it is no error.
fn print(line: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(line)?;
    let mut output = std::io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

impl Line {
    fn new(start: Instant, last_at: Instant, last: [Passed; 2], now: [Passed; 2]) -> Self {
        let time = last_at.elapsed();
        let ([last_up, last_down], [up, down]) = (last, now);
        Self {
            seconds: rounded(start.elapsed().as_secs_f64(), 3),
            up: Direction::new(last_up, up, time),
            down: Direction::new(last_down, down, time),
        }
    }
}

impl Direction {
    fn new(last: Passed, now: Passed, time: Duration) -> Self {
        let bytes = now.bytes - last.bytes;
        let milliseconds = |time: Duration| rounded(time.as_secs_f64() * 1000.0, 1);
        Self {
            bytes,
            mbit: rounded(megabits(bytes) / time.as_secs_f64().max(1e-9), 3),
            datagrams: now.datagrams - last.datagrams,
            lost: now.lost - last.lost,
            dropped: now.dropped - last.dropped,
            queue_ms: milliseconds(now.queue),
            queue_max_ms: milliseconds(now.longest_queue),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn megabits(bytes: u64) -> f64 {
    bytes as f64 * 8.0 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_counts_only_what_passed_in_it() {
        let last = Passed {
            bytes: 1000,
            datagrams: 2,
            ..Passed::default()
        };
        let now = Passed {
            bytes: 251_000,
            datagrams: 5,
            dropped: 1,
            queue: Duration::from_millis(20),
            ..Passed::default()
        };
        let line = Direction::new(last, now, Duration::from_secs(1));
        assert_eq!((line.bytes, line.datagrams, line.dropped), (250_000, 3, 1));
        assert_eq!((line.mbit, line.queue_ms), (2.0, 20.0));
    }
}
