//! Judging what our own clients say first, in `tightrope/1`.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::Shared;
use super::admission::Refusal;
use super::authenticator::Login;
use super::judge::Judged;
use super::lasting::Hold;
use super::session::{Lasts, Pass};
use crate::credentials::{Fingerprint, SessionKey, TicketError, fill_random};
use crate::hello::{Hello, Proof};
use crate::rights::Rights;

/// How long a ticket is good for if the credentials are good for ever.
const TICKET_LIFETIME: Duration = Duration::from_secs(24 * 3600);

impl Shared {
    /// What `hello` gives a client from `address` that showed this certificate. Whoever guesses passwords waits here.
    pub(super) async fn judge(
        &self,
        hello: Hello,
        certificate: Option<Fingerprint>,
        address: SocketAddr,
    ) -> Pass {
        if hello.probe {
            return self.judge_probe(hello, certificate, address).await;
        }
        let known = certificate.filter(|_| self.config.trusts(certificate));
        let judged = match hello.proof {
            Proof::Ticket { ticket, updates } => {
                self.judge_ticket(&ticket, updates, certificate).await
            }
            _ if known.is_some() => self.begin(Ok(Rights::FULL), known),
            proof => {
                let login = login(proof, certificate, address, false);
                // A session that its certificate alone let in is its owner's alone.
                let is_proof = login.password.is_none() && !self.config.is_open();
                let owner = certificate.filter(|_| is_proof);
                let judged = self.judge_login(login).await;
                self.begin(judged, owner)
            }
        };
        match judged {
            Ok((rights, lasts)) => Pass::Proved(rights, Box::new(lasts)),
            Err(refusal) => {
                tracing::warn!("{address}: {refusal}");
                Pass::Refused(refusal)
            }
        }
    }

    /// What `hello` gives a client that comes only to measure: what would let it in is looked at, and not used up. A
    /// ticket is none of it: whoever has one has a session to measure in.
    async fn judge_probe(
        &self,
        hello: Hello,
        certificate: Option<Fingerprint>,
        address: SocketAddr,
    ) -> Pass {
        let judged = match hello.proof {
            _ if self.config.trusts(certificate) => Ok(Rights::VIEW_ONLY),
            Proof::Ticket { .. } => Err(Refusal::NoProof),
            proof => {
                let login = login(proof, certificate, address, true);
                self.judge_login(login).await
            }
        };
        match judged.and_then(|_| self.admission.check(&self.config)) {
            Ok(()) => Pass::Probe,
            Err(refusal) => {
                tracing::warn!("{address}: {refusal}");
                Pass::Refused(refusal)
            }
        }
    }

    /// A new session, bound to the certificate that let it in.
    fn begin(
        &self,
        judged: Judged,
        client: Option<Fingerprint>,
    ) -> Result<(Rights, Lasts), Refusal> {
        let rights = judged?;
        let used = self.admission.consume(&self.config)?;
        let mut key = SessionKey::default();
        // Without randomness no session can be told from another; the challenge that is made next fails as well.
        fill_random(&mut key).map_err(|_| Refusal::NoProof)?;
        let lasts = Lasts {
            hold: self.begin_lasting(key),
            client,
            used: Some(used),
            parted: None,
        };
        Ok((rights, lasts))
    }

    /// `None` if the session can be given no ticket.
    fn begin_lasting(&self, key: SessionKey) -> Option<Hold> {
        self.tickets.as_ref()?;
        self.lasting.begin(key, self.tickets_expire())
    }

    async fn judge_ticket(
        &self,
        sealed: &[u8],
        updates: u32,
        certificate: Option<Fingerprint>,
    ) -> Result<(Rights, Lasts), Refusal> {
        let key = self.tickets.as_ref().ok_or(Refusal::ForeignTicket)?;
        let ticket = key
            .open(sealed, SystemTime::now())
            .map_err(|error| match error {
                TicketError::Foreign => Refusal::ForeignTicket,
                TicketError::Expired => Refusal::OldTicket,
            })?;
        if self.config.has_expired() {
            return Err(Refusal::Expired);
        }
        if ticket.client.is_some() && ticket.client != certificate {
            return Err(Refusal::StolenTicket);
        }
        let claim = self.lasting.claim(&ticket, self.tickets_expire()).await?;
        let updates = match claim.is_of_last_connection {
            true => updates,
            false => 0,
        };
        let lasts = Lasts {
            hold: Some(claim.hold),
            client: ticket.client,
            used: None,
            parted: claim.parted.map(|parted| (parted, updates)),
        };
        Ok((ticket.rights, lasts))
    }

    /// When tickets that are given now lose their worth.
    fn tickets_expire(&self) -> SystemTime {
        let longest = SystemTime::now() + TICKET_LIFETIME;
        let expires = self.config.expires;
        expires.map_or(longest, |at| at.min(longest))
    }
}

/// What a hello shows, but for tickets.
fn login(
    proof: Proof,
    certificate: Option<Fingerprint>,
    address: SocketAddr,
    probe: bool,
) -> Login {
    let (user, password) = match proof {
        Proof::Password { user, password } => (user, Some(password)),
        Proof::Certificate | Proof::Ticket { .. } => (None, None),
    };
    Login {
        user,
        password,
        certificate,
        address,
        probe,
    }
}
