//! One client's session: its socket, its protocol state, its updates.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rfb::handshake::Challenge;
use rfb::screen::ResizeStatus;
use rfb::server::{EncodedUpdate, Proof, Security};
use rfb::{Framebuffer, Goodbye, ServerConnection};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::desk::{Mailbox, News};
use super::gate::Stranger;
use super::{ServerEvent, SessionId, Shared};
use crate::credentials::{fill_random, vnc_auth};
use crate::stream::{Clock, Link, Moved, Stream};

/// How long a client may take to log in.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of one update: large pictures are sent in pieces, so that answers and news get between them.
const UPDATE_BYTES: usize = 1 << 20;

/// Who is at the door.
pub(super) struct Visitor {
    pub(super) address: SocketAddr,
    /// It showed a certificate we know.
    pub(super) trusted: bool,
    pub(super) stranger: Stranger,
}

/// What a password gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    Full,
    ViewOnly,
    None,
}

struct Session {
    shared: Arc<Shared>,
    id: SessionId,
    visitor: Visitor,
    link: Link,
    connection: ServerConnection,
    clock: Clock,
    mailbox: Arc<Mailbox>,
    /// There was something to encode from when this was last looked at.
    has_screen: bool,
    /// An update that is being encoded on another thread.
    job: Option<JoinHandle<EncodedUpdate>>,
    rights: Rights,
    /// What the password gives, and when the client is told.
    verdict: Option<(Instant, Rights)>,
    login_deadline: Option<Instant>,
    joined: bool,
    /// Why the session ends once everything is written.
    closing: Option<String>,
}

/// Serves one client until its session ends.
pub(super) async fn run(
    shared: Arc<Shared>,
    stream: Box<dyn Stream>,
    visitor: Visitor,
    alive: watch::Receiver<()>,
) {
    let id = shared.next_session();
    let address = visitor.address;
    let Some(security) = security(&shared) else {
        tracing::error!("{address}: no random numbers for a challenge");
        return;
    };
    let (mailbox, size, name) = shared.desk.join(id);
    let config = rfb::ServerConfig {
        size,
        name,
        security,
        power: shared.config.power,
        limits: shared.config.limits.clone(),
    };
    let full_rights =
        shared.config.password.is_none() && shared.config.view_only_password.is_none();
    let mut session = Session {
        connection: ServerConnection::new(config, (shared.encoders)()),
        link: Link::new(stream),
        clock: Clock::start(),
        has_screen: false,
        job: None,
        rights: if full_rights {
            Rights::Full
        } else {
            Rights::None
        },
        verdict: None,
        login_deadline: Some(Instant::now() + LOGIN_TIMEOUT),
        joined: false,
        closing: None,
        shared,
        id,
        visitor,
        mailbox,
    };
    let reason = session.serve(alive).await;
    let Session { shared, joined, .. } = session;
    shared.desk.leave(id);
    tracing::info!("session {id} of {address} ended: {reason}");
    if joined {
        shared.sessions.send_modify(|count| *count -= 1);
        shared.emit(ServerEvent::Disconnected {
            session: id,
            reason,
        });
    }
}

/// How the next client is to prove itself; `None` if there is no randomness.
fn security(shared: &Shared) -> Option<Security> {
    let config = &shared.config;
    if *shared.sessions.borrow() >= config.max_clients {
        let limit = config.max_clients;
        return Some(Security::Refuse(format!(
            "{limit} clients are here already"
        )));
    }
    if config.password.is_none() && config.view_only_password.is_none() {
        return Some(Security::open());
    }
    let mut challenge = Challenge::default();
    fill_random(&mut challenge).ok()?;
    Some(Security::vnc_auth(challenge))
}

impl Session {
    /// Moves bytes, events and pictures until the session ends; gives the reason.
    async fn serve(&mut self, mut alive: watch::Receiver<()>) -> String {
        loop {
            if let Err(reason) = self.handle_events() {
                return reason;
            }
            self.encode_next();
            if self.link.is_idle() {
                if let Some(bytes) = self.connection.poll_output() {
                    self.link.send(bytes);
                } else if self.job.is_none()
                    && let Some(reason) = self.closing.take()
                {
                    // The last bytes are with the system; it does not matter whether the peer still closes properly.
                    let _closed = self.link.close().await;
                    return reason;
                }
            }
            let deadline = self.deadline();
            tokio::select! {
                moved = self.link.step() => match moved {
                    Ok(Moved::In(0)) => return "the client closed the connection".to_owned(),
                    Ok(Moved::In(length)) => {
                        self.connection.handle_bytes(self.clock.now(), self.link.received(length));
                    }
                    Ok(Moved::Out) => {}
                    Err(error) => return format!("the connection broke: {error}"),
                },
                update = finished(&mut self.job) => {
                    self.job = None;
                    let Ok(update) = update else {
                        return "encoding failed".to_owned();
                    };
                    self.connection.finish_update(self.clock.now(), update);
                }
                () = self.mailbox.changed() => {}
                () = sleep_until(deadline) => {
                    if let Err(reason) = self.handle_deadline() {
                        return reason;
                    }
                }
                _ = alive.changed() => return "the server ended".to_owned(),
            }
        }
    }

    fn handle_events(&mut self) -> Result<(), String> {
        loop {
            match self.connection.poll_event() {
                Ok(Some(event)) => self.handle(event)?,
                Ok(None) => return Ok(()),
                // Once it is refused, what else the client says does not matter.
                Err(_) if self.closing.is_some() => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn handle(&mut self, event: rfb::ServerEvent) -> Result<(), String> {
        let session = self.id;
        let may_touch = self.rights == Rights::Full;
        match event {
            rfb::ServerEvent::Authenticate(Proof::VncAuth { challenge, answer }) => {
                self.judge(&challenge, &answer);
            }
            rfb::ServerEvent::Connected { .. } => self.come_in(),
            rfb::ServerEvent::Refused => self.closing = Some("there are too many".to_owned()),
            rfb::ServerEvent::Goodbye(goodbye) => return Err(goodbye.text),
            rfb::ServerEvent::ResizeRequested { .. } if !may_touch => {
                self.connection.refuse_resize(ResizeStatus::PROHIBITED);
            }
            rfb::ServerEvent::Power(_) if !may_touch => self.connection.refuse_power(),
            _ if !may_touch => {}
            rfb::ServerEvent::Power(action) => {
                self.shared.emit(ServerEvent::Power { session, action });
            }
            rfb::ServerEvent::Key {
                keysym,
                keycode,
                down,
            } => self.shared.emit(ServerEvent::Key {
                session,
                keysym,
                keycode,
                down,
            }),
            rfb::ServerEvent::Pointer { at, buttons } => self.shared.emit(ServerEvent::Pointer {
                session,
                at,
                buttons,
            }),
            rfb::ServerEvent::Clipboard(content) => {
                self.shared
                    .emit(ServerEvent::Clipboard { session, content });
            }
            rfb::ServerEvent::ClipboardImage(image) => {
                self.shared
                    .emit(ServerEvent::ClipboardImage { session, image });
            }
            rfb::ServerEvent::ClipboardImageWanted => {
                self.shared
                    .emit(ServerEvent::ClipboardImageWanted { session });
            }
            rfb::ServerEvent::ResizeRequested { size, screens } => {
                self.shared.emit(ServerEvent::ResizeRequested {
                    session,
                    size,
                    screens,
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Finds what the answer gives, and when it is the client's turn to learn it.
    fn judge(&mut self, challenge: &Challenge, answer: &Challenge) {
        let config = &self.shared.config;
        let is_right = |password: &Option<_>| {
            password
                .as_ref()
                .is_some_and(|own| vnc_auth::is_right(challenge, answer, own))
        };
        let (full, view_only) = (
            is_right(&config.password),
            is_right(&config.view_only_password),
        );
        let rights = match (full, view_only) {
            (true, _) => Rights::Full,
            (false, true) => Rights::ViewOnly,
            (false, false) => Rights::None,
        };
        let now = Instant::now();
        let turn = if self.visitor.trusted {
            now
        } else {
            let mut attempts = self
                .shared
                .attempts
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            attempts.turn(self.visitor.address.ip(), now)
        };
        self.verdict = Some((turn, rights));
        self.login_deadline = None;
        if turn <= now {
            self.tell_verdict();
        }
    }

    fn tell_verdict(&mut self) {
        let Some((turn, rights)) = self.verdict.take() else {
            return;
        };
        let address = self.visitor.address;
        let mut attempts = self
            .shared
            .attempts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.rights = rights;
        self.login_deadline = Some(Instant::now() + LOGIN_TIMEOUT);
        let told = if rights == Rights::None {
            attempts.failed(address.ip(), turn);
            tracing::warn!("{address}: wrong password");
            self.closing = Some("wrong password".to_owned());
            self.connection.refuse("wrong password")
        } else {
            attempts.succeeded(address.ip());
            if rights == Rights::ViewOnly {
                // Who may not touch the desktop may not read what is copied on it either.
                self.connection.close_clipboard();
            }
            self.connection.accept()
        };
        if let Err(error) = told {
            tracing::debug!("{address}: {error}");
        }
    }

    /// The client is in.
    fn come_in(&mut self) {
        let limit = self.shared.config.max_clients;
        let room = self.shared.sessions.send_if_modified(|count| {
            let room = *count < limit;
            *count += usize::from(room);
            room
        });
        if !room {
            self.closing = Some("there are too many".to_owned());
            return;
        }
        self.joined = true;
        self.login_deadline = None;
        self.visitor.stranger.become_known();
        let (session, address) = (self.id, self.visitor.address);
        let view_only = self.rights == Rights::ViewOnly;
        tracing::info!("session {session} of {address} began");
        self.shared.emit(ServerEvent::Connected {
            session,
            address,
            view_only,
        });
    }

    /// Takes the news to the connection, and begins the next update if one is wanted.
    fn encode_next(&mut self) {
        let snapshot = self.shared.desk.look(&self.mailbox);
        self.take(snapshot.news);
        self.mailbox
            .set_takes_copies(self.connection.takes_copies());
        self.has_screen = snapshot.screen.is_some();
        if let Some(captured) = snapshot.captured {
            self.connection.set_captured(self.clock.at(captured));
        }
        if self.job.is_some() || !self.link.is_idle() || self.closing.is_some() {
            return;
        }
        let Some(screen) = snapshot.screen else {
            return;
        };
        if let Some(job) = self.connection.begin_update(self.clock.now(), UPDATE_BYTES) {
            let job = job.of_picture(snapshot.picture);
            let encode = move || job.run(Framebuffer::view(&screen));
            self.job = Some(tokio::task::spawn_blocking(encode));
        }
    }

    fn take(&mut self, news: News) {
        let connection = &mut self.connection;
        if let Some(resize) = news.resize {
            connection.resize(resize.size, resize.screens, resize.reason);
        }
        if let Some(status) = news.resize_refused {
            connection.refuse_resize(status);
        }
        if !news.change.is_empty() {
            connection.add_change(&news.change);
        }
        if let Some(cursor) = &news.cursor {
            connection.set_cursor(cursor);
        }
        if let Some(at) = news.pointer {
            connection.set_pointer(at);
        }
        if let Some(leds) = news.leds {
            connection.set_leds(leds);
        }
        if news.power_refused {
            connection.refuse_power();
        }
        if let Some(name) = &news.name {
            connection.set_name(name);
        }
        if let Some(content) = news.clipboard {
            connection.set_clipboard(content);
        }
        if news.clipboard_image_wanted {
            connection.request_clipboard_image();
        }
        if let Some(image) = news.clipboard_image {
            connection.give_clipboard_image(image);
        }
        if news.bell {
            connection.bell();
        }
        if let Some(Goodbye { code, text }) = news.goodbye {
            self.closing = Some(text.clone());
            connection.goodbye(Goodbye { code, text });
        }
    }

    /// When something is to be done though nothing happens.
    fn deadline(&self) -> Option<Instant> {
        let is_free = self.job.is_none() && self.link.is_idle() && self.closing.is_none();
        let may_encode = is_free && self.has_screen;
        let refresh = self.connection.poll_timeout().filter(|_| may_encode);
        [
            self.verdict.map(|(turn, _)| turn),
            self.login_deadline,
            self.link.stalled_at(self.shared.config.stall_timeout),
            refresh.map(|at| self.clock.instant(at)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn handle_deadline(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let patience = self.shared.config.stall_timeout;
        if passed(self.verdict.map(|(turn, _)| turn)) {
            self.tell_verdict();
        } else if passed(self.login_deadline) {
            return Err(format!("no login within {LOGIN_TIMEOUT:?}"));
        } else if passed(self.link.stalled_at(patience)) {
            return Err(format!("the client took nothing for {patience:?}"));
        }
        Ok(())
    }
}

/// The result of a job; never, if there is none. Cancel safe.
async fn finished(
    job: &mut Option<JoinHandle<EncodedUpdate>>,
) -> Result<EncodedUpdate, tokio::task::JoinError> {
    match job {
        Some(job) => job.await,
        None => pending().await,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}
