//! Judging what our own clients say first, in `tightrope/1`.

use std::net::SocketAddr;
use std::time::SystemTime;

use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::admission::{Refusal, Rights};
use super::session::{Lasts, Pass};
use crate::credentials::{Fingerprint, Secret, SessionKey, TicketError, fill_random};
use crate::hello::{Hello, Proof};

impl Shared {
    /// What `hello` gives a client from `address` that showed this certificate. Whoever guesses passwords waits here.
    pub(super) async fn judge(
        &self,
        hello: Hello,
        certificate: Option<Fingerprint>,
        address: SocketAddr,
    ) -> Pass {
        if hello.probe {
            return self.judge_probe(hello.proof, certificate, address).await;
        }
        let known = certificate.filter(|_| self.config.trusts(certificate));
        let judged = match hello.proof {
            Proof::Ticket { ticket, updates } => {
                self.judge_ticket(&ticket, updates, certificate).await
            }
            _ if known.is_some() => self.begin(Ok(Rights::Full), known),
            Proof::Password(password) => {
                let judged = self.judge_password(&password, address).await;
                self.begin(judged, None)
            }
            Proof::Certificate if self.config.is_open() => self.begin(Ok(Rights::Full), None),
            Proof::Certificate => Err(match certificate {
                Some(_) => Refusal::UnknownCertificate,
                None => Refusal::NoProof,
            }),
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
        proof: Proof,
        certificate: Option<Fingerprint>,
        address: SocketAddr,
    ) -> Pass {
        let judged = match proof {
            _ if self.config.trusts(certificate) => Ok(Rights::ViewOnly),
            Proof::Password(password) => self.judge_password(&password, address).await,
            Proof::Certificate if self.config.is_open() => Ok(Rights::ViewOnly),
            Proof::Certificate if certificate.is_some() => Err(Refusal::UnknownCertificate),
            Proof::Certificate | Proof::Ticket { .. } => Err(Refusal::NoProof),
        };
        match judged.and_then(|_| self.admission.check(&self.config)) {
            Ok(()) => Pass::Probe,
            Err(refusal) => {
                tracing::warn!("{address}: {refusal}");
                Pass::Refused(refusal)
            }
        }
    }

    async fn judge_password(&self, given: &Secret, address: SocketAddr) -> Result<Rights, Refusal> {
        if self.config.is_open() {
            return Ok(Rights::Full);
        }
        let judged = self.config.rights_by(|own| own == given);
        let turn = self.admission.turn(address.ip(), Instant::now());
        sleep_until(turn).await;
        self.admission.note(address.ip(), turn, judged);
        judged
    }

    /// A new session, bound to the certificate that let it in.
    fn begin(
        &self,
        judged: Result<Rights, Refusal>,
        client: Option<Fingerprint>,
    ) -> Result<(Rights, Lasts), Refusal> {
        let rights = judged?;
        self.admission.consume(&self.config)?;
        let mut key = SessionKey::default();
        // Without randomness no session can be told from another; the challenge that is made next fails as well.
        fill_random(&mut key).map_err(|_| Refusal::NoProof)?;
        let lasts = Lasts {
            key,
            after: 0,
            client,
            claim: None,
        };
        Ok((rights, lasts))
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
        let claim = self.lasting.claim(&ticket).await?;
        let lasts = Lasts {
            key: ticket.session,
            after: ticket.serial,
            client: ticket.client,
            claim: Some((claim, updates)),
        };
        let rights = match ticket.view_only {
            true => Rights::ViewOnly,
            false => Rights::Full,
        };
        Ok((rights, lasts))
    }
}
