//! Servers that were taken for the right ones once: trust on first use.

use std::ffi::c_char;
use std::path::PathBuf;

use tightrope::{ClientConfig, ConnectError, Endpoint, Fingerprint, KnownHosts};

use super::config::{set_way, tr_client_config};
use crate::error::{Fault, tr_result};
use crate::memory::{optional_text, text};

/// Where to connect to, with what is remembered of whom.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) config: ClientConfig,
    pub(super) known: Option<KnownHosts>,
}

impl Way {
    /// The config with what is remembered, and where that was if it was needed.
    pub(super) fn resolve(self) -> Result<(ClientConfig, Option<KnownHosts>), Fault> {
        let Self { mut config, known } = self;
        let Some(known) = known.filter(|_| config.fingerprint.is_none()) else {
            return Ok((config, None));
        };
        for endpoint in &config.endpoints {
            if let Some(host) = known.look_up(&endpoint.address())? {
                config.fingerprint = Some(host.fingerprint);
                return Ok((config, Some(known)));
            }
        }
        Ok((config, None))
    }

    fn remember(&self, fingerprint: Fingerprint) -> Result<(), Fault> {
        let Some(known) = &self.known else {
            let told = "there are no known hosts: see tr_client_config_set_known_hosts()";
            return Err(Fault::new(tr_result::TR_ERROR_STATE, told));
        };
        let addresses = self.config.endpoints.iter().map(Endpoint::address);
        let addresses: Vec<_> = addresses.collect();
        for address in &addresses {
            known.check(address, fingerprint)?;
        }
        for address in &addresses {
            known.remember(address, fingerprint)?;
        }
        Ok(())
    }
}

/// Why there is no connection; where `known` says that there should be another server, by file and line.
pub(super) fn explain(known: Option<&KnownHosts>, error: ConnectError) -> Fault {
    let remembered = match (known, &error) {
        (Some(known), ConnectError::WrongFingerprint { address, found, .. }) => {
            known.check(address, *found).err()
        }
        _ => None,
    };
    let mut fault = Fault::from(error);
    if let Some(remembered) = remembered {
        fault.message = remembered.to_string();
    }
    fault
}

/// Sets the file that remembers which certificate a server has: lines of `host:port sha256:...`, as tightrope-viewer keeps them; NULL for
/// that of the user, `tightrope/known_hosts` in $XDG_CONFIG_HOME or ~/.config. It need not be there yet. It is read when there is
/// something to connect to, if the config has no fingerprint.
///
/// A server that is not in it is still TR_ERROR_UNKNOWN_SERVER: see tr_client_config_remember(). One that has changed is
/// TR_ERROR_WRONG_SERVER, and the message names file and line. TR_ERROR_STATE if `file` is NULL and the user has no home.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_set_known_hosts(
    config: tr_client_config,
    file: *const c_char,
) -> tr_result {
    set_way(config, |way| {
        // SAFETY: the caller promises text that ends with a zero byte, or NULL.
        let file = unsafe { optional_text(file, "file") }?;
        let known = match file {
            Some("") => return Err(Fault::argument("file", "it is empty")),
            Some(file) => Some(KnownHosts::new(PathBuf::from(file))),
            None => KnownHosts::of_user(),
        };
        let homeless = || {
            let told = "file: there is neither XDG_CONFIG_HOME nor HOME";
            Fault::new(tr_result::TR_ERROR_STATE, told)
        };
        way.known = Some(known.ok_or_else(homeless)?);
        Ok(())
    })
}

/// Remembers, in the file of tr_client_config_set_known_hosts(), that the server at the config's addresses has the certificate of this
/// fingerprint: after TR_ERROR_UNKNOWN_SERVER, that of tr_error_fingerprint(), once a person has taken it for the right one.
/// TR_ERROR_CREDENTIALS if another one is remembered of any of them, or the file cannot be written; nothing is remembered then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tr_client_config_remember(
    config: tr_client_config,
    fingerprint: *const c_char,
) -> tr_result {
    set_way(config, |way| {
        // SAFETY: the caller promises text that ends with a zero byte.
        let shown = unsafe { text(fingerprint, "fingerprint") }?;
        let shown = shown.parse();
        way.remember(shown.map_err(|error| Fault::argument("fingerprint", error))?)
    })
}
