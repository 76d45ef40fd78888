//! What is printed of a measurement.

use std::fmt;
use std::time::Duration;

use lab::link::LinkSettings;
use serde::Serialize;

use super::Options;
use super::figures::{Sample, Shares, mean, samples};
use super::session::Seeing;
use crate::figures::{megabits, rounded};
use crate::recording;

/// A line of figures. Names and units of the fields are relied on from outside; what was not measured is null.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    transport: &'static str,
    /// In 10^6 bits a second from the start; null: any.
    rate_mbit: Option<f64>,
    rtt_ms: f64,
    jitter_ms: f64,
    loss: f64,
    /// What played beside it.
    load: Option<String>,
    music: bool,
    /// How long it took.
    seconds: f64,
    /// Flashes seen and heard, and those that were not.
    samples: usize,
    missing: usize,
    /// By how much picture and sound are apart at the client, beyond what they are at the source.
    skew_ms: Option<Shares>,
    /// The same with its sign: positive where the picture is later than its sound.
    mean_skew_ms: Option<f64>,
    /// Of the sound: from passing the sink's monitor to leaving the client's device.
    delay_ms: Option<Shares>,
    /// Of the picture: from the paint to the presentation.
    picture_ms: Option<Shares>,
    /// By how much the sound is later than the picture at the source.
    source_ms: Option<Shares>,
    /// The jitter buffer was found empty.
    underruns: u64,
    /// Frames that came; that did not in time; and what became of those: made again exactly, or guessed.
    packets: u64,
    lost: u64,
    recovered: u64,
    concealed: u64,
    late: u64,
    /// What waits in the jitter buffer.
    depth_ms: Option<Shares>,
    drift_ppm: f64,
    /// Everything on the link, pictures too, with the headers of IP and of UDP or TCP.
    down_kbit_s: f64,
    up_kbit_s: f64,
}

impl Line {
    pub(super) fn new(
        options: &Options,
        transport: &'static str,
        link: &LinkSettings,
        seeing: &Seeing,
    ) -> Self {
        let all = samples(&seeing.flashes, &seeing.seen, &seeing.heard);
        let found: Vec<Sample> = all.iter().flatten().copied().collect();
        let shares = |value: fn(&Sample) -> f64| Shares::of(found.iter().map(value));
        let (before, after) = (&seeing.before, &seeing.after);
        let counted = |count: fn(&tightrope::audio::PlayoutStats) -> u64| {
            count(&after.playout).saturating_sub(count(&before.playout))
        };
        let kbit_s = |count: fn(&lab::link::Traffic) -> u64| {
            let bytes = count(&after.link).saturating_sub(count(&before.link));
            rounded(kilobits(bytes) / seeing.time.as_secs_f64(), 1)
        };
        let missing = all.len() - found.len();
        Self {
            transport,
            rate_mbit: link.rate.as_ref().map(|rate| megabits(rate.first())),
            rtt_ms: milliseconds(link.rtt),
            jitter_ms: milliseconds(link.jitter),
            loss: link.loss,
            load: options.load.file.as_deref().map(recording::name),
            music: options.music,
            seconds: rounded(seeing.time.as_secs_f64(), 1),
            samples: found.len(),
            missing: missing + usize::try_from(seeing.unheard).unwrap_or(usize::MAX),
            skew_ms: shares(|own| own.skew_ms.abs()),
            mean_skew_ms: mean(found.iter().map(|own| own.skew_ms)),
            delay_ms: shares(|own| own.delay_ms),
            picture_ms: shares(|own| own.picture_ms),
            source_ms: shares(|own| own.source_ms),
            underruns: counted(|own| own.underruns),
            packets: counted(|own| own.packets),
            lost: counted(|own| own.lost),
            recovered: counted(|own| own.recovered),
            concealed: counted(|own| own.concealed),
            late: counted(|own| own.late),
            depth_ms: Shares::of(seeing.depths.iter().copied().map(milliseconds)),
            drift_ppm: rounded(after.playout.drift_ppm.into(), 1),
            down_kbit_s: kbit_s(|own| own.down),
            up_kbit_s: kbit_s(|own| own.up),
        }
    }
}

impl fmt::Display for Line {
    /// For a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = |own: Option<Shares>| {
            own.map_or_else(
                || "-".to_owned(),
                |own| format!("{} / {}", own.p50, own.p95),
            )
        };
        write!(
            f,
            "  {}: skew {} ms, sound delay {} ms (p50 / p95 of {} flashes), {} underruns, {} frames lost in {} s; \
             {} kbit/s",
            self.transport,
            shares(self.skew_ms),
            shares(self.delay_ms),
            self.samples,
            self.underruns,
            self.lost,
            self.seconds,
            self.down_kbit_s,
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn kilobits(bytes: u64) -> f64 {
    bytes as f64 * 8.0 / 1000.0
}

fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1000.0, 1)
}
