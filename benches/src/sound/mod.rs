//! `sound`: what sound costs, and what losses and drifting clocks do to it; in virtual time, without a device.

mod cpu;
mod drift;
mod wire;

use anyhow::Result;
use serde::Serialize;
use tightrope::audio::EncoderConfig;
use tightrope::audio::codec::{datagram_format, stream_format};
use tightrope::rfb::sound::SoundFormat;

use crate::figures::rounded;

/// What `sound` can be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to measure; everything by default.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<Part>,
    /// Seconds of sound for processor time, bit rates and losses.
    #[arg(long, value_name = "N", default_value = "120")]
    seconds: u32,
    /// Minutes of virtual time for drift.
    #[arg(long, value_name = "N", default_value = "60")]
    minutes: u32,
    /// How hard the encoder tries, 0 to 10; the default is that of sessions.
    #[arg(long, value_name = "0..=10")]
    complexity: Option<u8>,
}

/// Something to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Cpu,
    Wire,
    Loss,
    Drift,
}

/// A line of figures. Names and units of the fields are relied on from outside; what was not measured is null.
#[derive(Clone, Debug, Default, Serialize)]
struct Line {
    measure: &'static str,
    /// How packets would travel: `tls` or `quic`.
    over: Option<&'static str>,
    frame_ms: Option<u8>,
    /// Of the coded frames.
    bit_rate: Option<u32>,
    /// Shares of one processor: 0.01 is 1 %.
    encode: Option<f64>,
    decode: Option<f64>,
    /// Jitter buffer, drift correction and volume.
    resample: Option<f64>,
    sum: Option<f64>,
    /// What is sent: `music` or `silence`.
    sound: Option<&'static str>,
    /// On the wire, with all headers.
    kbit_s: Option<f64>,
    /// Of the packets.
    loss: Option<f64>,
    /// Of the frames that were lost, those that came back exactly.
    recovered: Option<f64>,
    lost_frames: Option<u64>,
    underruns: Option<u64>,
    /// The largest step between two samples, in those of the tone itself.
    largest_step: Option<f64>,
    drift_ppm: Option<f64>,
    minutes: Option<u32>,
    /// The depth of the buffer, from the first minute on: its smallest and largest, in milliseconds.
    depth_ms: Option<[f64; 2]>,
    /// Of a 1 kHz tone: the worst second.
    thd_n_db: Option<f64>,
    /// From capture to leaving a card that reads 20 ms ahead, over a link of 1 ms.
    delay_ms: Option<f64>,
}

impl Line {
    fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// The two ways sound travels by default, and how it is coded on each.
const WAYS: [(&str, SoundFormat); 2] = [("tls", stream_format()), ("quic", datagram_format())];

pub(crate) fn run(options: &Options) -> Result<()> {
    let wants = |part| options.only.is_empty() || options.only.contains(&part);
    for (over, format) in WAYS {
        let mut config = EncoderConfig::new(format);
        config.complexity = options.complexity.unwrap_or(config.complexity);
        if wants(Part::Cpu) {
            let cpu = cpu::measure(config, options.seconds)?;
            Line {
                measure: "cpu",
                encode: Some(rounded(cpu.encode, 5)),
                decode: Some(rounded(cpu.decode, 5)),
                resample: Some(rounded(cpu.rest, 5)),
                sum: Some(rounded(cpu.encode + cpu.decode + cpu.rest, 5)),
                ..of_way(over, &format)
            }
            .print()?;
        }
        if wants(Part::Wire) {
            wire(over, config, options.seconds)?;
        }
    }
    if wants(Part::Loss) {
        loss(EncoderConfig::new(datagram_format()), options.seconds)?;
    }
    if wants(Part::Drift) {
        for ppm in [-300.0, 300.0] {
            drift(ppm, options.minutes)?;
        }
    }
    Ok(())
}

fn of_way(over: &'static str, format: &SoundFormat) -> Line {
    Line {
        over: Some(over),
        frame_ms: Some(format.frame.milliseconds()),
        bit_rate: Some(format.bit_rate),
        ..Line::default()
    }
}

fn wire(over: &'static str, config: EncoderConfig, seconds: u32) -> Result<()> {
    for sound in [wire::Sound::Music, wire::Sound::Silence] {
        let sent = wire::measure(config, seconds, sound, 0.0)?;
        Line {
            measure: "wire",
            sound: Some(sound.name()),
            kbit_s: Some(rounded(sent.kbit_s(over), 2)),
            ..of_way(over, &config.format)
        }
        .print()?;
    }
    Ok(())
}

fn loss(config: EncoderConfig, seconds: u32) -> Result<()> {
    const LOSS: f64 = 0.02;
    let music = wire::measure(config, seconds, wire::Sound::Music, LOSS)?;
    let tone = wire::measure(config, seconds, wire::Sound::Tone, LOSS)?;
    let stats = tone.stats;
    Line {
        measure: "loss",
        sound: Some(wire::Sound::Music.name()),
        kbit_s: Some(rounded(music.kbit_s("quic"), 2)),
        loss: Some(LOSS),
        recovered: Some(rounded(tone.recovered(), 4)),
        lost_frames: Some(stats.lost),
        underruns: Some(stats.underruns),
        largest_step: Some(rounded(tone.largest_step, 3)),
        ..of_way("quic", &config.format)
    }
    .print()
}

fn drift(ppm: f64, minutes: u32) -> Result<()> {
    let depth = drift::depth(EncoderConfig::new(datagram_format()), ppm, minutes)?;
    let noise = drift::noise(EncoderConfig::new(datagram_format()), ppm, minutes)?;
    Line {
        measure: "drift",
        drift_ppm: Some(ppm),
        minutes: Some(minutes),
        depth_ms: Some(depth.range.map(|depth| rounded(depth, 3))),
        underruns: Some(depth.underruns),
        thd_n_db: Some(rounded(noise, 1)),
        delay_ms: depth.delay_ms.map(|delay| rounded(delay, 1)),
        ..of_way("quic", &datagram_format())
    }
    .print()
}
