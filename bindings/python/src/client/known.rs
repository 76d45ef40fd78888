//! Servers that are known by having been connected to before.

use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBool;
use tightrope::transport::CredentialsError;
use tightrope::{ClientConfig, ConnectError, Fingerprint, KnownHosts};

use crate::argument::Settings;
use crate::error;

/// Which servers are known, and whether new ones are taken for the right ones.
pub(super) struct Known {
    hosts: Option<KnownHosts>,
    accept_new: bool,
}

/// Why there is no connection.
pub(super) enum Failure {
    Connect(ConnectError),
    /// The server is not the one that is known, or the file cannot be read or written.
    Known(CredentialsError),
}

impl Known {
    /// What the settings say.
    pub(super) fn read(settings: &Settings<'_>) -> PyResult<Self> {
        let wrong = |why: &str| PyValueError::new_err(why.to_owned());
        let hosts = match settings.value::<Bound<'_, PyAny>>("known_hosts", "a path, or True")? {
            None => None,
            Some(given) if given.is_instance_of::<PyBool>() => match given.extract()? {
                false => None,
                true => Some(KnownHosts::of_user().ok_or_else(|| {
                    wrong(
                        "known_hosts: expected a path, as neither HOME nor XDG_CONFIG_HOME is set",
                    )
                })?),
            },
            Some(_) => {
                let path = settings.value::<PathBuf>("known_hosts", "a path, or True")?;
                path.map(KnownHosts::new)
            }
        };
        let accept_new = settings.flag("accept_new")?;
        match hosts.is_none() && accept_new {
            true => Err(wrong(
                "accept_new: expected known_hosts with it, where new ones are remembered",
            )),
            false => Ok(Self { hosts, accept_new }),
        }
    }

    /// What `attempt` gives for `config`, with what is known of its servers; a new one is remembered once it was let in.
    pub(super) fn reach<T>(
        &self,
        mut config: ClientConfig,
        attempt: impl Fn(ClientConfig) -> Result<T, ConnectError>,
    ) -> Result<T, Failure> {
        let Some(hosts) = self.hosts.as_ref().filter(|_| config.fingerprint.is_none()) else {
            return attempt(config).map_err(Failure::Connect);
        };
        config.fingerprint = look_up(hosts, &config).map_err(Failure::Known)?;
        let again = config.clone();
        match attempt(config) {
            Err(ConnectError::WrongFingerprint { address, found, .. }) => {
                // Which line of the file it is that says otherwise.
                hosts.check(&address, found).map_err(Failure::Known)?;
                Err(Failure::Connect(ConnectError::UnknownServer {
                    address,
                    found,
                }))
            }
            Err(ConnectError::UnknownServer { address, found }) if self.accept_new => {
                let fingerprint = Some(found);
                let reached = attempt(ClientConfig {
                    fingerprint,
                    ..again
                });
                let reached = reached.map_err(Failure::Connect)?;
                hosts.remember(&address, found).map_err(Failure::Known)?;
                Ok(reached)
            }
            reached => reached.map_err(Failure::Connect),
        }
    }
}

impl Failure {
    /// As Python raises it.
    pub(super) fn raise(&self, py: Python<'_>) -> PyErr {
        match self {
            Self::Connect(why) => error::connect(py, why),
            Self::Known(why @ CredentialsError::OtherServer { .. }) => {
                error::error(py, "FingerprintError", format!("{why}. Nothing was sent"))
            }
            Self::Known(why) => PyValueError::new_err(format!("known_hosts: {why}")),
        }
    }
}

/// What is remembered of the first of the addresses of which anything is.
fn look_up(
    hosts: &KnownHosts,
    config: &ClientConfig,
) -> Result<Option<Fingerprint>, CredentialsError> {
    for endpoint in &config.endpoints {
        if let Some(host) = hosts.look_up(&endpoint.address())? {
            return Ok(Some(host.fingerprint));
        }
    }
    Ok(None)
}
