//! What goes over the wire, and what comes of it if some is lost.
//!
//! Besides frame and repair each packet has
//! - 14 bytes of its own: stream, flags, sequence, time of capture; with a repair 2 more, the length of the frame;
//! - over TLS: 9 bytes of our extension message with its type, 22 of a TLS 1.3 record (header, content type, tag), 52 of
//!   IPv4 and TCP with time stamps: 83;
//! - over QUIC: 1 byte for the kind of datagram, 3 of the DATAGRAM frame, 1 + 8 + 2 of the short header (connection id,
//!   packet number), 16 of the tag, 28 of IPv4 and UDP: 59.
//!
//! Acknowledgements, which share packets with everything else that a session says, are not in it.

use std::f64::consts::TAU;
use std::time::Duration;

use anyhow::Result;
use tightrope::audio::simulated::{Sent, Simulation, SimulationConfig, music, tone};
use tightrope::audio::{EncoderConfig, PlayoutStats};

const OWN: u64 = 14;
const OWN_WITH_REPAIR: u64 = 2;
const TLS: u64 = 9 + 22 + 52;
const QUIC: u64 = 1 + 3 + (1 + 8 + 2) + 16 + 28;

const HERTZ: f64 = 440.0;
const LEVEL: f64 = 0.5;

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sound {
    Music,
    Tone,
    /// After two seconds of music.
    Silence,
}

impl Sound {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Music => "music",
            Self::Tone => "tone",
            Self::Silence => "silence",
        }
    }

    fn at(self, sample: u64) -> [f32; 2] {
        match self {
            Self::Music => music(sample),
            Self::Tone => tone(HERTZ, LEVEL, sample),
            Self::Silence if sample < 2 * 48_000 => music(sample),
            Self::Silence => [0.0; 2],
        }
    }
}

/// What came of it.
pub(super) struct Outcome {
    sent: Sent,
    time: Duration,
    pub(super) stats: PlayoutStats,
    pub(super) largest_step: f64,
}

impl Outcome {
    /// All that was sent `over` TLS or QUIC, a second.
    pub(super) fn kbit_s(&self, over: &str) -> f64 {
        let sent = self.sent;
        let headers = OWN + if over == "tls" { TLS } else { QUIC };
        let bytes = sent.packets * headers
            + sent.repairs * OWN_WITH_REPAIR
            + sent.frame_bytes
            + sent.repair_bytes;
        bytes as f64 * 8.0 / 1e3 / self.time.as_secs_f64()
    }

    pub(super) fn recovered(&self) -> f64 {
        self.stats.recovered as f64 / self.stats.lost.max(1) as f64
    }
}

/// Sends so many seconds over a link that loses this share; where it does, with repairs.
pub(super) fn measure(
    encoder: EncoderConfig,
    seconds: u32,
    sound: Sound,
    loss: f64,
) -> Result<Outcome> {
    let mut config = SimulationConfig::new(encoder);
    config.repair = 0.0 < loss;
    config.link.loss = loss;
    let mut simulation = Simulation::new(config)?;
    let mut signal = |sample| sound.at(sample);
    // Silence is measured once there is nothing else: the music before it, and what silence begins with, is left out.
    let begin = match sound {
        Sound::Silence => Duration::from_secs(5),
        Sound::Music | Sound::Tone => Duration::ZERO,
    };
    while simulation.elapsed() < begin {
        simulation.step(&mut signal);
    }
    let before = simulation.sent();
    let end = begin + Duration::from_secs(u64::from(seconds));
    let (mut last, mut largest) = (0.0_f32, 0.0_f32);
    while simulation.elapsed() < end {
        for sample in simulation.step(&mut signal).iter().step_by(2) {
            largest = largest.max((sample - last).abs());
            last = *sample;
        }
    }
    let after = simulation.sent();
    Ok(Outcome {
        sent: Sent {
            packets: after.packets - before.packets,
            frame_bytes: after.frame_bytes - before.frame_bytes,
            repairs: after.repairs - before.repairs,
            repair_bytes: after.repair_bytes - before.repair_bytes,
        },
        time: end - begin,
        stats: simulation.playout().stats(),
        largest_step: f64::from(largest) / (TAU * HERTZ / 48_000.0 * LEVEL),
    })
}
