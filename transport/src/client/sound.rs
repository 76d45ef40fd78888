//! The client's part in sound.

use rfb::LocalTime;
use rfb::sound::{PcmFormat, SoundFormat, SoundPacket, SoundStream, SoundVolume};

use super::{Client, SoundSettings};

impl Client {
    /// How sound is to be sent; `None` if none is wanted.
    #[must_use]
    pub fn sound_settings(&self) -> Option<SoundSettings> {
        self.config.sound
    }
    /// Whether each frame of sound has a datagram of its own, which may get lost.
    #[must_use]
    pub fn has_datagrams(&self) -> bool {
        self.session.quic.is_some()
    }
    /// Asks for the desktop's sound in this format, after
    /// [`ClientEvent::SoundOffered`](rfb::ClientEvent::SoundOffered).
    pub fn start_sound(&mut self, format: SoundFormat) {
        self.noted(|connection| connection.start_sound(format));
    }
    /// Asks for the desktop's sound as samples, after [`ClientEvent::PcmOffered`](rfb::ClientEvent::PcmOffered).
    pub fn start_pcm(&mut self, format: PcmFormat) {
        self.noted(|connection| connection.start_pcm(format));
    }
    /// Wants to hear nothing more.
    pub fn stop_sound(&mut self) {
        self.session.connection.stop_sound();
    }
    /// Says that what the microphone hears follows; [`ClientEvent::SoundStarted`](rfb::ClientEvent::SoundStarted) allows
    /// it.
    pub fn start_microphone(&mut self, format: SoundFormat) {
        self.noted(|connection| connection.start_microphone(format));
    }
    /// Says that nothing more follows.
    pub fn stop_microphone(&mut self) {
        self.session.connection.stop_microphone();
    }
    /// Sends a frame of what the microphone hears.
    pub fn send_sound(&mut self, packet: &SoundPacket) {
        self.session.connection.send_sound(packet);
    }
    /// Tells the server how loud a stream is played. What is muted is not sent.
    pub fn set_sound_volume(&mut self, stream: SoundStream, volume: SoundVolume) {
        self.noted(|connection| connection.set_sound_volume(stream, volume));
    }

    /// The moment on this client's clock, which is the same over all its connections.
    #[must_use]
    pub fn local_time(&self, at: std::time::Instant) -> LocalTime {
        self.session.clock.at(at.into())
    }
    /// The moment that a reading of this client's clock stands for.
    #[must_use]
    pub fn instant(&self, at: LocalTime) -> std::time::Instant {
        self.session.clock.instant(at).into()
    }
}
