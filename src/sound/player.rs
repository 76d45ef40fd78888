//! What a client hears, for the callback of a sound card.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audio::{ClockExchange, Playout, PlayoutConfig, PlayoutStats};
use rfb::client::ClockSample;
use rfb::sound::{SoundFormat, SoundPacket, SoundVolume};
use rfb::{LocalTime, MediaTime};

/// Sound as it is to be played. A handle: clones play the same sound, so one device should.
#[derive(Clone)]
pub struct Player(Arc<Mutex<State>>);

struct State {
    /// The beginning of the client's clock.
    epoch: Instant,
    /// What plays, once the server sends sound.
    playout: Option<Playout>,
    clocks: ClockExchange,
    gain: f32,
    muted: bool,
    /// How loud the server wants it.
    wanted: SoundVolume,
    /// What streams before this one have met.
    before: PlayoutStats,
}

impl Player {
    pub(crate) fn new(epoch: Instant) -> Self {
        Self(Arc::new(Mutex::new(State {
            epoch,
            playout: None,
            clocks: ClockExchange::default(),
            gain: 1.0,
            muted: false,
            wanted: SoundVolume {
                volume: 256,
                muted: false,
            },
            before: PlayoutStats::default(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills `out`, interleaved stereo at 48 kHz, whose first sample leaves the device at `plays`; `called` is now. Silence
    /// while the server sends none. For the callback of a device: it neither blocks nor allocates once sound plays.
    pub fn fill(&self, out: &mut [f32], called: Instant, plays: Instant) {
        let state = &mut *self.state();
        let (called, plays) = (state.local(called), state.local(plays));
        match &mut state.playout {
            Some(playout) => playout.fill(called, plays, out),
            None => out.fill(0.0),
        }
    }

    /// How loud it plays: 1 as it is. Takes effect within milliseconds, without a click.
    pub fn set_volume(&self, gain: f32) {
        let mut state = self.state();
        state.gain = gain;
        state.apply_volume();
    }

    /// Whether nothing is to be heard. What is sent meanwhile is played silently; see
    /// [`Client::set_muted`](crate::Client::set_muted) for the server to send nothing.
    pub fn set_muted(&self, muted: bool) {
        let mut state = self.state();
        state.muted = muted;
        state.apply_volume();
    }

    /// Whether it is muted here.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.state().muted
    }

    /// What has been played, and how well; `None` before the server sent any.
    #[must_use]
    pub fn stats(&self) -> Option<PlayoutStats> {
        let state = self.state();
        let now = state.playout.as_ref()?.stats();
        Some(now.after(&state.before))
    }

    /// When what was captured at `captured` is to be shown so that it is in step with the sound; `None` if no sound plays:
    /// at once. Never more than [`audio::MAX_HOLD`] from now.
    #[must_use]
    pub fn due(&self, captured: MediaTime) -> Option<LocalTime> {
        self.state().playout.as_ref()?.clock().due(captured)
    }

    /// When what leaves the device at `at` was captured; `None` if no sound plays.
    #[must_use]
    pub fn captured(&self, at: Instant) -> Option<MediaTime> {
        let state = self.state();
        let at = state.local(at);
        state.playout.as_ref()?.clock().captured(at)
    }

    /// The moment on this machine's clock, as far as the clocks have been compared.
    #[must_use]
    pub fn server_time(&self, captured: MediaTime) -> Option<Instant> {
        let state = self.state();
        let local = state.clocks.local(captured)?;
        Some(state.epoch + Duration::from_micros(local.as_micros()))
    }

    /// Sound of this format follows, from its beginning.
    pub(super) fn begin(&self, format: SoundFormat) {
        let made = Playout::new(PlayoutConfig::new(format));
        self.replace(made);
    }

    /// Samples follow, without time stamps.
    pub(super) fn begin_pcm(&self) {
        let is_there = self.state().playout.is_some();
        if !is_there {
            // That is the format of packets; samples are samples.
            self.begin(audio::codec::stream_format());
        }
    }

    /// No samples follow for now.
    pub(super) fn end_pcm(&self) {
        if let Some(playout) = &mut self.state().playout {
            playout.end_pcm();
        }
    }

    fn replace(&self, made: Result<Playout, audio::CodecError>) {
        self.end();
        match made {
            Ok(playout) => {
                let mut state = self.state();
                state.playout = Some(playout);
                state.apply_volume();
            }
            Err(error) => tracing::warn!("no sound: {error}"),
        }
    }

    /// No sound follows.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        if let Some(playout) = state.playout.take() {
            state.before = playout.stats().after(&state.before);
        }
    }

    pub(super) fn take(&self, now: LocalTime, packet: SoundPacket) {
        if let Some(playout) = &mut self.state().playout {
            playout.handle_packet(now, packet);
        }
    }

    pub(super) fn take_pcm(&self, now: LocalTime, samples: &[f32]) {
        if let Some(playout) = &mut self.state().playout {
            playout.handle_pcm(now, samples);
        }
    }

    pub(super) fn compare(&self, sample: &ClockSample) {
        let state = &mut *self.state();
        state.clocks.handle_sample(sample);
        if let Some(playout) = &mut state.playout {
            playout.handle_clock(sample);
        }
    }

    pub(super) fn want(&self, wanted: SoundVolume) {
        let mut state = self.state();
        state.wanted = wanted;
        state.apply_volume();
    }
}

impl State {
    fn local(&self, at: Instant) -> LocalTime {
        LocalTime::default() + at.saturating_duration_since(self.epoch)
    }

    fn apply_volume(&mut self) {
        let gain = self.gain * f32::from(self.wanted.volume) / 256.0;
        let muted = self.muted || self.wanted.muted;
        if let Some(playout) = &mut self.playout {
            playout.set_volume(gain);
            playout.set_muted(muted);
        }
    }
}
