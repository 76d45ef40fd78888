//! A connection to an X server, and waiting on it without polling.

use std::fmt;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use tightrope::Size;
use tokio::io::unix::AsyncFd;
use x11rb::connection::Connection;
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt, Screen, Window};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use crate::ffi;

/// The name of the only authorization the agent's own X server knows.
pub const COOKIE_NAME: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// Which X server to use, and how to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct Display {
    /// As in the environment variable DISPLAY: `:7`, or `host:7`.
    pub name: String,
    /// The MIT-MAGIC-COOKIE-1 of an X server of our own; otherwise it is looked up as usual (XAUTHORITY).
    pub cookie: Option<[u8; 16]>,
}

impl fmt::Debug for Display {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Display")
            .field("name", &self.name)
            .field("cookie", &self.cookie.map(|_| ".."))
            .finish()
    }
}

impl Display {
    /// Opens a connection. Blocks until the X server has answered.
    pub fn connect(&self) -> Result<Link> {
        let (connection, screen) = self
            .open()
            .with_context(|| format!("cannot connect to the X server on {}", self.name))?;
        Link::new(connection, screen)
    }

    fn open(&self) -> Result<(RustConnection, usize)> {
        let Some(cookie) = self.cookie else {
            return Ok(RustConnection::connect(Some(&self.name))?);
        };
        let number = self.name.trim_start_matches(':');
        let stream = UnixStream::connect(format!("/tmp/.X11-unix/X{number}"))?;
        let (stream, _peer) = DefaultStream::from_unix_stream(stream)?;
        let connection = RustConnection::connect_to_stream_with_auth_info(
            stream,
            0,
            COOKIE_NAME.to_vec(),
            cookie.to_vec(),
        )?;
        Ok((connection, 0))
    }
}

/// One connection to an X server, driven by one task.
#[derive(Debug)]
pub struct Link {
    connection: RustConnection,
    screen: Screen,
    readable: AsyncFd<OwnedFd>,
    /// An event that [`Link::wait`] found waiting.
    found: Mutex<Option<Event>>,
}

impl Link {
    fn new(connection: RustConnection, screen: usize) -> Result<Self> {
        let Some(screen) = connection.setup().roots.get(screen).cloned() else {
            bail!("the X server has no screen {screen}");
        };
        let descriptor = connection.stream().as_fd().try_clone_to_owned()?;
        Ok(Self {
            connection,
            screen,
            readable: ffi::watch(descriptor)?,
            found: Mutex::new(None),
        })
    }

    /// The connection, for requests.
    pub fn x(&self) -> &RustConnection {
        &self.connection
    }

    /// The root window.
    pub fn root(&self) -> Window {
        self.screen.root
    }

    /// The screen as it was when the connection was made.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The size of the root window now.
    pub fn size(&self) -> Result<Size> {
        let root = self.connection.get_geometry(self.root())?.reply()?;
        Ok(Size::new(root.width, root.height))
    }

    /// The next event that is here already.
    pub fn poll_event(&self) -> Result<Option<Event>> {
        if let Some(event) = self.found().take() {
            return Ok(Some(event));
        }
        Ok(self.connection.poll_for_event()?)
    }

    /// Sends what is queued and waits until [`Self::poll_event`] may have something. Cancel safe.
    ///
    /// Any request that waits for a reply may have taken events off the socket, which then never becomes readable
    /// for them: so what is here already ends the wait.
    pub async fn wait(&self) -> Result<()> {
        self.connection.flush()?;
        if let Some(event) = self.poll_event()? {
            *self.found() = Some(event);
            return Ok(());
        }
        // Cleared before reading: what arrives from here on makes it readable again.
        self.readable.readable().await?.clear_ready();
        Ok(())
    }

    fn found(&self) -> MutexGuard<'_, Option<Event>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `error` says that the X server has closed the connection.
#[must_use]
pub fn is_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<ConnectionError>()
            || matches!(cause.downcast_ref(), Some(ReplyError::ConnectionError(_)))
            || matches!(
                cause.downcast_ref(),
                Some(ReplyOrIdError::ConnectionError(_))
            )
    })
}
