//! The microphone's way: from a client's device to a server's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use audio::{Playout, PlayoutConfig, PlayoutStats, Sender};
use rfb::sound::{SoundFormat, SoundPacket, SoundStream};
use rfb::{LocalTime, MediaTime};
use tokio::sync::mpsc;
use transport::MicrophoneNews;

use super::voice::sender;

/// Packets that wait to be sent at most; later ones are dropped.
const WAITING: usize = 32;

/// Where a client's device gives what its microphone hears. A handle: clones are the same microphone.
#[derive(Clone)]
pub struct MicrophoneInput {
    shared: Arc<Mutex<Option<Sender>>>,
    epoch: Instant,
    packets: mpsc::Sender<SoundPacket>,
}

impl MicrophoneInput {
    /// Takes interleaved stereo at 48 kHz whose first sample was captured at `captured`. It goes nowhere while the server
    /// does not take it: see [`Client::start_microphone`](crate::Client::start_microphone).
    pub fn push(&self, samples: &[f32], captured: Instant) {
        let mut shared = lock(&self.shared);
        let Some(sender) = shared.as_mut() else {
            return;
        };
        let captured = captured.saturating_duration_since(self.epoch);
        sender.push(samples, MediaTime::default() + captured);
        while let Some(packet) = sender.poll() {
            // Behind a connection that stands still, what is said now is of no use later.
            let _dropped = self.packets.try_send(packet);
        }
    }

    /// Whether the server takes what is pushed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        lock(&self.shared).is_some()
    }
}

/// The client's own end of it.
pub(super) struct Input {
    handle: MicrophoneInput,
    packets: mpsc::Receiver<SoundPacket>,
}

impl Input {
    pub(super) fn new(epoch: Instant) -> Self {
        let (sender, packets) = mpsc::channel(WAITING);
        Self {
            handle: MicrophoneInput {
                shared: Arc::default(),
                epoch,
                packets: sender,
            },
            packets,
        }
    }

    pub(super) fn handle(&self) -> MicrophoneInput {
        self.handle.clone()
    }

    /// The server takes it, in this format.
    pub(super) fn begin(&self, format: SoundFormat) {
        let made = sender(SoundStream::Microphone, format);
        let made = made.inspect_err(|error| tracing::warn!("no microphone: {error}"));
        *lock(&self.handle.shared) = made.ok();
    }

    /// The server does not take it any more.
    pub(super) fn end(&self) {
        *lock(&self.handle.shared) = None;
    }

    /// The next packet to be sent. Cancel safe.
    pub(super) async fn next(&mut self) -> SoundPacket {
        match self.packets.recv().await {
            Some(packet) => packet,
            // The handle here lives as long as this does.
            None => std::future::pending().await,
        }
    }
}

/// What a client's microphone hears, for a server's device to play. A handle: clones play the same.
#[derive(Clone)]
pub struct Microphone {
    shared: Arc<Mutex<Option<Playout>>>,
    epoch: Instant,
}

impl Microphone {
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            shared: Arc::default(),
            epoch,
        }
    }

    pub(crate) fn handle(&self, news: MicrophoneNews) {
        match news {
            MicrophoneNews::Started(format) => {
                let made = Playout::new(PlayoutConfig::new(format));
                let made = made.inspect_err(|error| tracing::warn!("no microphone: {error}"));
                *lock(&self.shared) = made.ok();
            }
            MicrophoneNews::Packet(packet) => {
                let now = self.local(Instant::now());
                if let Some(playout) = lock(&self.shared).as_mut() {
                    playout.handle_packet(now, packet);
                }
            }
            MicrophoneNews::Stopped => *lock(&self.shared) = None,
        }
    }

    fn local(&self, at: Instant) -> LocalTime {
        LocalTime::default() + at.saturating_duration_since(self.epoch)
    }

    /// Fills `out`, interleaved stereo at 48 kHz, whose first sample leaves the device at `plays`; `called` is now. Silence
    /// while no microphone is on.
    pub fn fill(&self, out: &mut [f32], called: Instant, plays: Instant) {
        match lock(&self.shared).as_mut() {
            Some(playout) => playout.fill(self.local(called), self.local(plays), out),
            None => out.fill(0.0),
        }
    }

    /// How well it is heard; `None` while none is on.
    #[must_use]
    pub fn stats(&self) -> Option<PlayoutStats> {
        lock(&self.shared).as_ref().map(Playout::stats)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
