//! Sound from one card to another in virtual time: for tests and for the instrument.
//!
//! Two sound cards that do not agree on how long a second is, a sender, a link with delay, jitter and losses, and a
//! playout. Nothing waits: an hour takes seconds.

mod link;
mod measure;
mod signal;

pub use link::{Link, LinkConfig, Random};
pub use measure::noise_db;
pub use signal::{music, tone};

use std::collections::VecDeque;
use std::time::Duration;

use rfb::sound::{SAMPLE_RATE, SoundPacket, SoundStream};

use crate::codec::{CodecError, EncoderConfig};
use crate::numbers::{Micros, duration, local_time, media_time, micros};
use crate::{Playout, PlayoutConfig, Sender, SenderConfig};

/// The sender's clock is an hour ahead of the receiver's.
const SENDER_AHEAD: Micros = 3_600e6;
/// When virtual time begins on the receiver's clock.
const BEGINNING: Micros = 10e6;
/// The card reads so long before its sound leaves it.
const LEAD: Micros = 10_000.0;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct SimulationConfig {
    /// How the sound is coded.
    pub encoder: EncoderConfig,
    /// It is sent as samples without times instead, as QEMU does.
    pub is_pcm: bool,
    /// Packets carry repairs.
    pub repair: bool,
    /// The way of the packets.
    pub link: LinkConfig,
    /// By how many millionths the sender's card is fast.
    pub capture_ppm: f64,
    /// By how many millionths the receiver's card is fast.
    pub play_ppm: f64,
    /// Samples of one channel that the receiver's card asks for at once.
    pub block: usize,
}

impl SimulationConfig {
    /// Two cards that agree, joined by a clean link.
    #[must_use]
    pub const fn new(encoder: EncoderConfig) -> Self {
        Self {
            encoder,
            is_pcm: false,
            repair: false,
            link: LinkConfig::CLEAN,
            capture_ppm: 0.0,
            play_ppm: 0.0,
            block: 480,
        }
    }
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Packets, lost ones too.
    pub packets: u64,
    /// Bytes of coded frames in them.
    pub frame_bytes: u64,
    /// Packets with a repair.
    pub repairs: u64,
    /// Bytes of repairs.
    pub repair_bytes: u64,
}

/// What is under way.
#[derive(Debug)]
enum Cargo {
    Packet(SoundPacket),
    Pcm(Vec<f32>),
}

/// Sound on its way in virtual time.
#[derive(Debug)]
pub struct Simulation {
    config: SimulationConfig,
    sender: Sender,
    link: Link,
    playout: Playout,
    /// What is under way, the first to come first.
    under_way: VecDeque<(Micros, Cargo)>,
    /// Samples of one channel captured.
    captured: u64,
    /// Samples of one channel filled.
    filled: u64,
    chunk: Vec<f32>,
    block: Vec<f32>,
    sent: Sent,
}

impl Simulation {
    /// Nothing has been captured yet.
    ///
    /// # Errors
    /// What the encoder says of its configuration.
    pub fn new(config: SimulationConfig) -> Result<Self, CodecError> {
        let mut sender = Sender::new(SenderConfig {
            stream: SoundStream::Desktop,
            encoder: config.encoder,
        })?;
        sender.set_repair(config.repair);
        Ok(Self {
            sender,
            link: Link::new(config.link),
            playout: Playout::new(PlayoutConfig::new(config.encoder.format))?,
            under_way: VecDeque::new(),
            captured: 0,
            filled: 0,
            chunk: vec![],
            block: vec![0.0; 2 * config.block],
            sent: Sent::default(),
            config,
        })
    }

    /// Goes on until the receiver's card asks for its next block: what it gets, interleaved stereo. `signal` gives the
    /// sound at each sample that is captured meanwhile.
    pub fn step(&mut self, signal: &mut dyn FnMut(u64) -> [f32; 2]) -> &[f32] {
        let now = Self::at(self.filled, self.config.play_ppm);
        self.capture_until(now, signal);
        while let Some((at, _)) = self.under_way.front()
            && *at <= now
        {
            if let Some((at, cargo)) = self.under_way.pop_front() {
                let at = local_time(BEGINNING + at);
                match cargo {
                    Cargo::Packet(packet) => self.playout.handle_packet(at, packet),
                    Cargo::Pcm(samples) => self.playout.handle_pcm(at, &samples),
                }
            }
        }
        let plays = local_time(BEGINNING + now + LEAD);
        self.playout
            .fill(local_time(BEGINNING + now), plays, &mut self.block);
        self.filled += u64::try_from(self.config.block).unwrap_or_default();
        &self.block
    }

    /// The receiving end.
    #[must_use]
    pub const fn playout(&self) -> &Playout {
        &self.playout
    }

    /// The receiving end, to change what it does.
    pub const fn playout_mut(&mut self) -> &mut Playout {
        &mut self.playout
    }

    /// The sending end, to change what it does.
    pub const fn sender_mut(&mut self) -> &mut Sender {
        &mut self.sender
    }

    /// The way of the packets, to change it.
    pub const fn link_mut(&mut self) -> &mut Link {
        &mut self.link
    }

    /// What was sent so far.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        self.sent
    }

    /// Virtual time so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        duration(Self::at(self.filled, self.config.play_ppm))
    }

    /// How long sound takes from its capture to leaving the card, by the truth that only a simulation has. `None` if none
    /// plays.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        let at = local_time(BEGINNING + Self::at(self.filled, self.config.play_ppm));
        let captured = self.playout.clock().captured(at)?;
        let sender = BEGINNING + SENDER_AHEAD + micros(self.elapsed());
        Some(media_time(sender).since(captured))
    }

    /// When a card that is fast by `ppm` has counted so many samples.
    fn at(samples: u64, ppm: f64) -> Micros {
        let nominal = crate::numbers::wide_float(samples) * 1e6 / f64::from(SAMPLE_RATE);
        nominal / (1.0 + ppm * 1e-6)
    }

    /// Captures 10 ms after 10 ms, and sends what comes of it.
    fn capture_until(&mut self, now: Micros, signal: &mut dyn FnMut(u64) -> [f32; 2]) {
        const CHUNK: u64 = 480;
        loop {
            let begun = Self::at(self.captured, self.config.capture_ppm);
            let whole = Self::at(self.captured + CHUNK, self.config.capture_ppm);
            if now < whole {
                return;
            }
            let indices = self.captured..self.captured + CHUNK;
            self.chunk.clear();
            self.chunk.extend(indices.flat_map(&mut *signal));
            self.captured += CHUNK;
            if self.config.is_pcm {
                let samples = self.chunk.clone();
                self.send(whole, Cargo::Pcm(samples));
                continue;
            }
            let time = media_time(BEGINNING + SENDER_AHEAD + begun);
            self.sender.push(&self.chunk, time);
            while let Some(packet) = self.sender.poll() {
                self.count(&packet);
                self.send(whole, Cargo::Packet(packet));
            }
        }
    }

    fn send(&mut self, now: Micros, cargo: Cargo) {
        for arrival in self.link.carry(now).into_iter().flatten() {
            let place = self.under_way.partition_point(|(at, _)| *at <= arrival);
            let copy = match &cargo {
                Cargo::Packet(packet) => Cargo::Packet(packet.clone()),
                Cargo::Pcm(samples) => Cargo::Pcm(samples.clone()),
            };
            self.under_way.insert(place, (arrival, copy));
        }
    }

    fn count(&mut self, packet: &SoundPacket) {
        let bytes = |length: usize| u64::try_from(length).unwrap_or_default();
        self.sent.packets += 1;
        self.sent.frame_bytes += bytes(packet.frame.len());
        if let Some(repair) = &packet.repair {
            self.sent.repairs += 1;
            self.sent.repair_bytes += bytes(repair.len());
        }
    }
}

/// When a sample is, in seconds of its own card.
#[must_use]
pub fn seconds(sample: u64) -> f64 {
    crate::numbers::wide_float(sample) / f64::from(SAMPLE_RATE)
}
