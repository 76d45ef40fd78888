//! Letting a client in.

use std::sync::Arc;
use std::time::SystemTime;

use rfb::handshake::{Challenge, Layer, Method};
use rfb::server::{Held, Proof, Security};
use rfb::sound::{SoundCodec, SoundOffer};
use rfb::{ServerConnection, Ticket};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::sound::Losses;
use super::{Below, EVICTED, LOGIN_TIMEOUT, Pass, SERVER_ENDED, Session, Visitor};
use crate::credentials::{self, Fingerprint, Secret, fill_random};
use crate::pace::{Cap, Pace, QualityControl};
use crate::quic::QuicLink;
use crate::rights::Rights;
use crate::rsa_aes::{self, Asks, Given, Suite};
use crate::server::admission::Refusal;
use crate::server::authenticator::Login;
use crate::server::desk::Mailbox;
use crate::server::judge::Judged;
use crate::server::lasting::Hold;
use crate::server::place::{Joined, Place};
use crate::server::{ServerConfig, ServerEvent, Shared};
use crate::stats::SessionStats;
use crate::stream::{Link, Prefixed, Stream};

/// What a client comes in with.
struct Coming {
    rights: Option<Rights>,
    lasting: Option<(Hold, Option<Fingerprint>)>,
    place: Place,
    /// What goes on collecting what it is to be told.
    mailbox: Option<Arc<Mailbox>>,
    /// What it has, and the updates that it has drawn of the session's last connection.
    held: Option<(Held, u32)>,
}

impl Coming {
    fn by(pass: Pass, shared: &Arc<Shared>) -> Self {
        let Pass::Proved(rights, lasts) = pass else {
            return Self {
                rights: None,
                lasting: None,
                place: Place::new(shared, None),
                mailbox: None,
                held: None,
            };
        };
        let client = lasts.client;
        let (place, mailbox, held) = match lasts.parted {
            Some((parted, updates)) => {
                let held = (parted.held, updates);
                (parted.place, Some(parted.mailbox), Some(held))
            }
            None => (Place::new(shared, lasts.used), None, None),
        };
        Self {
            rights: Some(rights),
            lasting: lasts.hold.map(|hold| (hold, client)),
            place,
            mailbox,
            held,
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
        let methods = methods(shared, &visitor);
        let is_probe = matches!(visitor.pass, Pass::Probe);
        let coming = Coming::by(visitor.pass, shared);
        let security = security(shared, &coming.place, methods)?;
        let id = coming.place.session();
        let (mailbox, size, name) = shared.desk.join(id, coming.mailbox);
        let config = rfb::ServerConfig {
            size,
            name,
            security,
            power: shared.config.power,
            sound: offer(&shared.config),
            limits: shared.config.limits.clone(),
        };
        let below = visitor.below;
        let is_resumed = coming.held.is_some();
        let connection = connection(shared, config, &below, coming.held);
        let limit = below.limit(shared.config.max_rate);
        let cap = shared.config.max_rate.map(|bits| Cap::new(bits).rate());
        let mut session = Self {
            shared: Arc::clone(shared),
            id,
            place: coming.place,
            address: visitor.address,
            stranger: visitor.stranger,
            is_encrypted: visitor.is_encrypted,
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
            sounded: None,
            wants_silence: false,
            losses: Losses::default(),
            rights: None,
            is_probe,
            judging: None,
            login_deadline: Some(Instant::now() + LOGIN_TIMEOUT),
            lasting: coming.lasting,
            is_resumed,
            closing: None,
            gone_by: None,
        };
        if let Some(rights) = coming.rights {
            session.give(rights);
        }
        if is_probe {
            session.connection.close_clipboard();
        }
        Some(session)
    }

    /// Gives the client a ticket to come back with, if the session lasts; `None` if there is no randomness.
    fn give_ticket(&mut self, rights: Rights) -> Option<()> {
        let (Some((hold, client)), Some(key)) = (&self.lasting, &self.shared.tickets) else {
            return Some(());
        };
        let ticket = credentials::Ticket {
            session: hold.key,
            serial: hold.serial,
            expires: hold.expires,
            rights,
            client: *client,
        };
        let lifetime = hold.expires.duration_since(SystemTime::now());
        self.connection.set_ticket(Ticket {
            resumed: self.is_resumed,
            lifetime: lifetime.unwrap_or_default(),
            bytes: key.seal(&ticket)?.into(),
        });
        Some(())
    }

    /// Puts a layer between RFB and the stream, as the client chose it.
    pub(super) async fn upgrade(
        &mut self,
        layer: Layer,
        alive: &mut watch::Receiver<()>,
    ) -> Result<(), String> {
        let nothing = Link::new(Box::new(tokio::io::empty()));
        let mut link = std::mem::replace(&mut self.link, nothing);
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
            () = self.stranger.evicted() => return Err(EVICTED.to_owned()),
            _ = alive.changed() => return Err(SERVER_ENDED.to_owned()),
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
            self.place.use_up(shared.admission.consume(&shared.config)?);
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

    /// What the client may do. Who need not prove anything is asked for nothing, and counts only now.
    fn rights(&mut self) -> Result<Rights, Refusal> {
        let (shared, config) = (&self.shared, &self.shared.config);
        match self.rights {
            Some(rights) => Ok(rights),
            None if config.is_open() => {
                self.place.use_up(shared.admission.consume(config)?);
                self.give(Rights::FULL);
                Ok(Rights::FULL)
            }
            // RFB lets in only who was accepted.
            None => Err(Refusal::NoProof),
        }
    }

    /// The client is in.
    pub(super) fn come_in(&mut self) {
        let rights = match self.rights() {
            Ok(rights) => rights,
            Err(refusal) => {
                self.closing = Some(refusal.to_string());
                return;
            }
        };
        let Some(joined) = self.place.join(&self.shared) else {
            self.closing = Some("there are too many".to_owned());
            return;
        };
        if self.give_ticket(rights).is_none() {
            self.closing = Some("there are no random numbers for a ticket".to_owned());
        }
        self.login_deadline = None;
        self.stats.handshake = self.begun.elapsed();
        self.stranger.become_known();
        let (session, address) = (self.id, self.address);
        self.shared.board.begin(session, &self.below);
        match joined {
            Joined::Again => {
                tracing::info!("session {session} goes on from {address}");
                self.shared.emit(ServerEvent::Resumed { session, address });
            }
            Joined::First => {
                tracing::info!("session {session} of {address} began");
                self.shared.emit(ServerEvent::Connected {
                    session,
                    address,
                    rights,
                });
            }
        }
    }
}

/// The connection to a client, which goes on with what it has.
fn connection(
    shared: &Shared,
    config: rfb::ServerConfig,
    below: &Below,
    held: Option<(Held, u32)>,
) -> ServerConnection {
    let mut connection = ServerConnection::new(config, (shared.encoders)());
    connection.use_datagrams(below.quic.as_ref().and_then(QuicLink::datagram_bytes));
    if let Some((held, updates)) = held {
        connection.resume(held, updates);
    }
    // Whoever changes the screen keeps what a job needs of it.
    connection.set_whole_pictures(true);
    connection
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

/// How a client is to prove itself, by one of these or why not; `None` if there is no randomness.
fn security(
    shared: &Shared,
    place: &Place,
    methods: Result<Vec<Method>, String>,
) -> Option<Security> {
    if !place.has_room(shared) {
        let limit = shared.config.max_clients;
        let reason = format!("{limit} clients are here already");
        return Some(Security::Refuse(reason));
    }
    let mut challenge = Challenge::default();
    fill_random(&mut challenge).ok()?;
    Some(match methods {
        Ok(methods) => Security::Offer { methods, challenge },
        Err(reason) => Security::Refuse(reason),
    })
}

/// What a client may choose from to prove itself, or why nothing.
fn methods(shared: &Shared, visitor: &Visitor) -> Result<Vec<Method>, String> {
    let config = &shared.config;
    match &visitor.pass {
        Pass::Refused(refusal) => return Err(refusal.to_string()),
        Pass::Proved(..) | Pass::Probe => return Ok(vec![Method::None]),
        Pass::ByRfb => {}
    }
    if config.is_open() {
        let good = shared.admission.check(config);
        good.map_err(|refusal| refusal.to_string())?;
    }
    let methods = config.methods(visitor.is_encrypted, visitor.may_be_clear);
    match methods.is_empty() {
        true => Err("only clients with a known certificate may come in".to_owned()),
        false => Ok(methods),
    }
}
