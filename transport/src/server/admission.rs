//! Who may come in: what passwords, certificates and tickets give, how often, and until when.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::time::Instant;

use super::ServerConfig;
use super::attempts::Attempts;
use crate::credentials::{Fingerprint, Secret};
use crate::rights::Rights;

/// Why a client is not let in. It is told so only once it has proved itself, but for the proof being wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    WrongPassword,
    WrongLogin,
    NotJudged,
    NoProof,
    UnknownCertificate,
    UsedUp,
    Expired,
    ForeignTicket,
    OldTicket,
    StolenTicket,
}

/// What is remembered of who came.
#[derive(Debug, Default)]
pub(super) struct Admission {
    attempts: Mutex<Attempts>,
    uses: Arc<Mutex<u32>>,
}

/// A use of credentials that let somebody in. Given back when dropped, unless it is kept.
#[derive(Debug)]
#[must_use]
pub(super) struct Use(Option<Arc<Mutex<u32>>>);

impl Use {
    /// Its client is in: it counts for good.
    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if let Some(uses) = &self.0 {
            let mut uses = held(uses);
            *uses = uses.saturating_sub(1);
        }
    }
}

fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ServerConfig {
    /// Nobody has to prove anything.
    pub(super) fn is_open(&self) -> bool {
        self.password.is_none()
            && self.view_only_password.is_none()
            && self.trusted_clients.is_empty()
            && self.authenticator.is_none()
    }
    /// Whether a password may let somebody in that is given as it is.
    pub(super) fn takes_passwords(&self) -> bool {
        self.has_password() || self.authenticator.is_some()
    }
    /// Whether a password lets in that the server knows.
    pub(super) fn has_password(&self) -> bool {
        self.password.is_some() || self.view_only_password.is_some()
    }
    /// What the password gives that `is_right` takes for the right one. Takes the same time whichever it is.
    pub(super) fn rights_by(&self, is_right: impl Fn(&Secret) -> bool) -> Result<Rights, Refusal> {
        let is_right = |own: &Option<Secret>| own.as_ref().is_some_and(&is_right);
        let (full, view_only) = (is_right(&self.password), is_right(&self.view_only_password));
        match (full, view_only) {
            (true, _) => Ok(Rights::FULL),
            (false, true) => Ok(Rights::VIEW_ONLY),
            (false, false) => Err(Refusal::WrongPassword),
        }
    }
    /// Whether the owner of this certificate is let in.
    pub(super) fn trusts(&self, certificate: Option<Fingerprint>) -> bool {
        certificate.is_some_and(|own| self.trusted_clients.contains(&own))
    }
    /// Whether passwords, certificates and tickets have lost their worth.
    pub(super) fn has_expired(&self) -> bool {
        self.expires.is_some_and(|at| at <= SystemTime::now())
    }
}

impl Admission {
    /// When a proof that came `now` from `address` may be judged.
    pub(super) fn turn(&self, address: IpAddr, now: Instant) -> Instant {
        held(&self.attempts).turn(address, now)
    }

    /// Notes how a password was that was judged `now`, at its turn. One that could not be judged was neither right nor wrong.
    pub(super) fn note(&self, address: IpAddr, now: Instant, judged: Result<Rights, Refusal>) {
        let mut attempts = held(&self.attempts);
        match judged {
            Ok(_) => attempts.succeeded(address),
            Err(Refusal::NotJudged) => {}
            Err(_) => attempts.failed(address, now),
        }
    }

    /// Counts a use of credentials that were right; not, if they are worth nothing any more.
    pub(super) fn consume(&self, config: &ServerConfig) -> Result<Use, Refusal> {
        let mut uses = held(&self.uses);
        is_good(config, *uses)?;
        *uses = uses.saturating_add(1);
        Ok(Use(Some(Arc::clone(&self.uses))))
    }

    /// Whether credentials that were right could be used, without using them.
    pub(super) fn check(&self, config: &ServerConfig) -> Result<(), Refusal> {
        is_good(config, *held(&self.uses))
    }
}

/// Whether credentials that were used so often are worth something still.
fn is_good(config: &ServerConfig, uses: u32) -> Result<(), Refusal> {
    if config.has_expired() {
        return Err(Refusal::Expired);
    }
    match config.uses.is_some_and(|limit| uses >= limit) {
        true => Err(Refusal::UsedUp),
        false => Ok(()),
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassword => "wrong password",
            Self::WrongLogin => "wrong user name or password",
            Self::NotJudged => "the server could not find out who may come in: try again later",
            Self::NoProof => "a password or a known certificate is needed",
            Self::UnknownCertificate => "the client's certificate is not known here",
            Self::UsedUp => "these credentials have been used as often as they may be",
            Self::Expired => "these credentials have expired",
            Self::ForeignTicket => "the session's ticket is not from a server with this identity",
            Self::OldTicket => "the session's ticket has expired or was replaced",
            Self::StolenTicket => "the session's ticket belongs to another client",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use rfb::Size;

    #[test]
    fn credentials_are_good_for_so_many_uses_and_until_they_expire() {
        let mut config = ServerConfig::new(Size::new(1, 1)).unwrap();
        let admission = Admission::default();
        let consume = |config: &ServerConfig| admission.consume(config).map(Use::keep);
        config.uses = Some(2);
        assert_eq!(admission.check(&config), Ok(()));
        assert_eq!(consume(&config), Ok(()));
        assert_eq!(admission.check(&config), Ok(()));
        assert_eq!(consume(&config), Ok(()));
        assert_eq!(admission.check(&config), Err(Refusal::UsedUp));
        assert_eq!(consume(&config), Err(Refusal::UsedUp));
        config.uses = None;
        assert_eq!(consume(&config), Ok(()));
        config.expires = Some(SystemTime::now() - Duration::from_secs(1));
        assert_eq!(consume(&config), Err(Refusal::Expired));
    }

    #[test]
    fn a_use_counts_while_somebody_comes_in_and_is_given_back_if_nobody_came() {
        let mut config = ServerConfig::new(Size::new(1, 1)).unwrap();
        let admission = Admission::default();
        config.uses = Some(1);
        let used = admission.consume(&config).unwrap();
        assert_eq!(admission.check(&config), Err(Refusal::UsedUp));
        drop(used);
        admission.consume(&config).unwrap().keep();
        assert_eq!(admission.check(&config), Err(Refusal::UsedUp));
    }

    #[test]
    fn each_password_gives_its_rights_and_others_none() {
        let mut config = ServerConfig::new(Size::new(1, 1)).unwrap();
        config.view_only_password = Some("look".into());
        let by = |config: &ServerConfig, given: &str| {
            config.rights_by(|own| *own == Secret::from(given))
        };
        let full = config.password.clone().unwrap();
        assert_eq!(by(&config, full.reveal()), Ok(Rights::FULL));
        assert_eq!(by(&config, "look"), Ok(Rights::VIEW_ONLY));
        assert_eq!(by(&config, ""), Err(Refusal::WrongPassword));
        config.password = None;
        assert_eq!(by(&config, full.reveal()), Err(Refusal::WrongPassword));
    }
}
