//! What is printed of a measurement.

use std::fmt;
use std::time::Duration;

use lab::link::LinkSettings;
use serde::Serialize;

use super::Options;
use super::session::Seen;
use crate::desktop::served::Served;
use crate::figures::{megabits, rounded};
use crate::recording;

/// A line of figures. Names and units of the fields are relied on from outside; what was not measured is null.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    transport: &'static str,
    /// The server that was measured; null: ours.
    against: Option<String>,
    size: &'static str,
    samples: usize,
    /// From the request to paint until all of it stands in the client's framebuffer.
    latency_ms: Shares,
    min_ms: f64,
    max_ms: f64,
    /// Until the first tile of it stood there.
    first_ms: Shares,
    /// From the client's key until then: beside a load, where keys make blocks.
    echo_ms: Option<Shares>,
    /// In percent of one processor. The viewer is all of this process: a relay too, if there is one.
    cpu: Cpu,
    /// What the client received for each picture.
    kbytes: f64,
    /// The level that was asked for, and whether the server may have sent less.
    quality: u8,
    adapts: bool,
    rtt_ms: f64,
    /// In 10^6 bits a second from the start; null: any.
    rate_mbit: Option<f64>,
    jitter_ms: f64,
    loss: f64,
    /// What played beside it, and how fast.
    load: Option<String>,
    load_speed: Option<f64>,
    /// How long it took.
    seconds: f64,
}

/// The agent is null where it is a process of somebody else's.
#[derive(Clone, Debug, Serialize)]
struct Cpu {
    agent: Option<f64>,
    viewer: f64,
}

/// Half, 95 % and 99 % of the values are at most this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Shares {
    p50: f64,
    p95: f64,
    p99: f64,
}

impl Shares {
    /// Of values in ascending order.
    fn of(values: &[f64]) -> Self {
        let at = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100).max(1);
            let value = values.get(rank - 1).copied();
            rounded(value.unwrap_or_default(), 2)
        };
        Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
        }
    }
}

impl Line {
    pub(super) fn new(
        options: &Options,
        served: &Served,
        link: &LinkSettings,
        seen: &Seen,
    ) -> Self {
        let sorted = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values
        };
        let whole = sorted(seen.samples.iter().map(|own| own.whole_ms).collect());
        let first = sorted(seen.samples.iter().map(|own| own.first_ms).collect());
        let echo = sorted(seen.samples.iter().filter_map(|own| own.echo_ms).collect());
        let percent =
            |time: Duration| rounded(100.0 * time.as_secs_f64() / seen.time.as_secs_f64(), 1);
        let count = u32::try_from(whole.len()).unwrap_or(u32::MAX).max(1);
        let end = |value: Option<&f64>| rounded(value.copied().unwrap_or_default(), 2);
        let load = options.load.file.as_deref();
        Self {
            transport: served.transport().name(),
            against: served.against().map(str::to_owned),
            size: options.size.name(),
            samples: whole.len(),
            latency_ms: Shares::of(&whole),
            min_ms: end(whole.first()),
            max_ms: end(whole.last()),
            first_ms: Shares::of(&first),
            echo_ms: (!echo.is_empty()).then(|| Shares::of(&echo)),
            cpu: Cpu {
                agent: seen.agent_cpu.map(percent),
                viewer: percent(seen.viewer_cpu),
            },
            kbytes: rounded(f64::from(seen.kbytes) / f64::from(count), 1),
            quality: options.level(),
            adapts: options.adapts(),
            rtt_ms: rounded(link.rtt.as_secs_f64() * 1000.0, 3),
            rate_mbit: link.rate.as_ref().map(|rate| megabits(rate.first())),
            jitter_ms: rounded(link.jitter.as_secs_f64() * 1000.0, 3),
            loss: link.loss,
            load: load.map(recording::name),
            load_speed: load.map(|_| options.load.speed),
            seconds: rounded(seen.time.as_secs_f64(), 1),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shares { p50, p95, p99 } = self.latency_ms;
        let who = self.against.as_deref().unwrap_or("ours");
        write!(
            f,
            "  {who}, {}, {}: {p50} / {p95} / {p99} ms (p50 / p95 / p99 of {}), {} to {} ms, {} KB each",
            self.transport, self.size, self.samples, self.min_ms, self.max_ms, self.kbytes
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        let shares = Shares::of(&values);
        assert_eq!((shares.p50, shares.p95, shares.p99), (100.0, 190.0, 198.0));
        assert_eq!(Shares::of(&[7.0]).p99, 7.0);
        assert_eq!(Shares::of(&[]), Shares::default());
    }
}
