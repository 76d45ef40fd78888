//! `LINK`: what the network of a measurement is like.

use std::time::Duration;

use lab::link::{LinkSettings, Queue, Rates, parse_duration, parse_share};

/// What the network is like.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Link {
    /// How fast it is, and how fast from when on: 20mbit,5mbit@10s.
    #[arg(long, value_name = "RATE[,RATE@TIME…]")]
    rate: Option<Rates>,
    /// Its round trip.
    #[arg(long, value_name = "40ms", value_parser = parse_duration)]
    rtt: Option<Duration>,
    /// How much earlier or later packets come, at most.
    #[arg(long, value_name = "5ms", value_parser = parse_duration, default_value = "0ms")]
    jitter: Duration,
    /// The share of datagrams that get lost.
    #[arg(long, value_name = "0.5%", value_parser = parse_share, default_value = "0%")]
    loss: f64,
    /// How much may wait for it: a time, or bytes as 64kb.
    #[arg(long, value_name = "200ms", default_value = "200ms")]
    queue: Queue,
}

impl Link {
    /// The network, with a round trip of `rtt` if none was asked for.
    pub(crate) fn settings(&self, rtt: Duration) -> LinkSettings {
        LinkSettings {
            rate: self.rate.clone(),
            rtt: self.rtt.unwrap_or(rtt),
            jitter: self.jitter,
            loss: self.loss,
            queue: self.queue,
        }
    }
}
