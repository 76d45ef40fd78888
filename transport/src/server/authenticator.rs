//! Asking the application who may come in, and what they may do.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::{ServerEvent, Shared};
use crate::credentials::{Fingerprint, Secret};
use crate::rights::Rights;

/// Calls of a blocking function at once; further clients wait. The threads are those that also encode pictures, of which
/// there are some hundred.
const CALLS: usize = 16;

/// Who wants to come in, and what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// Who it says it is.
    pub user: Option<String>,
    /// The password that it gave, all of it.
    pub password: Option<Secret>,
    /// The certificate whose key it has proved to have, known or not.
    pub certificate: Option<Fingerprint>,
    /// Where it comes from: as in [`ServerEvent::Connected`], if it is let in.
    pub address: SocketAddr,
    /// It comes only to measure the link: it is shown nothing and may do nothing, whatever the rights.
    pub probe: bool,
}

/// A login that is to be judged, by number: see [`ServerEvent::Login`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginId(u64);

impl LoginId {
    /// The number, which no other login of this server has.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
    /// The login of a number, whether there is one or not.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self(number)
    }
}

type Answer = Pin<Box<dyn Future<Output = Option<Rights>> + Send>>;

/// Asked who may come in, and what they may do: see [`ServerConfig::authenticator`](super::ServerConfig::authenticator).
///
/// The answer is `None` for who may not. It may take its time, and holds up nobody but who waits for it; after 30 seconds
/// the client is turned away. A function that panics turns the client away.
#[derive(Clone)]
pub struct Authenticator(Way);

#[derive(Clone)]
enum Way {
    Call(Arc<dyn Fn(Login) -> Answer + Send + Sync>),
    Event,
}

impl Authenticator {
    /// Asks an async function. It is dropped unfinished when the client goes away.
    pub fn new<A>(ask: impl Fn(Login) -> A + Send + Sync + 'static) -> Self
    where
        A: Future<Output = Option<Rights>> + Send + 'static,
    {
        Self(Way::Call(Arc::new(move |login| Box::pin(ask(login)))))
    }

    /// Asks a function that may block: it is called on threads of its own, for at most 16 clients at a time.
    pub fn blocking(ask: impl Fn(Login) -> Option<Rights> + Send + Sync + 'static) -> Self {
        let (ask, room) = (Arc::new(ask), Arc::new(Semaphore::new(CALLS)));
        Self::new(move |login| {
            let (ask, room) = (Arc::clone(&ask), Arc::clone(&room));
            async move {
                // Held until the call is over, even if nobody waits for it any more.
                let place = room.acquire_owned().await.ok()?;
                let call = tokio::task::spawn_blocking(move || {
                    let _place = place;
                    ask(login)
                });
                // A panic goes on where it is caught.
                call.await
                    .unwrap_or_else(|error| match error.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_cancelled) => None,
                    })
            }
        })
    }

    /// Asks by [`ServerEvent::Login`]: [`Server::answer_login`](super::Server::answer_login) answers.
    #[must_use]
    pub fn by_event() -> Self {
        Self(Way::Event)
    }

    /// The answer; `Err` if there is none: the function panicked, or nobody fetches events. Cancel safe.
    pub(super) async fn ask(&self, shared: &Shared, login: Login) -> Result<Option<Rights>, ()> {
        let call = match &self.0 {
            Way::Call(call) => Arc::clone(call),
            Way::Event => return shared.ask_by_event(login).await,
        };
        // A task of its own, so that a panic ends no more than that; it is aborted if this is dropped.
        let mut task = JoinSet::new();
        task.spawn(async move { call(login).await });
        match task.join_next().await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => {
                tracing::error!("the authenticator failed: {error}");
                Err(())
            }
            None => Err(()),
        }
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Way::Call(_) => "Authenticator(..)",
            Way::Event => "Authenticator(by event)",
        })
    }
}

/// Logins that wait for an answer of the application: no more than there are strangers.
#[derive(Debug, Default)]
pub(super) struct Questions {
    next: AtomicU64,
    waiting: Mutex<HashMap<LoginId, oneshot::Sender<Option<Rights>>>>,
}

/// A login that waits; not any more once this is dropped.
struct Question<'a> {
    questions: &'a Questions,
    id: LoginId,
}

impl Questions {
    fn waiting(&self) -> MutexGuard<'_, HashMap<LoginId, oneshot::Sender<Option<Rights>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the answer to who waits for it; `false` if nobody does.
    pub(super) fn answer(&self, id: LoginId, rights: Option<Rights>) -> bool {
        let waits = self.waiting().remove(&id);
        waits.is_some_and(|waits| waits.send(rights).is_ok())
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        self.questions.waiting().remove(&self.id);
    }
}

impl Shared {
    async fn ask_by_event(&self, login: Login) -> Result<Option<Rights>, ()> {
        let questions = &self.questions;
        let id = LoginId(questions.next.fetch_add(1, Ordering::Relaxed));
        let (sender, answer) = oneshot::channel();
        questions.waiting().insert(id, sender);
        let _question = Question { questions, id };
        if !self.inbox.put(ServerEvent::Login { id, login }) {
            return Err(());
        }
        answer.await.map_err(|_| ())
    }
}
