//! The client: connecting, and moving an RFB connection's bytes.

mod backoff;
mod commands;
mod config;
mod dial;
mod endpoint;
mod error;
mod login;
mod probe;
mod roaming;
mod session;
mod sound;

use std::sync::Arc;
use std::time::Duration;

pub use backoff::Backoff;
pub use config::{ClientConfig, SoundSettings};
pub use endpoint::{DEFAULT_PORT, Endpoint, Scheme, UrlError};
pub use error::{ConnectError, SessionError};
pub use probe::probe;

use rfb::{ClientEvent, Decoders};
use tokio::time::{Instant, timeout};

use crate::addresses::Watcher;
use crate::stats::SessionStats;
use crate::stream::{Clock, Counted, Stream};
use dial::{Dialed, dial};
use login::Beginning;
use roaming::Held;
use session::Session;

/// How long the handshakes may take. A server slows down whoever guesses passwords, up to 10 s.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes the decoders of a new connection.
pub type DecoderFactory = Arc<dyn Fn() -> Decoders + Send + Sync>;

/// One session with a server, over one connection after another if need be.
pub struct Client {
    config: Arc<ClientConfig>,
    decoders: DecoderFactory,
    session: Session,
    watcher: Watcher,
    held: Option<Held>,
    /// Of the connections before this one.
    before: SessionStats,
    handshake: Duration,
    reconnects: u32,
}

impl Client {
    /// Connects, proves both sides, and reads what the server says of itself.
    pub async fn connect(
        config: ClientConfig,
        decoders: DecoderFactory,
    ) -> Result<Self, ConnectError> {
        for endpoint in &config.endpoints {
            if endpoint.scheme == Scheme::Ws && !config.insecure {
                let address = endpoint.to_string();
                return Err(ConnectError::InsecureNotAllowed { address });
            }
        }
        let begun = Instant::now();
        let config = Arc::new(config);
        let dialed = dial(&config).await?;
        Self::with(dialed, config, decoders, begun).await
    }

    /// A session over a stream that is there already: a tunnel, a recording. It is plain RFB; what `config` says of
    /// address, encryption and certificates does not matter.
    pub async fn over(
        stream: impl Stream + 'static,
        mut config: ClientConfig,
        decoders: DecoderFactory,
    ) -> Result<Self, ConnectError> {
        let begun = Instant::now();
        let (stream, counters) = Counted::new(stream);
        let dialed = Dialed {
            stream: Box::new(stream),
            counters,
            is_encrypted: false,
            is_ours: false,
            quic: None,
            local: None,
            endpoint: Endpoint {
                scheme: Scheme::Vnc,
                host: "the other end".to_owned(),
                port: 0,
                path: String::new(),
            },
        };
        config.insecure = true;
        // There is nowhere to connect to again.
        config.endpoints.clear();
        Self::with(dialed, Arc::new(config), decoders, begun).await
    }

    async fn with(
        dialed: Dialed,
        config: Arc<ClientConfig>,
        decoders: DecoderFactory,
        begun: Instant,
    ) -> Result<Self, ConnectError> {
        let address = dialed.endpoint.address();
        let beginning = Beginning::new(&dialed, &config, decoders(), None, Clock::start());
        let session = Session::begin(dialed, &config, beginning);
        let session = timeout(HANDSHAKE_TIMEOUT, session).await;
        let session = session.unwrap_or_else(|_| Err(ConnectError::timed_out(address)))?;
        Ok(Self {
            config,
            decoders,
            session,
            watcher: Watcher::new(),
            held: None,
            before: SessionStats::default(),
            handshake: begun.elapsed(),
            reconnects: 0,
        })
    }

    /// Goes on with another connection, `begun` when it was looked for.
    fn begin_with(&mut self, session: Session, begun: Instant) {
        self.before = self.stats();
        self.session = session;
        self.handshake = begun.elapsed();
    }

    /// Shows `tap` every byte of RFB that the server sends from now on, decrypted, before it is understood: from the
    /// first message on, if no event was asked for yet. It sees this connection, none that follows.
    pub fn tap(&mut self, mut tap: impl FnMut(&[u8]) + Send + 'static) {
        let unread = self.session.connection.unread();
        if !unread.is_empty() {
            tap(unread);
        }
        self.session.tap = Some(Box::new(tap));
    }

    /// Moves bytes until something happens. Cancel safe: no byte is lost or sent twice.
    ///
    /// Commands given in between (keys, requests) are written here. After an error the session may go on:
    /// [`SessionError::is_worth_retrying`], [`Self::reconnect`].
    pub async fn next_event(&mut self) -> Result<ClientEvent, SessionError> {
        loop {
            let event = tokio::select! {
                event = self.session.advance() => event?,
                change = self.watcher.changed() => {
                    self.handle_change(change)?;
                    continue;
                }
            };
            match event {
                ClientEvent::Ticket(ticket) => self.held = Some(Held::new(ticket)),
                event => return Ok(event),
            }
        }
    }

    /// What the session has moved so far, and how good its link is.
    #[must_use]
    pub fn stats(&self) -> SessionStats {
        let mut stats = self.session.stats();
        stats.handshake = self.handshake;
        stats.reconnects = self.reconnects;
        stats.after(&self.before)
    }

    /// Where the server was found.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.session.endpoint
    }

    /// Writes what is queued, says goodbye and closes; at most about a second.
    pub async fn close(self) {
        self.session.close().await;
    }
}
