//! What happened, for an application that may be slow to fetch it, or never does.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::{Mutex, mpsc};

use super::event::ServerEvent;

/// Events that are kept; further ones are dropped.
const KEPT: usize = 4096;
/// The last of them are for clients that come and go: whose keys are down nobody may be left to say.
const FOR_SESSIONS: usize = 1024;
/// And as many before for what lets go of a key or button, so that a flood of others leaves nothing held.
const FOR_RELEASES: usize = 1024;
/// Bytes of clipboards that are kept: room for a few of the largest.
const CLIPBOARDS: usize = 64 << 20;

/// The events of a server that wait for its application.
pub(super) struct Inbox {
    sender: mpsc::Sender<ServerEvent>,
    waiting: Mutex<mpsc::Receiver<ServerEvent>>,
    /// Bytes of the clipboards among them.
    clipboards: AtomicUsize,
}

impl Inbox {
    pub(super) fn new() -> Self {
        let (sender, waiting) = mpsc::channel(KEPT);
        Self {
            sender,
            waiting: Mutex::new(waiting),
            clipboards: AtomicUsize::new(0),
        }
    }

    /// Keeps an event for the application; `false` if there is no room for it.
    pub(super) fn put(&self, event: ServerEvent) -> bool {
        let bytes = bytes(&event);
        let before = self.clipboards.fetch_add(bytes, Ordering::Relaxed);
        let is_kept = before.saturating_add(bytes) <= CLIPBOARDS.max(bytes)
            && self.sender.capacity() > left_free(&event)
            && self.sender.try_send(event).is_ok();
        if !is_kept {
            self.clipboards.fetch_sub(bytes, Ordering::Relaxed);
            tracing::debug!("an event was dropped: they are not fetched as fast as they come");
        }
        is_kept
    }

    /// The oldest, once there is one. Cancel safe.
    pub(super) async fn next(&self) -> ServerEvent {
        let mut waiting = self.waiting.lock().await;
        match waiting.recv().await {
            Some(event) => {
                self.clipboards.fetch_sub(bytes(&event), Ordering::Relaxed);
                event
            }
            // The sender lives as long as this does.
            None => std::future::pending().await,
        }
    }
}

/// Places that an event leaves for those that matter more.
fn left_free(event: &ServerEvent) -> usize {
    match event {
        ServerEvent::Connected { .. }
        | ServerEvent::Parted { .. }
        | ServerEvent::Resumed { .. }
        | ServerEvent::Disconnected { .. } => 0,
        ServerEvent::Key { down: false, .. }
        | ServerEvent::Pointer { buttons: 0, .. }
        | ServerEvent::MicrophoneStopped { .. } => FOR_SESSIONS,
        _ => FOR_SESSIONS + FOR_RELEASES,
    }
}

/// Bytes of the clipboard that an event holds.
fn bytes(event: &ServerEvent) -> usize {
    match event {
        ServerEvent::Clipboard { content, .. } => content.bytes(),
        ServerEvent::ClipboardImage { image, .. } => image.as_ref().map_or(0, Bytes::len),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use rfb::Point;

    use super::*;
    use crate::server::SessionId;

    const SESSION: SessionId = SessionId(1);

    fn key(down: bool) -> ServerEvent {
        ServerEvent::Key {
            session: SESSION,
            keysym: 0x61,
            keycode: None,
            down,
        }
    }

    fn gone() -> ServerEvent {
        let reason = String::new();
        ServerEvent::Disconnected {
            session: SESSION,
            reason,
        }
    }

    #[tokio::test]
    async fn a_flood_of_keys_leaves_room_for_their_release_and_the_end_of_sessions() {
        let inbox = Inbox::new();
        let kept = (0..2 * KEPT).filter(|_| inbox.put(key(true))).count();
        assert_eq!(kept, KEPT - FOR_SESSIONS - FOR_RELEASES);
        let kept = (0..2 * KEPT).filter(|_| inbox.put(key(false))).count();
        assert_eq!(kept, FOR_RELEASES);
        let pointer = ServerEvent::Pointer {
            session: SESSION,
            at: Point::default(),
            buttons: 1,
        };
        assert!(!inbox.put(pointer));
        assert!(inbox.put(gone()));
        for _ in 1..KEPT - FOR_SESSIONS {
            inbox.next().await;
        }
        assert_eq!(inbox.next().await, key(false));
        assert_eq!(inbox.next().await, gone());
        assert!(inbox.put(key(true)));
    }

    #[tokio::test]
    async fn clipboards_that_nobody_fetches_take_bounded_memory() {
        let inbox = Inbox::new();
        let copied = || ServerEvent::Clipboard {
            session: SESSION,
            content: "a".repeat(1 << 20).into(),
        };
        let kept = (0..1000).filter(|_| inbox.put(copied())).count();
        assert_eq!(kept, CLIPBOARDS >> 20);
        assert!(inbox.put(key(true)));
        inbox.next().await;
        assert!(inbox.put(copied()));
        assert!(!inbox.put(copied()));
    }
}
