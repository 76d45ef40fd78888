//! Letting a client in.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rfb::handshake::{Challenge, Layer, Method};
use rfb::server::{Proof, Security};
use rfb::sound::{SoundCodec, SoundOffer};
use rfb::{ServerConnection, Ticket};
use tokio::time::{Instant, timeout};

use super::sound::Losses;
use super::{LOGIN_TIMEOUT, Lasts, Pass, Session, Ticketed, Visitor};
use crate::credentials::{self, Secret, fill_random};
use crate::pace::{Cap, Pace, QualityControl};
use crate::quic::QuicLink;
use crate::rights::Rights;
use crate::rsa_aes::{self, Asks, Given, Suite};
use crate::server::authenticator::Login;
use crate::server::judge::Judged;
use crate::server::lasting::Parted;
use crate::server::{ServerConfig, ServerEvent, Shared};
use crate::stats::SessionStats;
use crate::stream::{Link, Prefixed, Stream};

/// How long a ticket is good for if the credentials are good for ever.
const TICKET_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// What a client comes in with.
struct Coming {
    rights: Option<Rights>,
    lasts: Option<Box<Lasts>>,
    /// What it goes on with.
    parted: Option<Parted>,
    /// Updates that it has drawn of the session's last connection.
    updates: u32,
}

impl Coming {
    fn by(pass: Pass, is_open: bool) -> Self {
        let (rights, mut lasts) = match pass {
            Pass::Proved(rights, lasts) => (Some(rights), Some(lasts)),
            Pass::ByRfb => (is_open.then_some(Rights::FULL), None),
            Pass::Probe | Pass::Refused(_) => (None, None),
        };
        let claim = lasts.as_mut().and_then(|lasts| lasts.claim.take());
        let (parted, updates) = match claim {
            Some((claim, updates)) if claim.is_of_last_connection => (claim.parted, updates),
            Some((claim, _)) => (claim.parted, 0),
            None => (None, 0),
        };
        Self {
            rights,
            lasts,
            parted,
            updates,
        }
    }
}

impl Session {
    /// A session with who comes over `stream`; `None` if there is no randomness.
    pub(super) fn new(
        shared: &Arc<Shared>,
        stream: Box<dyn Stream>,
        visitor: Visitor,
    ) -> Option<Self> {
        let security = security(shared, &visitor)?;
        let Visitor {
            address,
            stranger,
            is_encrypted,
            pass,
            below,
            ..
        } = visitor;
        let is_probe = matches!(pass, Pass::Probe);
        let Coming {
            rights,
            lasts,
            parted,
            updates,
        } = Coming::by(pass, shared.config.is_open());
        let (id, mailbox, held) = match parted {
            Some(Parted { id, mailbox, held }) => (id, Some(mailbox), Some(held)),
            None => (shared.next_session(), None, None),
        };
        let (mailbox, size, name) = shared.desk.join(id, mailbox);
        let config = rfb::ServerConfig {
            size,
            name,
            security,
            power: shared.config.power,
            sound: offer(&shared.config),
            limits: shared.config.limits.clone(),
        };
        let mut connection = ServerConnection::new(config, (shared.encoders)());
        connection.use_datagrams(below.quic.as_ref().and_then(QuicLink::datagram_bytes));
        let is_resumed = held.is_some();
        if let Some(held) = held {
            connection.resume(held, updates);
        }
        // Whoever changes the screen keeps what a job needs of it.
        connection.set_whole_pictures(true);
        let limit = below.limit(shared.config.max_rate);
        let cap = shared.config.max_rate.map(|bits| Cap::new(bits).rate());
        let mut session = Self {
            shared: Arc::clone(shared),
            id,
            address,
            stranger,
            is_encrypted,
            below,
            begun: Instant::now(),
            stats: SessionStats::default(),
            link: Link::new(stream).limited(limit),
            connection,
            clock: shared.clock,
            mailbox,
            has_screen: false,
            job: None,
            showing: None,
            pace: Pace::capped(cap),
            quality: QualityControl::default(),
            is_listening: false,
            wants_silence: false,
            losses: Losses::default(),
            rights: None,
            is_probe,
            judging: None,
            login_deadline: Some(Instant::now() + LOGIN_TIMEOUT),
            joined: false,
            lasting: None,
            is_resumed,
            closing: None,
            gone_by: None,
        };
        if let Some(rights) = rights {
            session.give(rights);
        }
        if is_probe {
            session.connection.close_clipboard();
        }
        if let (Some(rights), Some(lasts)) = (rights, lasts) {
            session.lasting = session.give_ticket(&lasts, rights);
        }
        Some(session)
    }

    /// Gives the client a ticket to come back with.
    fn give_ticket(&mut self, lasts: &Lasts, rights: Rights) -> Option<Ticketed> {
        let key = self.shared.tickets.as_ref()?;
        let config = &self.shared.config;
        let longest = SystemTime::now() + TICKET_LIFETIME;
        let expires = config.expires.map_or(longest, |at| at.min(longest));
        let (serial, taken_over) = self.shared.lasting.connect(lasts.key, expires, lasts.after);
        let ticket = credentials::Ticket {
            session: lasts.key,
            serial,
            expires,
            rights,
            client: lasts.client,
        };
        let lifetime = expires.duration_since(SystemTime::now());
        self.connection.set_ticket(Ticket {
            resumed: self.is_resumed,
            lifetime: lifetime.unwrap_or_default(),
            bytes: key.seal(&ticket)?.into(),
        });
        Some(Ticketed {
            key: lasts.key,
            serial,
            taken_over,
        })
    }

    /// Puts a layer between RFB and the stream, as the client chose it.
    pub(super) async fn upgrade(&mut self, layer: Layer) -> Result<(), String> {
        let nothing = Link::new(Box::new(tokio::io::empty()));
        let mut link = std::mem::replace(&mut self.link, nothing);
        let evicted = || "too many connections are not logged in".to_owned();
        let (shared, connection) = (&self.shared, &mut self.connection);
        let handshake = async {
            while let Some(bytes) = connection.poll_output() {
                link.write_all(bytes)
                    .await
                    .map_err(|error| error.to_string())?;
            }
            let stream = Prefixed::new(connection.upgrade(), link.into_stream());
            under(shared, layer, Box::new(stream)).await
        };
        let (stream, given) = tokio::select! {
            done = timeout(LOGIN_TIMEOUT, handshake) => {
                done.map_err(|_| format!("no login within {LOGIN_TIMEOUT:?}"))??
            }
            () = self.stranger.evicted() => return Err(evicted()),
        };
        let limit = self.below.limit(self.shared.config.max_rate);
        self.link = Link::new(stream).limited(limit);
        match layer {
            Layer::Tls => self.is_encrypted = true,
            Layer::RsaAes { encrypted, .. } => self.is_encrypted |= encrypted,
        }
        if let Some(Given { user, password }) = given {
            self.judge_login(user, password);
        }
        Ok(())
    }

    /// Finds what a proof gives: when it is the client's turn, it learns it.
    pub(super) fn judge(&mut self, proof: &Proof) {
        let ip = self.address.ip();
        match proof {
            Proof::Plain { user, password } => match std::str::from_utf8(password) {
                Ok(password) => self.judge_login(user.clone(), password.into()),
                Err(_) => {
                    self.begin_judging(|shared| async move { shared.judge_nonsense(ip).await })
                }
            },
            Proof::VncAuth { challenge, answer } => {
                let (challenge, answer) = (*challenge, *answer);
                self.begin_judging(move |shared| async move {
                    shared.judge_answer(ip, challenge, answer).await
                });
            }
            _ => self.begin_judging(|shared| async move { shared.judge_nonsense(ip).await }),
        }
    }

    fn judge_login(&mut self, user: String, password: Secret) {
        let login = Login {
            user: Some(user).filter(|user| !user.is_empty()),
            password: Some(password),
            certificate: None,
            address: self.address,
            probe: false,
        };
        self.begin_judging(|shared| async move { shared.judge_login(login).await });
    }

    fn begin_judging<F>(&mut self, judge: impl FnOnce(Arc<Shared>) -> F)
    where
        F: Future<Output = Judged> + Send + 'static,
    {
        self.judging = Some(Box::pin(judge(Arc::clone(&self.shared))));
        // It is our turn now: the client need not hurry.
        self.login_deadline = None;
    }

    /// Tells the client whether it is in.
    pub(super) fn tell(&mut self, judged: Judged) {
        let (address, shared) = (self.address, &self.shared);
        self.login_deadline = Some(Instant::now() + LOGIN_TIMEOUT);
        let judged = judged.and_then(|rights| {
            shared.admission.consume(&shared.config)?;
            Ok(rights)
        });
        let told = match judged {
            Ok(rights) => {
                self.give(rights);
                self.connection.accept()
            }
            Err(refusal) => {
                tracing::warn!("{address}: {refusal}");
                self.closing = Some(refusal.to_string());
                self.connection.refuse(&refusal.to_string())
            }
        };
        if let Err(error) = told {
            tracing::debug!("{address}: {error}");
        }
    }

    fn give(&mut self, rights: Rights) {
        self.rights = Some(rights);
        if !rights.clipboard {
            self.connection.close_clipboard();
        }
        // Pictures need not make room for sound that will not be.
        self.wants_silence = !rights.sound;
    }

    /// The client is in.
    pub(super) fn come_in(&mut self) {
        let limit = self.shared.config.max_clients;
        let room = self.shared.sessions.send_if_modified(|count| {
            let room = *count < limit;
            *count += usize::from(room);
            room
        });
        if !room {
            self.closing = Some("there are too many".to_owned());
            return;
        }
        self.joined = true;
        self.login_deadline = None;
        self.stats.handshake = self.begun.elapsed();
        self.stranger.become_known();
        let (session, address) = (self.id, self.address);
        let Some(rights) = self.rights else {
            // RFB lets in only who was accepted.
            self.closing = Some("it was not let in".to_owned());
            return;
        };
        self.shared.board.begin(session, &self.below);
        if self.is_resumed {
            tracing::info!("session {session} goes on from {address}");
            self.shared.emit(ServerEvent::Resumed { session, address });
        } else {
            tracing::info!("session {session} of {address} began");
            self.shared.emit(ServerEvent::Connected {
                session,
                address,
                rights,
            });
        }
    }
}

/// What clients may hear, and say.
fn offer(config: &ServerConfig) -> Option<SoundOffer> {
    config.sound.then(|| SoundOffer {
        codecs: vec![SoundCodec::OPUS],
        channels: 2,
        microphone: config.microphone,
    })
}

/// The server's side of a layer, and the credentials if the client gave some in it.
async fn under(
    shared: &Shared,
    layer: Layer,
    stream: Box<dyn Stream>,
) -> Result<(Box<dyn Stream>, Option<Given>), String> {
    let Some(suite) = Suite::of(layer) else {
        let accepted = shared.tls.accept(stream).await;
        let accepted = accepted.map_err(|error| format!("no TLS: {error}"))?;
        return Ok((Box::new(accepted.stream), None));
    };
    let Some(key) = &shared.config.rsa_key else {
        return Err("there is no RSA key".to_owned());
    };
    // Passwords that are configured are nobody's in particular.
    let asks = match shared.config.authenticator {
        Some(_) => Asks::UserAndPassword,
        None => Asks::Password,
    };
    let done = rsa_aes::server(stream, suite, key, asks).await;
    let (stream, given) = done.map_err(|error| format!("no RSA-AES: {error}"))?;
    Ok((stream, Some(given)))
}

/// How a client is to prove itself; `None` if there is no randomness.
fn security(shared: &Shared, visitor: &Visitor) -> Option<Security> {
    let config = &shared.config;
    let limit = config.max_clients;
    if *shared.sessions.borrow() >= limit {
        let reason = format!("{limit} clients are here already");
        return Some(Security::Refuse(reason));
    }
    let mut challenge = Challenge::default();
    fill_random(&mut challenge).ok()?;
    let methods = match &visitor.pass {
        Pass::Refused(refusal) => return Some(Security::Refuse(refusal.to_string())),
        Pass::Proved(..) | Pass::Probe => vec![Method::None],
        Pass::ByRfb => config.methods(visitor.is_encrypted, visitor.may_be_clear),
    };
    if methods.is_empty() {
        let reason = "only clients with a known certificate may come in".to_owned();
        return Some(Security::Refuse(reason));
    }
    Some(Security::Offer { methods, challenge })
}
