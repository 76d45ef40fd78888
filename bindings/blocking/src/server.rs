//! The server: its commands do not wait anyway, so only its beginning and its events are different here.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tightrope::{Goodbye, ServerConfig, ServerError, ServerEvent};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::inbox::{Inbox, deadline};
use crate::runtime::{block_on, handle};

/// How long a server's ports may take to become free.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(2);
/// Events that may wait; further ones wait in the engine, which knows which of too many to drop.
const EVENTS: usize = 64;

/// A desktop that is being served. It ends when this is dropped.
///
/// What else it can do is on [`tightrope::Server`]: none of it needs async code.
pub struct Server {
    inner: tightrope::Server,
    inbox: Arc<Inbox<ServerEvent>>,
    /// Moves events to the inbox.
    fetching: AbortHandle,
}

impl Server {
    /// Listens and serves.
    ///
    /// # Errors
    /// As [`tightrope::Server::bind`]; or the system gives no threads or no descriptor.
    pub fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        let address = config.listen;
        let failed = |error| ServerError::Listen { address, error };
        let inner = block_on(tightrope::Server::bind(config)).map_err(failed)??;
        Self::of(inner).map_err(failed)
    }

    fn of(inner: tightrope::Server) -> io::Result<Self> {
        let inbox = Arc::new(Inbox::new(EVENTS)?);
        let (server, events) = (inner.clone(), Arc::clone(&inbox));
        let fetching = handle()?.spawn(async move {
            loop {
                events.room().await;
                events.put(server.next_event().await);
            }
        });
        Ok(Self {
            inner,
            inbox,
            fetching: fetching.abort_handle(),
        })
    }

    /// What clients do next, waiting for it at most `timeout`, or for ever; `None` if they do nothing. With a timeout of
    /// zero it only looks.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> Option<ServerEvent> {
        self.inbox.take(deadline(timeout))
    }

    /// Wakes whoever is in [`Self::wait`]: from here on that only looks.
    pub fn end_waits(&self) {
        self.inbox.close();
    }

    /// Whether [`Self::end_waits`] was called.
    #[must_use]
    pub fn waits_ended(&self) -> bool {
        self.inbox.is_closed()
    }

    /// To be waited for when the last of the server was dropped.
    #[must_use]
    pub fn closing(&self) -> Closing {
        Closing(Box::pin(self.inner.closed()))
    }

    /// Lets nobody in any more, tells all clients why the desktop goes away, and waits until they have gone: two seconds at
    /// most.
    pub fn shutdown(&self, goodbye: Goodbye) {
        let server = self.inner.clone();
        // Without threads there are no sessions either.
        let _ = block_on(async move { server.shutdown(goodbye).await });
    }
}

/// The end of a server: its ports become free.
pub struct Closing(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Closing {
    /// Waits for it, two seconds at most: another thread may still hold the server.
    pub fn wait(self) {
        // Without threads nobody listens.
        let _ = block_on(async move { timeout(CLOSING_TIMEOUT, self.0).await });
    }
}

impl Deref for Server {
    type Target = tightrope::Server;
    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

/// Readable while [`Server::wait`] would give something without waiting.
impl AsFd for Server {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.fetching.abort();
    }
}
