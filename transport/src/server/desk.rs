//! What all sessions share: the desktop as it is now, and a mailbox for each session.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::damage::{Change, Tracker};
use rfb::screen::{ResizeReason, ResizeStatus};
use rfb::{Cursor, Framebuffer, Goodbye, Leds, Point, Screen, Size, View, Workers};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::SessionId;
use super::sound::Waiting;

/// The desktop, held once for all sessions.
pub(super) struct Desk {
    /// Locked by whoever changes the screen, for as long as that takes, and always before the state.
    tracker: Mutex<Tracker>,
    /// Locked for moments only: sessions look at it on the threads that move their bytes.
    state: Mutex<State>,
}

struct State {
    /// Shared with jobs that encode it: whoever changes it meanwhile changes a copy. `None` while it is being changed.
    screen: Option<Arc<Framebuffer>>,
    size: Size,
    /// Counts what the screen has shown.
    picture: u64,
    /// A session looked while the screen was being changed.
    missed: bool,
    /// Whether it shows the desktop. Before the first picture, and after [`Desk::invalidate`], it does not.
    valid: bool,
    /// When the desktop looked as the screen does.
    captured: Option<Instant>,
    layout: Vec<Screen>,
    cursor: Option<Cursor>,
    pointer: Option<Point>,
    leds: Option<Leds>,
    name: String,
    mailboxes: HashMap<SessionId, Arc<Mailbox>>,
}

/// What a session is still to be told.
#[derive(Default)]
pub(super) struct Mailbox {
    news: Mutex<News>,
    wake: Notify,
    /// The client copies what moves.
    takes_copies: AtomicBool,
}

/// See [`Mailbox`]. Only the latest of everything, and all changes of the screen as one: nothing queues up behind a slow
/// session.
#[derive(Default)]
pub(super) struct News {
    pub(super) change: Change,
    pub(super) resize: Option<Resize>,
    pub(super) resize_refused: Option<ResizeStatus>,
    pub(super) cursor: Option<Cursor>,
    pub(super) pointer: Option<Point>,
    pub(super) leds: Option<Leds>,
    pub(super) power_refused: bool,
    pub(super) name: Option<String>,
    pub(super) clipboard: Option<Content>,
    pub(super) clipboard_image: Option<Option<Bytes>>,
    pub(super) clipboard_image_wanted: bool,
    pub(super) bell: bool,
    pub(super) goodbye: Option<Goodbye>,
    /// Not the latest of this, but all that is not too old.
    pub(super) sound: Waiting,
}

/// Another size, or other screens.
#[derive(Clone)]
pub(super) struct Resize {
    pub(super) size: Size,
    pub(super) screens: Vec<Screen>,
    pub(super) reason: ResizeReason,
}

/// The desktop at the moment a session looks.
pub(super) struct Snapshot {
    /// `None` while no picture shows the desktop, and while the screen is being changed: the mailbox wakes the session
    /// when it is there again.
    pub(super) screen: Option<Arc<Framebuffer>>,
    /// The number of what the screen shows: the same number, the same pixels.
    pub(super) picture: u64,
    /// When the desktop looked like this.
    pub(super) captured: Option<Instant>,
    pub(super) news: News,
}

impl Desk {
    pub(super) fn new(size: Size, name: String, workers: Workers) -> Self {
        Self {
            tracker: Mutex::new(Tracker::new(workers)),
            state: Mutex::new(State {
                screen: Some(Arc::new(Framebuffer::new(size))),
                size,
                picture: 0,
                missed: false,
                valid: false,
                captured: None,
                layout: vec![Screen::whole(size)],
                cursor: None,
                pointer: None,
                leds: None,
                name,
                mailboxes: HashMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn size(&self) -> Size {
        self.state().size
    }

    /// The mailbox of a session, with which it goes on or which is new, and the size and name to greet its client with.
    pub(super) fn join(
        &self,
        session: SessionId,
        mailbox: Option<Arc<Mailbox>>,
    ) -> (Arc<Mailbox>, Size, String) {
        let mut state = self.state();
        if let Some(mailbox) = mailbox {
            return (mailbox, state.size, state.name.clone());
        }
        let mailbox = Arc::new(Mailbox::default());
        mailbox.edit(|news| {
            news.cursor.clone_from(&state.cursor);
            news.pointer = state.pointer;
            news.leds = state.leds;
            let size = state.size;
            news.resize = (state.layout != [Screen::whole(size)]).then(|| Resize {
                size,
                screens: state.layout.clone(),
                reason: ResizeReason::SERVER,
            });
        });
        state.mailboxes.insert(session, Arc::clone(&mailbox));
        (mailbox, state.size, state.name.clone())
    }

    pub(super) fn leave(&self, session: SessionId) {
        self.state().mailboxes.remove(&session);
    }

    /// Takes what a session is still to be told, with the screen it goes with.
    pub(super) fn look(&self, mailbox: &Mailbox) -> Snapshot {
        let mut state = self.state();
        state.missed |= state.screen.is_none();
        Snapshot {
            screen: state.screen.clone().filter(|_| state.valid),
            picture: state.picture,
            captured: state.captured,
            news: std::mem::take(&mut *mailbox.lock()),
        }
    }

    /// Draws patches of one moment, and tells every session that the screen shows the desktop and how it changed.
    pub(super) fn show(&self, patches: &[(Point, View<'_>)], captured: Instant) {
        let mut tracker = self.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut screen, find_moves) = self.take_screen();
        let change = tracker.update(Arc::make_mut(&mut screen), patches, find_moves);
        let mut state = self.state();
        state.screen = Some(screen);
        let missed = std::mem::take(&mut state.missed);
        let first = !std::mem::replace(&mut state.valid, true);
        if first || !change.is_empty() {
            state.captured = Some(captured);
            state.picture += 1;
            state.tell_all(|news| news.change.append(&change));
        } else if missed {
            state.tell_all(|_| {});
        }
    }

    /// Takes the screen to change it, and whether it is worth finding what moves. Only with the tracker locked.
    fn take_screen(&self) -> (Arc<Framebuffer>, bool) {
        let mut state = self.state();
        let find_moves = state.valid && state.mailboxes.values().any(|own| own.takes_copies());
        let taken = state.screen.take().unwrap_or_else(|| {
            // Whoever had it panicked, and nobody knows what it showed.
            let everything = state.size.into();
            state.tell_all(|news| news.change.add_damage(&everything));
            Arc::new(Framebuffer::new(state.size))
        });
        (taken, find_moves)
    }

    /// The screen no longer shows the desktop, until the next picture.
    pub(super) fn invalidate(&self) {
        self.state().valid = false;
    }

    pub(super) fn resize(&self, size: Size, screens: Vec<Screen>, asked_by: Option<SessionId>) {
        let _tracker = self.tracker.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        if state.size != size {
            if let Some(screen) = &mut state.screen {
                Arc::make_mut(screen).resize(size);
            }
            state.size = size;
            state.picture += 1;
            // Who looks late may find the size it knows, and still holds nothing that is right.
            state.tell_all(|news| news.change.add_damage(&size.into()));
        } else if asked_by.is_none() && state.layout == screens {
            return;
        }
        state.layout.clone_from(&screens);
        for (session, mailbox) in &state.mailboxes {
            let reason = match asked_by {
                Some(asker) if asker == *session => ResizeReason::THIS_CLIENT,
                Some(_) => ResizeReason::OTHER_CLIENT,
                None => ResizeReason::SERVER,
            };
            let screens = screens.clone();
            mailbox.edit(|news| {
                news.resize = Some(Resize {
                    size,
                    screens,
                    reason,
                });
            });
        }
    }

    pub(super) fn set_pointer(&self, at: Point) {
        let mut state = self.state();
        if state.pointer.replace(at) != Some(at) {
            state.tell_all(|news| news.pointer = Some(at));
        }
    }

    pub(super) fn set_leds(&self, leds: Leds) {
        let mut state = self.state();
        if state.leds.replace(leds) != Some(leds) {
            state.tell_all(|news| news.leds = Some(leds));
        }
    }

    pub(super) fn set_cursor(&self, cursor: Cursor) {
        let mut state = self.state();
        state.tell_all(|news| news.cursor = Some(cursor.clone()));
        state.cursor = Some(cursor);
    }

    pub(super) fn set_name(&self, name: &str) {
        let mut state = self.state();
        name.clone_into(&mut state.name);
        state.tell_all(|news| news.name = Some(name.to_owned()));
    }

    pub(super) fn tell_all(&self, edit: impl Fn(&mut News)) {
        self.state().tell_all(edit);
    }

    /// `false` if there is no such session.
    pub(super) fn tell(&self, session: SessionId, edit: impl FnOnce(&mut News)) -> bool {
        let state = self.state();
        let mailbox = state.mailboxes.get(&session);
        mailbox.map(|mailbox| mailbox.edit(edit)).is_some()
    }
}

impl State {
    fn tell_all(&self, edit: impl Fn(&mut News)) {
        self.mailboxes
            .values()
            .for_each(|mailbox| mailbox.edit(&edit));
    }
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn edit(&self, edit: impl FnOnce(&mut News)) {
        edit(&mut self.lock());
        self.wake.notify_one();
    }
    fn takes_copies(&self) -> bool {
        self.takes_copies.load(Ordering::Relaxed)
    }
    /// Notes whether the session's client copies what moves.
    pub(super) fn set_takes_copies(&self, takes: bool) {
        self.takes_copies.store(takes, Ordering::Relaxed);
    }
    /// What the session is to end with.
    pub(super) fn goodbye(&self) -> Option<Goodbye> {
        self.lock().goodbye.clone()
    }
    /// Waits until there may be news. Cancel safe.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }
}
