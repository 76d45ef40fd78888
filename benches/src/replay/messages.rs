//! What the source and whoever measures say to each other, a JSON object a line.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::desktop::clock::Micros;

/// What the source is told, a word a line: play, and stop once all has been seen.
pub(super) const PLAY: &str = "play";

/// What the source says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum News {
    /// The first picture is shown. Where a server of ours listens, and its certificate.
    Ready {
        address: Option<SocketAddr>,
        fingerprint: Option<String>,
    },
    /// The last picture has been painted.
    Played,
    /// All that is known of it afterwards.
    Report(Report),
}

/// What the source saw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Report {
    /// When the first picture would have been painted: times count from here.
    pub(super) start: Option<Micros>,
    /// Pictures after the first, in order.
    pub(super) painted: Vec<Painted>,
    /// What a server of ours had handed to its socket, every now and then.
    pub(super) sent: Vec<Sent>,
    /// The JPEG quality, 1 to 100, of what was sent with loss, over its pixels; none if no server of ours knows.
    pub(super) quality_mean: Option<f64>,
    /// Processor time of the process from the start on, in seconds.
    pub(super) cpu_s: f64,
}

/// A picture that was painted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Painted {
    pub(super) number: u32,
    pub(super) at: Micros,
    /// By how much that was later than it should have been, in milliseconds.
    pub(super) late_ms: f64,
}

/// Bytes that had been handed to a socket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) at: Micros,
    pub(super) bytes: u64,
}
