//! The server: one desktop, many sessions.

mod attempts;
mod desk;
mod listen;
mod session;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::screen::ResizeStatus;
use rfb::{
    Cursor, Encoders, Goodbye, Leds, Limits, Point, PowerAction, Rect, Region, Screen, Size, View,
    Workers,
};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::credentials::{Fingerprint, Identity, IdentityError, Secret};
use attempts::Attempts;
use desk::Desk;

/// Makes the encoders of a new connection.
pub type EncoderFactory = Arc<dyn Fn() -> Encoders + Send + Sync>;

/// What protects the connections.
#[derive(Clone, Debug)]
pub enum Security {
    /// TLS 1.3 from the first byte, with this certificate.
    Tls(Identity),
    /// Plain TCP: whoever is on the way reads and types along. Only for peers that know nothing else.
    Insecure,
}

/// What to serve, where, and to whom.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The desktop.
    pub size: Size,
    /// Shown in the clients' window titles.
    pub name: String,
    /// Where to listen; port 0 for any free one.
    pub listen: SocketAddr,
    /// What protects the connections.
    pub security: Security,
    /// Lets clients in. Without any password, everybody may come in.
    pub password: Option<Secret>,
    /// Lets clients in that may look but not touch.
    pub view_only_password: Option<Secret>,
    /// Client certificates whose owners are never slowed down for others' wrong passwords.
    pub trusted_clients: Vec<Fingerprint>,
    /// Whether clients that may touch the desktop may ask for shutting down and restarting: see
    /// [`ServerEvent::Power`].
    pub power: bool,
    /// Sessions at once.
    pub max_clients: usize,
    /// A client that takes nothing for so long while something waits for it is dropped.
    pub stall_timeout: Duration,
    /// What is accepted from clients.
    pub limits: Limits,
    /// The threads that share the work on one picture.
    pub workers: Workers,
}

impl ServerConfig {
    /// A desktop of `size` on the loopback address, encrypted with a fresh certificate, with a fresh password.
    pub fn new(size: Size) -> Result<Self, IdentityError> {
        Ok(Self {
            size,
            name: "Tightrope".to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            security: Security::Tls(Identity::generate()?),
            password: Some(Secret::generate()?),
            view_only_password: None,
            trusted_clients: Vec::new(),
            power: false,
            max_clients: 8,
            stall_timeout: Duration::from_secs(20),
            limits: Limits::default(),
            workers: Workers::available(),
        })
    }
}

/// One client's connection, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What clients do. Sessions that may only look send none of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A client has come in.
    Connected {
        /// Its session.
        session: SessionId,
        /// Where it comes from.
        address: SocketAddr,
        /// Whether it may only look.
        view_only: bool,
    },
    /// A client has gone.
    Disconnected {
        /// Its session.
        session: SessionId,
        /// Why, for people.
        reason: String,
    },
    /// A key went down or up.
    Key {
        /// Whose.
        session: SessionId,
        /// An X11 keysym.
        keysym: u32,
        /// The key itself, if the client tells: its code in the PC's set 1, with 0x80 added for those behind 0xe0.
        keycode: Option<u32>,
        /// Pressed or released.
        down: bool,
    },
    /// The pointer moved or a button changed.
    Pointer {
        /// Whose.
        session: SessionId,
        /// Where.
        at: Point,
        /// The buttons held down: bit 0 is the left one, 1 the middle, 2 the right, 3 to 6 the wheel up, down, left,
        /// right, 7 and 8 buttons 8 (back) and 9 (forward).
        buttons: u16,
    },
    /// A client's clipboard has this now. Who waits for an image of this client waits in vain.
    Clipboard {
        /// Whose.
        session: SessionId,
        /// What it has.
        content: Content,
    },
    /// The image that [`Server::request_clipboard_image`] asked for.
    ClipboardImage {
        /// Whose.
        session: SessionId,
        /// A DIB, see [`rfb::clipboard::Bitmap`]; none if it is no longer there.
        image: Option<Bytes>,
    },
    /// A client wants the image that was offered as [`rfb::clipboard::Image::OnRequest`]: call
    /// [`Server::give_clipboard_image`].
    ClipboardImageWanted {
        /// Whose wish.
        session: SessionId,
    },
    /// A client wants another size: call [`Server::resize`] or [`Server::refuse_resize`].
    ResizeRequested {
        /// Whose wish.
        session: SessionId,
        /// The wanted framebuffer.
        size: Size,
        /// The wanted screens.
        screens: Vec<Screen>,
    },
    /// A client wants the machine, or the application, shut down or restarted. Only if [`ServerConfig::power`] allows
    /// it; call [`Server::refuse_power`] if it will not be.
    Power {
        /// Whose wish.
        session: SessionId,
        /// What is wanted.
        action: PowerAction,
    },
}

/// Why a server could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// It could not listen.
    Listen {
        /// Where.
        address: SocketAddr,
        /// What happened.
        error: io::Error,
    },
    /// The certificate or its key is of no use.
    Tls(String),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
            Self::Tls(error) => write!(f, "the certificate cannot be used: {error}"),
        }
    }
}

impl std::error::Error for ServerError {}

/// Events kept for an application that does not fetch them; further ones are dropped.
const EVENTS: usize = 4096;
/// How long sessions may take to say goodbye.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);

/// A desktop that is being served. A handle: clones are the same server. The server ends with the last handle.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
    /// Ends the listener when the last handle is dropped.
    _alive: Arc<watch::Sender<()>>,
}

struct Shared {
    config: ServerConfig,
    address: SocketAddr,
    encoders: EncoderFactory,
    desk: Desk,
    attempts: Mutex<Attempts>,
    next_session: AtomicU64,
    /// Connections whose client has not proved itself yet.
    strangers: AtomicUsize,
    sessions: watch::Sender<usize>,
    events: mpsc::Sender<ServerEvent>,
    inbox: tokio::sync::Mutex<mpsc::Receiver<ServerEvent>>,
}

impl Server {
    /// Listens and serves, on the tokio runtime this is called on.
    ///
    /// Clients see nothing until the first picture is given.
    pub async fn bind(config: ServerConfig, encoders: EncoderFactory) -> Result<Self, ServerError> {
        let acceptor = listen::acceptor(&config)?;
        let failed = |error| ServerError::Listen {
            address: config.listen,
            error,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (events, inbox) = mpsc::channel(EVENTS);
        let shared = Arc::new(Shared {
            desk: Desk::new(config.size, config.name.clone(), config.workers.clone()),
            config,
            address,
            encoders,
            attempts: Mutex::default(),
            next_session: AtomicU64::new(1),
            strangers: AtomicUsize::new(0),
            sessions: watch::Sender::new(0),
            events,
            inbox: tokio::sync::Mutex::new(inbox),
        });
        let alive = Arc::new(watch::Sender::new(()));
        tokio::spawn(listen::run(
            Arc::clone(&shared),
            listener,
            acceptor,
            alive.subscribe(),
        ));
        Ok(Self {
            shared,
            _alive: alive,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }
    /// What a viewer on this machine is given: `vncs://` or, if insecure, `vnc://`, host and port.
    #[must_use]
    pub fn url(&self) -> String {
        let address = self.shared.address;
        let scheme = match self.shared.config.security {
            Security::Tls(_) => "vncs",
            Security::Insecure => "vnc",
        };
        if address.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", address.port());
        }
        format!("{scheme}://{address}")
    }
    /// What clients pin; `None` if insecure.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        match &self.shared.config.security {
            Security::Tls(identity) => Some(identity.fingerprint()),
            Security::Insecure => None,
        }
    }
    /// The password that lets clients in.
    #[must_use]
    pub fn password(&self) -> Option<&Secret> {
        self.shared.config.password.as_ref()
    }
    /// The desktop's size.
    #[must_use]
    pub fn size(&self) -> Size {
        self.shared.desk.size()
    }
    /// Clients that are in.
    #[must_use]
    pub fn sessions(&self) -> usize {
        *self.shared.sessions.borrow()
    }
    /// Tells when clients come and go.
    #[must_use]
    pub fn watch_sessions(&self) -> watch::Receiver<usize> {
        self.shared.sessions.subscribe()
    }

    /// The desktop has changed: `desktop` is all of it, `damage` where to look for changes. As [`Self::show`].
    pub fn update(&self, desktop: View<'_>, damage: &Region) {
        let damage = rfb::damage::whole_columns(damage, desktop.size());
        let patch = |rect: &Rect| {
            let bytes = desktop.bytes_of(*rect)?;
            let part = View::new(bytes, rect.size(), desktop.stride()).ok()?;
            Some((rect.origin(), part))
        };
        let patches: Vec<_> = damage.rects().iter().filter_map(patch).collect();
        self.show(&patches);
    }
    /// The desktop looks like this now: fresh pixels of one moment, and where the first of each patch lies. No two overlap.
    ///
    /// What did not change costs the clients nothing, and what moved little; what lies outside the desktop is ignored.
    /// Movement is found in patches that begin and end at multiples of 64 columns, or at the edge of the desktop; of
    /// others the ragged edges are not looked at. This takes up to some 30 ms for a large picture: in async code call it
    /// on a thread that may block.
    pub fn show(&self, patches: &[(Point, View<'_>)]) {
        self.shared.desk.show(patches, Instant::now());
    }
    /// Nobody looks, so pictures stop coming: what is held is shown to no new client until the next one.
    pub fn invalidate(&self) {
        self.shared.desk.invalidate();
    }
    /// The desktop has another size, because of this client's wish or by itself.
    ///
    /// What is new is black until it is drawn.
    pub fn resize(&self, size: Size, asked_by: Option<SessionId>) {
        self.resize_screens(size, vec![Screen::whole(size)], asked_by);
    }
    /// The same for a desktop made of several screens.
    pub fn resize_screens(&self, size: Size, screens: Vec<Screen>, asked_by: Option<SessionId>) {
        self.shared.desk.resize(size, screens, asked_by);
    }
    /// The size this client asked for will not be.
    pub fn refuse_resize(&self, session: SessionId, status: ResizeStatus) {
        let desk = &self.shared.desk;
        desk.tell(session, |news| news.resize_refused = Some(status));
    }
    /// The pointer has another shape.
    pub fn set_cursor(&self, cursor: Cursor) {
        self.shared.desk.set_cursor(cursor);
    }
    /// Where the pointer is, whoever moved it. Clients that did not move it there themselves are told; those that
    /// cannot draw a pointer get it in their picture.
    pub fn set_pointer(&self, at: Point) {
        self.shared.desk.set_pointer(at);
    }
    /// The lights of the desktop's keyboard.
    pub fn set_leds(&self, leds: Leds) {
        self.shared.desk.set_leds(leds);
    }
    /// What this client asked for in [`ServerEvent::Power`] will not be.
    pub fn refuse_power(&self, session: SessionId) {
        let desk = &self.shared.desk;
        desk.tell(session, |news| news.power_refused = true);
    }
    /// The desktop has another name.
    pub fn set_name(&self, name: &str) {
        self.shared.desk.set_name(name);
    }
    /// Rings the clients' bells.
    pub fn bell(&self) {
        self.shared.desk.tell_all(|news| news.bell = true);
    }
    /// The desktop's clipboard has `content`. Clients that may only look are not told.
    pub fn set_clipboard(&self, content: impl Into<Content>) {
        let (desk, content) = (&self.shared.desk, content.into());
        desk.tell_all(|news| {
            // An image made for what was there before is not an image of this.
            news.clipboard_image = None;
            news.clipboard = Some(content.clone());
        });
    }
    /// Asks for the image on a client's clipboard: [`ServerEvent::ClipboardImage`] answers, unless the client leaves or
    /// copies something else.
    pub fn request_clipboard_image(&self, session: SessionId) {
        let desk = &self.shared.desk;
        desk.tell(session, |news| news.clipboard_image_wanted = true);
    }
    /// The image of [`ServerEvent::ClipboardImageWanted`], a DIB; none if there is none after all.
    pub fn give_clipboard_image(&self, session: SessionId, image: Option<Bytes>) {
        let desk = &self.shared.desk;
        desk.tell(session, |news| news.clipboard_image = Some(image));
    }

    /// What clients do next. Cancel safe. Several callers share the events between them.
    pub async fn next_event(&self) -> ServerEvent {
        let mut inbox = self.shared.inbox.lock().await;
        match inbox.recv().await {
            Some(event) => event,
            // The sender lives as long as this server does.
            None => std::future::pending().await,
        }
    }

    /// Says goodbye to every client and waits, a few seconds at most, until they are gone.
    pub async fn shutdown(&self, goodbye: Goodbye) {
        let mut sessions = self.watch_sessions();
        let desk = &self.shared.desk;
        desk.tell_all(|news| news.goodbye = Some(goodbye.clone()));
        let all_gone = sessions.wait_for(|&count| count == 0);
        // Who has not taken it by now does not want it.
        let _late = tokio::time::timeout(GOODBYE_TIMEOUT, all_gone).await;
    }
}

impl Shared {
    fn next_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    fn emit(&self, event: ServerEvent) {
        if self.events.try_send(event).is_err() {
            tracing::debug!("an event was dropped: nobody fetches them");
        }
    }
}
