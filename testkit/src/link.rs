//! A session over a shaped link in virtual time: no sockets, no clock, and the same each time.

use std::collections::VecDeque;
use std::time::Duration;

use lab::link::Shaper;
pub use lab::link::{LinkSettings, Rates};
use rfb::server::{EncodedUpdate, UpdateJob};
use rfb::{
    ClientConfig, ClientConnection, Error, Framebuffer, LocalTime, Point, ServerConnection,
    ServerEvent,
};

use crate::pair::{Learnt, open_server};

/// Time goes on in steps of this.
const STEP: Duration = Duration::from_millis(1);
/// What a socket hands to the link at once, in bytes.
const PIECE: usize = 1448;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// What decides when the server sends how much: a pace, a control of quality. `()` sends whatever the socket takes.
pub trait Sending {
    /// Bytes of the next update; `None`: none now.
    fn room(&mut self, _now: LocalTime) -> Option<usize> {
        Some(usize::MAX)
    }
    /// An update is about to be encoded.
    fn job(&mut self, _now: LocalTime, job: UpdateJob) -> UpdateJob {
        job
    }
    /// It has been, and goes to the socket: see [`EncodedUpdate::numbered`].
    fn encoded(&mut self, _now: LocalTime, update: EncodedUpdate) -> EncodedUpdate {
        update
    }
    /// What the client did.
    fn event(&mut self, _now: LocalTime, _event: &ServerEvent) {}
}

impl Sending for () {}

/// One direction: what its socket still holds, and what is on the way.
struct Way {
    shaper: Shaper<Vec<u8>>,
    pending: VecDeque<u8>,
    /// Bytes the socket was given.
    taken: u64,
}

/// Both ends, the link between them, and the time.
pub struct Linked {
    /// The client.
    pub client: ClientConnection,
    /// The server.
    pub server: ServerConnection,
    /// The desktop the server shows.
    pub desktop: Framebuffer,
    /// What it looked like when the picture began that is not whole yet at the client.
    showing: Option<Framebuffer>,
    /// Now, for both.
    pub now: LocalTime,
    down: Way,
    up: Way,
}

impl Linked {
    /// A client of `config` and a server that know every encoding, over `link`, after their handshakes. The client has
    /// nothing of `desktop` yet.
    ///
    /// # Panics
    /// They cannot talk.
    #[must_use]
    pub fn new(desktop: Framebuffer, config: ClientConfig, link: &LinkSettings) -> Self {
        let client = ClientConnection::new(config, tight::decoders());
        let mut server = ServerConnection::new(open_server(desktop.size()), tight::encoders());
        server.set_whole_pictures(true);
        let mut linked = Self {
            client,
            server,
            desktop,
            showing: None,
            now: LocalTime::default(),
            down: Way::new(link, 1),
            up: Way::new(link, 2),
        };
        while !linked.server.is_running() {
            assert!(linked.time() < HANDSHAKE, "the handshake came to no end");
            linked.step(&mut Waiting, &mut Learnt::default()).unwrap();
        }
        linked
    }

    /// Lets `time` pass, with updates as `sending` has them; gives what each side learnt.
    pub fn advance(&mut self, time: Duration, sending: &mut dyn Sending) -> Result<Learnt, Error> {
        let end = self.now + time;
        let mut learnt = Learnt::default();
        while self.now < end {
            self.step(sending, &mut learnt)?;
        }
        Ok(learnt)
    }

    /// The desktop now shows `desktop`; what differs is damage.
    pub fn show(&mut self, desktop: Framebuffer) {
        assert_eq!(desktop.size(), self.desktop.size(), "resize first");
        let mut before = std::mem::replace(&mut self.desktop, desktop);
        let damage = rfb::damage::refine(&mut before, Point::default(), self.desktop.view());
        self.server.add_damage(&damage);
    }

    /// Whether the client holds exactly what the server shows.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.client.framebuffer() == &self.desktop
    }

    /// How long what reaches the link to the client now waits for what is before it.
    pub fn queue(&mut self) -> Duration {
        let now = self.time();
        self.down.shaper.queue(now)
    }

    /// Bytes the server's socket holds that the link has not taken: its queue is full.
    #[must_use]
    pub fn held_back(&self) -> usize {
        self.down.pending.len()
    }

    /// Bytes the server has handed to its socket.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.down.taken
    }

    /// Since the link began.
    fn time(&self) -> Duration {
        self.now.since(LocalTime::default())
    }

    fn step(&mut self, sending: &mut dyn Sending, learnt: &mut Learnt) -> Result<(), Error> {
        self.now = self.now + STEP;
        let (now, time) = (self.now, self.time());
        while let Some(bytes) = self.down.shaper.receive(time) {
            self.client.handle_bytes(now, &bytes);
        }
        while let Some(bytes) = self.up.shaper.receive(time) {
            self.server.handle_bytes(now, &bytes);
        }
        while let Some(event) = self.client.poll_event()? {
            learnt.client.push(event);
        }
        while let Some(event) = self.server.poll_event()? {
            sending.event(now, &event);
            learnt.server.push(event);
        }
        self.encode(sending);
        self.down.carry(time, || self.server.poll_output());
        self.up.carry(time, || self.client.poll_output());
        Ok(())
    }

    /// Encodes late: once the socket has taken what there was.
    fn encode(&mut self, sending: &mut dyn Sending) {
        if !self.down.pending.is_empty() {
            return;
        }
        let Some(room) = sending.room(self.now) else {
            return;
        };
        if let Some(job) = self.server.begin_update(self.now, room) {
            let shown = match &self.showing {
                Some(showing) if job.continues() => showing.clone(),
                _ => self.desktop.clone(),
            };
            if !job.overtakes() {
                self.showing = Some(shown.clone());
            }
            let update = sending.job(self.now, job).run(shown.view());
            let update = match update.is_empty() {
                true => update,
                false => sending.encoded(self.now, update),
            };
            self.server.finish_update(self.now, update);
            if !self.server.is_unfinished() {
                self.showing = None;
            }
        }
    }
}

/// No picture goes before the handshake is over.
struct Waiting;

impl Sending for Waiting {
    fn room(&mut self, _now: LocalTime) -> Option<usize> {
        None
    }
}

impl Way {
    fn new(link: &LinkSettings, seed: u64) -> Self {
        Self {
            shaper: Shaper::new(link.clone(), seed),
            pending: VecDeque::new(),
            taken: 0,
        }
    }

    /// Puts on the link what it has room for, a message of `output` after the other.
    fn carry(&mut self, now: Duration, mut output: impl FnMut() -> Option<bytes::Bytes>) {
        while self.shaper.room_at(now) <= now {
            if self.pending.is_empty() {
                let Some(message) = output() else {
                    return;
                };
                self.taken += message.len() as u64;
                self.pending.extend(&message);
            }
            let length = PIECE.min(self.pending.len());
            let piece = self.pending.drain(..length).collect();
            self.shaper.send_piece(now, length, piece);
        }
    }
}
