//! The client, with every encoding and sound.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rfb::ClientEvent;
use rfb::sound::{SoundStream, SoundVolume};
use transport::{ClientConfig, ConnectError, LinkQuality, SessionError};

use crate::sound::{Hearing, MicrophoneInput, Player, format_for};

/// Finds how good the link to a server is, in at most two seconds, without beginning a session. See
/// [`transport::probe`].
pub async fn probe(config: ClientConfig) -> Result<LinkQuality, ConnectError> {
    transport::probe(config, Arc::new(tight::decoders)).await
}

/// One session with a server, with every encoding there is, and with sound if
/// [`ClientConfig::sound`] asks for it.
///
/// What else it can do is on [`transport::Client`].
pub struct Client {
    inner: transport::Client,
    hearing: Hearing,
}

impl Client {
    /// Connects, proves both sides, and reads what the server says of itself.
    pub async fn connect(config: ClientConfig) -> Result<Self, ConnectError> {
        let client = transport::Client::connect(config, Arc::new(tight::decoders)).await?;
        Ok(Self::of(client))
    }

    /// A session over a stream that is there already: a tunnel, a recording. See [`transport::Client::over`].
    pub async fn over(
        stream: impl transport::Stream + 'static,
        config: ClientConfig,
    ) -> Result<Self, ConnectError> {
        let client = transport::Client::over(stream, config, Arc::new(tight::decoders)).await?;
        Ok(Self::of(client))
    }

    fn of(inner: transport::Client) -> Self {
        Self {
            hearing: Hearing::new(&inner),
            inner,
        }
    }

    /// Moves bytes until something happens; sound goes to the [`Self::player`] meanwhile. Cancel safe. See
    /// [`transport::Client::next_event`].
    pub async fn next_event(&mut self) -> Result<ClientEvent, SessionError> {
        loop {
            let event = tokio::select! {
                event = self.inner.next_event() => event?,
                packet = self.hearing.spoken() => {
                    self.inner.send_sound(&packet);
                    continue;
                }
            };
            if let Some(event) = self.hearing.hear(&mut self.inner, event) {
                return Ok(event);
            }
        }
    }

    /// Tries once to go on over a new connection, see [`transport::Client::reconnect`]. Sound begins anew.
    pub async fn reconnect(&mut self) -> Result<(), ConnectError> {
        self.inner.reconnect().await?;
        self.hearing.reset();
        Ok(())
    }

    /// What the server's desktop plays, for the callback of a sound card: see [`audio::device::Output`].
    #[must_use]
    pub fn player(&self) -> Player {
        self.hearing.player().clone()
    }

    /// Whether the desktop's sound is to be heard. While it is not, the server sends none, if it can be told.
    pub fn set_muted(&mut self, muted: bool) {
        self.hearing.player().set_muted(muted);
        let volume = SoundVolume { volume: 256, muted };
        self.inner.set_sound_volume(SoundStream::Desktop, volume);
    }

    /// Whether the server takes what a microphone hears.
    #[must_use]
    pub fn takes_microphone(&self) -> bool {
        self.hearing.takes_microphone()
    }

    /// Asks the server to take what is pushed to [`Self::microphone`].
    /// [`ClientEvent::SoundStarted`] or [`ClientEvent::SoundStopped`] of that stream answers.
    pub fn start_microphone(&mut self) {
        if let Some(format) = format_for(&self.inner) {
            self.inner.start_microphone(format);
        }
    }

    /// Where the microphone's device gives what it hears, from any thread.
    #[must_use]
    pub fn microphone(&self) -> MicrophoneInput {
        self.hearing.microphone()
    }

    /// Writes what is queued, says goodbye and closes; at most about a second.
    pub async fn close(self) {
        self.inner.close().await;
    }
}

impl Deref for Client {
    type Target = transport::Client;
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}
