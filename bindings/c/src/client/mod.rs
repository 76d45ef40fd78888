//! The complete client: sockets, encryption and decoding are the library's; the window and the sound card the caller's.

mod commands;
mod config;
mod events;
mod known_hosts;
mod sound;

use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use blocking::Picture;
use tightrope::rfb::LocalTime;
use tightrope::sound::{MicrophoneInput, Player};
use tightrope::{ConnectError, Cursor, SessionError};

use crate::error::{Fault, tr_result};
use crate::guard::guard;
use crate::handle::{self, Noun};
use crate::memory::{copy_text, out};
use crate::stats::{tr_link_quality, tr_stats};
use crate::time::timeout;

use known_hosts::explain;

pub use commands::*;
pub use config::*;
pub use events::*;
pub use known_hosts::{tr_client_config_remember, tr_client_config_set_known_hosts};
pub use sound::*;

/// A session with a server.
pub type tr_client = u64;

pub(crate) struct Client {
    inner: blocking::Client,
    player: Player,
    microphone: MicrophoneInput,
    /// The beginning of the session's clock.
    epoch: Instant,
    /// What was given by address last.
    given: Mutex<Given>,
}

/// Memory that the caller looks at.
#[derive(Default)]
struct Given {
    picture: Option<Arc<Picture>>,
    cursor: Option<Cursor>,
}

impl Noun for Client {
    const NAME: &'static str = "client";
    const HAS_THREADS: bool = true;
}

impl Client {
    fn of(inner: blocking::Client) -> Result<Self, SessionError> {
        let (epoch, microphone) =
            inner.with(|client| (client.instant(LocalTime::default()), client.microphone()))?;
        Ok(Self {
            player: inner.player(),
            microphone,
            epoch,
            given: Mutex::default(),
            inner,
        })
    }

    fn given(&self) -> std::sync::MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(client: tr_client) -> Result<Arc<Client>, Fault> {
    handle::get(client)
}

/// Has the session do `command`.
fn command(
    client: tr_client,
    command: impl FnOnce(&mut tightrope::Client) + Send + 'static,
) -> Result<(), Fault> {
    Ok(find(client)?.inner.with(command)?)
}

/// Connects, proves both sides, and reads what the server says of itself, for at most `timeout_ms`, for ever if that is negative.
/// `config` is only read, and may be destroyed or used again.
///
/// TR_ERROR_NETWORK is worth trying again; other errors say what is missing. The client ends by tr_client_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_connect(
    config: tr_client_config,
    timeout_ms: i32,
    client: *mut tr_client,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(client, "client") }?;
        let (config, known) = read_config(config)?;
        handle::check_threads()?;
        let connected = blocking::Client::connect(config, timeout(timeout_ms));
        let connected = connected.map_err(|error| explain(known.as_ref(), error))?;
        place.set(handle::insert(Client::of(connected)?)?);
        Ok(())
    })
}

/// Ends the session, if it is not over, and the client. What was queued is still sent behind it, unless the program ends at once:
/// tr_client_close() waits for that. Whoever waits in tr_client_wait() gets TR_ERROR_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_destroy(client: tr_client) -> tr_result {
    guard(|| {
        let client = handle::remove::<Client>(client)?;
        client.inner.end_waits();
        Ok(())
    })
}

/// Writes what is queued, says goodbye and ends the session, which takes at most about a second. The client is still to be destroyed.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_close(client: tr_client) -> tr_result {
    guard(|| {
        find(client)?.inner.close();
        Ok(())
    })
}

/// Tries once to go on with the session over a new connection, for at most `timeout_ms`, or as long as the library tries, some 30 s for
/// each address, if that is negative. It is for when tr_client_wait() has failed with TR_ERROR_NETWORK or TR_ERROR_CLOSED, and may be
/// called at any time: picture and statistics are kept, and a server of ours sends only what has changed since. What else is asked of the
/// client meanwhile waits, but that tr_client_close() and tr_client_destroy() end this.
///
/// Errors are those of tr_client_connect(); after TR_ERROR_NETWORK, which is also that it took too long, try again a little later.
/// TR_ERROR_CLOSED if the client was closed by us.
#[unsafe(no_mangle)]
pub extern "C" fn tr_client_reconnect(client: tr_client, timeout_ms: i32) -> tr_result {
    guard(|| {
        let tried = find(client)?.inner.reconnect_within(timeout(timeout_ms));
        tried.map_err(|error| match error {
            // It had one to connect to at first.
            ConnectError::NoEndpoint => Fault::new(
                tr_result::TR_ERROR_CLOSED,
                "the client was closed: there is nothing to go on with",
            ),
            error => error.into(),
        })
    })
}

/// Measures how good the link to a server is, in about two seconds and for at most `timeout_ms`, however long it takes if that is negative,
/// without a session: nothing is shown, and no use of the credentials is counted by servers of ours. Errors are those of
/// tr_client_connect().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_probe(
    config: tr_client_config,
    timeout_ms: i32,
    quality: *mut tr_link_quality,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for it.
        let place = unsafe { out(quality, "quality") }?;
        let (config, known) = read_config(config)?;
        handle::check_threads()?;
        let found = blocking::probe(config, timeout(timeout_ms));
        let found = found.map_err(|error| explain(known.as_ref(), error))?;
        place.set(found.into());
        Ok(())
    })
}

/// What the session has moved so far, and how good its link is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_stats(client: tr_client, stats: *mut tr_stats) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises room for them.
        let place = unsafe { out(stats, "stats") }?;
        let found = find(client)?.inner.with(|client| client.stats())?;
        place.set(found.into());
        Ok(())
    })
}

/// Writes the desktop's name, with a zero byte behind it, into `capacity` bytes at `text`. TR_ERROR_ROOM if it is longer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_name(
    client: tr_client,
    text: *mut c_char,
    capacity: usize,
) -> tr_result {
    guard(|| {
        let name = find(client)?
            .inner
            .with(|client| client.name().to_owned())?;
        // SAFETY: the caller promises so much room.
        unsafe { copy_text(&name, text, capacity) }
    })
}

/// Writes where the server was found, as "vncs://host:port", as tr_client_name() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_url(
    client: tr_client,
    text: *mut c_char,
    capacity: usize,
) -> tr_result {
    guard(|| {
        let found = find(client)?
            .inner
            .with(|client| client.endpoint().to_string())?;
        // SAFETY: the caller promises so much room.
        unsafe { copy_text(&found, text, capacity) }
    })
}
