//! `--probe`: whether a server is near enough to work there.

use std::time::Duration;

use clap::Args;
use lab::link::{LinkError, Rates, parse_duration, parse_share};
use serde_json::{Value, json};
use tightrope::{ClientConfig, LinkQuality};
use tokio::runtime::Runtime;

use crate::connecting::reach;
use crate::ending::{self, Failure, Outcome};
use crate::session::{milliseconds, not_connected};

const PROBE: &str = "Probe";

/// Whether to measure only, and what is good enough.
#[derive(Clone, Debug, Args)]
pub(crate) struct Probe {
    /// Show nothing: measure the link and say whether it is good enough for working there, see below
    #[arg(help_heading = PROBE, long)]
    #[arg(conflicts_with_all = ["headless", "script", "snapshot", "stats", "record", "play"])]
    probe: bool,
    /// The longest round trip that is good enough
    #[arg(help_heading = PROBE, long, value_name = "TIME", default_value = "100ms", value_parser = parse_duration)]
    max_rtt: Duration,
    /// How far it may vary
    #[arg(help_heading = PROBE, long, value_name = "TIME", default_value = "40ms", value_parser = parse_duration)]
    max_jitter: Duration,
    /// The least that has to come, a second
    #[arg(help_heading = PROBE, long, value_name = "RATE", default_value = "4mbit", value_parser = rate)]
    min_rate: Rate,
    /// The least that has to go, a second
    #[arg(help_heading = PROBE, long, value_name = "RATE", default_value = "256kbit", value_parser = rate)]
    min_rate_up: Rate,
    /// The share of packets that may get lost, where that is told (QUIC)
    #[arg(help_heading = PROBE, long, value_name = "SHARE", default_value = "3%", value_parser = parse_share)]
    max_loss: f64,
}

/// Bits a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rate(u64);

fn rate(text: &str) -> Result<Rate, String> {
    let rates: Rates = text.parse().map_err(|error: LinkError| error.to_string())?;
    match rates.steps().count() {
        1 => Ok(Rate(rates.first())),
        _ => Err("one rate, as 4mbit".into()),
    }
}

impl Probe {
    /// Whether that is all there is to do.
    pub(crate) fn is_wanted(&self) -> bool {
        self.probe
    }

    /// Measures, writes one line of JSON, and says by the exit code whether the link is good enough.
    pub(crate) fn run(
        &self,
        runtime: &Runtime,
        config: ClientConfig,
        accept_new: bool,
    ) -> Result<Outcome, Failure> {
        let measure = async |config| tightrope::probe(config).await.map_err(not_connected);
        let link = reach(runtime, config, accept_new, measure)?;
        let reasons = self.reasons(&link);
        let code = match reasons.is_empty() {
            true => ending::OK,
            false => ending::NOT_GOOD_ENOUGH,
        };
        ending::answer(&report(&link, &reasons))
            .map_err(|error| Failure::error(format_args!("nobody reads the result: {error}")))?;
        Ok(Outcome { code, reason: None })
    }

    /// Why the link is not good enough; nothing, if it is.
    fn reasons(&self, link: &LinkQuality) -> Vec<String> {
        let mut reasons = Vec::new();
        match link.rtt {
            Some(rtt) if rtt > self.max_rtt => {
                reasons.push(format!(
                    "the round trip takes {rtt:.1?}, more than {:?}",
                    self.max_rtt
                ));
            }
            Some(_) => {}
            None => reasons.push("the server does not tell how long the round trip takes".into()),
        }
        if let Some(jitter) = link.jitter.filter(|own| *own > self.max_jitter) {
            reasons.push(format!(
                "the round trip varies by {jitter:.1?}, more than {:?}",
                self.max_jitter
            ));
        }
        let rates = [
            (link.rate_down, self.min_rate, "comes"),
            (link.rate_up, self.min_rate_up, "goes"),
        ];
        for (found, Rate(least), verb) in rates {
            let least = least as f64;
            if let Some(found) = found.filter(|found| *found < least) {
                let (found, least) = (found / 1e6, least / 1e6);
                reasons.push(format!("{found:.2} Mbit/s {verb}, less than {least}"));
            }
        }
        if let Some(loss) = link.loss.filter(|loss| *loss > self.max_loss) {
            let (loss, most) = (loss * 1e2, self.max_loss * 1e2);
            reasons.push(format!("{loss:.1} % of packets get lost, more than {most}"));
        }
        reasons
    }
}

/// The line that is written. The names are relied on from outside.
fn report(link: &LinkQuality, reasons: &[String]) -> Value {
    let mbit = |rate: Option<f64>| rate.map(|bits| (bits / 1e3).round() / 1e3);
    json!({
        "rtt_ms": link.rtt.map(milliseconds),
        "jitter_ms": link.jitter.map(milliseconds),
        "rate_down_mbit": mbit(link.rate_down),
        "rate_up_mbit": mbit(link.rate_up),
        "loss": link.loss,
        "grade": link.grade.to_string(),
        "good_enough": reasons.is_empty(),
        "reasons": reasons,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn wishes(flags: &[&str]) -> Probe {
        let line = ["tightrope-viewer", "pod", "--probe"].iter().chain(flags);
        crate::args::Args::try_parse_from(line).unwrap().probe
    }

    fn link() -> LinkQuality {
        LinkQuality {
            rtt: Some(Duration::from_millis(90)),
            jitter: Some(Duration::from_millis(3)),
            rate_down: Some(5e6),
            rate_up: Some(1e6),
            ..LinkQuality::default()
        }
    }

    #[test]
    fn each_figure_that_is_not_good_enough_is_a_reason() {
        assert!(wishes(&[]).reasons(&link()).is_empty());
        let strict = [
            "--max-rtt=80ms",
            "--max-jitter=1ms",
            "--min-rate=6mbit",
            "--min-rate-up=2mbit",
            "--max-loss=1%",
        ];
        let mut link = link();
        link.loss = Some(0.02);
        assert_eq!(
            wishes(&strict).reasons(&link),
            [
                "the round trip takes 90.0ms, more than 80ms",
                "the round trip varies by 3.0ms, more than 1ms",
                "5.00 Mbit/s comes, less than 6",
                "1.00 Mbit/s goes, less than 2",
                "2.0 % of packets get lost, more than 1",
            ]
        );
    }

    #[test]
    fn a_round_trip_that_is_not_known_is_not_good_enough() {
        assert_eq!(wishes(&[]).reasons(&LinkQuality::default()).len(), 1);
    }

    #[test]
    fn the_names_others_rely_on_are_there() {
        let expected = json!({
            "rtt_ms": 90.0, "jitter_ms": 3.0, "rate_down_mbit": 5.0, "rate_up_mbit": 1.0, "loss": null,
            "grade": "unknown", "good_enough": false, "reasons": ["far"],
        });
        assert_eq!(report(&link(), &["far".to_owned()]), expected);
    }

    #[test]
    fn a_rate_is_one_rate() {
        assert_eq!(rate("2.5mbit"), Ok(Rate(2_500_000)));
        for wrong in ["fast", "0mbit", "1mbit,2mbit@1s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
