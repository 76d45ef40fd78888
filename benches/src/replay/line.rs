//! The figures of a measurement.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::Options;
use super::ages::{ages, latencies};
use super::session::{Heard, Seeing};
use super::wire::{Delay, Wire, recovery};
use crate::desktop::clock::Micros;
use crate::desktop::transport::Transport;
use crate::encoding::Encoding;
use crate::figures::{megabits, rounded};

/// How long one value of `mbit_over_time` is for.
const STEP: Duration = Duration::from_millis(250);
/// A second has too much if it has more than this share of the cap.
const EXCESS: f64 = 1.05;

/// A line of figures. Names and units of the fields are relied on from outside; what there was none of is null.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    session: String,
    /// Who served it; none if we did.
    against: Option<String>,
    transport: &'static str,
    /// How much faster than it was recorded.
    speed: f64,
    /// At the beginning; none if the link has no rate.
    rate_mbit: Option<f64>,
    /// From when on, in seconds, which rate.
    rate_steps: Vec<(f64, f64)>,
    rtt_ms: f64,
    jitter_ms: f64,
    loss: f64,
    max_rate_mbit: Option<f64>,
    /// The level that was asked for; -1 is lossless.
    quality: i16,
    /// The only one that was asked for.
    encoding: Option<&'static str>,
    /// Whether less may be sent.
    adapts: bool,
    /// The JPEG quality, 1 to 100, of what was sent with loss, over its pixels.
    quality_mean: Option<f64>,
    /// From the first picture to the last.
    seconds: f64,
    /// Painted after the first, and how many of them stood whole at the client.
    pictures: usize,
    arrived: usize,
    /// Of those that arrived, a second.
    fps: f64,
    /// By how much they were painted too late.
    late_ms: Percentiles,
    /// From painting to standing whole.
    latency_ms: Percentiles,
    /// The same, each with when it arrived, in seconds.
    latency_over_time: Vec<(f64, f64)>,
    /// How old what the client showed was, every 10 ms.
    age_ms: Percentiles,
    psnr_db: f64,
    ssim: f64,
    mbit_mean: f64,
    mbit_max_second: f64,
    mbit_over_time: Vec<f64>,
    /// Seconds, one every 50 ms, with more than 1.05 of the cap.
    max_rate_excess: Option<usize>,
    /// How long what reached the link had to wait.
    queue_ms: Percentiles,
    /// Of the worst of the steps to a lower rate.
    recover_ms: Option<f64>,
    /// From the last picture to all of it standing exactly, and what was sent for it.
    lossless_ms: Option<f64>,
    lossless_bytes: Option<u64>,
    /// Of the process that painted, which ours served too.
    source_cpu_s: f64,
    audio: Option<Audio>,
}

/// What was heard of music.
#[derive(Clone, Debug, Serialize)]
struct Audio {
    underruns: u64,
    delay_ms: Percentiles,
    /// By how much pictures were later than their sound; what is early is held.
    skew_ms: Percentiles,
}

/// Half of the values are at most p50, and so on; null without values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
struct Percentiles {
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

impl Percentiles {
    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (values.len() * percent).div_ceil(100);
            let value = values.get(rank.checked_sub(1)?)?;
            Some(rounded(*value, 1))
        };
        Self {
            p50: at(50),
            p95: at(95),
            p99: at(99),
            max: at(100),
        }
    }
}

impl Line {
    /// What comes of a measurement of the server called `against`, or ours.
    pub(super) fn new(
        options: &Options,
        transport: Transport,
        against: Option<String>,
        seeing: &Seeing,
    ) -> Self {
        let link = options.link.settings(Duration::ZERO);
        let steps: Vec<(Duration, u64)> = link.rate.iter().flat_map(|own| own.steps()).collect();
        let painted = &seeing.report.painted;
        let start = seeing.report.start.unwrap_or(seeing.begun);
        let end = painted.last().map_or(start, |last| last.at);
        let seconds = end.milliseconds_since(start) / 1000.0;
        let wire = wire(seeing);
        let latencies = latencies(painted, &seeing.arrived);
        let latest_second = end.minus(Duration::from_secs(1));
        let fastest = wire.seconds(start, latest_second).fold(None, largest);
        let cap = options.max_rate.as_ref().map(|rate| megabits(rate.first()));
        let exact = seeing.exact;
        Self {
            session: crate::recording::name(&options.session),
            against,
            transport: transport.name(),
            speed: options.speed,
            rate_mbit: steps.first().map(|(_, rate)| megabits(*rate)),
            rate_steps: steps
                .iter()
                .map(|(from, rate)| (from.as_secs_f64(), megabits(*rate)))
                .collect(),
            rtt_ms: milliseconds(link.rtt),
            jitter_ms: milliseconds(link.jitter),
            loss: link.loss,
            max_rate_mbit: cap,
            quality: options.level().map_or(-1, i16::from),
            encoding: options.encoding.map(Encoding::name),
            adapts: options.adapts(),
            quality_mean: seeing.report.quality_mean.map(|own| rounded(own, 2)),
            seconds: rounded(seconds, 3),
            pictures: painted.len(),
            arrived: seeing.arrived.len(),
            fps: rounded(count(seeing.arrived.len()) / seconds.max(1e-3), 2),
            late_ms: Percentiles::of(painted.iter().map(|own| own.late_ms)),
            latency_ms: Percentiles::of(latencies.iter().map(|own| own.1)),
            latency_over_time: latencies
                .iter()
                .map(|(at, ms)| {
                    let seconds = at.milliseconds_since(start) / 1000.0;
                    (rounded(seconds, 3), rounded(*ms, 1))
                })
                .collect(),
            age_ms: Percentiles::of(ages(painted, &seeing.arrived)),
            psnr_db: rounded(seeing.quality.psnr_db(), 2),
            ssim: rounded(seeing.quality.ssim(), 5),
            mbit_mean: rounded(wire.mean(start, end), 3),
            mbit_max_second: rounded(fastest.unwrap_or_else(|| wire.mean(start, end)), 3),
            mbit_over_time: wire
                .over_time((start, exact.unwrap_or(end).max(end)), STEP)
                .map(|own| rounded(own, 2))
                .collect(),
            max_rate_excess: cap.map(|cap| excess(&wire, cap)),
            queue_ms: Percentiles::of(
                during(seeing, start, end).map(|own| milliseconds(own.queue)),
            ),
            recover_ms: recover(&steps, seeing, &wire, end),
            lossless_ms: exact.map(|exact| rounded(exact.milliseconds_since(end), 1)),
            lossless_bytes: exact.map(|exact| whole(wire.at(exact) - wire.at(end))),
            source_cpu_s: rounded(seeing.report.cpu_s, 3),
            audio: seeing.audio.as_ref().map(Audio::new),
        }
    }
}

impl Audio {
    fn new(heard: &Heard) -> Self {
        Self {
            underruns: heard.underruns,
            delay_ms: Percentiles::of(heard.delays.iter().copied()),
            skew_ms: Percentiles::of(heard.skews.iter().copied()),
        }
    }
}

/// What was handed to the socket if our server told, else what the link was given.
fn wire(seeing: &Seeing) -> Wire {
    match seeing.report.sent.is_empty() {
        true => Wire::new(seeing.looks.iter().map(|own| own.taken).collect()),
        false => Wire::new(seeing.report.sent.clone()),
    }
}

fn during(
    seeing: &Seeing,
    start: Micros,
    end: Micros,
) -> impl Iterator<Item = &super::session::Look> {
    let looks = seeing.looks.iter();
    looks.filter(move |own| (start..=end).contains(&own.taken.at))
}

/// Seconds of all the session with too much in them.
fn excess(wire: &Wire, cap: f64) -> usize {
    let Some((first, last)) = wire.span() else {
        return 0;
    };
    let seconds = wire.seconds(first, last);
    seconds.filter(|own| *own > cap * EXCESS).count()
}

/// After the worst step to a lower rate that came before `end`, how long until what is given to the socket is soon sent
/// again; none without such a step. If it never was, until the next step or the end.
fn recover(steps: &[(Duration, u64)], seeing: &Seeing, wire: &Wire, end: Micros) -> Option<f64> {
    let moment = |from: Duration| seeing.begun.plus(from);
    let falls = steps.windows(2).filter_map(|pair| match pair {
        [(_, before), (from, after)] if after < before => Some((moment(*from), *after)),
        _ => None,
    });
    let of = |(step, rate): (Micros, u64)| {
        let later = steps.iter().map(|(from, _)| moment(*from));
        let until = later.filter(|own| *own > step).chain([end]).min()?;
        let delays = delays(seeing, wire, step, until, rate);
        let never = until.milliseconds_since(step);
        (step < end).then(|| recovery(&delays, step, until).unwrap_or(never))
    };
    falls
        .filter_map(of)
        .fold(None, largest)
        .map(|own| rounded(own, 1))
}

/// What the link and the socket before it delay by, between two moments at which the rate is `rate`.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn delays(seeing: &Seeing, wire: &Wire, from: Micros, to: Micros, rate: u64) -> Vec<Delay> {
    let knows_socket = !seeing.report.sent.is_empty();
    let delay = |look: &super::session::Look| {
        let held = match knows_socket {
            true => (wire.at(look.taken.at) - look.taken.bytes as f64).max(0.0),
            false => 0.0,
        };
        Delay {
            at: look.taken.at,
            ms: milliseconds(look.queue) + held * 8000.0 / rate as f64,
        }
    };
    during(seeing, from, to).map(delay).collect()
}

fn largest(most: Option<f64>, value: f64) -> Option<f64> {
    Some(most.map_or(value, |most| most.max(value)))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(length: usize) -> f64 {
    length as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of a session, never fewer than none"
)]
fn whole(bytes: f64) -> u64 {
    bytes.max(0.0) as u64
}

fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1000.0, 1)
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |own| own.to_string());
        write!(
            f,
            "{} from {} over {}: {} of {} pictures, {} a second, {} ms later (p95), {} ms old (p95); {} dB; \
             {} Mbit/s, at most {}; queue {} ms (p95)",
            self.session,
            self.against.as_deref().unwrap_or("Tightrope"),
            self.transport,
            self.arrived,
            self.pictures,
            self.fps,
            number(self.latency_ms.p95),
            number(self.age_ms.p95),
            self.psnr_db,
            self.mbit_mean,
            self.mbit_max_second,
            number(self.queue_ms.p95),
        )?;
        if let Some(excess) = self.max_rate_excess {
            write!(f, "; {excess} seconds above the cap")?;
        }
        if let Some(recover) = self.recover_ms {
            write!(f, "; short again {recover} ms after the step")?;
        }
        match self.lossless_ms {
            Some(lossless) => write!(f, "; exact after {lossless} ms")?,
            None => write!(f, "; never exact")?,
        }
        if let Some(audio) = &self.audio {
            write!(
                f,
                "; sound: {} underruns, {} ms old, pictures {} ms late (p95)",
                audio.underruns,
                number(audio.delay_ms.p50),
                number(audio.skew_ms.p95)
            )?;
        }
        if self.late_ms.p95 > Some(10.0) {
            write!(f, "; PAINTED LATE: {} ms (p95)", number(self.late_ms.p95))?;
        }
        Ok(())
    }
}
