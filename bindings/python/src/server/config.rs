//! A server's settings, as Python gives them.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tightrope::{
    Adapt, AgentCredentials, Allow, Fingerprint, Origins, Protocol, Secret, ServerConfig, Size,
};

use super::rights;
use crate::argument::{self, Settings, wrong_value};
use crate::error::error;

/// What to serve, where, and to whom.
pub(crate) fn read(settings: &Settings<'_>, size: Size) -> PyResult<ServerConfig> {
    let failed = |failed| error(settings.0.py(), "Error", failed);
    let mut config = ServerConfig::new(size).map_err(failed)?;
    if let Some(name) = settings.text("name")? {
        config.name = name;
    }
    if let Some(listen) = settings.text("listen")? {
        config.listen = listen.parse().map_err(|_| {
            let expected = "an address and a port such as 127.0.0.1:5900 or [::]:0";
            wrong_value("listen", expected, format!("{listen:?}"))
        })?;
    }
    admission(settings, &mut config)?;
    config.sound = settings.flag("sound")?;
    config.power = settings.flag("power")?;
    config.microphone = settings.flag("microphone")?;
    if let Some(name) = settings.text("adapt")? {
        config.adapt = match name.as_str() {
            "announced" => Adapt::Announced,
            "always" => Adapt::Always,
            "never" => Adapt::Never,
            _ => return Err(wrong_value("adapt", "announced, always or never", name)),
        };
    }
    config.max_rate = settings.value("max_rate", "bits a second")?;
    if let Some(most) = settings.value::<usize>("max_clients", "a number of clients from 0 on")? {
        config.max_clients = most;
    }
    if let Some(linger) = settings.value::<f64>("linger", "seconds")? {
        let seconds = Duration::try_from_secs_f64(linger);
        config.linger = seconds.map_err(|_| wrong_value("linger", "seconds from 0 on", linger))?;
    }
    Ok(config)
}

/// What is spoken, and who is let in.
fn admission(settings: &Settings<'_>, config: &mut ServerConfig) -> PyResult<()> {
    if let Some(path) = settings.value::<PathBuf>("credentials", "a path of a directory")? {
        credentials(&path, config)?;
    }
    // An empty password is none: everybody may come in.
    let secret =
        |given: Option<String>| given.map(|given| (!given.is_empty()).then(|| Secret::from(given)));
    if let Some(password) = secret(settings.text("password")?) {
        config.password = password;
    }
    if let Some(password) = secret(settings.text("view_only_password")?) {
        config.view_only_password = password;
    }
    if let Some(function) = settings.function("authenticate")? {
        config.authenticator = Some(rights::authenticator(function));
    }
    if let Some(allow) = settings.parsed::<Allow>("allow")? {
        config.allow = allow;
    }
    for text in settings.texts("trusted_clients")? {
        let print = text.trim().parse::<Fingerprint>();
        let wrong = |error| PyValueError::new_err(format!("trusted_clients: {error}"));
        config.trusted_clients.push(print.map_err(wrong)?);
    }
    if let Some(origins) = settings.parsed::<Origins>("origins")? {
        config.origins = origins;
    }
    if let Some(uses) = settings.value::<u32>("uses", "a number of logins from 0 on")? {
        config.uses = Some(uses);
    }
    if let Some(valid) = settings.value::<f64>("valid", "seconds")? {
        let end = Duration::try_from_secs_f64(valid).ok();
        let end = end.and_then(|valid| SystemTime::now().checked_add(valid));
        config.expires = Some(end.ok_or_else(|| wrong_value("valid", "seconds from 0 on", valid))?);
    }
    let is_insecure = settings.flag("insecure")?;
    match config.allow.unencrypted() {
        Some(open) if !is_insecure => Err(error(
            settings.0.py(),
            "InsecureError",
            format_args!("allow: {open} is not encrypted: leave it out, or say insecure=True"),
        )),
        None if is_insecure => {
            config.allow = config.allow.clone().with(&[Protocol::Plain]);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn credentials(path: &std::path::Path, config: &mut ServerConfig) -> PyResult<()> {
    let wrong = |error: String| PyValueError::new_err(format!("credentials: {error}"));
    argument::directory("credentials", path)?;
    let read = AgentCredentials::read(path).map_err(|error| wrong(error.to_string()))?;
    if read.expires.is_some_and(|end| end <= SystemTime::now()) {
        let path = path.display();
        return Err(wrong(format!(
            "those in {path} have expired: make new ones"
        )));
    }
    if let Some(identity) = read.identity {
        config.identity = identity;
    }
    config.password = read.password;
    config.view_only_password = read.view_only_password;
    config.trusted_clients = read.trusted_clients;
    config.expires = read.expires;
    Ok(())
}
