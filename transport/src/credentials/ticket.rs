//! Tickets: what a client shows to go on with its session, at this agent or at another one with the same credentials.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use super::{Fingerprint, Identity, fill_random};
use crate::rights::Rights;

/// The layout below, which is bound to the seal.
const VERSION: &[u8] = b"tightrope ticket 2";
/// Bytes inside the seal: session, serial, expiry, rights, client.
const LENGTH: usize = 16 + 4 + 8 + 1 + 1 + 32;
/// AES-GCM's tag.
const TAG: usize = 16;

/// Which session it is, whoever serves it.
pub(crate) type SessionKey = [u8; 16];

/// What the agent wants to know again of a session, sealed so that nobody else can read or change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) session: SessionKey,
    /// Counts the tickets of a session.
    pub(crate) serial: u32,
    /// When it loses its worth.
    pub(crate) expires: SystemTime,
    /// What the client may do.
    pub(crate) rights: Rights,
    /// The certificate it must come with, if the session began with one.
    pub(crate) client: Option<Fingerprint>,
}

/// Why a ticket is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TicketError {
    /// Not sealed with this key.
    Foreign,
    /// Too old.
    Expired,
}

/// Seals tickets. Whoever has the same identity has the same key.
pub(crate) struct TicketKey(LessSafeKey);

impl TicketKey {
    /// The key that goes with the private key of `identity`.
    pub(crate) fn of(identity: &Identity) -> Option<Self> {
        let private = identity.key();
        let salt = Salt::new(HKDF_SHA256, VERSION);
        let secret = salt.extract(private.secret_der());
        let key = secret.expand(&[b"AES-256-GCM"], &AES_256_GCM).ok()?;
        Some(Self(LessSafeKey::new(UnboundKey::from(key))))
    }

    /// Seals `ticket`; `None` if there is no randomness.
    pub(crate) fn seal(&self, ticket: &Ticket) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce).ok()?;
        let mut sealed = ticket.bytes();
        let nonce_of = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(VERSION);
        self.0
            .seal_in_place_append_tag(nonce_of, aad, &mut sealed)
            .ok()?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Some(bytes)
    }

    /// Opens a sealed ticket that somebody shows `now`.
    pub(crate) fn open(&self, bytes: &[u8], now: SystemTime) -> Result<Ticket, TicketError> {
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE_LEN>()
            .filter(|(_, sealed)| sealed.len() == LENGTH + TAG)
            .ok_or(TicketError::Foreign)?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(VERSION), &mut sealed);
        let opened = opened.map_err(|_| TicketError::Foreign)?;
        let ticket = Ticket::read(opened).ok_or(TicketError::Foreign)?;
        match ticket.expires > now {
            true => Ok(ticket),
            false => Err(TicketError::Expired),
        }
    }
}

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey(..)")
    }
}

impl Ticket {
    fn bytes(&self) -> Vec<u8> {
        let since = self.expires.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut bytes = Vec::with_capacity(LENGTH + TAG);
        bytes.extend(self.session);
        bytes.extend(self.serial.to_be_bytes());
        bytes.extend(since.as_secs().to_be_bytes());
        bytes.extend([self.rights.bits(), u8::from(self.client.is_some())]);
        bytes.extend(self.client.map_or([0; 32], |own| *own.bytes()));
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (session, rest) = bytes.split_first_chunk()?;
        let (serial, rest) = rest.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let ([rights, has_client], rest) = rest.split_first_chunk()?;
        let client = Fingerprint::from(*rest.first_chunk()?);
        let expires = Duration::from_secs(u64::from_be_bytes(*expires));
        Some(Self {
            session: *session,
            serial: u32::from_be_bytes(*serial),
            expires: UNIX_EPOCH.checked_add(expires)?,
            rights: Rights::of_bits(*rights)?,
            client: (*has_client != 0).then_some(client),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(now: SystemTime) -> Ticket {
        let whole = now.duration_since(UNIX_EPOCH).unwrap().as_secs() + 60;
        Ticket {
            session: [7; 16],
            serial: 3,
            expires: UNIX_EPOCH + Duration::from_secs(whole),
            rights: Rights {
                clipboard: true,
                ..Rights::VIEW_ONLY
            },
            client: Some(Identity::generate().unwrap().fingerprint()),
        }
    }

    #[test]
    fn another_agent_with_the_same_credentials_opens_a_ticket() {
        let now = SystemTime::now();
        let identity = Identity::generate().unwrap();
        let sealed = TicketKey::of(&identity)
            .unwrap()
            .seal(&ticket(now))
            .unwrap();
        let other = TicketKey::of(&identity.clone()).unwrap();
        let opened = other.open(&sealed, now).unwrap();
        assert_eq!((opened.serial, opened.rights), (3, ticket(now).rights));
        assert_eq!(opened.session, [7; 16]);
        let stranger = TicketKey::of(&Identity::generate().unwrap()).unwrap();
        assert_eq!(stranger.open(&sealed, now), Err(TicketError::Foreign));
    }

    #[test]
    fn a_ticket_that_is_changed_cut_or_old_is_worth_nothing() {
        let now = SystemTime::now();
        let key = TicketKey::of(&Identity::generate().unwrap()).unwrap();
        let sealed = key.seal(&ticket(now)).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&changed, now), Err(TicketError::Foreign), "{at}");
            assert_eq!(
                key.open(&sealed[..at], now),
                Err(TicketError::Foreign),
                "{at}"
            );
        }
        let later = now + Duration::from_secs(61);
        assert_eq!(key.open(&sealed, later), Err(TicketError::Expired));
    }
}
