//! The way to a session: what is remembered of servers, and what a person is asked.

use crate::ending::{Failure, REFUSED, tell};
use crate::prompt;
use crate::session::{NotConnected, Session};
use tightrope::{ClientConfig, Endpoint, Fingerprint, KnownHosts, Secret};
use tokio::runtime::Runtime;

/// Connects, as [`reach`] does.
pub(crate) fn connect(
    runtime: &Runtime,
    config: ClientConfig,
    accept_new: bool,
) -> Result<Session, Failure> {
    reach(runtime, config, accept_new, Session::connect)
}

/// Gets to a server by `attempt`. A server that no certificate is given for must be a remembered one, or the person takes it for the right
/// one now; with `accept_new` without being asked. Asks for a password if the server wants one and there is none.
pub(crate) fn reach<T>(
    runtime: &Runtime,
    mut config: ClientConfig,
    accept_new: bool,
    attempt: impl AsyncFn(ClientConfig) -> Result<T, NotConnected>,
) -> Result<T, Failure> {
    let known = KnownHosts::of_user();
    let mut is_remembered = false;
    if let (None, Some(known)) = (config.fingerprint, &known) {
        config.fingerprint = remembered(known, &config)?;
        is_remembered = config.fingerprint.is_some();
    }
    loop {
        match runtime.block_on(attempt(config.clone())) {
            Ok(reached) => return Ok(reached),
            Err(NotConnected::Failed(failure)) => return Err(failure),
            Err(NotConnected::PasswordNeeded(failure)) => {
                if config.password.is_some() {
                    return Err(failure);
                }
                config.password = Some(password(&config)?.ok_or(failure)?);
            }
            Err(NotConnected::OtherServer {
                address,
                found,
                failure,
            }) => {
                if config.fingerprint.is_some() {
                    return Err(match &known {
                        Some(known) if is_remembered => changed(known, &address, found, failure),
                        _ => failure,
                    });
                }
                if !accept_new {
                    ask(&address, found, failure)?;
                }
                remember(known.as_ref(), &address, found)?;
                config.fingerprint = Some(found);
            }
        }
    }
}

/// What is remembered of the first of the addresses of which anything is.
fn remembered(known: &KnownHosts, config: &ClientConfig) -> Result<Option<Fingerprint>, Failure> {
    for endpoint in &config.endpoints {
        let host = known.look_up(&endpoint.address());
        if let Some(host) = host.map_err(Failure::error)? {
            return Ok(Some(host.fingerprint));
        }
    }
    Ok(None)
}

/// The server is another one than is remembered.
fn changed(known: &KnownHosts, address: &str, found: Fingerprint, failure: Failure) -> Failure {
    match known.check(address, found) {
        Err(error) => Failure {
            code: REFUSED,
            text: format!("{error}. Nothing was sent"),
        },
        // What is remembered is of another of its addresses.
        Ok(_) => failure,
    }
}

/// Asks the person whether the server is the right one; fails with `failure` if nobody can be asked.
fn ask(address: &str, found: Fingerprint, failure: Failure) -> Result<(), Failure> {
    let question = format!(
        "{address} is not known yet. Its certificate is\n  {found}\n\
         If that is what the server printed when it started, it is the right one.\n\
         Trust it, and remember it? [yes/no] "
    );
    let answer = prompt::line(&question).map_err(unanswered)?;
    match answer.ok_or(failure)?.trim() {
        "yes" | "y" => Ok(()),
        _ => Err(Failure {
            code: REFUSED,
            text: format!("{address} is not trusted; nothing was sent"),
        }),
    }
}

fn remember(known: Option<&KnownHosts>, address: &str, found: Fingerprint) -> Result<(), Failure> {
    let Some(known) = known else {
        tell(format_args!(
            "{address} is trusted this once: there is no place to remember it, HOME is not set"
        ));
        return Ok(());
    };
    known.remember(address, found).map_err(Failure::error)?;
    let file = known.file().display();
    tell(format_args!(
        "{address} is trusted from now on ({found} in {file})"
    ));
    Ok(())
}

fn password(config: &ClientConfig) -> Result<Option<Secret>, Failure> {
    let address = config.endpoints.first().map(Endpoint::address);
    let question = format!("Password for {}: ", address.unwrap_or_default());
    let typed = prompt::password(&question).map_err(unanswered)?;
    Ok(typed.map(Secret::from))
}

fn unanswered(error: std::io::Error) -> Failure {
    Failure::error(format_args!("no answer from the terminal: {error}"))
}
