//! A client and a server joined by a link that cuts bytes as it likes. No sockets, no clock but its own.

use std::time::Duration;

use rfb::server::Security;
use rfb::{
    ClientConfig, ClientConnection, ClientEvent, Decoders, Encoders, Error, Framebuffer, Limits,
    LocalTime, ServerConfig, ServerConnection, ServerEvent, Size,
};

/// Both ends, what is on the way between them, and the time.
pub struct Pair {
    /// The client.
    pub client: ClientConnection,
    /// The server.
    pub server: ServerConnection,
    /// The desktop the server shows.
    pub desktop: Framebuffer,
    /// Bytes the link carries at once.
    pub chunk: usize,
    /// Bytes an update may have.
    pub budget: usize,
    /// Now, for both.
    pub now: LocalTime,
    /// Every byte the server sent.
    pub server_bytes: Vec<u8>,
    /// Every byte the client sent.
    pub client_bytes: Vec<u8>,
    down: Vec<u8>,
    up: Vec<u8>,
}

/// What both sides learnt.
#[derive(Debug, Default)]
pub struct Learnt {
    /// The client's events.
    pub client: Vec<ClientEvent>,
    /// The server's events.
    pub server: Vec<ServerEvent>,
}

/// A server's settings without authentication.
#[must_use]
pub fn open_server(size: Size) -> ServerConfig {
    ServerConfig {
        size,
        name: "desk".into(),
        security: Security::open(),
        power: true,
        sound: None,
        limits: Limits::default(),
    }
}

impl Pair {
    /// Two fresh ends that know every encoding, showing `desktop`.
    #[must_use]
    pub fn new(desktop: Framebuffer) -> Self {
        let client = ClientConnection::new(ClientConfig::default(), tight::decoders());
        let server = ServerConnection::new(open_server(desktop.size()), tight::encoders());
        Self::of(desktop, client, server)
    }

    /// Two fresh ends that know these encodings only.
    #[must_use]
    pub fn speaking(desktop: Framebuffer, decoders: Decoders, encoders: Encoders) -> Self {
        let client = ClientConnection::new(ClientConfig::default(), decoders);
        let server = ServerConnection::new(open_server(desktop.size()), encoders);
        Self::of(desktop, client, server)
    }

    /// These two ends.
    #[must_use]
    pub fn of(desktop: Framebuffer, client: ClientConnection, server: ServerConnection) -> Self {
        Self {
            client,
            server,
            desktop,
            chunk: usize::MAX,
            budget: usize::MAX,
            now: LocalTime::default(),
            server_bytes: Vec::new(),
            client_bytes: Vec::new(),
            down: Vec::new(),
            up: Vec::new(),
        }
    }

    /// Carries bytes and encodes updates until neither side has more to say, and gives what each learnt.
    pub fn drive(&mut self) -> Result<Learnt, Error> {
        let mut learnt = Learnt::default();
        loop {
            self.now = self.now + Duration::from_micros(10);
            while let Some(event) = self.client.poll_event()? {
                learnt.client.push(event);
            }
            while let Some(event) = self.server.poll_event()? {
                learnt.server.push(event);
            }
            if let Some(job) = self.server.begin_update(self.now, self.budget) {
                let update = job.run(self.desktop.view());
                self.server.finish_update(self.now, update);
            }
            if let Some(bytes) = self.server.poll_output() {
                self.server_bytes.extend_from_slice(&bytes);
                self.down.extend_from_slice(&bytes);
            }
            if let Some(bytes) = self.client.poll_output() {
                self.client_bytes.extend_from_slice(&bytes);
                self.up.extend_from_slice(&bytes);
            }
            if self.down.is_empty() && self.up.is_empty() {
                return Ok(learnt);
            }
            let down: Vec<u8> = self.down.drain(..self.chunk.min(self.down.len())).collect();
            self.client.handle_bytes(self.now, &down);
            let up: Vec<u8> = self.up.drain(..self.chunk.min(self.up.len())).collect();
            self.server.handle_bytes(self.now, &up);
        }
    }

    /// Lets `time` pass, then drives.
    pub fn wait(&mut self, time: Duration) -> Result<Learnt, Error> {
        self.now = self.now + time;
        self.drive()
    }

    /// The desktop now shows `desktop`; what differs is damage.
    pub fn show(&mut self, desktop: Framebuffer) {
        assert_eq!(desktop.size(), self.desktop.size(), "resize first");
        let mut before = std::mem::replace(&mut self.desktop, desktop);
        let damage = rfb::damage::refine(&mut before, rfb::Point::default(), self.desktop.view());
        self.server.add_damage(&damage);
    }

    /// Whether the client holds exactly what the server shows.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.client.framebuffer() == &self.desktop
    }
}
