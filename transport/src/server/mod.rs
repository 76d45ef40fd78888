//! The server: one desktop, many sessions.

mod admission;
mod allow;
mod attempts;
mod authenticator;
mod board;
mod config;
mod desk;
mod event;
mod gate;
mod inbox;
mod judge;
mod lasting;
mod listen;
mod methods;
mod place;
mod session;
mod sound;
mod welcome;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::screen::ResizeStatus;
use rfb::sound::{SoundEnd, SoundFeed, SoundPacket};
use rfb::{Cursor, Goodbye, Leds, LocalTime, MediaTime, Point, Rect, Region, Screen, Size, View};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

pub use allow::{Allow, AllowError, Protocol};
pub use authenticator::{Authenticator, Login, LoginId};
pub use config::{Adapt, EncoderFactory, ServerConfig, ServerError};
pub use event::{ServerEvent, SessionId};
pub use sound::{Listened, MicrophoneNews, MicrophoneSink};

use crate::client::Scheme;
use crate::credentials::{Fingerprint, Secret, TicketKey};
use crate::rights::Rights;
use crate::stats::SessionStats;
use crate::stream::Clock;
use crate::{quic, tls};
use admission::Admission;
use authenticator::Questions;
use board::Board;
use desk::Desk;
use gate::Gate;
use inbox::Inbox;
use lasting::Lasting;
use sound::{Sound, SoundDesk};

/// How often another free port is tried, or one that is still in use.
const PORT_TRIES: u32 = 16;
/// How long one that is in use is left alone.
const PORT_PAUSE: Duration = Duration::from_millis(20);
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
    /// The media clock: one for all sessions, so that what is captured has one time.
    clock: Clock,
    encoders: EncoderFactory,
    desk: Desk,
    sound: SoundDesk,
    tls: tls::Acceptor,
    admission: Admission,
    questions: Questions,
    board: Board,
    lasting: Lasting,
    /// None if the identity makes no key.
    tickets: Option<TicketKey>,
    next_session: AtomicU64,
    gate: Arc<Gate>,
    /// One for each session that has begun and is not over, the lost ones included.
    seats: Arc<Semaphore>,
    /// Those whose clients are here.
    sessions: watch::Sender<usize>,
    inbox: Inbox,
    /// Nobody is let in any more.
    closing: watch::Sender<bool>,
    /// Ends when nobody listens any more.
    listening: watch::Receiver<()>,
}

impl Server {
    /// Listens and serves, on the tokio runtime this is called on.
    ///
    /// Clients see nothing until the first picture is given.
    pub async fn bind(config: ServerConfig, encoders: EncoderFactory) -> Result<Self, ServerError> {
        let limit = config.limits.framebuffer_pixels;
        if config.size.area() > limit {
            let size = config.size;
            return Err(ServerError::Size { size, limit });
        }
        let tls = tls::Acceptor::new(&config.identity);
        let tls = tls.map_err(|error| ServerError::Tls(error.to_string()))?;
        let (listener, quic) = ports(&config).await?;
        let failed = |error| ServerError::Listen {
            address: config.listen,
            error,
        };
        let address = listener.local_addr().map_err(failed)?;
        let (listens, listening) = watch::channel(());
        let shared = Arc::new(Shared {
            tickets: TicketKey::of(&config.identity),
            seats: place::seats(config.max_clients),
            desk: Desk::new(config.size, config.name.clone(), config.workers.clone()),
            sound: SoundDesk::default(),
            config,
            address,
            clock: Clock::start(),
            encoders,
            tls,
            admission: Admission::default(),
            questions: Questions::default(),
            board: Board::default(),
            lasting: Lasting::default(),
            next_session: AtomicU64::new(1),
            gate: Arc::default(),
            sessions: watch::Sender::new(0),
            inbox: Inbox::new(),
            closing: watch::Sender::new(false),
            listening,
        });
        let alive = Arc::new(watch::Sender::new(()));
        tokio::spawn(listen::run(
            Arc::clone(&shared),
            listener,
            quic,
            alive.subscribe(),
            listens,
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
    /// What a viewer on this machine is given: host and port, by the best protocol that is allowed.
    #[must_use]
    pub fn url(&self) -> String {
        let (address, allow) = (self.shared.address, &self.shared.config.allow);
        let scheme = [
            (Protocol::Tls, Scheme::Vncs),
            (Protocol::Quic, Scheme::Quic),
            (Protocol::Wss, Scheme::Wss),
            (Protocol::Plain, Scheme::Vnc),
            (Protocol::Ws, Scheme::Ws),
        ];
        let scheme = scheme.iter().find(|(own, _)| allow.contains(*own));
        let scheme = scheme.map_or(Scheme::Vnc, |(_, scheme)| *scheme);
        if address.ip().is_unspecified() {
            return format!("{scheme}://localhost:{}", address.port());
        }
        format!("{scheme}://{address}")
    }
    /// What clients pin; `None` if no certificate is ever shown.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let config = &self.shared.config;
        let shown = [
            Protocol::Tls,
            Protocol::Wss,
            Protocol::Quic,
            Protocol::VeNCrypt,
        ];
        let is_shown = shown.iter().any(|own| config.allow.contains(*own));
        is_shown.then(|| config.identity.fingerprint())
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
    /// What a session has moved so far, and how good its link is; none if it is over.
    #[must_use]
    pub fn stats(&self, session: SessionId) -> Option<SessionStats> {
        self.shared.board.read(session)
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
    /// The same of what is known to have been drawn at `drawn`: clients show it in step with the sound of that moment.
    pub fn show_drawn(&self, patches: &[(Point, View<'_>)], drawn: std::time::Instant) {
        self.shared.desk.show(patches, drawn.into());
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

    /// Tells whether any client listens to the desktop's sound.
    #[must_use]
    pub fn sound_wanted(&self) -> watch::Receiver<bool> {
        self.shared.sound.watch()
    }
    /// What clients listen to, each feed once: for each, packets or samples are to be sent.
    #[must_use]
    pub fn sound_feeds(&self) -> Vec<Listened> {
        self.shared.sound.feeds()
    }
    /// Sends a frame of the desktop's sound to who listens to `feed`. Its `captured` is on [`Self::media_time`]'s clock.
    pub fn send_sound(&self, feed: &SoundFeed, packet: SoundPacket) {
        self.shared.sound.send(feed, &Sound::Packet(packet));
    }
    /// Sends samples of the desktop's sound to who listens to `feed`.
    pub fn send_pcm(&self, feed: &SoundFeed, samples: Bytes) {
        self.shared.sound.send(feed, &Sound::Pcm(samples));
    }
    /// Tells clients that listen that there is nothing more to be heard.
    pub fn end_sound(&self, reason: SoundEnd) {
        self.shared.sound.end(reason);
    }
    /// Gives what clients' microphones hear to `sink`, one client's at a time; without it none is taken. Once only.
    pub fn on_microphone(&self, sink: MicrophoneSink) {
        self.shared.sound.set_sink(sink);
    }
    /// The moment on the media clock, which pictures and sound of this server carry.
    #[must_use]
    pub fn media_time(&self, at: std::time::Instant) -> MediaTime {
        MediaTime::from_micros(self.local_time(at).as_micros())
    }
    /// The same clock, as our own.
    #[must_use]
    pub fn local_time(&self, at: std::time::Instant) -> LocalTime {
        self.shared.clock.at(at.into())
    }

    /// The moment that a reading of that clock stands for.
    #[must_use]
    pub fn instant(&self, at: LocalTime) -> std::time::Instant {
        self.shared.clock.instant(at).into()
    }

    /// Answers [`ServerEvent::Login`]: what the client may do, or `None` to turn it away. `false` if nobody waits for it: it
    /// was answered, it took too long, or the client went away.
    pub fn answer_login(&self, id: LoginId, rights: Option<Rights>) -> bool {
        self.shared.questions.answer(id, rights)
    }

    /// What clients do next. Cancel safe. Several callers share the events between them.
    pub async fn next_event(&self) -> ServerEvent {
        self.shared.inbox.next().await
    }

    /// Ends one client's session: a client of ours that has said by now what it reads is told why, of others the connection is
    /// closed. What was written before still goes to a client that takes it within two seconds;
    /// [`ServerEvent::Disconnected`] tells that it is gone, with the text of `goodbye`. Nobody goes on with the session, not
    /// even if its connection was lost just now; as somebody new the client comes in as before, if it is let in. `false` if
    /// there is no such session (any more).
    pub fn end_session(&self, session: SessionId, goodbye: Goodbye) -> bool {
        let (shared, reason) = (&self.shared, goodbye.reason());
        let tell = |news: &mut desk::News| news.goodbye = Some(goodbye);
        let is_there = shared.desk.tell(session, tell);
        // After that: one that parts at this moment has been told, or is found here.
        if is_there && let Some(parted) = shared.lasting.end_parted(session) {
            parted.place.leave(&reason);
        }
        is_there
    }

    /// Waits until its ports are free again, which they are soon after the last handle was dropped, or after
    /// [`Self::shutdown`]. It is no handle itself.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut listening = self.shared.listening.clone();
        // Nothing is ever sent: it ends with the listener.
        async move { while listening.changed().await.is_ok() {} }
    }

    /// Lets nobody in any more, says goodbye to every client and waits, a few seconds at most, until they are gone.
    pub async fn shutdown(&self, goodbye: Goodbye) {
        self.shared.closing.send_replace(true);
        let mut sessions = self.watch_sessions();
        let desk = &self.shared.desk;
        desk.tell_all(|news| news.goodbye = Some(goodbye.clone()));
        let all_gone = sessions.wait_for(|&count| count == 0);
        // Who has not taken it by now does not want it.
        let _late = tokio::time::timeout(GOODBYE_TIMEOUT, all_gone).await;
    }
}

/// The TCP port, and the UDP port of the same number if QUIC is spoken.
async fn ports(
    config: &ServerConfig,
) -> Result<(TcpListener, Option<quic::Listener>), ServerError> {
    let failed = |error| ServerError::Listen {
        address: config.listen,
        error,
    };
    // Another port at once, or the same a little later.
    let pause = match config.listen.port() {
        0 => Duration::ZERO,
        _ => PORT_PAUSE,
    };
    let mut tries = PORT_TRIES;
    loop {
        tries -= 1;
        let listener = listen::on(config.listen).map_err(failed)?;
        if !config.allow.contains(Protocol::Quic) {
            return Ok((listener, None));
        }
        let address = listener.local_addr().map_err(failed)?;
        let tls = tls::Acceptor::for_our_clients(&config.identity);
        let tls = tls.map_err(|error| ServerError::Tls(error.to_string()))?;
        match quic::Listener::bind(address, tls) {
            Ok(quic) => return Ok((listener, Some(quic))),
            // Somebody else has the UDP port of that number, or has only just left it.
            Err(_) if tries > 0 => tokio::time::sleep(pause).await,
            Err(error) => return Err(failed(io::Error::other(error))),
        }
    }
}

impl Shared {
    fn next_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells the application; if it is slow, see [`Inbox`].
    fn emit(&self, event: ServerEvent) {
        self.inbox.put(event);
    }
}
