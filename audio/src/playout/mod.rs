//! The receiving end.

mod stats;

pub use stats::PlayoutStats;

use std::collections::VecDeque;
use std::time::Duration;

use rfb::LocalTime;
use rfb::client::ClockSample;
use rfb::sound::{SoundFormat, SoundPacket};

use crate::clock::PlayoutClock;
use crate::codec::{CodecError, Decoder};
use crate::numbers::{duration, local, media, single, time_of};

/// How a [`Playout`] is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayoutConfig {
    /// How the packets are coded.
    pub format: SoundFormat,
    /// Packets that come later than this after the earliest are not waited for.
    pub max_wait: Duration,
}

impl PlayoutConfig {
    /// For packets of `format`, which are waited for up to 300 ms.
    #[must_use]
    pub const fn new(format: SoundFormat) -> Self {
        Self {
            format,
            max_wait: Duration::from_millis(300),
        }
    }
}

/// Turns packets, as they come, into samples for a sound card, as it asks for them.
#[derive(Debug)]
pub struct Playout {
    decoder: Decoder,
    waiting: VecDeque<f32>,
    end: f64,
    clock: PlayoutClock,
    stats: PlayoutStats,
    volume: f32,
    is_muted: bool,
}

impl Playout {
    /// A playout in which nothing has arrived.
    ///
    /// # Errors
    /// As [`Decoder::new`].
    pub fn new(config: PlayoutConfig) -> Result<Self, CodecError> {
        Ok(Self {
            decoder: Decoder::new(config.format)?,
            waiting: VecDeque::new(),
            end: 0.0,
            clock: PlayoutClock::default(),
            stats: PlayoutStats::default(),
            volume: 1.0,
            is_muted: false,
        })
    }

    /// Takes a packet that came at `now`.
    pub fn handle_packet(&mut self, now: LocalTime, packet: SoundPacket) {
        let _ = now;
        self.stats.packets += 1;
        let frame = self.decoder.format().frame.samples();
        self.end = media(packet.captured) + time_of(frame);
        match self.decoder.decode(&packet.frame) {
            Ok(samples) if self.waiting.len() < 48_000 => self.waiting.extend(samples),
            Ok(_) => self.stats.late += 1,
            Err(_) => self.stats.malformed += 1,
        }
    }

    /// Takes interleaved stereo samples of 48 kHz that came at `now`, which is all that is known of their time.
    pub fn handle_pcm(&mut self, now: LocalTime, samples: &[f32]) {
        let _ = now;
        if self.waiting.len() < 48_000 {
            self.waiting.extend(samples);
        }
    }

    /// The samples of [`Self::handle_pcm`] end here, until there are more: what follows is silence.
    pub fn end_pcm(&mut self) {}

    /// Takes a comparison of the clocks.
    pub fn handle_clock(&mut self, sample: &ClockSample) {
        self.clock.exchange_mut().handle_sample(sample);
    }

    /// What comes from here on is another stream, or the sender's clock is another.
    pub fn reset(&mut self) {
        self.waiting.clear();
        self.decoder.reset();
        self.clock.reset();
    }

    /// Fills `out` with interleaved stereo of 48 kHz, of which the first sample leaves the device at `plays`.
    ///
    /// For a sound card's callback: it never blocks, and allocates nothing.
    pub fn fill(&mut self, now: LocalTime, plays: LocalTime, out: &mut [f32]) {
        let gain = if self.is_muted { 0.0 } else { self.volume };
        let start = self.end - time_of(self.waiting.len() / 2);
        if self.waiting.is_empty() {
            self.clock.handle_silence(local(now));
        } else {
            self.clock.handle_sound(local(now), local(plays) - start);
        }
        for sample in out {
            *sample = self.waiting.pop_front().unwrap_or(0.0) * gain;
        }
    }

    /// How loud: 1 leaves it as it is, 0 is silent, at most 4. It changes without a click.
    pub fn set_volume(&mut self, gain: f32) {
        self.volume = gain.clamp(0.0, 4.0);
    }

    /// Nothing is to be heard, or no longer nothing.
    pub fn set_muted(&mut self, muted: bool) {
        self.is_muted = muted;
    }

    /// What plays when.
    #[must_use]
    pub const fn clock(&self) -> &PlayoutClock {
        &self.clock
    }

    /// How it does.
    #[must_use]
    pub fn stats(&self) -> PlayoutStats {
        PlayoutStats {
            delay: self.clock.delay(),
            depth: duration(time_of(self.waiting.len() / 2)),
            drift_ppm: single(0.0),
            is_silent: self.waiting.is_empty(),
            ..self.stats
        }
    }
}
