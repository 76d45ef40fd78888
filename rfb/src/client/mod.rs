//! The client side of a connection.

mod ask;
mod commands;
mod config;
mod event;
mod handshake;
mod peer;
mod presented;
mod resume;
mod sound;
mod together;
mod update;

use std::collections::BTreeMap;

use bytes::Bytes;

pub use config::ClientConfig;
pub use event::ClientEvent;
pub use peer::ClockSample;

use crate::clipboard::{self, CutText, Exchange};
use crate::handshake::{Method, Version};
use crate::message::{Extension, FenceFlags, Power};
use crate::pixel::{ColourMap, Unpacker};
use crate::round_trips::Pulse;
use crate::traffic::{Counts, Kind};
use crate::wire::{Encode, Input, Reader};
use crate::{
    ClientMessage, Cursor, DecodeError, Decoders, Encoding, Error, Framebuffer, Leds, LocalTime,
    RoundTrips, Screen, ServerMessage, Size, Traffic,
};

use peer::Peer;
use presented::Presentations;
use resume::Updates;
use sound::Sound;

/// The client side of one connection: bytes and time in, bytes and events out.
///
/// Feed what comes with [`handle_bytes`](Self::handle_bytes), drain [`poll_event`](Self::poll_event) and
/// [`poll_output`](Self::poll_output) until both give `None`. Any order is legal.
pub struct ClientConnection {
    input: Input,
    machine: Machine,
    /// Why the connection is over.
    failure: Option<Error>,
}

struct Machine {
    config: ClientConfig,
    /// Reads pixels of the format in force.
    pixels: Unpacker,
    /// What pixel values mean in a colour-mapped format.
    colours: ColourMap,
    decoders: Decoders,
    state: State,
    /// The server has told of its desktop.
    has_begun: bool,
    version: Version,
    /// How this client comes in, once that is settled.
    method: Method,
    framebuffer: Framebuffer,
    /// Updates drawn.
    updates: Updates,
    screens: Vec<Screen>,
    cursor: Option<Cursor>,
    name: String,
    clipboard: Exchange,
    sound: Sound,
    peer: Peer,
    /// When the last bytes came.
    now: LocalTime,
    pulse: Pulse,
    presented: Presentations,
    traffic: Counts,
    /// Rectangles drawn, by the number of their encoding.
    rectangles: BTreeMap<i32, u64>,
    output: Vec<u8>,
}

enum State {
    Version,
    SecurityType,
    VencryptVersion,
    VencryptAck,
    VencryptSubTypes,
    LayerAck,
    AwaitUpgrade,
    Challenge,
    AwaitAnswer,
    CredentialsDue,
    AwaitCredentials,
    SecurityResult,
    RefusalReason,
    Init,
    Idle,
    Update(update::Update),
    Closed,
}

impl ClientConnection {
    /// A connection that has not seen a byte. An eager one has its whole first flight in the output already.
    #[must_use]
    pub fn new(config: ClientConfig, decoders: Decoders) -> Self {
        let mut machine = Machine::new(config, decoders);
        machine.begin();
        Self::of(machine)
    }

    fn of(machine: Machine) -> Self {
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

    /// Bytes that were taken and are not understood yet.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.input.unread()
    }

    /// The next event, or `None` until more bytes come. An error ends the connection: it is given again and again.
    pub fn poll_event(&mut self) -> Result<Option<ClientEvent>, Error> {
        loop {
            match (&self.machine.state, &self.failure) {
                (_, Some(failure)) => return Err(failure.clone()),
                (State::Closed, None) => return Ok(None),
                (state, None) if state.waits_for_us() => {
                    return self.check_early_bytes().map(|()| None);
                }
                _ => {}
            }
            if let Some(event) = self.machine.sound.events.pop_front() {
                return Ok(Some(event));
            }
            let limit = self.machine.unit_limit();
            let machine = &mut self.machine;
            let step = self.input.step(limit, |reader| machine.step(reader));
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

    /// Bytes to write to the peer, whole messages, those of sound first; `None` if there are none.
    ///
    /// Take the next only when the last has been written: large messages are made when it is their turn.
    pub fn poll_output(&mut self) -> Option<Bytes> {
        let machine = &mut self.machine;
        if let Some(sound) = machine.sound.outgoing.poll_messages() {
            machine.traffic.sent.sound += sound.len() as u64;
            return Some(sound);
        }
        let mut output = std::mem::take(&mut machine.output);
        if output.is_empty()
            && let Some(data) = machine.clipboard.poll_provide()
        {
            ClientMessage::CutText(data).encode(&mut output);
            machine.traffic.clipboard_queued(output.len());
        }
        machine.traffic.messages_sent(output.len());
        (!output.is_empty()).then(|| Bytes::from(output))
    }

    /// The desktop as last updated.
    #[must_use]
    pub fn framebuffer(&self) -> &Framebuffer {
        &self.machine.framebuffer
    }
    /// The desktop's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.machine.name
    }
    /// The pointer's shape; `None` until the server has sent one.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.machine.cursor.as_ref()
    }
    /// Whether the server takes [`Self::request_size`].
    #[must_use]
    pub fn can_resize(&self) -> bool {
        self.machine.peer.resize
    }
    /// The desktop's screens; none until the server has told.
    #[must_use]
    pub fn screens(&self) -> &[Screen] {
        &self.machine.screens
    }
    /// Whether the server takes key codes: see [`Self::extended_key`].
    #[must_use]
    pub fn takes_keycodes(&self) -> bool {
        self.machine.peer.keycodes
    }
    /// Whether the server can be told to shut down: see [`Self::power`].
    #[must_use]
    pub fn can_power(&self) -> bool {
        self.machine.peer.power
    }
    /// The lights of the desktop's keyboard; `None` until the server has told.
    #[must_use]
    pub fn leds(&self) -> Option<Leds> {
        self.machine.peer.leds
    }
    /// How long it takes to the server and back, from fences sent after updates, at most one a second, and from comparing
    /// clocks; `None` until one has been answered.
    #[must_use]
    pub fn round_trips(&self) -> Option<RoundTrips> {
        self.machine.pulse.round_trips()
    }
    /// Whether the server answers fences: it has sent one.
    #[must_use]
    pub fn takes_fences(&self) -> bool {
        self.machine.peer.fences
    }
    /// Whether the server reads our extension messages, [`Self::probe`] among them.
    #[must_use]
    pub fn takes_probes(&self) -> bool {
        self.machine.peer.extensions
    }
    /// Whether what came so far ends in the middle of an update or of another message: more is on the way.
    #[must_use]
    pub fn is_mid_message(&self) -> bool {
        matches!(self.machine.state, State::Update(_)) || !self.input.unread().is_empty()
    }
    /// Bytes taken by [`Self::poll_output`].
    #[must_use]
    pub fn sent(&self) -> Traffic {
        self.machine.traffic.sent
    }
    /// Bytes understood of those the server sent.
    #[must_use]
    pub fn received(&self) -> Traffic {
        self.machine.traffic.received
    }
    /// Rectangles drawn so far.
    #[must_use]
    pub fn rectangles(&self) -> u64 {
        self.machine.rectangles.values().sum()
    }
    /// Rectangles drawn so far of each encoding that the server has used.
    pub fn encodings_used(&self) -> impl Iterator<Item = (Encoding, u64)> + '_ {
        let counts = self.machine.rectangles.iter();
        counts.map(|(number, count)| (Encoding(*number), *count))
    }
}

impl Machine {
    fn new(config: ClientConfig, mut decoders: Decoders) -> Self {
        decoders.set_quality(config.quality);
        Self {
            clipboard: Exchange::new(&config.limits),
            pixels: Unpacker::new(&config.format),
            colours: ColourMap::rgb332(),
            config,
            decoders,
            state: State::Version,
            has_begun: false,
            version: Version::V3_8,
            method: Method::None,
            framebuffer: Framebuffer::default(),
            updates: Updates::default(),
            screens: Vec::new(),
            cursor: None,
            name: String::new(),
            sound: Sound::default(),
            peer: Peer::default(),
            now: LocalTime::default(),
            pulse: Pulse::default(),
            presented: Presentations::default(),
            traffic: Counts::default(),
            rectangles: BTreeMap::new(),
            output: Vec::new(),
        }
    }

    /// Reads one message, or the next part of an update.
    fn step(&mut self, r: &mut Reader<'_>) -> Result<Option<ClientEvent>, Error> {
        match self.state {
            State::Idle => {
                let message = ServerMessage::decode(r, &self.config.limits)?;
                if let ServerMessage::Update { .. } = message {
                    self.traffic.received.pictures += r.position() as u64;
                } else {
                    self.traffic.received(r.position(), kind(&message));
                }
                self.handle(message)
            }
            State::Update(_) => {
                let event = self.update_step(r)?;
                self.traffic.received.pictures += r.position() as u64;
                Ok(event)
            }
            _ => {
                let event = self.handshake_step(r)?;
                self.traffic.received(r.position(), Kind::Control);
                Ok(event)
            }
        }
    }

    fn handle(&mut self, message: ServerMessage) -> Result<Option<ClientEvent>, Error> {
        match message {
            ServerMessage::Update { rects } => {
                self.state = State::Update(update::Update::new(rects));
            }
            ServerMessage::Bell => return Ok(Some(ClientEvent::Bell)),
            ServerMessage::CutText(text) => return Ok(self.handle_cut_text(text)),
            ServerMessage::Fence(fence) => {
                self.peer.fences = true;
                if !fence.flags.contains(FenceFlags::REQUEST) {
                    let trip = self.pulse.handle_answer(self.now, &fence);
                    return Ok(trip.map(ClientEvent::RoundTrip));
                } else if let Some(answer) = fence.answer(FenceFlags::IN_ORDER) {
                    self.send(&ClientMessage::Fence(answer))?;
                }
            }
            ServerMessage::EndOfContinuousUpdates => {
                // The first one announces that the server can; there is none after that, as we never switch off.
                if !self.peer.continuous_updates {
                    self.peer.continuous_updates = true;
                    self.enable_continuous_updates()?;
                }
            }
            ServerMessage::Extension(Extension::Goodbye(goodbye)) => {
                return Ok(Some(ClientEvent::Goodbye(goodbye)));
            }
            ServerMessage::Extension(Extension::PictureEnd(captured)) => {
                self.presented.end(self.now, captured);
                return Ok(Some(ClientEvent::PictureEnded { captured }));
            }
            ServerMessage::Extension(Extension::Ticket(ticket)) => {
                self.updates.ticket_came();
                return Ok(Some(ClientEvent::Ticket(ticket)));
            }
            ServerMessage::Extension(Extension::ProbeAnswer(answer)) => {
                return Ok(Some(ClientEvent::ProbeAnswered(answer)));
            }
            ServerMessage::Extension(Extension::Sound(message)) if self.config.sound => {
                return Ok(self.sound.handle(message));
            }
            ServerMessage::Audio(report) => return Ok(self.sound.handle_report(report)),
            ServerMessage::Power(power) => {
                self.peer.power |= power == Power::Ready;
                return Ok((power == Power::Refused).then_some(ClientEvent::PowerRefused));
            }
            ServerMessage::Clock(stamps) => {
                let sample = ClockSample::new(&stamps, self.now, self.peer.captured);
                self.pulse.add(sample.round_trip());
                return Ok(Some(ClientEvent::ClockCompared(sample)));
            }
            ServerMessage::SetColourMapEntries { first, colours } => {
                self.colours.set(first, &colours)?;
                if !self.config.format.true_colour {
                    self.pixels = Unpacker::with_map(&self.config.format, &self.colours);
                    // What was drawn before has the colours of the map before.
                    self.request_update(false)?;
                }
            }
            ServerMessage::Extension(_) | ServerMessage::Gii(_) => {}
        }
        Ok(None)
    }

    fn handle_cut_text(&mut self, text: CutText) -> Option<ClientEvent> {
        let handled = self.clipboard.handle(text);
        for reply in handled.replies {
            let message = ClientMessage::CutText(reply);
            self.encode(&message);
        }
        handled.event.map(|event| match event {
            clipboard::Event::Content(content) => ClientEvent::Clipboard(content),
            clipboard::Event::Image(image) => ClientEvent::ClipboardImage(image),
            clipboard::Event::ImageWanted => ClientEvent::ClipboardImageWanted,
        })
    }

    fn send(&mut self, message: &ClientMessage) -> Result<(), Error> {
        if !matches!(self.state, State::Idle | State::Update(_)) {
            return Err(Error::Misuse("send: not connected"));
        }
        self.encode(message);
        Ok(())
    }

    fn encode(&mut self, message: &ClientMessage) {
        let before = self.output.len();
        message.encode(&mut self.output);
        if matches!(message, ClientMessage::CutText(_)) {
            self.traffic.clipboard_queued(self.output.len() - before);
        }
    }

    /// A server that asks for answers without reading them may not fill our memory.
    fn check_output(&self) -> Result<(), Error> {
        let limit = self.config.limits.unread_output;
        let unread = self.output.len() + self.sound.outgoing.len();
        if unread <= limit {
            return Ok(());
        }
        Err(Error::Decode(DecodeError::TooLarge {
            field: "unread answers",
            value: unread as u64,
            limit: limit as u64,
        }))
    }

    /// The most bytes one message or rectangle can need.
    fn unit_limit(&self) -> usize {
        let limits = &self.config.limits;
        let pixels = self.framebuffer.size().area() * crate::BYTES_PER_PIXEL;
        // A body that does not compress may be larger than its pixels: room for twice as much.
        pixels * 2 + limits.extended_clipboard() + (1 << 20)
    }

    /// A framebuffer size, if it is within the limits.
    fn accept_size(&self, size: Size) -> Result<Size, Error> {
        let limit = self.config.limits.framebuffer_pixels;
        if size.area() <= limit {
            return Ok(size);
        }
        Err(Error::Decode(DecodeError::TooLarge {
            field: "framebuffer pixels",
            value: size.area() as u64,
            limit: limit as u64,
        }))
    }
}

/// What a message is for.
fn kind(message: &ServerMessage) -> Kind {
    match message {
        ServerMessage::CutText(_) => Kind::Clipboard,
        ServerMessage::Extension(Extension::Sound(_)) | ServerMessage::Audio(_) => Kind::Sound,
        _ => Kind::Control,
    }
}
