//! The server, with every encoding and a voice.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use rfb::LocalTime;
use transport::{ServerConfig, ServerError};

use crate::sound::{Microphone, Voice};

/// A desktop that is being served, with every encoding there is, and with sound if
/// [`ServerConfig::sound`] says so. Clones are the same server.
///
/// What else it can do is on [`transport::Server`].
#[derive(Clone)]
pub struct Server {
    inner: transport::Server,
    voice: Arc<Voice>,
    microphone: Microphone,
}

impl Server {
    /// Listens and serves, on the tokio runtime this is called on. Clients see nothing until the first picture. What
    /// several of them are sent of one picture is encoded once.
    pub async fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        let shared = tight::Shared::new(config.workers.clone());
        let encoders = Arc::new(move || tight::encoders_sharing(&shared));
        let inner = transport::Server::bind(config, encoders).await?;
        let microphone = Microphone::new(inner.instant(LocalTime::default()));
        let heard = microphone.clone();
        inner.on_microphone(Box::new(move |news| heard.handle(news)));
        Ok(Self {
            inner,
            voice: Arc::default(),
            microphone,
        })
    }

    /// The desktop plays this: interleaved stereo at 48 kHz, any number of samples, the first of which was captured at
    /// `captured`. It is coded once for all clients that listen to the same, on the thread this is called on: for 10 ms
    /// that takes about 0.1 ms. Nothing happens while nobody listens: see
    /// [`sound_wanted`](transport::Server::sound_wanted).
    pub fn push_sound(&self, samples: &[f32], captured: Instant) {
        self.voice.say(&self.inner, samples, captured);
    }

    /// What clients' microphones hear, one at a time: see [`ServerConfig::microphone`].
    #[must_use]
    pub fn microphone(&self) -> Microphone {
        self.microphone.clone()
    }
}

impl Deref for Server {
    type Target = transport::Server;
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}
