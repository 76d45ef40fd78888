//! The session's part in sound: what its client hears, and what its microphone says.

use std::time::Duration;

use rfb::ServerEvent as Event;
use rfb::sound::{SoundEnd, SoundPacket};
use tokio::time::Instant;

use super::Session;
use crate::quic::QuicStats;
use crate::server::ServerEvent;
use crate::server::sound::{Sound, Waiting};

/// How often losses are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// For so long after the last packet that was lost, packets repair others.
const AFTER_LOSS: Duration = Duration::from_secs(10);

/// Whether packets get lost on the way to the client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    looked: Option<Instant>,
    lost: u64,
    last: Option<Instant>,
}

impl Losses {
    /// Whether sound is to be repaired now, if it is time to look.
    fn look(&mut self, now: Instant, stats: impl FnOnce() -> QuicStats) -> Option<bool> {
        if self.looked.is_some_and(|looked| now - looked < LOOK) {
            return None;
        }
        let is_first = self.looked.replace(now).is_none();
        let lost = stats().packets_lost;
        // What was lost before there was sound says little of it.
        if std::mem::replace(&mut self.lost, lost) < lost && !is_first {
            self.last = Some(now);
        }
        Some(self.last.is_some_and(|last| now - last < AFTER_LOSS))
    }
}

impl Session {
    pub(super) fn handle_sound(&mut self, event: Event) {
        let (id, shared) = (self.id, &self.shared);
        match event {
            Event::SoundStarted(_) if !self.rights.is_some_and(|own| own.sound) => {
                self.connection.end_sound(SoundEnd::PROHIBITED);
            }
            Event::SoundStarted(feed) => {
                self.is_listening = true;
                shared.sound.listen(id, feed, &self.mailbox);
                tracing::debug!("session {id} listens to {feed:?}");
            }
            Event::SoundStopped => {
                self.wants_silence = true;
                self.stop_listening();
            }
            Event::MicrophoneStarted(format) => {
                let has_right = self.rights.is_some_and(|own| own.microphone);
                let may_speak = has_right && shared.config.microphone;
                if !may_speak {
                    self.connection.end_microphone(SoundEnd::PROHIBITED);
                } else if shared.sound.begin_speaking(id, format) {
                    shared.emit(ServerEvent::MicrophoneStarted { session: id });
                } else {
                    self.connection.end_microphone(SoundEnd::UNAVAILABLE);
                }
            }
            Event::MicrophoneStopped => self.end_speaking(),
            Event::Sound(packet) => shared.sound.speak(id, packet),
            // Muted, it is sent nothing; how loud it plays the rest is its own affair.
            _ => {}
        }
    }

    fn stop_listening(&mut self) {
        if std::mem::take(&mut self.is_listening) {
            self.shared.sound.stop_listening(self.id);
        }
    }

    fn end_speaking(&self) {
        if self.shared.sound.end_speaking(self.id) {
            let session = self.id;
            self.shared.emit(ServerEvent::MicrophoneStopped { session });
        }
    }

    /// Takes sound to the connection.
    pub(super) fn take_sound(&mut self, waiting: Waiting) {
        let mut repair = None;
        for sound in waiting.take() {
            self.sounded = Some(self.clock.now());
            match sound {
                Sound::Packet(packet) => {
                    let is_lossy = *repair.get_or_insert_with(|| self.watch_losses());
                    let spare = packet.repair.is_some() && !is_lossy;
                    self.connection.send_sound(&match spare {
                        true => SoundPacket {
                            repair: None,
                            ..packet
                        },
                        false => packet,
                    });
                }
                Sound::Pcm(samples) => self.connection.send_pcm(samples),
                Sound::End(reason) => {
                    self.connection.end_sound(reason);
                    self.stop_listening();
                }
            }
        }
    }

    /// Whether packets get lost; asks for repairs if that has changed.
    fn watch_losses(&mut self) -> bool {
        let Some(quic) = &self.below.quic else {
            return false;
        };
        if let Some(repair) = self.losses.look(Instant::now(), || quic.stats()) {
            self.shared.sound.set_repair(self.id, repair);
            return repair;
        }
        self.losses
            .last
            .is_some_and(|last| last.elapsed() < AFTER_LOSS)
    }

    /// Sends what goes beside the stream.
    pub(super) fn send_datagrams(&mut self) {
        while let Some(datagram) = self.connection.poll_datagram() {
            if let Some(quic) = &self.below.quic {
                // What does not go is lost, as it may be on the way.
                let _sent = quic.send_datagram(&datagram);
            }
        }
    }
}
