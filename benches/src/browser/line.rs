//! The figures of a session.

use std::fmt;

use serde::Serialize;

use super::Options;
use super::rate::Rate;
use super::session::Seen;
use crate::desktop::served::Served;
use crate::figures::{megabits, rounded};

/// A line of figures. Names and units of the fields are relied on from outside; what there was none of is null.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    /// `browser`: what `report` knows it by.
    experiment: &'static str,
    /// Who served it; null: we did.
    against: Option<String>,
    transport: &'static str,
    /// In 10^6 bits a second from the start.
    rate_mbit: Option<f64>,
    rtt_ms: f64,
    jitter_ms: f64,
    loss: f64,
    quality: u8,
    compress: u8,
    /// From the first page to the end of the last.
    seconds: f64,
    /// At the client's socket: what came, and what went.
    #[serde(rename = "in")]
    to_client: Rate,
    #[serde(rename = "out")]
    to_server: Rate,
    /// Pictures that the browser painted, and updates that came of them.
    painted: u64,
    updates: u64,
    /// The server's processor time; null if it is not a process of ours.
    server_cpu_s: Option<f64>,
}

impl Line {
    pub(super) fn new(options: &Options, served: &Served, seen: &Seen) -> Self {
        let link = options.link();
        let milliseconds = |time: std::time::Duration| rounded(time.as_secs_f64() * 1000.0, 1);
        Self {
            experiment: "browser",
            against: served.against().map(str::to_owned),
            transport: served.transport().name(),
            rate_mbit: link.rate.as_ref().map(|rate| megabits(rate.first())),
            rtt_ms: milliseconds(link.rtt),
            jitter_ms: milliseconds(link.jitter),
            loss: link.loss,
            quality: options.quality,
            compress: options.compress,
            seconds: rounded(seen.time.as_secs_f64(), 1),
            to_client: seen.to_client.rate(),
            to_server: seen.to_server.rate(),
            painted: seen.painted,
            updates: seen.updates,
            server_cpu_s: seen.cpu.map(|time| rounded(time.as_secs_f64(), 2)),
        }
    }
}

impl fmt::Display for Line {
    /// For a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "  {}: in {} Mbit/s, {} in the highest second; out {}, {}; {} of {} painted pictures in {} s",
            self.against.as_deref().unwrap_or("Tightrope"),
            self.to_client.mbit_mean,
            self.to_client.mbit_max_second,
            self.to_server.mbit_mean,
            self.to_server.mbit_max_second,
            self.updates,
            self.painted,
            self.seconds,
        )
    }
}
