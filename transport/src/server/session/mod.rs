//! One client's session: its socket, its protocol state, its updates.

mod end;
mod events;
mod login;
mod quality;
mod sound;
#[cfg(test)]
mod tests;
mod updates;

use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rfb::server::EncodedUpdate;
use rfb::{LocalTime, ServerConnection};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::admission::{Refusal, Use};
use super::desk::Mailbox;
use super::gate::Stranger;
use super::judge::Judged;
use super::lasting::{Hold, Parted};
use super::place::Place;
use super::{GOODBYE_TIMEOUT, SessionId, Shared};
use crate::credentials::Fingerprint;
use crate::pace::{Pace, QualityControl};
use crate::quic::QuicLink;
use crate::rights::Rights;
use crate::stats::SessionStats;
use crate::stream::{Clock, Counters, Limit, Link, Moved, Stream};
use sound::Losses;
use updates::Showing;

/// How long a client may take to log in.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(30);

const SERVER_ENDED: &str = "the server ended";
const EVICTED: &str = "too many connections are not logged in";

/// Who is at the door.
pub(super) struct Visitor {
    pub(super) address: SocketAddr,
    pub(super) stranger: Stranger,
    /// Nobody on the way can read along.
    pub(super) is_encrypted: bool,
    /// It need not be so.
    pub(super) may_be_clear: bool,
    pub(super) pass: Pass,
    pub(super) below: Below,
}

/// What is known of the connection below everything.
#[derive(Clone)]
pub(super) struct Below {
    pub(super) counters: Arc<Counters>,
    pub(super) quic: Option<QuicLink>,
}

impl Below {
    /// What keeps a stream over this connection to so many bits a second, if it is to be kept to any.
    fn limit(&self, bits: Option<u64>) -> Option<Limit> {
        let (counters, quic) = (Arc::clone(&self.counters), self.quic.clone());
        let wire = move || match &quic {
            Some(quic) => quic.stats().bytes_sent,
            None => counters.sent(),
        };
        bits.map(|bits| Limit::new(bits, wire))
    }
}

/// How a client comes in.
pub(super) enum Pass {
    /// It proves itself by what RFB has for it.
    ByRfb,
    /// It has proved itself, in `tightrope/1`.
    Proved(Rights, Box<Lasts>),
    /// It has proved itself there, and only measures: it is shown nothing, and may do nothing.
    Probe,
    /// It is told why not.
    Refused(Refusal),
}

/// A session that outlasts its connections.
pub(super) struct Lasts {
    /// What makes it last; none if it is given no ticket.
    pub(super) hold: Option<Hold>,
    /// The certificate it is bound to.
    pub(super) client: Option<Fingerprint>,
    /// What let it in, if it is a new one.
    pub(super) used: Option<Use>,
    /// What it goes on with, and the updates its client has drawn of its last connection.
    pub(super) parted: Option<(Parted, u32)>,
}

struct Session {
    shared: Arc<Shared>,
    id: SessionId,
    place: Place,
    address: SocketAddr,
    stranger: Stranger,
    is_encrypted: bool,
    below: Below,
    /// When it came, until it was let in.
    begun: Instant,
    stats: SessionStats,
    link: Link,
    connection: ServerConnection,
    clock: Clock,
    mailbox: Arc<Mailbox>,
    /// There was something to encode from when this was last looked at.
    has_screen: bool,
    /// What the picture shows that is being sent, until all of it is.
    showing: Option<Showing>,
    /// An update that is being encoded on another thread.
    job: Option<JoinHandle<EncodedUpdate>>,
    rights: Option<Rights>,
    /// It only measures.
    is_probe: bool,
    /// How much of pictures may be under way.
    pace: Pace,
    /// How good they are.
    quality: QualityControl,
    /// The client listens to the desktop's sound.
    is_listening: bool,
    /// When it was last sent sound.
    sounded: Option<LocalTime>,
    /// The client has asked for no more sound.
    wants_silence: bool,
    /// Whether sound is lost on the way.
    losses: Losses,
    /// Finds what the client's proof gives.
    judging: Option<Judging>,
    login_deadline: Option<Instant>,
    /// What makes the session last, and the certificate it is bound to.
    lasting: Option<(Hold, Option<Fingerprint>)>,
    /// It goes on with what another connection left.
    is_resumed: bool,
    /// Why the session ends once everything is written.
    closing: Option<String>,
    /// It was told goodbye, and has until then to take it.
    gone_by: Option<Instant>,
}

/// What a proof gives, some time.
type Judging = Pin<Box<dyn Future<Output = Judged> + Send>>;

/// How a connection ended.
enum End {
    /// The session is over.
    Over(String),
    /// The network failed: the client may come back.
    Lost(String),
    /// The client is back already, on another connection.
    TakenOver(oneshot::Sender<Parted>),
}

/// Serves one client until its connection ends.
pub(super) async fn run(
    shared: Arc<Shared>,
    stream: Box<dyn Stream>,
    visitor: Visitor,
    mut alive: watch::Receiver<()>,
) {
    let address = visitor.address;
    match Session::new(&shared, stream, visitor) {
        Some(mut session) => {
            let end = session.serve(&mut alive).await;
            session.finish(end, alive).await;
        }
        None => tracing::error!("{address}: no random numbers for a challenge"),
    }
}

impl Session {
    /// Moves bytes, events and pictures until the connection ends.
    async fn serve(&mut self, alive: &mut watch::Receiver<()>) -> End {
        loop {
            match self.handle_events() {
                Ok(None) => {}
                Ok(Some(layer)) => {
                    if let Err(reason) = self.upgrade(layer, alive).await {
                        return End::Over(reason);
                    }
                    continue;
                }
                Err(reason) => return End::Over(reason),
            }
            self.encode_next();
            self.send_datagrams();
            self.publish();
            if self.link.is_idle() {
                if let Some(bytes) = self.connection.poll_output() {
                    self.link.send(bytes);
                } else if self.job.is_none()
                    && let Some(reason) = self.closing.take()
                {
                    // The last bytes are with the system; it does not matter whether the peer still closes properly.
                    let _closed = match self.gone_by {
                        Some(until) => timeout_at(until, self.link.part()).await,
                        None => timeout(GOODBYE_TIMEOUT, self.link.close()).await,
                    };
                    return End::Over(reason);
                }
            }
            let deadline = self.deadline();
            tokio::select! {
                moved = self.link.step() => match moved {
                    Ok(Moved::In(0)) => return End::Lost("the client closed the connection".to_owned()),
                    Ok(Moved::In(length)) => {
                        self.connection.handle_bytes(self.clock.now(), self.link.received(length));
                    }
                    Ok(Moved::Out) => {}
                    Err(error) => return End::Lost(format!("the connection broke: {error}")),
                },
                datagram = datagram(self.below.quic.as_ref()) => match datagram {
                    Some(datagram) => self.connection.handle_datagram(self.clock.now(), &datagram),
                    // The stream tells why.
                    None => self.below.quic = None,
                },
                update = finished(&mut self.job) => {
                    self.job = None;
                    let Ok(update) = update else {
                        return End::Over("encoding failed".to_owned());
                    };
                    self.finish_update(update);
                }
                judged = found(&mut self.judging) => {
                    self.judging = None;
                    self.tell(judged);
                }
                () = self.mailbox.changed() => {}
                () = sleep_until(deadline) => {
                    if let Err(end) = self.handle_deadline() {
                        return end;
                    }
                }
                heir = taken_over(&mut self.lasting) => return End::TakenOver(heir),
                () = self.stranger.evicted() => return End::Over(EVICTED.to_owned()),
                _ = alive.changed() => return End::Over(SERVER_ENDED.to_owned()),
            }
        }
    }

    /// Lets the application see the statistics.
    fn publish(&self) {
        if self.place.is_here() {
            let stats = SessionStats {
                received: self.connection.received(),
                sent: self.connection.sent(),
                encrypted: self.is_encrypted,
                round_trips: self.connection.round_trips(),
                picture_age: self.connection.picture_age(),
                rate_delivered: self.pace.rate(),
                queue: self.pace.queue(),
                ..self.stats
            };
            self.shared.board.publish(self.id, stats);
        }
    }

    /// When something is to be done though nothing happens.
    fn deadline(&self) -> Option<Instant> {
        let is_free = self.job.is_none() && self.link.is_idle() && self.closing.is_none();
        let may_encode = is_free && self.has_screen;
        let may_refresh = may_encode && self.has_room();
        let refresh = may_refresh
            .then(|| self.connection.poll_timeout())
            .flatten();
        let opens = Some(self.pace.opens_at()).filter(|at| may_encode && self.clock.now() < *at);
        [
            self.login_deadline,
            self.gone_by,
            self.stalled_at(),
            refresh.map(|at| self.clock.instant(at)),
            opens.map(|at| self.clock.instant(at)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When the client will have taken nothing for too long; `None` if nothing waits for it.
    fn stalled_at(&self) -> Option<Instant> {
        let patience = self.shared.config.stall_timeout;
        let unread = self.unread_since().map(|since| since + patience);
        self.link
            .stalled_at(patience)
            .into_iter()
            .chain(unread)
            .min()
    }

    fn handle_deadline(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        let patience = self.shared.config.stall_timeout;
        if passed(self.gone_by) {
            return Err(End::Over(self.closing.take().unwrap_or_default()));
        } else if passed(self.login_deadline) {
            return Err(End::Over(match self.is_probe {
                true => "it has measured for long enough".to_owned(),
                false => format!("no login within {LOGIN_TIMEOUT:?}"),
            }));
        } else if passed(self.stalled_at()) {
            let reason = format!("the client took nothing for {patience:?}");
            return Err(End::Lost(reason));
        }
        Ok(())
    }
}

/// The result of a job; never, if there is none. Cancel safe.
async fn finished(
    job: &mut Option<JoinHandle<EncodedUpdate>>,
) -> Result<EncodedUpdate, tokio::task::JoinError> {
    match job {
        Some(job) => job.await,
        None => pending().await,
    }
}

/// What a proof gives; never, if none is being judged. Cancel safe.
async fn found(judging: &mut Option<Judging>) -> Judged {
    match judging {
        Some(judging) => judging.await,
        None => pending().await,
    }
}

/// The next datagram of the client; never, if there are none. Cancel safe.
async fn datagram(quic: Option<&QuicLink>) -> Option<Bytes> {
    match quic {
        Some(quic) => quic.receive_datagram().await,
        None => pending().await,
    }
}

/// Who takes the session over; never, if it does not last. Cancel safe.
async fn taken_over(lasting: &mut Option<(Hold, Option<Fingerprint>)>) -> oneshot::Sender<Parted> {
    let heir = match lasting {
        Some((hold, _)) => (&mut hold.taken_over).await,
        None => pending().await,
    };
    match heir {
        Ok(heir) => heir,
        Err(_) => {
            // Forgotten: the session lasts no longer than its connection.
            *lasting = None;
            pending().await
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => pending().await,
    }
}
