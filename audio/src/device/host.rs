//! The connection to the system's sound: one for the process.

use std::sync::{Arc, Mutex, PoisonError};

use cpal::Host;

use super::DeviceError;

/// A connection that nobody uses any more would keep its thread, as long as the server lives. So there is only one, and
/// it is kept.
static OPEN: Mutex<Option<Arc<Host>>> = Mutex::new(None);

/// What `look` finds in the system's sound.
///
/// `look` is called again on a new connection if it finds no server on one that is from before. May block for as long as
/// a sound server does not answer.
pub(super) fn ask<T>(look: impl Fn(&Host) -> Result<T, DeviceError>) -> Result<T, DeviceError> {
    let host = open(None)?;
    match look(&host) {
        Err(DeviceError::NoServer { .. }) => look(&*open(Some(&host))?),
        answer => answer,
    }
}

/// The connection; another one if it is `dead`.
fn open(dead: Option<&Arc<Host>>) -> Result<Arc<Host>, DeviceError> {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(host) = open.as_ref()
        && !dead.is_some_and(|dead| Arc::ptr_eq(dead, host))
    {
        return Ok(Arc::clone(host));
    }
    *open = None;
    let host = Arc::new(connect()?);
    *open = Some(Arc::clone(&host));
    Ok(host)
}

/// The first kind of sound there is. A server that was named is not passed over.
fn connect() -> Result<Host, DeviceError> {
    let named = std::env::var("PULSE_SERVER").ok();
    let mut tried = Vec::new();
    for id in cpal::available_hosts() {
        let is_server = id.name().eq_ignore_ascii_case("pulseaudio");
        if named.is_some() && !is_server {
            continue;
        }
        match cpal::host_from_id(id) {
            Ok(host) => return Ok(host),
            Err(error) => tried.push(format!("{}: {error}", id.name())),
        }
    }
    let what = tried.join("; ");
    let reason = match (named, what.is_empty()) {
        (Some(server), true) => format!(
            "PULSE_SERVER is {server}, where nothing is (it must be unix:/PATH of a socket)"
        ),
        (Some(server), false) => {
            format!("PULSE_SERVER is {server}, which does not answer ({what})")
        }
        (None, true) => "neither a sound server nor a sound card".to_owned(),
        (None, false) => what,
    };
    Err(DeviceError::NoServer { reason })
}
