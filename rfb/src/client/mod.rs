//! The client side of a connection.

mod handshake;
mod update;

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::clipboard::{CutText, Exchange};
use crate::handshake::{Challenge, SecurityType, Version};
use crate::message::{Extension, FenceFlags, Goodbye};
use crate::pixel::Unpacker;
use crate::screen::ResizeStatus;
use crate::wire::{Encode, Input, Reader};
use crate::{
    ClientMessage, Cursor, DecodeError, Decoders, Encoding, Error, Framebuffer, Limits, LocalTime,
    PixelFormat, Point, Rect, Region, Screen, ServerMessage, Size,
};

/// What the client asks for.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Whether other clients may stay connected.
    pub shared: bool,
    /// The security types that will do, most preferred first.
    pub security: Vec<SecurityType>,
    /// The pixel format to be sent.
    pub format: PixelFormat,
    /// JPEG quality level 0 to 9 to ask for; `None` for lossless.
    pub quality: Option<u8>,
    /// Compression level 0 (fast) to 9 (small) to ask for.
    pub compression: u8,
    /// What is accepted from the server.
    pub limits: Limits,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            shared: true,
            security: vec![SecurityType::NONE, SecurityType::VNC_AUTH],
            format: PixelFormat::BGRX,
            quality: Some(8),
            compression: 2,
            limits: Limits::default(),
        }
    }
}

/// What the client learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The server wants VncAuth: give the answer to [`ClientConnection::answer`].
    Challenge(Challenge),
    /// The handshake is done; the framebuffer exists and is black.
    Connected {
        /// The desktop.
        size: Size,
        /// Shown in the window title.
        name: String,
    },
    /// The framebuffer changed.
    Updated {
        /// Where.
        damage: Region,
    },
    /// The desktop has another size or other screens; what was shown before is kept where it fits.
    Resized {
        /// The new size, which the framebuffer has already.
        size: Size,
        /// Its screens; none if the server does not tell.
        screens: Vec<Screen>,
    },
    /// The size this client asked for will not be.
    ResizeRefused(ResizeStatus),
    /// The pointer has another shape: see [`ClientConnection::cursor`].
    CursorChanged,
    /// The desktop has another name.
    Renamed(String),
    /// Ring the bell.
    Bell,
    /// The server's clipboard has this text, with `\n` line ends.
    Clipboard(String),
    /// The server says why it will end the session.
    Goodbye(Goodbye),
}

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
    decoders: Decoders,
    state: State,
    version: Version,
    framebuffer: Framebuffer,
    screens: Vec<Screen>,
    can_resize: bool,
    cursor: Option<Cursor>,
    name: String,
    clipboard: Exchange,
    continuous_updates: bool,
    /// The server reads our extension messages.
    extensions: bool,
    /// Rectangles drawn, by the number of their encoding.
    rectangles: BTreeMap<i32, u64>,
    output: Vec<u8>,
}

enum State {
    Version,
    SecurityType,
    Challenge,
    AwaitAnswer,
    SecurityResult,
    RefusalReason,
    Init,
    Idle,
    Update(update::Update),
    Closed,
}

impl ClientConnection {
    /// A connection that has not seen a byte.
    #[must_use]
    pub fn new(config: ClientConfig, decoders: Decoders) -> Self {
        let machine = Machine {
            clipboard: Exchange::new(config.limits.clipboard_text),
            pixels: Unpacker::new(&config.format),
            config,
            decoders,
            state: State::Version,
            version: Version::V3_8,
            framebuffer: Framebuffer::default(),
            screens: Vec::new(),
            can_resize: false,
            cursor: None,
            name: String::new(),
            continuous_updates: false,
            extensions: false,
            rectangles: BTreeMap::new(),
            output: Vec::new(),
        };
        Self {
            input: Input::default(),
            machine,
            failure: None,
        }
    }

    /// Takes bytes the peer sent, however they were cut.
    pub fn handle_bytes(&mut self, _now: LocalTime, bytes: &[u8]) {
        self.input.push(bytes);
    }

    /// The next event, or `None` until more bytes come. An error ends the connection: it is given again and again.
    pub fn poll_event(&mut self) -> Result<Option<ClientEvent>, Error> {
        loop {
            match (&self.machine.state, &self.failure) {
                (_, Some(failure)) => return Err(failure.clone()),
                (State::AwaitAnswer | State::Closed, None) => return Ok(None),
                _ => {}
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

    /// Bytes to write to the peer, whole messages; `None` if there are none.
    pub fn poll_output(&mut self) -> Option<Bytes> {
        let output = std::mem::take(&mut self.machine.output);
        (!output.is_empty()).then(|| Bytes::from(output))
    }

    /// Answers a [`ClientEvent::Challenge`].
    pub fn answer(&mut self, answer: Challenge) -> Result<(), Error> {
        if !matches!(self.machine.state, State::AwaitAnswer) {
            return Err(Error::Misuse("answer: no challenge is open"));
        }
        self.machine.output.extend(answer);
        self.machine.state = State::SecurityResult;
        Ok(())
    }

    /// Presses or releases the key of an X11 keysym.
    pub fn key(&mut self, keysym: u32, down: bool) -> Result<(), Error> {
        self.machine.send(&ClientMessage::Key { keysym, down })
    }

    /// Puts the pointer somewhere, with these buttons held down (see [`ClientMessage::Pointer`]).
    pub fn pointer(&mut self, at: Point, buttons: u8) -> Result<(), Error> {
        self.machine.send(&ClientMessage::Pointer { at, buttons })
    }

    /// Tells the server that the local clipboard has `text`. Text over the limit is not offered.
    pub fn set_clipboard(&mut self, text: &str) -> Result<(), Error> {
        match self.machine.clipboard.offer(text.to_owned()) {
            Some(message) => self.machine.send(&ClientMessage::CutText(message)),
            None => Ok(()),
        }
    }

    /// Asks for a desktop of `size` with one screen. Misuse if the server cannot: see [`Self::can_resize`].
    pub fn request_size(&mut self, size: Size) -> Result<(), Error> {
        if !self.machine.can_resize {
            return Err(Error::Misuse("request_size: the server cannot resize"));
        }
        let kept = self.machine.screens.first().copied();
        let screens = vec![Screen {
            rect: size.into(),
            ..kept.unwrap_or(Screen::whole(size))
        }];
        self.machine
            .send(&ClientMessage::SetDesktopSize { size, screens })
    }

    /// Asks for the whole picture again.
    pub fn request_full_update(&mut self) -> Result<(), Error> {
        let rect = self.machine.framebuffer.size().into();
        self.machine.send(&ClientMessage::UpdateRequest {
            incremental: false,
            rect,
        })
    }

    /// Tells the server why the session will end, if it reads our extensions.
    pub fn goodbye(&mut self, goodbye: Goodbye) -> Result<(), Error> {
        if !self.machine.extensions {
            return Ok(());
        }
        let message = ClientMessage::Extension(Extension::Goodbye(goodbye));
        self.machine.send(&message)
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
        self.machine.can_resize
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
    /// Reads one message, or the next part of an update.
    fn step(&mut self, r: &mut Reader<'_>) -> Result<Option<ClientEvent>, Error> {
        match self.state {
            State::Idle => {
                let message = ServerMessage::decode(r, &self.config.limits)?;
                self.handle(message)
            }
            State::Update(_) => self.update_step(r),
            _ => self.handshake_step(r),
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
                if let Some(answer) = fence.answer(FenceFlags::IN_ORDER) {
                    self.send(&ClientMessage::Fence(answer))?;
                }
            }
            ServerMessage::EndOfContinuousUpdates => {
                // The first one announces that the server can; there is none after that, as we never switch off.
                if !self.continuous_updates {
                    self.continuous_updates = true;
                    self.enable_continuous_updates()?;
                }
            }
            ServerMessage::Extension(Extension::Goodbye(goodbye)) => {
                return Ok(Some(ClientEvent::Goodbye(goodbye)));
            }
            ServerMessage::Extension(_) | ServerMessage::SetColourMapEntries => {}
        }
        Ok(None)
    }

    fn handle_cut_text(&mut self, text: CutText) -> Option<ClientEvent> {
        let handled = self.clipboard.handle(text);
        for reply in handled.replies {
            ClientMessage::CutText(reply).encode(&mut self.output);
        }
        handled.text.map(ClientEvent::Clipboard)
    }

    fn enable_continuous_updates(&mut self) -> Result<(), Error> {
        let rect = self.framebuffer.size().into();
        self.send(&ClientMessage::EnableContinuousUpdates { enable: true, rect })
    }

    fn send(&mut self, message: &ClientMessage) -> Result<(), Error> {
        if !matches!(self.state, State::Idle | State::Update(_)) {
            return Err(Error::Misuse("send: not connected"));
        }
        message.encode(&mut self.output);
        Ok(())
    }

    /// A server that asks for answers without reading them may not fill our memory.
    fn check_output(&self) -> Result<(), Error> {
        let limit = self.config.limits.unread_output;
        if self.output.len() <= limit {
            return Ok(());
        }
        Err(Error::Decode(DecodeError::TooLarge {
            field: "unread answers",
            value: self.output.len() as u64,
            limit: limit as u64,
        }))
    }

    /// The most bytes one message or rectangle can need.
    fn unit_limit(&self) -> usize {
        let limits = &self.config.limits;
        let pixels = self.framebuffer.size().area() * crate::BYTES_PER_PIXEL;
        // A body that does not compress may be larger than its pixels: room for twice as much.
        pixels * 2 + limits.clipboard_text * 2 + (1 << 20)
    }

    /// The encodings to announce, most preferred first.
    fn encodings(&self) -> Vec<Encoding> {
        let mut encodings: Vec<Encoding> = self.decoders.encodings().collect();
        encodings.push(Encoding::COPY_RECT);
        if encodings.contains(&Encoding::TIGHT) {
            encodings.push(Encoding::TIGHT_WITHOUT_ZLIB);
        }
        encodings.extend([
            Encoding::CURSOR,
            Encoding::EXTENDED_DESKTOP_SIZE,
            Encoding::DESKTOP_SIZE,
            Encoding::LAST_RECT,
            Encoding::DESKTOP_NAME,
            Encoding::FENCE,
            Encoding::CONTINUOUS_UPDATES,
            Encoding::EXTENDED_CLIPBOARD,
            Encoding::TIGHTROPE,
            Encoding::compression(self.config.compression),
        ]);
        encodings.extend(self.config.quality.map(Encoding::quality));
        encodings
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

    fn request_update(&mut self, incremental: bool) -> Result<(), Error> {
        let rect = Rect::from(self.framebuffer.size());
        self.send(&ClientMessage::UpdateRequest { incremental, rect })
    }
}
