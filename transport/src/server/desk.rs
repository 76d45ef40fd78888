//! What all sessions share: the desktop as it is now, and a mailbox for each session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rfb::clipboard::Content;
use rfb::screen::{ResizeReason, ResizeStatus};
use rfb::{Cursor, Framebuffer, Goodbye, Leds, Point, Region, Screen, Size, View, damage};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::SessionId;

/// The desktop, held once for all sessions.
pub(super) struct Desk {
    state: Mutex<State>,
}

struct State {
    /// Shared with jobs that encode it: whoever changes it meanwhile changes a copy.
    screen: Arc<Framebuffer>,
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
}

/// See [`Mailbox`]. Only the latest of everything: nothing queues up behind a slow session.
#[derive(Default)]
pub(super) struct News {
    pub(super) damage: Region,
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
    /// `None` while no picture shows the desktop.
    pub(super) screen: Option<Arc<Framebuffer>>,
    /// When the desktop looked like this.
    pub(super) captured: Option<Instant>,
    pub(super) news: News,
}

impl Desk {
    pub(super) fn new(size: Size, name: String) -> Self {
        Self {
            state: Mutex::new(State {
                screen: Arc::new(Framebuffer::new(size)),
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
        self.state().screen.size()
    }

    /// A mailbox for a new session, and the size and name to greet its client with.
    pub(super) fn join(&self, session: SessionId) -> (Arc<Mailbox>, Size, String) {
        let mut state = self.state();
        let mailbox = Arc::new(Mailbox::default());
        mailbox.edit(|news| {
            news.cursor.clone_from(&state.cursor);
            news.pointer = state.pointer;
            news.leds = state.leds;
            let size = state.screen.size();
            news.resize = (state.layout != [Screen::whole(size)]).then(|| Resize {
                size,
                screens: state.layout.clone(),
                reason: ResizeReason::SERVER,
            });
        });
        state.mailboxes.insert(session, Arc::clone(&mailbox));
        (mailbox, state.screen.size(), state.name.clone())
    }

    pub(super) fn leave(&self, session: SessionId) {
        self.state().mailboxes.remove(&session);
    }

    /// Takes what a session is still to be told, with the screen it goes with.
    pub(super) fn look(&self, mailbox: &Mailbox) -> Snapshot {
        let state = self.state();
        Snapshot {
            screen: state.valid.then(|| Arc::clone(&state.screen)),
            captured: state.captured,
            news: std::mem::take(&mut *mailbox.lock()),
        }
    }

    /// Draws `pixels` at `at`; gives what truly changed.
    pub(super) fn draw(&self, at: Point, pixels: View<'_>) -> Region {
        let mut state = self.state();
        damage::refine(Arc::make_mut(&mut state.screen), at, pixels)
    }

    /// Tells every session that the screen shows the desktop, and where it changed.
    pub(super) fn publish(&self, damage: &Region, captured: Instant) {
        let mut state = self.state();
        let first = !std::mem::replace(&mut state.valid, true);
        if first || !damage.is_empty() {
            state.captured = Some(captured);
            state.tell_all(|news| news.damage = news.damage.union(damage));
        }
    }

    /// The screen no longer shows the desktop, until the next picture.
    pub(super) fn invalidate(&self) {
        self.state().valid = false;
    }

    pub(super) fn resize(&self, size: Size, screens: Vec<Screen>, asked_by: Option<SessionId>) {
        let mut state = self.state();
        if state.screen.size() != size {
            Arc::make_mut(&mut state.screen).resize(size);
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

    pub(super) fn tell(&self, session: SessionId, edit: impl FnOnce(&mut News)) {
        if let Some(mailbox) = self.state().mailboxes.get(&session) {
            mailbox.edit(edit);
        }
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
    fn edit(&self, edit: impl FnOnce(&mut News)) {
        edit(&mut self.lock());
        self.wake.notify_one();
    }
    /// Waits until there may be news. Cancel safe.
    pub(super) async fn changed(&self) {
        self.wake.notified().await;
    }
}
