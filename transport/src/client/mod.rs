//! The client: connecting, and moving an RFB connection's bytes.

mod config;
mod endpoint;
mod error;

use std::sync::Arc;
use std::time::Duration;

pub use config::ClientConfig;
pub use endpoint::{DEFAULT_PORT, Endpoint, Scheme, UrlError};
pub use error::{ConnectError, SessionError};

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::{
    ClientConnection, ClientEvent, Cursor, Decoders, Encoding, Framebuffer, Goodbye, Leds, Point,
    PowerAction, Screen, Size,
};
use tokio::net::TcpStream;

use crate::credentials::vnc_auth;
use crate::stream::{Clock, Counted, Counters, Link, Moved, Stream, tune};
use crate::tls;

/// How long a TCP connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the handshakes may take. A server slows down whoever guesses passwords, up to 10 s.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// With several threads, bytes read before what they say is drawn: some rectangles, a few milliseconds' work.
const BYTES_AT_ONCE: usize = 256 << 10;
/// How long closing may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What has passed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientStats {
    /// Bytes that came, TLS included.
    pub bytes_received: u64,
    /// Bytes that went, TLS included.
    pub bytes_sent: u64,
    /// Updates with pixels.
    pub updates: u64,
    /// Rectangles drawn.
    pub rectangles: u64,
    /// Pixels damaged, summed over the updates.
    pub pixels: u64,
    /// Whether nobody on the way can read along.
    pub encrypted: bool,
}

/// One session with a server.
pub struct Client {
    connection: ClientConnection,
    link: Link,
    clock: Clock,
    counters: Arc<Counters>,
    /// Bytes beyond which nothing more is read before events.
    at_once: usize,
    updates: u64,
    pixels: u64,
    encrypted: bool,
    tap: Option<Tap>,
}

/// See [`Client::tap`].
type Tap = Box<dyn FnMut(&[u8]) + Send>;

impl Client {
    /// Connects, proves both sides, and reads what the server says of itself.
    pub async fn connect(config: ClientConfig, decoders: Decoders) -> Result<Self, ConnectError> {
        let Some(endpoint) = config.endpoints.first() else {
            return Err(ConnectError::NoEndpoint);
        };
        let address = (endpoint.host.clone(), endpoint.port);
        let (shown, encrypted) = (endpoint.address(), endpoint.scheme.is_encrypted());
        if !encrypted && !config.insecure {
            return Err(ConnectError::InsecureNotAllowed { address: shown });
        }
        let io = |error| ConnectError::Io {
            address: shown.clone(),
            error,
        };
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
            .map_err(io)?;
        tune(&stream).map_err(io)?;
        let (stream, counters) = Counted::new(stream);
        let handshake = async {
            let (pin, identity) = (config.fingerprint, config.identity.as_ref());
            let stream: Box<dyn Stream> = match encrypted {
                true => Box::new(tls::connect(stream, pin, identity, &[tls::RFB], &shown).await?),
                false => Box::new(stream),
            };
            let mut client = Self::new(&config, decoders, stream, counters, encrypted);
            client.log_in(&config, &shown).await?;
            Ok(client)
        };
        tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake)
            .await
            .unwrap_or_else(|_| Err(io(std::io::ErrorKind::TimedOut.into())))
    }

    /// A session over a stream that is there already: a tunnel, a recording. It is plain RFB; what `config` says of
    /// address, encryption and certificates does not matter.
    pub async fn over(
        stream: impl Stream + 'static,
        config: ClientConfig,
        decoders: Decoders,
    ) -> Result<Self, ConnectError> {
        let (stream, counters) = Counted::new(stream);
        let mut client = Self::new(&config, decoders, Box::new(stream), counters, false);
        let address = "the other end";
        let handshake = client.log_in(&config, address);
        tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake)
            .await
            .unwrap_or_else(|_| {
                Err(ConnectError::Io {
                    address: address.to_owned(),
                    error: std::io::ErrorKind::TimedOut.into(),
                })
            })?;
        Ok(client)
    }

    fn new(
        config: &ClientConfig,
        decoders: Decoders,
        stream: Box<dyn Stream>,
        counters: Arc<Counters>,
        encrypted: bool,
    ) -> Self {
        Self {
            connection: ClientConnection::new(config.protocol(), config.decoders(decoders)),
            link: Link::new(stream),
            clock: Clock::start(),
            counters,
            at_once: if config.workers.most() > 1 {
                BYTES_AT_ONCE
            } else {
                0
            },
            updates: 0,
            pixels: 0,
            encrypted,
            tap: None,
        }
    }

    /// Shows `tap` every byte of RFB that the server sends from now on, decrypted, before it is understood: from the
    /// first message on, if no event was asked for yet.
    pub fn tap(&mut self, mut tap: impl FnMut(&[u8]) + Send + 'static) {
        let unread = self.connection.unread();
        if !unread.is_empty() {
            tap(unread);
        }
        self.tap = Some(Box::new(tap));
    }

    async fn log_in(&mut self, config: &ClientConfig, address: &str) -> Result<(), ConnectError> {
        loop {
            match self.advance().await {
                Ok(ClientEvent::Connected { .. }) => return Ok(()),
                Ok(ClientEvent::Challenge(challenge)) => {
                    let Some(password) = &config.password else {
                        return Err(ConnectError::PasswordNeeded {
                            address: address.to_owned(),
                        });
                    };
                    let answer = vnc_auth::answer(&challenge, password);
                    self.connection
                        .answer(answer)
                        .map_err(ConnectError::Protocol)?;
                }
                Ok(_) => {}
                Err(error) => return Err(error.while_connecting(address)),
            }
        }
    }

    /// Moves bytes until something happens. Cancel safe: no byte is lost or sent twice.
    ///
    /// Commands given in between (keys, requests) are written here.
    pub async fn next_event(&mut self) -> Result<ClientEvent, SessionError> {
        let event = self.advance().await?;
        if let ClientEvent::Updated { damage, .. } = &event {
            self.updates += 1;
            self.pixels += damage.area() as u64;
        }
        Ok(event)
    }

    async fn advance(&mut self) -> Result<ClientEvent, SessionError> {
        loop {
            if let Some(event) = self
                .connection
                .poll_event()
                .map_err(SessionError::Protocol)?
            {
                return Ok(event);
            }
            self.push_output();
            match self.link.step().await.map_err(SessionError::Io)? {
                Moved::In(0) => return Err(SessionError::Closed),
                Moved::In(length) => self.take_in(length).await,
                Moved::Out => {}
            }
        }
    }

    /// Takes the `length` bytes that were read, and what else is there by now: rectangles that come together are drawn
    /// together.
    async fn take_in(&mut self, length: usize) {
        let (mut length, mut taken) = (length, 0);
        while length > 0 {
            let bytes = self.link.received(length);
            if let Some(tap) = &mut self.tap {
                tap(bytes);
            }
            self.connection.handle_bytes(self.clock.now(), bytes);
            taken += length;
            length = if taken < self.at_once {
                self.link.read_on().await
            } else {
                0
            };
        }
    }

    fn push_output(&mut self) {
        if self.link.is_idle()
            && let Some(bytes) = self.connection.poll_output()
        {
            self.link.send(bytes);
        }
    }

    /// Presses or releases the key of an X11 keysym.
    pub fn key(&mut self, keysym: u32, down: bool) {
        self.noted(|connection| connection.key(keysym, down));
    }
    /// Presses or releases a key: its X11 keysym (0 if unknown) and its own code, which is that of the PC's set 1, with
    /// 0x80 added for those behind 0xe0. A server that takes no key codes is told the keysym alone.
    pub fn extended_key(&mut self, keysym: u32, keycode: u32, down: bool) {
        self.noted(|connection| connection.extended_key(keysym, keycode, down));
    }
    /// Puts the pointer at a pixel of the desktop, with these buttons held down: bit 0 is the left button, 1 the
    /// middle, 2 the right, 3 to 6 the wheel up, down, left, right, 7 and 8 buttons 8 (back) and 9 (forward), which
    /// not every server takes.
    pub fn pointer(&mut self, at: Point, buttons: u16) {
        self.noted(|connection| connection.pointer(at, buttons));
    }
    /// Tells the server that the local clipboard has `content`.
    pub fn set_clipboard(&mut self, content: impl Into<Content>) {
        self.noted(|connection| connection.set_clipboard(content));
    }
    /// Asks for the image on the server's clipboard: [`ClientEvent::ClipboardImage`] answers. Nothing happens if there is
    /// none.
    pub fn request_clipboard_image(&mut self) {
        self.noted(ClientConnection::request_clipboard_image);
    }
    /// The image of [`ClientEvent::ClipboardImageWanted`], a DIB; none if there is none after all.
    pub fn give_clipboard_image(&mut self, image: Option<Bytes>) {
        self.connection.give_clipboard_image(image);
    }
    /// Asks for a desktop of `size`; nothing happens if the server cannot.
    pub fn request_size(&mut self, size: Size) {
        if self.connection.can_resize() {
            self.noted(|connection| connection.request_size(size));
        }
    }
    /// Asks for a desktop of `size` made of `screens`; nothing happens if the server cannot, or a screen is outside.
    pub fn request_screens(&mut self, size: Size, screens: Vec<Screen>) {
        self.noted(|connection| connection.request_screens(size, screens));
    }
    /// Asks for a picture of this quality from now on: JPEG quality level 0 to 9, `None` for lossless, and compression
    /// level 0 (fast) to 9 (small).
    pub fn set_quality(&mut self, quality: Option<u8>, compression: u8) {
        self.noted(|connection| connection.set_quality(quality, compression));
    }
    /// Asks for the machine, or the application, to be shut down or restarted; nothing happens if the server does not
    /// offer it: see [`Self::can_power`].
    pub fn power(&mut self, action: PowerAction) {
        self.noted(|connection| connection.power(action));
    }
    /// Asks for the server's clock, see [`ClientEvent::ClockCompared`]; nothing happens if it does not tell it.
    pub fn compare_clocks(&mut self) {
        let now = self.clock.now();
        self.noted(|connection| connection.compare_clocks(now));
    }
    /// Asks for the whole picture again.
    pub fn request_full_update(&mut self) {
        self.noted(ClientConnection::request_full_update);
    }

    /// Runs a command. It can only fail once the session is over, which the next event tells.
    fn noted(&mut self, command: impl FnOnce(&mut ClientConnection) -> Result<(), rfb::Error>) {
        if let Err(error) = command(&mut self.connection) {
            tracing::debug!("not sent: {error}");
        }
    }

    /// The desktop as last updated.
    #[must_use]
    pub fn framebuffer(&self) -> &Framebuffer {
        self.connection.framebuffer()
    }
    /// The desktop's size.
    #[must_use]
    pub fn size(&self) -> Size {
        self.connection.framebuffer().size()
    }
    /// The desktop's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.connection.name()
    }
    /// The pointer's shape; `None` until the server has sent one.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.connection.cursor()
    }
    /// Whether the server takes [`Self::request_size`].
    #[must_use]
    pub fn can_resize(&self) -> bool {
        self.connection.can_resize()
    }
    /// Rectangles drawn so far of each encoding that the server has used.
    pub fn encodings_used(&self) -> impl Iterator<Item = (Encoding, u64)> + '_ {
        self.connection.encodings_used()
    }
    /// The desktop's screens; none until the server has told.
    #[must_use]
    pub fn screens(&self) -> &[Screen] {
        self.connection.screens()
    }
    /// Whether the server takes key codes: see [`Self::extended_key`].
    #[must_use]
    pub fn takes_keycodes(&self) -> bool {
        self.connection.takes_keycodes()
    }
    /// Whether the server takes [`Self::power`].
    #[must_use]
    pub fn can_power(&self) -> bool {
        self.connection.can_power()
    }
    /// The lights of the desktop's keyboard; `None` until the server has told.
    #[must_use]
    pub fn leds(&self) -> Option<Leds> {
        self.connection.leds()
    }
    /// What has passed so far.
    #[must_use]
    pub fn stats(&self) -> ClientStats {
        ClientStats {
            bytes_received: self.counters.received(),
            bytes_sent: self.counters.sent(),
            updates: self.updates,
            rectangles: self.connection.rectangles(),
            pixels: self.pixels,
            encrypted: self.encrypted,
        }
    }

    /// Writes what is queued, says goodbye and closes; at most about a second.
    pub async fn close(mut self) {
        let goodbye = Goodbye {
            code: rfb::GoodbyeCode::SHUTTING_DOWN,
            text: "the viewer ended the session".to_owned(),
        };
        self.noted(|connection| connection.goodbye(goodbye));
        let write = async {
            loop {
                self.push_output();
                if self.link.is_idle() {
                    self.link.close().await?;
                    // Until the server has closed too: a socket closed with unread bytes resets the connection, and
                    // the server may then never read our last ones.
                    while self.link.step().await? != Moved::In(0) {}
                    return Ok::<_, std::io::Error>(());
                }
                // What still comes is of no interest, but a full pipe must not stop us.
                if self.link.step().await? == Moved::In(0) {
                    return Ok(());
                }
            }
        };
        if let Ok(Err(error)) = tokio::time::timeout(CLOSE_TIMEOUT, write).await {
            tracing::debug!("closing: {error}");
        }
    }
}
