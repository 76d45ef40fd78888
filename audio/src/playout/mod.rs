//! The receiving end: packets as they come become samples for a sound card, as it asks for them.
//!
//! ```text
//! handle_packet ► admission ► store (reordering, repair) ► queue (order, concealment, fades) ► resampler ► gain ► fill
//!                    └► timing: how late is late enough ───────────► drift: a little faster or slower ─┘
//! ```

mod admission;
mod drift;
mod gain;
mod queue;
mod resampler;
mod samples;
mod source;
mod stats;
mod store;
mod timing;
mod window;

pub use stats::PlayoutStats;

use std::time::Duration;

use rfb::LocalTime;
use rfb::client::ClockSample;
use rfb::sound::{SoundFormat, SoundPacket};

use crate::clock::PlayoutClock;
use crate::codec::{CodecError, FRAME_LIMIT};
use crate::numbers::{Micros, SAMPLE, duration, local, media, micros, samples_of, single, time_of};
use admission::{Admission, Gatekeeper, Stamp};
use drift::Drift;
use gain::Gain;
use queue::Queue;
use resampler::{BLOCK, Resampler};
use samples::Chunks;
use store::Arrival;
use timing::Timing;

/// Samples of one channel that PCM is cut into: 10 ms.
const PCM_FRAME: usize = 480;
/// Sound that is later than it should be by more than this begins anew, rather than being played faster.
const OVERDUE: Micros = 150_000.0;
/// A packet captured later than this is malformed: in 142 years.
const LATEST: Micros = (1_u64 << 52) as f64;
/// The depth is averaged over so long.
const DEPTH_SMOOTH: Micros = 1_000_000.0;

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
///
/// What is played is late by what packets have been late by lately: it grows quickly and shrinks slowly. Losses are
/// repaired or concealed. The difference between the two sound cards is made up for by playing a little faster or slower.
///
/// Any call order is legal, and whatever packets say, memory is bounded and what comes out is finite and within ±1.
#[derive(Debug)]
pub struct Playout {
    queue: Queue,
    gatekeeper: Gatekeeper,
    timing: Timing,
    drift: Drift,
    resampler: Resampler,
    gain: Gain,
    chunks: Chunks,
    clock: PlayoutClock,
    /// How many samples of one channel of the queue's frame have gone into the resampler.
    fed: usize,
    /// That frame stands for time that has passed.
    advances: bool,
    /// When what goes into the resampler next was captured.
    end: Micros,
    /// Local time at the device less time of capture, of what was filled last.
    delay: Micros,
    depth: Option<(Micros, Micros)>,
    recovered: Vec<u32>,
}

impl Playout {
    /// A playout in which nothing has arrived.
    ///
    /// # Errors
    /// As [`crate::codec::Decoder::new`].
    pub fn new(config: PlayoutConfig) -> Result<Self, CodecError> {
        let frame_time = time_of(config.format.frame.samples());
        Ok(Self {
            queue: Queue::new(config.format)?,
            gatekeeper: Gatekeeper::default(),
            timing: Timing::new(frame_time, micros(config.max_wait)),
            drift: Drift::default(),
            resampler: Resampler::new()?,
            gain: Gain::default(),
            chunks: Chunks::default(),
            clock: PlayoutClock::default(),
            fed: usize::MAX,
            advances: true,
            end: 0.0,
            delay: 0.0,
            depth: None,
            recovered: vec![],
        })
    }

    /// Takes a packet that came at `now`.
    pub fn handle_packet(&mut self, now: LocalTime, packet: SoundPacket) {
        self.queue.stats.packets += 1;
        if self.queue.is_pcm() {
            self.restart(false);
        }
        let now = local(now);
        let captured = media(packet.captured);
        let sequence = packet.sequence;
        if packet.frame.is_empty() || FRAME_LIMIT < packet.frame.len() || LATEST < captured {
            self.queue.stats.malformed += 1;
            return;
        }
        let stamp = Stamp { sequence, captured };
        let least = self.timing.transit();
        match self
            .gatekeeper
            .judge(stamp, now, least, self.queue.frame_time())
        {
            Admission::Taken => {}
            Admission::Restart => self.restart(false),
            Admission::Refused => {
                self.queue.stats.late += 1;
                return;
            }
        }
        let repair = packet.repair.unwrap_or_default();
        let repairs = !repair.is_empty() && repair.len() <= 2 * FRAME_LIMIT;
        self.timing.handle_arrival(now, captured, repairs);
        let is_known = self
            .queue
            .store
            .get(sequence)
            .is_some_and(|slot| !slot.is_recovered);
        if !self.queue.is_in_time(sequence) && !is_known {
            self.queue.stats.late += 1;
        }
        self.queue.store.insert(&Arrival {
            sequence,
            captured,
            is_last: packet.is_last,
            frame: &packet.frame,
            samples: &[],
            repair: if repairs { &repair } else { &[] },
        });
        self.queue.store.mend(sequence, &mut self.recovered);
        self.measure_depth(now);
    }

    /// Takes interleaved stereo samples of 48 kHz that came at `now`, which is all that is known of their time.
    pub fn handle_pcm(&mut self, now: LocalTime, samples: &[f32]) {
        self.queue.stats.packets += 1;
        if !self.queue.is_pcm() {
            self.restart(true);
        }
        let now = local(now);
        self.chunks
            .arrive(now, samples.len() / 2, self.timing.transit());
        let (pairs, _) = samples.as_chunks::<2>();
        for pair in pairs {
            if let Some(frame) = self.chunks.push(*pair) {
                self.timing.handle_arrival(now, frame.captured, false);
                self.queue.is_in_time(frame.sequence);
                self.queue.store.insert(&frame);
            }
        }
        self.measure_depth(now);
    }

    /// The samples of [`Self::handle_pcm`] end here until there are more: what follows is silence.
    pub fn end_pcm(&mut self) {
        if !self.queue.is_pcm() {
            return;
        }
        if let Some(frame) = self.chunks.finish() {
            self.queue.is_in_time(frame.sequence);
            self.queue.store.insert(&frame);
        }
        self.queue.announce_end();
    }

    /// Takes a comparison of the clocks.
    pub fn handle_clock(&mut self, sample: &ClockSample) {
        self.clock.exchange_mut().handle_sample(sample);
    }

    /// What comes from here on is another stream, or the sender's clock is another.
    pub fn reset(&mut self) {
        self.restart(self.queue.is_pcm());
    }

    /// Fills `out` with interleaved stereo of 48 kHz, of which the first sample leaves the device at `plays`.
    ///
    /// For a sound card's callback: it never blocks, and allocates nothing.
    pub fn fill(&mut self, now: LocalTime, plays: LocalTime, out: &mut [f32]) {
        let now = local(now);
        let plays = local(plays);
        let ends = plays + time_of(out.len() / 2);
        self.timing.handle_read(now, ends);
        let mut at = plays;
        for block in out.chunks_mut(2 * BLOCK) {
            self.fill_block(now, at, block);
            at += time_of(block.len() / 2);
        }
    }

    /// How loud: 1 leaves it as it is, 0 is silent, at most 4. It changes without a click.
    pub fn set_volume(&mut self, gain: f32) {
        self.gain.set_volume(gain);
    }

    /// Nothing is to be heard, or no longer nothing.
    pub fn set_muted(&mut self, muted: bool) {
        self.gain.set_muted(muted);
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
            depth: duration(self.depth.map_or(0.0, |(_, depth)| depth)),
            target: duration(self.timing.target()),
            delay: self.clock.delay(),
            drift_ppm: single(self.drift.drift() * 1e6),
            is_silent: self.queue.is_silent(),
            ..self.queue.stats
        }
    }

    fn restart(&mut self, is_pcm: bool) {
        self.queue.clear(is_pcm);
        self.gatekeeper = Gatekeeper::default();
        self.timing.clear(self.queue.frame_time());
        self.drift.clear();
        self.chunks = Chunks::default();
        self.clock.reset();
        self.depth = None;
    }

    fn fill_block(&mut self, now: Micros, plays: Micros, out: &mut [f32]) {
        // Half a pair is no sample.
        let count = out.len() / 2;
        let start = if self.queue.is_silent() {
            self.begin(plays, count)
        } else {
            Some(0)
        };
        let Some(start) = start.filter(|start| *start < count) else {
            out.fill(0.0);
            self.clock.handle_silence(now);
            return;
        };
        let (silent, rest) = out.split_at_mut(2 * start);
        silent.fill(0.0);
        let (rest, odd) = rest.split_at_mut(2 * (count - start));
        odd.fill(0.0);
        self.steer(now, plays + time_of(start), count - start);
        let needs = self.resampler.needs(count - start);
        self.feed(needs);
        self.resampler.run(rest);
        self.gain.apply(rest);
    }

    /// Begins to play, if something is due before `count` samples from `plays` on have left: after how many of them.
    fn begin(&mut self, plays: Micros, count: usize) -> Option<usize> {
        self.timing.settle();
        let due = plays - self.timing.delay()?;
        self.resampler.reset();
        let ahead = self.resampler.lag() * SAMPLE;
        let captured = self.queue.start(due, due + ahead + time_of(count))?;
        self.drift.jump();
        self.end = captured;
        self.fed = usize::MAX;
        let start = samples_of(captured - due - ahead);
        Some(start.min(count.saturating_sub(1)))
    }

    /// Looks at when the next sample leaves, and turns the speed so that it is when it should be.
    fn steer(&mut self, now: Micros, plays: Micros, count: usize) {
        let time = time_of(count);
        self.delay = plays - (self.end - self.resampler.lag() * SAMPLE);
        if self.queue.is_pcm() {
            self.clock.handle_silence(now); // nothing is known of its capture
        } else if self.queue.is_playing() {
            self.clock.handle_sound(now, self.delay);
        }
        let Some(aim) = self.timing.delay().filter(|_| self.queue.is_playing()) else {
            return;
        };
        self.timing.handle_sound(time);
        if OVERDUE < self.delay - aim {
            self.queue.end();
            return;
        }
        let faster = self.drift.update(time, self.delay, aim);
        self.resampler.set_speed(faster);
    }

    /// Puts `needs` samples of one channel into the resampler.
    fn feed(&mut self, needs: usize) {
        while self.resampler.input.len() < 2 * needs {
            if self.queue.samples().len() / 2 <= self.fed {
                let fed = self.queue.advance();
                self.fed = 0;
                self.advances = fed.advances;
                self.end = fed.captured.unwrap_or(self.end);
            }
            let wanted = 2 * needs - self.resampler.input.len();
            let left = self.queue.samples().get(2 * self.fed..).unwrap_or_default();
            let taken = left.get(..wanted).unwrap_or(left);
            self.resampler.input.extend_from_slice(taken);
            let count = taken.len() / 2;
            if count == 0 {
                break; // a queue always gives samples
            }
            self.fed += count;
            if self.advances {
                self.end += time_of(count);
            }
        }
        self.resampler.input.resize(2 * needs, 0.0);
    }

    /// How much waits, now that something has come.
    fn measure_depth(&mut self, now: Micros) {
        let Some((_, newest)) = self.queue.store.newest() else {
            return;
        };
        if !self.queue.is_playing() {
            return;
        }
        let end = newest.captured + self.queue.frame_time();
        let read = now - self.delay + self.timing.lead();
        let depth = end - read;
        let smooth = self.depth.map_or(depth, |(at, old)| {
            let share = ((now - at) / DEPTH_SMOOTH).clamp(0.0, 1.0);
            old + (depth - old) * share
        });
        self.depth = Some((now, smooth));
    }
}
