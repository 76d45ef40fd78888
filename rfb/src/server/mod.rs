//! The server side of a connection.

mod commands;
mod event;
mod flight;
mod handshake;
mod job;
mod loss;
mod messages;
mod news;
mod pointer;
mod presented;
mod probing;
mod quality;
mod refresh;
mod resume;
mod security;
mod sound;
mod state;
mod unfinished;
mod update;
mod wishes;

use std::time::Duration;

use bytes::Bytes;

pub use event::ServerEvent;
pub use job::{EncodedUpdate, UpdateJob};
pub use quality::PixelCost;
pub use resume::Held;
pub use security::{Proof, Security};

use crate::clipboard::Exchange;
use crate::handshake::{Method, Version};
use crate::message::{Extension, Fence, FenceFlags};
use crate::round_trips::Pulse;
use crate::traffic::{Counts, Kind};
use crate::wire::{Encode, Input, Reader};
use crate::{
    ClientMessage, Cursor, DecodeError, Encoders, Encoding, Error, Limits, LocalTime, PixelFormat,
    Point, Rect, Region, RoundTrips, ServerMessage, Size, SoundOffer, Traffic,
};
use flight::Flight;
use messages::kind;
use news::News;
use pointer::Pointer;
use presented::Pictures;
use probing::Probing;
use refresh::Refresh;
use sound::Sound;
use state::Sent;
use unfinished::Unfinished;

/// What the server offers.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The desktop.
    pub size: Size,
    /// Shown in the client's window title.
    pub name: String,
    /// How the client proves itself.
    pub security: Security,
    /// Whether clients may ask for shutting down and restarting.
    pub power: bool,
    /// The sound that clients may have; `None` if there is none.
    pub sound: Option<SoundOffer>,
    /// What is accepted from the client.
    pub limits: Limits,
}

/// The server side of one connection: bytes, pixels and time in, bytes and events out.
///
/// Feed what comes with [`handle_bytes`](Self::handle_bytes), drain [`poll_event`](Self::poll_event) and
/// [`poll_output`](Self::poll_output) until both give `None`. Say what changed with
/// [`add_damage`](Self::add_damage); when [`begin_update`](Self::begin_update) gives a job, run it on any thread
/// and bring the result to [`finish_update`](Self::finish_update). Any order is legal.
pub struct ServerConnection {
    input: Input,
    machine: Machine,
    /// Why the connection is over.
    failure: Option<Error>,
}

struct Machine {
    config: ServerConfig,
    state: State,
    version: Version,
    /// How the client comes in, once it has chosen.
    method: Method,
    format: PixelFormat,
    encodings: Vec<Encoding>,
    /// The client announced mouse buttons 8 and 9: looked up for every message, so it is not searched for.
    extended_buttons: bool,
    /// What the client asked for and was not yet sent; `None` if it has asked for nothing.
    requested: Option<Region>,
    continuous_updates: Option<Rect>,
    encoders: Encoders,
    /// What the client holds, as far as it differs from the desktop.
    sent: Sent,
    /// What of it may be lost with the connection.
    flight: Flight,
    /// What does not fit into one update goes on from the same screen.
    whole_pictures: bool,
    unfinished: Option<Unfinished>,
    /// The client was here before.
    is_resumed: bool,
    /// What the client is to be given to come back with.
    ticket: Option<ServerMessage>,
    /// When what it holds with loss is sent again.
    refresh: Refresh,
    /// What is to be said in the next update besides pixels.
    news: News,
    pointer: Pointer,
    /// The pointer drawn into the pictures of a client that does not draw it itself, and where.
    drawn: Option<(Cursor, Point)>,
    /// When the last bytes came, and the last key or movement of the pointer.
    now: LocalTime,
    input: Option<LocalTime>,
    pulse: Pulse,
    pictures: Pictures,
    probing: Probing,
    traffic: Counts,
    clipboard: Exchange,
    sound: Sound,
    /// The client was written all of the handshake: sound overtakes nothing of it.
    is_greeted: bool,
    /// Answers and messages, sent before pictures.
    control: Vec<u8>,
    /// A whole update.
    picture: Option<Bytes>,
    /// Messages that must not overtake the update that is being made or waits.
    trailing: Vec<u8>,
    /// A fence that is answered together with the message after it.
    sync_next: Option<Fence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Version,
    SecurityType,
    VencryptVersion,
    VencryptSubType,
    AwaitUpgrade,
    Answer,
    Credentials,
    AwaitVerdict,
    ClientInit,
    Running,
    Closed,
}

impl ServerConnection {
    /// A connection that has not seen a byte. The greeting is in the output already.
    #[must_use]
    pub fn new(config: ServerConfig, encoders: Encoders) -> Self {
        let machine = Machine {
            clipboard: Exchange::new(&config.limits),
            sent: Sent::new(config.size),
            flight: Flight::default(),
            whole_pictures: false,
            unfinished: None,
            is_resumed: false,
            ticket: None,
            refresh: Refresh::new(config.size),
            news: News::new(config.size),
            pointer: Pointer::default(),
            drawn: None,
            now: LocalTime::default(),
            input: None,
            pulse: Pulse::default(),
            pictures: Pictures::default(),
            probing: Probing::default(),
            traffic: Counts::default(),
            config,
            state: State::Version,
            version: Version::V3_8,
            method: Method::None,
            format: PixelFormat::BGRX,
            encodings: Vec::new(),
            extended_buttons: false,
            requested: None,
            continuous_updates: None,
            encoders,
            sound: Sound::default(),
            is_greeted: false,
            control: Version::V3_8.bytes().to_vec(),
            picture: None,
            trailing: Vec::new(),
            sync_next: None,
        };
        Self {
            input: Input::default(),
            machine,
            failure: None,
        }
    }

    /// Takes bytes the peer sent, however they were cut.
    pub fn handle_bytes(&mut self, now: LocalTime, bytes: &[u8]) {
        self.machine.now = now;
        self.input.push(bytes);
    }

    /// The next event, or `None` until more bytes come. An error ends the connection: it is given again and again.
    pub fn poll_event(&mut self) -> Result<Option<ServerEvent>, Error> {
        loop {
            match (self.machine.state, &self.failure) {
                (_, Some(failure)) => return Err(failure.clone()),
                (State::Closed, None) => return Ok(None),
                (State::AwaitVerdict | State::AwaitUpgrade, None) => {
                    return self.check_early_bytes().map(|()| None);
                }
                _ => {}
            }
            if let Some(event) = self.machine.sound.events.pop_front() {
                return Ok(Some(event));
            }
            let is_secret = self.machine.state == State::Credentials;
            let limit = self.machine.config.limits.extended_clipboard() + (1 << 19);
            let machine = &mut self.machine;
            let step = self.input.step(limit, |reader| machine.step(reader));
            if is_secret {
                self.input.wipe_read();
            }
            match step.and_then(|step| machine.check_output().map(|()| step)) {
                Ok(Some(None)) => {}
                Ok(Some(event)) => return Ok(event),
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.machine.state = State::Closed;
                    self.failure = Some(error);
                }
            }
        }
    }

    /// Bytes to write to the peer, whole messages: sound first, then answers, then a picture, then what must follow it.
    /// `None` if there are none.
    ///
    /// Take the next only when the last has been written: what waits here can still be overtaken.
    pub fn poll_output(&mut self) -> Option<Bytes> {
        let machine = &mut self.machine;
        if machine.is_greeted
            && let Some(sound) = machine.sound.outgoing.poll_messages()
        {
            machine.traffic.sent.sound += sound.len() as u64;
            return Some(sound);
        }
        if !machine.control.is_empty() {
            machine.is_greeted |= machine.state == State::Running;
            let control = std::mem::take(&mut machine.control);
            machine.traffic.messages_sent(control.len());
            return Some(control.into());
        }
        if let Some(data) = machine.clipboard.poll_provide() {
            let mut message = Vec::new();
            ServerMessage::CutText(data).encode(&mut message);
            machine.traffic.sent.clipboard += message.len() as u64;
            return Some(message.into());
        }
        if let Some(answer) = machine.probing.poll() {
            let mut message = Vec::new();
            ServerMessage::Extension(Extension::ProbeAnswer(answer)).encode(&mut message);
            machine.traffic.messages_sent(message.len());
            return Some(message.into());
        }
        if machine.picture.is_some() || machine.encoders.lent() || machine.trailing.is_empty() {
            let picture = machine.picture.take()?;
            machine.traffic.sent.pictures += picture.len() as u64;
            return Some(picture);
        }
        let trailing = std::mem::take(&mut machine.trailing);
        machine.traffic.messages_sent(trailing.len());
        Some(trailing.into())
    }

    /// What the client does not hold yet, but for the rest of a picture that it was sent a part of.
    #[must_use]
    pub fn damage(&self) -> &Region {
        self.machine.sent.damage()
    }

    /// Whether a part of a picture was sent and the rest was not: the next update may go on with it.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.machine.unfinished.is_some()
    }

    /// Says that the screen of an update is kept as long as [`Self::is_unfinished`]: what did not fit into the update is
    /// then sent from it, for jobs that say so ([`UpdateJob::continues`]). Else the rest of a picture is whatever the
    /// screen shows later.
    pub fn set_whole_pictures(&mut self, are_whole: bool) {
        if !are_whole {
            self.machine.abandon_unfinished();
        }
        self.machine.whole_pictures = are_whole;
    }

    /// What the client holds with loss.
    #[must_use]
    pub fn lossy(&self) -> Region {
        self.machine.sent.loss().region()
    }

    /// How long it takes to the client and back, from fences sent along with updates, at most one a second; `None` until
    /// one has been answered. A client that knows no fences is not measured.
    #[must_use]
    pub fn round_trips(&self) -> Option<RoundTrips> {
        self.machine.pulse.round_trips()
    }

    /// How old pictures are when the client shows them, from capture to presentation, smoothed; `None` until it has told.
    #[must_use]
    pub fn picture_age(&self) -> Option<Duration> {
        self.machine.pictures.age()
    }

    /// Bytes taken by [`Self::poll_output`].
    #[must_use]
    pub fn sent(&self) -> Traffic {
        self.machine.traffic.sent
    }

    /// Bytes understood of those the client sent.
    #[must_use]
    pub fn received(&self) -> Traffic {
        self.machine.traffic.received
    }

    /// Whether the client answers fences.
    #[must_use]
    pub fn takes_fences(&self) -> bool {
        self.machine.supports(Encoding::FENCE)
    }

    /// Whether the handshake is done and the connection lives.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.machine.state == State::Running
    }
}

impl Machine {
    fn step(&mut self, r: &mut Reader<'_>) -> Result<Option<ServerEvent>, Error> {
        match self.state {
            State::Running => {
                let message = ClientMessage::decode(r, &self.config.limits, self.extended_buttons)?;
                self.traffic.received(r.position(), kind(&message));
                let synced = self.sync_next.take();
                let event = self.handle(message);
                // The client counts on it that updates before this answer were made without the message, and those
                // after it with it: TigerVNC's viewer changes its pixel format in this way.
                let kept = FenceFlags::IN_ORDER.with(FenceFlags::SYNC_NEXT);
                if let Some(answer) = synced.and_then(|fence| fence.answer(kept)) {
                    self.say_after_picture(&ServerMessage::Fence(answer));
                }
                Ok(event)
            }
            _ => {
                let event = self.handshake_step(r)?;
                self.traffic.received(r.position(), Kind::Control);
                Ok(event)
            }
        }
    }

    fn say(&mut self, message: &ServerMessage) {
        if self.state == State::Running {
            let before = self.control.len();
            message.encode(&mut self.control);
            if matches!(message, ServerMessage::CutText(_)) {
                self.traffic.clipboard_queued(self.control.len() - before);
            }
        }
    }

    /// The same, but not before the update that is being made or waits, if there is one.
    fn say_after_picture(&mut self, message: &ServerMessage) {
        if self.state == State::Running {
            message.encode(&mut self.trailing);
        }
    }

    /// A client that asks for answers without reading them may not fill our memory.
    fn check_output(&self) -> Result<(), Error> {
        let limit = self.config.limits.unread_output;
        let unread = self.control.len() + self.trailing.len() + self.sound.outgoing.len();
        if unread <= limit {
            return Ok(());
        }
        Err(Error::Decode(DecodeError::TooLarge {
            field: "unread answers",
            value: unread as u64,
            limit: limit as u64,
        }))
    }
}
