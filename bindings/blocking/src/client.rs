//! The client, driven by the sessions' threads.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use tightrope::rfb::MediaTime;
use tightrope::sound::Player;
use tightrope::{ClientConfig, ClientEvent, ConnectError, LinkQuality, Region, SessionError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::inbox::{Inbox, deadline};
use crate::picture::Picture;
use crate::runtime::{block_on, spawn};

/// Events that may wait; then the session waits for them to be fetched. Changes of the picture count as one. They are few
/// because each may be a clipboard of megabytes.
const EVENTS: usize = 64;

/// Rectangles that changes are remembered by, at most.
const DAMAGE_RECTS: usize = 256;

type Command = Box<dyn FnOnce(&mut tightrope::Client, &mut Changes) + Send>;

type Watcher = Box<dyn FnMut(&tightrope::Client, Option<&ClientEvent>) -> bool + Send>;

/// One session with a server.
///
/// [`Self::wait`] gives what happened, and only there the picture changes. In between the session goes on by itself:
/// several changes of the picture that were not fetched become one.
pub struct Client {
    calls: UnboundedSender<Call>,
    inbox: Arc<Inbox<Notice>>,
    /// What the picture is to be updated from lies with the session.
    picture: Mutex<Arc<Picture>>,
    player: Player,
}

/// What the session's task is asked to do.
enum Call {
    Do(Command),
    Watch(Watcher),
    Reconnect(Option<Duration>, mpsc::SyncSender<Result<(), ConnectError>>),
    /// Whoever reconnects is to stop.
    GiveUp,
    Close(mpsc::SyncSender<()>),
}

/// What the session's task tells.
enum Notice {
    Event(ClientEvent),
    /// The picture changed; what of it, the task knows.
    Changed,
    Ended(SessionError),
}

/// Changes of the picture that were not fetched.
#[derive(Default)]
struct Changes {
    damage: Region,
    captured: Option<MediaTime>,
    /// They end a picture that was captured then.
    ended: Option<MediaTime>,
    /// The inbox tells of them.
    is_told: bool,
}

/// How good the link to a server is, for at most `timeout`: see [`tightrope::probe`].
///
/// # Errors
/// As there; an error of the network, timed out, if it took too long.
pub fn probe(config: ClientConfig, timeout: Option<Duration>) -> Result<LinkQuality, ConnectError> {
    within(timeout, address(&config), tightrope::probe(config))
}

/// Where it is tried first.
fn address(config: &ClientConfig) -> String {
    let first = config.endpoints.first().map(ToString::to_string);
    first.unwrap_or_default()
}

/// What becomes of `way`, which leads to `address`, within `timeout`.
fn within<T: Send + 'static>(
    timeout: Option<Duration>,
    address: String,
    way: impl Future<Output = Result<T, ConnectError>> + Send + 'static,
) -> Result<T, ConnectError> {
    let arrived = block_on(async move {
        match timeout {
            None => Some(way.await),
            Some(timeout) => tokio::time::timeout(timeout, way).await.ok(),
        }
    });
    let late = || Err(io::ErrorKind::TimedOut.into());
    match arrived.map_or_else(Err, |arrived| arrived.map_or_else(late, Ok)) {
        Ok(arrived) => arrived,
        Err(error) => Err(ConnectError::Io { address, error }),
    }
}

impl Client {
    /// Connects, proves both sides, and reads what the server says of itself, for at most `timeout`.
    ///
    /// # Errors
    /// As [`tightrope::Client::connect`]; an error of the network, timed out, if it took too long.
    pub fn connect(config: ClientConfig, timeout: Option<Duration>) -> Result<Self, ConnectError> {
        let address = address(&config);
        let connecting = within(timeout, address.clone(), tightrope::Client::connect(config));
        Self::of(connecting?).map_err(|error| ConnectError::Io { address, error })
    }

    /// Drives a client that is connected already.
    ///
    /// # Errors
    /// The system gives no descriptor or no threads.
    pub fn of(client: tightrope::Client) -> io::Result<Self> {
        let (calls, called) = unbounded_channel();
        let inbox = Arc::new(Inbox::new(EVENTS)?);
        let own = Self {
            calls,
            inbox: Arc::clone(&inbox),
            picture: Mutex::new(Arc::new(Picture::new(client.size()))),
            player: client.player(),
        };
        spawn(drive(client, inbox, called))?;
        Ok(own)
    }

    /// The next thing that happened, waiting for it at most `timeout`, or for ever; `None` if nothing did. With a timeout
    /// of zero it only looks.
    ///
    /// # Errors
    /// The session is over: why, the first time; after that it is [`SessionError::Closed`].
    /// [`Self::reconnect_within`] may go on with it: see [`SessionError::is_worth_retrying`].
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Option<ClientEvent>, SessionError> {
        let deadline = deadline(timeout);
        while let Some(notice) = self.inbox.take(deadline) {
            match notice {
                Notice::Changed => {
                    if let Some(event) = self.fetch()? {
                        return Ok(Some(event));
                    }
                }
                Notice::Event(event) => {
                    if let ClientEvent::Resized { .. } | ClientEvent::Connected { .. } = event {
                        self.fetch()?;
                    }
                    return Ok(Some(event));
                }
                Notice::Ended(error) => {
                    self.inbox.put(Notice::Ended(SessionError::Closed));
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    /// Brings the picture to where the session is; `None` if that changes nothing.
    fn fetch(&self) -> Result<Option<ClientEvent>, SessionError> {
        let mut held = self.held();
        let current = Arc::clone(&held);
        let (picture, changes) = self.ask(move |client, changes| {
            let mut changes = mem::take(changes);
            let size = client.size();
            changes.damage = changes.damage.clipped(size);
            let (picture, damage) = match size == current.size() {
                true => (current, changes.damage.clone()),
                false => (Arc::new(Picture::new(size)), Region::from(size)),
            };
            picture.copy(client.framebuffer().view(), &damage);
            (picture, changes)
        })?;
        // Then it is told as a whole by the event of the new size, which is in the inbox by now.
        let is_another = picture.size() != held.size();
        *held = picture;
        if let Some(captured) = changes.ended {
            let ended = Notice::Event(ClientEvent::PictureEnded { captured });
            self.inbox.change(|items| items.push_front(ended));
        }
        let Changes {
            damage, captured, ..
        } = changes;
        let is_told = is_another || damage.is_empty();
        Ok((!is_told).then_some(ClientEvent::Updated { damage, captured }))
    }

    /// What the desktop looked like at the last [`Self::wait`] that told of a change.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        Arc::clone(&self.held())
    }

    fn held(&self) -> MutexGuard<'_, Arc<Picture>> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `look` finds out about the session, or commands it to do, by the methods of [`tightrope::Client`].
    ///
    /// # Errors
    /// [`SessionError::Closed`] if `look` panicked before, which ends the session.
    pub fn with<R: Send + 'static>(
        &self,
        look: impl FnOnce(&mut tightrope::Client) -> R + Send + 'static,
    ) -> Result<R, SessionError> {
        self.ask(|client, _| look(client))
    }

    fn ask<R: Send + 'static>(
        &self,
        look: impl FnOnce(&mut tightrope::Client, &mut Changes) -> R + Send + 'static,
    ) -> Result<R, SessionError> {
        let (done, wait) = mpsc::sync_channel(1);
        let command: Command = Box::new(move |client, changes| {
            let _ = done.send(look(client, changes));
        });
        self.call(Call::Do(command), &wait)
    }

    fn call<R>(&self, call: Call, wait: &mpsc::Receiver<R>) -> Result<R, SessionError> {
        self.calls.send(call).map_err(|_| SessionError::Closed)?;
        wait.recv().map_err(|_| SessionError::Closed)
    }

    /// Wakes whoever is in [`Self::wait`]: from here on that only looks. Who reconnects gives up, now and from here on.
    pub fn end_waits(&self) {
        self.inbox.close();
        // It may be closed already.
        let _ = self.calls.send(Call::GiveUp);
    }

    /// Whether [`Self::end_waits`] was called.
    #[must_use]
    pub fn waits_ended(&self) -> bool {
        self.inbox.is_closed()
    }

    /// Has `watcher` see the session now (then without an event) and at each event, before it can be waited for, until it
    /// says `false`. It runs on the session's task and holds it up.
    ///
    /// # Errors
    /// [`SessionError::Closed`] after [`Self::close`].
    pub fn watch(
        &self,
        watcher: impl FnMut(&tightrope::Client, Option<&ClientEvent>) -> bool + Send + 'static,
    ) -> Result<(), SessionError> {
        let watch = Call::Watch(Box::new(watcher));
        self.calls.send(watch).map_err(|_| SessionError::Closed)
    }

    /// Whether the session is over, which [`Self::wait`] tells once all that happened before was fetched.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let mut is_over = false;
        self.inbox.change(|items| {
            is_over = items.iter().any(|item| matches!(item, Notice::Ended(_)));
        });
        is_over
    }

    /// Tries once to go on over a new connection, for at most `timeout`, or as long as the engine does: see [`tightrope::Client::reconnect`]. What else the
    /// session is asked for meanwhile waits, but for [`Self::close`] and [`Self::end_waits`], which end this.
    ///
    /// # Errors
    /// As there; an error of the network, timed out, if it took too long: it may be tried again;
    /// [`ConnectError::NoEndpoint`] after [`Self::close`] or [`Self::end_waits`].
    pub fn reconnect_within(&self, timeout: Option<Duration>) -> Result<(), ConnectError> {
        let (done, wait) = mpsc::sync_channel(1);
        self.call(Call::Reconnect(timeout, done), &wait)
            .unwrap_or(Err(ConnectError::NoEndpoint))
    }

    /// Writes what is queued, says goodbye and closes; at most about a second. Whoever waits is told that it is over, and
    /// who reconnects gives up.
    pub fn close(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        // It may be closed already.
        let _ = self.call(Call::Close(done), &wait);
    }

    /// What the desktop plays, for the callback of a sound card.
    #[must_use]
    pub fn player(&self) -> Player {
        self.player.clone()
    }
}

/// Readable while [`Client::wait`] would give something without waiting.
impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }
}

/// The session's task, until it is closed or nobody holds the client any more.
async fn drive(
    mut client: tightrope::Client,
    inbox: Arc<Inbox<Notice>>,
    called: UnboundedReceiver<Call>,
) {
    let ends = Ends(Arc::clone(&inbox));
    let mut calls = Calls {
        called,
        kept: VecDeque::new(),
    };
    let mut changes = Changes::default();
    let mut watchers: Vec<Watcher> = Vec::new();
    let mut is_running = true;
    let closed = loop {
        let event = async {
            inbox.room().await;
            client.next_event().await
        };
        let call = tokio::select! {
            biased;
            call = calls.next() => call,
            event = event, if is_running => {
                match event {
                    Ok(event) => {
                        watchers.retain_mut(|watcher| watcher(&client, Some(&event)));
                        changes.note(event, &inbox);
                    }
                    Err(error) => {
                        is_running = false;
                        inbox.put(Notice::Ended(error));
                    }
                }
                continue;
            }
        };
        match call {
            None => break None,
            Some(Call::Do(command)) => command(&mut client, &mut changes),
            Some(Call::Watch(mut watcher)) => {
                if watcher(&client, None) {
                    watchers.push(watcher);
                }
            }
            Some(Call::Reconnect(timeout, done)) => {
                let before = client.size();
                let reconnected = match inbox.is_closed() {
                    false => reconnect(&mut client, timeout, &mut calls).await,
                    true => Err(ConnectError::NoEndpoint),
                };
                if reconnected.is_ok() {
                    is_running = true;
                    inbox.change(|items| items.retain(|item| !matches!(item, Notice::Ended(_))));
                    if client.size() != before {
                        let (size, screens) = (client.size(), client.screens().to_vec());
                        changes.note(ClientEvent::Resized { size, screens }, &inbox);
                    }
                }
                let _ = done.send(reconnected);
            }
            Some(Call::GiveUp) => {}
            Some(Call::Close(done)) => break Some(done),
        }
    };
    client.close().await;
    drop(ends);
    if let Some(done) = closed {
        let _ = done.send(());
    }
}

/// One try, until it took too long or is to be given up.
async fn reconnect(
    client: &mut tightrope::Client,
    timeout: Option<Duration>,
    calls: &mut Calls,
) -> Result<(), ConnectError> {
    let address = client.endpoint().to_string();
    let limit = async {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => pending().await,
        }
    };
    tokio::select! {
        reconnected = client.reconnect() => reconnected,
        () = calls.given_up() => Err(ConnectError::NoEndpoint),
        () = limit => {
            let error = io::ErrorKind::TimedOut.into();
            Err(ConnectError::Io { address, error })
        }
    }
}

/// What the session's task is asked to do, in order.
struct Calls {
    called: UnboundedReceiver<Call>,
    /// What came while it reconnected.
    kept: VecDeque<Call>,
}

impl Calls {
    /// The next one; `None` if nobody holds the client any more. Cancel safe.
    async fn next(&mut self) -> Option<Call> {
        match self.kept.pop_front() {
            Some(call) => Some(call),
            None => self.called.recv().await,
        }
    }

    /// Waits until a session that is lost is to be given up, and keeps what else comes. Cancel safe.
    async fn given_up(&mut self) {
        while let Some(call) = self.called.recv().await {
            let gives_up = matches!(call, Call::Close(_) | Call::GiveUp);
            self.kept.push_back(call);
            if gives_up {
                return;
            }
        }
    }
}

/// Tells at the end of the task that it is over, also if what it was asked to do panicked.
struct Ends(Arc<Inbox<Notice>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.put(Notice::Ended(SessionError::Closed));
    }
}

impl Changes {
    /// Sorts what happened into `inbox`.
    fn note(&mut self, event: ClientEvent, inbox: &Inbox<Notice>) {
        match event {
            ClientEvent::Updated { damage, captured } => {
                self.damage = self.damage.union(&damage);
                self.damage.simplify(DAMAGE_RECTS);
                self.captured = captured;
                self.ended = None;
                if !self.is_told {
                    self.is_told = true;
                    inbox.put(Notice::Changed);
                }
            }
            ClientEvent::PictureEnded { captured } if self.is_told => self.ended = Some(captured),
            ClientEvent::Resized { size, screens } => {
                // It is another picture, even if it has the size of the one that was fetched.
                self.damage = Region::from(size);
                inbox.put(Notice::Event(ClientEvent::Resized { size, screens }));
            }
            event => inbox.put(Notice::Event(event)),
        }
    }
}
