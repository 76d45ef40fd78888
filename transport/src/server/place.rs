//! A session's place in the server: what is noted of it everywhere, for as long as there is a session.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::admission::Use;
use super::{ServerEvent, SessionId, Shared};

/// A session's place. Given up when dropped, however the session came to its end: one that panicked as well.
pub(super) struct Place {
    session: SessionId,
    /// Parted sessions have places too, and lie in what this is.
    shared: Weak<Shared>,
    /// From when its client was let in for the first time: the application knows of it.
    seat: Option<OwnedSemaphorePermit>,
    /// What let it in, until it is in.
    used: Option<Use>,
    /// Its client is connected, and in.
    is_here: bool,
    /// Why it ends.
    reason: String,
}

/// What it is for a session that its client is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// The application has not heard of it.
    First,
    /// It goes on.
    Again,
}

impl Place {
    /// The place of a new session, which `used` is to let in.
    pub(super) fn new(shared: &Arc<Shared>, used: Option<Use>) -> Self {
        Self {
            session: shared.next_session(),
            shared: Arc::downgrade(shared),
            seat: None,
            used,
            is_here: false,
            reason: "it failed".to_owned(),
        }
    }

    pub(super) fn session(&self) -> SessionId {
        self.session
    }
    /// The application has heard of the session, and is told how it ends.
    pub(super) fn is_known(&self) -> bool {
        self.seat.is_some()
    }
    /// The client is connected, and in.
    pub(super) fn is_here(&self) -> bool {
        self.is_here
    }
    /// Whether the session can have a seat, unless somebody is faster.
    pub(super) fn has_room(&self, shared: &Shared) -> bool {
        self.is_known() || shared.seats.available_permits() > 0 || shared.lasting.has_parted()
    }
    /// Notes what let the client in.
    pub(super) fn use_up(&mut self, used: Use) {
        self.used = Some(used);
    }

    /// The client is in, unless there is no seat.
    pub(super) fn join(&mut self, shared: &Shared) -> Option<Joined> {
        let joined = match self.is_known() {
            true => Joined::Again,
            false => {
                self.seat = Some(shared.seat()?);
                Joined::First
            }
        };
        if let Some(used) = self.used.take() {
            used.keep();
        }
        self.is_here = true;
        shared.sessions.send_modify(|count| *count += 1);
        Some(joined)
    }

    /// The client is not to be heard of for now; the application learns why.
    pub(super) fn part(&mut self, reason: &str) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        if self.go(&shared) {
            shared.emit(ServerEvent::Parted {
                session: self.session,
                reason: reason.to_owned(),
            });
        }
    }

    /// The session is over; the application learns why, if it knew of it.
    pub(super) fn leave(mut self, reason: &str) {
        reason.clone_into(&mut self.reason);
    }

    /// Ends what is only while the client is here; `false` if it was not.
    fn go(&mut self, shared: &Shared) -> bool {
        if !std::mem::take(&mut self.is_here) {
            return false;
        }
        self.silence(shared);
        shared.sessions.send_modify(|count| *count -= 1);
        true
    }

    /// The client hears and says nothing more.
    pub(super) fn silence(&self, shared: &Shared) {
        shared.sound.stop_listening(self.session);
        // This calls the application, and whoever calls us may be panicking already.
        let silence = AssertUnwindSafe(|| shared.sound.end_speaking(self.session));
        if catch_unwind(silence).unwrap_or(true) {
            let session = self.session;
            shared.emit(ServerEvent::MicrophoneStopped { session });
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        self.go(&shared);
        let (session, reason) = (self.session, std::mem::take(&mut self.reason));
        shared.desk.leave(session);
        shared.board.forget(session);
        tracing::info!("session {session} ended: {reason}");
        if self.seat.take().is_some() {
            shared.emit(ServerEvent::Disconnected { session, reason });
        }
    }
}

impl Shared {
    /// A seat for a new session: a free one, else that of the session which has been without its client for longest.
    fn seat(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() {
                return Some(seat);
            }
            let parted = self.lasting.give_up_longest_parted()?;
            parted.place.leave("another client needed its place");
        }
    }
}

/// So many seats.
pub(super) fn seats(limit: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)))
}

#[cfg(test)]
mod tests {
    use rfb::{Encoders, Size};

    use super::*;
    use crate::server::{Server, ServerConfig};

    #[tokio::test]
    async fn a_place_that_is_dropped_is_told_of_and_free_again() {
        let config = ServerConfig {
            max_clients: 1,
            ..ServerConfig::new(Size::new(1, 1)).unwrap()
        };
        let server = Server::bind(config, Arc::new(Encoders::standard))
            .await
            .unwrap();
        let shared = &server.shared;
        let mut first = Place::new(shared, None);
        let mut second = Place::new(shared, None);
        assert_eq!(first.join(shared), Some(Joined::First));
        first.part("the network failed");
        // It is on the way to another connection: there is nobody who could give way.
        assert_eq!(second.join(shared), None);
        assert!(!second.has_room(shared) && first.has_room(shared));
        assert_eq!(first.join(shared), Some(Joined::Again));
        assert_eq!(server.sessions(), 1);
        let session = first.session();
        drop(first);
        assert!(matches!(
            server.next_event().await,
            ServerEvent::Parted { .. }
        ));
        assert!(
            matches!(server.next_event().await, ServerEvent::Disconnected { session: own, .. } if own == session)
        );
        assert_eq!(server.sessions(), 0);
        assert_eq!(second.join(shared), Some(Joined::First));
    }
}
