//! The complete server: sockets, encryption, sessions and their pace are the library's; pixels are the caller's.

mod config;
mod desktop;
mod events;
mod sound;

use std::ffi::{CString, c_char};
use std::ptr;

use tightrope::{ServerConfig, SessionId};

use crate::connection::goodbye;
use crate::error::{Fault, tr_result};
use crate::guard::{guard, guard_or};
use crate::handle::{self, Noun};
use crate::memory::{out, size, text};

pub use config::*;
pub use desktop::*;
pub use events::*;
pub use sound::*;

/// A desktop that is being served.
pub type tr_server = u64;

pub(crate) struct Server {
    pub(crate) inner: blocking::Server,
    url: CString,
    fingerprint: Option<CString>,
    password: Option<CString>,
}

impl Noun for Server {
    const NAME: &'static str = "server";
    const HAS_THREADS: bool = true;
}

impl Server {
    fn bind(config: ServerConfig) -> Result<Self, Fault> {
        handle::check_threads()?;
        let inner = blocking::Server::bind(config)?;
        let fingerprint = inner.fingerprint().map(|own| own.to_string());
        let url = match &fingerprint {
            Some(fingerprint) => format!("{}/?fingerprint={fingerprint}", inner.url()),
            None => inner.url(),
        };
        let password = inner.password().map(|own| own.reveal().to_owned());
        let c = |text: String| {
            CString::new(text).map_err(|_| Fault::argument("config", "a text has a zero byte"))
        };
        Ok(Self {
            url: c(url)?,
            fingerprint: fingerprint.map(c).transpose()?,
            password: password.map(c).transpose()?,
            inner,
        })
    }
}

/// Finds the server of a handle.
pub(crate) fn find(server: tr_server) -> Result<std::sync::Arc<Server>, Fault> {
    handle::get(server)
}

/// Begins to serve a desktop of `width` by `height` pixels (1 to 65535 each, 67108864 together), which stays black until the first
/// tr_server_update(). `config` says where and to whom; it is only read, and may be destroyed or used again. 0 stands for:
/// any free port of 127.0.0.1, encrypted, with a fresh certificate and a fresh password.
///
/// The server ends by tr_server_destroy().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_create(
    config: tr_server_config,
    width: u32,
    height: u32,
    server: *mut tr_server,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises a place for a handle.
        let place = unsafe { out(server, "server") }?;
        let size = size(width, height)?;
        let mut config = match config {
            0 => ServerConfig::new(size)?,
            config => read(config)?,
        };
        config.size = size;
        place.set(handle::insert(Server::bind(config)?)?);
        Ok(())
    })
}

/// Ends the server at once: clients see the connection end. tr_server_shutdown() says goodbye before. Whoever waits in
/// tr_server_wait() gets TR_ERROR_CLOSED. When this returns, its port is free, unless another thread is still in a call.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_destroy(server: tr_server) -> tr_result {
    guard(|| {
        let server = handle::remove::<Server>(server)?;
        server.inner.end_waits();
        let closing = server.inner.closing();
        drop(server);
        closing.wait();
        Ok(())
    })
}

/// Lets nobody in any more, tells all clients why the desktop goes away, and waits until they have gone: two seconds at most.
/// `code` is one of TR_GOODBYE_*, `text` is for people, or NULL. From then on tr_server_wait() gives TR_ERROR_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_shutdown(
    server: tr_server,
    code: u32,
    text: *const c_char,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let goodbye = unsafe { goodbye(code, text) }?;
        let server = find(server)?;
        server.inner.shutdown(goodbye);
        server.inner.end_waits();
        Ok(())
    })
}

/// Ends the session of one client, and waits for nothing: TR_EVENT_DISCONNECTED tells that it is gone, within two seconds. `code` is one of
/// TR_GOODBYE_*, `text` is for people, or NULL: viewers of ours are told both, once they have said what they read; for others the
/// connection ends. What was sent before still arrives.
///
/// Nobody goes on with the session, not even if its connection was lost just now. As somebody new the client may come in again, if it is
/// let in: see tr_server_config_set_uses() and tr_server_config_set_login_events(). TR_ERROR_STATE if the session is over, or never was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_end_session(
    server: tr_server,
    session: u64,
    code: u32,
    text: *const c_char,
) -> tr_result {
    guard(|| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let goodbye = unsafe { goodbye(code, text) }?;
        match find(server)?
            .inner
            .end_session(SessionId::of(session), goodbye)
        {
            true => Ok(()),
            false => Err(no_session(session)),
        }
    })
}

fn no_session(session: u64) -> Fault {
    let told = format_args!("session: there is no session {session}");
    Fault::new(tr_result::TR_ERROR_STATE, told)
}

/// The server, or the viewer, is going away.
pub const TR_GOODBYE_SHUTTING_DOWN: u32 = 0;
/// The application that was shown has ended.
pub const TR_GOODBYE_APPLICATION_ENDED: u32 = 1;
/// The session is not wanted any more.
pub const TR_GOODBYE_REFUSED: u32 = 2;
/// Nothing happened for too long.
pub const TR_GOODBYE_IDLE: u32 = 3;

/// What a viewer on this machine is given: the address by the best protocol that is allowed, with the fingerprint of the
/// certificate. Valid until the server is destroyed; NULL if there is no such server.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_url(server: tr_server) -> *const c_char {
    guard_or(ptr::null(), || Ok(find(server)?.url.as_ptr()))
}

/// The fingerprint of the certificate, "sha256:" and 64 digits, which clients pin. NULL if no certificate is ever shown.
/// Valid as tr_server_url().
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_fingerprint(server: tr_server) -> *const c_char {
    guard_or(ptr::null(), || Ok(pointer(&find(server)?.fingerprint)))
}

/// The password that lets clients in. NULL if there is none. Valid as tr_server_url().
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_password(server: tr_server) -> *const c_char {
    guard_or(ptr::null(), || Ok(pointer(&find(server)?.password)))
}

fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

/// The port that it listens on, of TCP and, for QUIC, of UDP. 0 if there is no such server.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_port(server: tr_server) -> u32 {
    guard_or(0, || Ok(find(server)?.inner.address().port().into()))
}

/// How many clients are in. 0 if there is no such server.
#[unsafe(no_mangle)]
pub extern "C" fn tr_server_sessions(server: tr_server) -> u32 {
    guard_or(0, || {
        Ok(u32::try_from(find(server)?.inner.sessions()).unwrap_or(u32::MAX))
    })
}

/// Gives the desktop another name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_server_set_name(server: tr_server, name: *const c_char) -> tr_result {
    guard(|| {
        let server = find(server)?;
        // SAFETY: the caller promises text that ends with a zero byte.
        let name = unsafe { text(name, "name") }?;
        server.inner.set_name(name);
        Ok(())
    })
}
